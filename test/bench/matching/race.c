/*
 * race.c
 *		Asks every peer the same questions in turn, and prints what each cost.
 *
 * usage: race ROUNDS CLIENTS SECONDS QUESTIONS PEER...
 *
 * QUESTIONS is what COPY ... (HEADER) wrote: tab-separated, the first line
 * names the columns.  PEER is a file: NAME.sql holds one statement, NAME.redis
 * one command (the server is at DW_REDIS=SOCKET:PID); :column stands for a
 * column of the question.  In a round each peer answers all questions, after
 * it the next peer; the first is another in each round, and a round before
 * the first makes the plans.  Each line printed is
 *
 *		cpu ROUND PEER MEDIAN P99 MEAN LATENCY-MEDIAN LATENCY-P99 ROWS
 *		tps ROUND PEER CLIENTS PER-SECOND
 *
 * in microseconds, CPU being that of the server's process from the arrival of
 * a question until it sleeps again, as the kernel counts it.  Clients are
 * counted for SECONDS, if that is not 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_COLUMNS 32
#define MOST_PEERS 16

/* One way to answer. */
typedef struct Peer
{
	const char *path;			/* the file */
	char		name[64];		/* its name without directory and ending */
	char	   *text;			/* the statement or command */
	bool		is_redis;		/* else it is SQL */
	int			column[MOST_COLUMNS];	/* of the question, a parameter each */
	int			columns;		/* how many of them */
	PGconn	   *conn;			/* the session, if it is SQL */
	int			socket;			/* the connection, if it is Redis */
	int			pid;			/* of the process that answers */
} Peer;

static char *names[MOST_COLUMNS];	/* of the columns */
static int	columns;			/* how many there are */
static char ***questions;		/* a row of columns each */
static int	asked;				/* how many questions there are */

/* Says why, and ends. */
static void
die(const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	fputs("race: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

/* Microseconds of a clock that only goes forward. */
static double
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* What a small file of /proc holds, as a string. */
static void
read_proc(int pid, const char *file, char *text, size_t size)
{
	char		path[64];
	int			fd;
	ssize_t		length;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	if ((fd = open(path, O_RDONLY)) < 0)
		die("%s: %s", path, strerror(errno));
	length = read(fd, text, size - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
}

/* CPU of a process in microseconds, once it sleeps and no longer counts. */
static double
cpu_us(int pid)
{
	char		text[512];
	const char *state;
	uint64_t	spent = 0;
	uint64_t	before;

	do
	{
		read_proc(pid, "stat", text, sizeof text);
		state = strrchr(text, ')');
	} while (state == NULL || state[2] != 'S');
	do
	{
		before = spent;
		read_proc(pid, "schedstat", text, sizeof text);
		spent = strtoull(text, NULL, 10);
	} while (spent != before);
	return spent / 1e3;
}

/* ----------------------------------------------------------------------
 * Questions and peers
 * ----------------------------------------------------------------------
 */

/* The whole of a file. */
static char *
read_file(const char *path)
{
	FILE	   *file = fopen(path, "r");
	char	   *text = NULL;
	size_t		size = 0;

	if (file == NULL || getdelim(&text, &size, '\0', file) < 0)
		die("%s: %s", path, strerror(errno));
	fclose(file);
	return text;
}

/* Reads the questions; \N is NULL, and nothing else is escaped. */
static void
read_questions(const char *path)
{
	char	   *line,
			   *rest = read_file(path);

	for (line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n"))
	{
		char	  **row = calloc(MOST_COLUMNS, sizeof *row);
		int			n = 0;

		while (line && n < MOST_COLUMNS)
		{
			row[n] = strsep(&line, "\t");
			if (strcmp(row[n], "\\N") == 0)
				row[n] = NULL;
			n++;
		}
		if (columns == 0)
		{
			memcpy(names, row, sizeof names);
			columns = n;
			continue;
		}
		questions = realloc(questions, (asked + 1) * sizeof *questions);
		questions[asked++] = row;
	}
	if (asked == 0)
		die("no question in %s", path);
}

/* The column that a text begins with the name of; -1 if none. */
static int
find_column(const char *text)
{
	size_t		length = strspn(text, "abcdefghijklmnopqrstuvwxyz_");

	for (int i = 0; i < columns; i++)
	{
		if (strlen(names[i]) == length && strncmp(names[i], text, length) == 0)
			return i;
	}
	return -1;
}

/* Turns :column into $n, and notes which column that is. */
static void
bind_columns(Peer *peer, const char *text)
{
	char	   *out = peer->text = malloc(2 * strlen(text) + 1);

	while (*text)
	{
		int			column = *text == ':' ? find_column(text + 1) : -1;
		int			n = 0;

		if (column < 0)
		{
			*out++ = *text++;
			continue;
		}
		while (n < peer->columns && peer->column[n] != column)
			n++;
		if (n == peer->columns)
			peer->column[peer->columns++] = column;
		out += sprintf(out, "$%d", n + 1);
		text += 1 + strlen(names[column]);
	}
	*out = '\0';
}

/* Reads what a peer is. */
static void
read_peer(Peer *peer, const char *path)
{
	const char *base = strrchr(path, '/');
	char	   *end;
	char	   *text = read_file(path);

	peer->path = path;
	snprintf(peer->name, sizeof peer->name, "%s", base ? base + 1 : path);
	if ((end = strrchr(peer->name, '.')) == NULL)
		die("%s has no ending", path);
	peer->is_redis = strcmp(end, ".redis") == 0;
	*end = '\0';
	text[strcspn(text, peer->is_redis ? "\n" : "")] = '\0';
	bind_columns(peer, text);
	free(text);
}

/* Opens the session of a peer and makes its plan. */
static void
open_peer(Peer *peer)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *redis = getenv("DW_REDIS");
	PGresult   *result;

	if (peer->is_redis)
	{
		if (redis == NULL ||
			sscanf(redis, "%107[^:]:%d", address.sun_path, &peer->pid) != 2)
			die("DW_REDIS does not say where Redis is");
		peer->socket = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(peer->socket, (struct sockaddr *) &address, sizeof address))
			die("%s: %s", address.sun_path, strerror(errno));
		return;
	}
	peer->conn = PQconnectdb("");
	if (PQstatus(peer->conn) != CONNECTION_OK)
		die("%s", PQerrorMessage(peer->conn));
	peer->pid = PQbackendPID(peer->conn);
	result = PQprepare(peer->conn, "ask", peer->text, 0, NULL);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		die("%s: %s", peer->path, PQerrorMessage(peer->conn));
	PQclear(result);
}

/* Ends it. */
static void
close_peer(Peer *peer)
{
	if (peer->is_redis)
		close(peer->socket);
	else
		PQfinish(peer->conn);
}

/* ----------------------------------------------------------------------
 * Asking
 * ----------------------------------------------------------------------
 */

/* Sends an SQL question; the number of rows of its answer. */
static int
ask_sql(Peer *peer, char **row)
{
	const char *values[MOST_COLUMNS];
	PGresult   *result;
	int			rows;

	for (int i = 0; i < peer->columns; i++)
		values[i] = row[peer->column[i]];
	result = PQexecPrepared(peer->conn, "ask", peer->columns, values,
							NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		die("%s: %s", peer->path, PQerrorMessage(peer->conn));
	rows = PQntuples(result);
	PQclear(result);
	return rows;
}

/* How many lines of the protocol are still to come after those in text. */
static int
lines_left(const char *text, int left)
{
	for (const char *at = text; (at = strstr(at, "\r\n")) != NULL; at += 2)
		left--;
	return left;
}

/*
 * Sends a command to Redis; the number of elements of its answer, which is an
 * array of pairs of strings (*n, then *2 $length text $length text each).
 */
static int
ask_redis(Peer *peer, char **row)
{
	char		text[65536];
	char		command[1024];
	char	   *out = command;
	ssize_t		got;
	int			used = 0;
	int			rows;

	for (const char *in = peer->text; *in;)
	{
		if (*in == '$')
			out += sprintf(out, "%s", row[peer->column[strtol(in + 1, (char **) &in, 10) - 1]]);
		else
			*out++ = *in++;
	}
	out += sprintf(out, "\r\n");
	if (write(peer->socket, command, out - command) != out - command)
		die("Redis does not listen");
	do
	{
		got = read(peer->socket, text + used, sizeof text - 1 - used);
		if (got <= 0)
			die("Redis does not answer");
		used += got;
		text[used] = '\0';
		if (text[0] != '*')
			die("Redis says %s", text);
		rows = atoi(text + 1);
	} while (lines_left(text, 1 + 5 * rows) > 0);
	return rows;
}

/* Asks a peer one question. */
static int
ask(Peer *peer, char **row)
{
	return peer->is_redis ? ask_redis(peer, row) : ask_sql(peer, row);
}

/* For qsort. */
static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a,
				y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Asks a peer all questions, and prints the figures unless it is round 0. */
static void
time_peer(Peer *peer, int round)
{
	double	   *cpu = calloc(asked, sizeof *cpu);
	double	   *wait = calloc(asked, sizeof *wait);
	double		sum = 0;
	int			rows = 0;

	for (int i = 0; i < asked; i++)
	{
		double		before = cpu_us(peer->pid);
		double		start = clock_us();

		rows += ask(peer, questions[i]);
		wait[i] = clock_us() - start;
		cpu[i] = cpu_us(peer->pid) - before;
		sum += cpu[i];
	}
	qsort(cpu, asked, sizeof *cpu, compare);
	qsort(wait, asked, sizeof *wait, compare);
	if (round > 0)
		printf("cpu %d %s %.1f %.1f %.1f %.1f %.1f %d\n", round, peer->name,
			   cpu[asked / 2], cpu[asked * 99 / 100], sum / asked,
			   wait[asked / 2], wait[asked * 99 / 100], rows);
	fflush(stdout);
	free(cpu);
	free(wait);
}

/* One client: asks for some seconds, and writes how often to a pipe. */
static void
run_client(Peer *peer, int number, double seconds, int pipe)
{
	double		end;
	int			count = 0;

	open_peer(peer);
	for (int i = 0; i < 10; i++)
		ask(peer, questions[i % asked]);
	end = clock_us() + seconds * 1e6;
	while (clock_us() < end)
		ask(peer, questions[(number * 37 + count++) % asked]);
	if (write(pipe, &count, sizeof count) != sizeof count)
		_exit(1);
	close_peer(peer);
	_exit(0);
}

/* What several clients of a peer get done. */
static void
count_peer(Peer *peer, int round, int clients, double seconds)
{
	int			pipes[2];
	int			sum = 0;
	int			count;

	if (pipe(pipes))
		die("no pipe");
	for (int i = 0; i < clients; i++)
	{
		if (fork() == 0)
			run_client(peer, i, seconds, pipes[1]);
	}
	for (int i = 0; i < clients; i++)
	{
		int			status;

		if (wait(&status) < 0 || status != 0 ||
			read(pipes[0], &count, sizeof count) != sizeof count)
			die("a client of %s failed", peer->name);
		sum += count;
	}
	close(pipes[0]);
	close(pipes[1]);
	printf("tps %d %s %d %.1f\n", round, peer->name, clients, sum / seconds);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static Peer peers[MOST_PEERS];
	int			n = argc - 5;
	int			rounds;
	double		seconds;

	if (n < 1 || n > MOST_PEERS)
		die("usage: race ROUNDS CLIENTS SECONDS QUESTIONS PEER...");
	rounds = atoi(argv[1]);
	seconds = atof(argv[3]);
	read_questions(argv[4]);
	for (int i = 0; i < n; i++)
	{
		read_peer(&peers[i], argv[5 + i]);
		open_peer(&peers[i]);
	}
	for (int round = 0; round <= rounds; round++)
	{
		for (int i = 0; i < n; i++)
			time_peer(&peers[(i + round) % n], round);
		for (int i = 0; i < n && round > 0 && seconds > 0; i++)
			count_peer(&peers[(i + round) % n], round, atoi(argv[2]), seconds);
	}
	for (int i = 0; i < n; i++)
		close_peer(&peers[i]);
	return 0;
}
