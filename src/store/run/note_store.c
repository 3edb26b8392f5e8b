/*
 * note_store.c
 *		Notes of crashes: which row a process was at when it died.
 *
 * A file belongs to one process, which keeps it open and writes it with one
 * call; whoever comes later knows by its name whether that process is gone.
 * A collector holds a lock on the file until its transaction ends, so that a
 * note counts once; it unlinks the file at commit and never before.
 *
 * Files are made in the data directory with the server's own rights.  A base
 * backup takes them along: on the copy all their processes are gone, and the
 * rows are tried alone once more, which is right.  A standby writes none, for
 * nothing is decided there.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xact.h"
#include "common/file_perm.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/procarray.h"
#include "utils/backend_status.h"
#include "utils/memutils.h"

#include "server/sql/sql_server.h"
#include "store/run/run_store.h"

#define NOTES		"dwello_notes"
#define NOTES_AT_ONCE	64		/* that one transaction collects */

/* The file of this process, open from its first note on. */
static int	own = -1;
static char own_path[MAXPGPATH];
static bool is_written = false; /* there is a note in it */

/* Files that this transaction has collected. */
static struct
{
	int			file;			/* locked; -1 = given back */
	SubTransactionId in;		/* the subtransaction that took it */
	char		path[MAXPGPATH];	/* of it */
}			collected[NOTES_AT_ONCE];
static int	collected_count = 0;
static int	collected_last = 0; /* where those of the last call begin */

/* Takes the file of this process away when that ends in order. */
static void
own_remove(int code, Datum argument)
{
	if (own >= 0)
		(void) unlink(own_path);
}

/*
 * Releases what was collected since a subtransaction began; the files stay
 * unless it is done.
 */
static void
collected_release(SubTransactionId since, bool is_done)
{
	while (collected_count > 0 && collected[collected_count - 1].in >= since)
	{
		int			file = collected[--collected_count].file;

		if (file < 0)
			continue;
		if (is_done)
			(void) unlink(collected[collected_count].path);
		(void) close(file);
	}
}

/* The end of a transaction. */
static void
transaction_ended(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT ||
		event == XACT_EVENT_PREPARE)
	{
		dw_note_write(NULL);
		collected_release(TopSubTransactionId, event == XACT_EVENT_COMMIT);
	}
}

/* What a subtransaction raised is gone with it. */
static void
subtransaction_ended(SubXactEvent event, SubTransactionId id,
					 SubTransactionId parent, void *argument)
{
	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	dw_note_write(NULL);
	collected_release(id, false);
}

/* Registers what ends, once. */
static void
watch(void)
{
	static bool is_watched = false;

	if (is_watched)
		return;
	RegisterXactCallback(transaction_ended, NULL);
	RegisterSubXactCallback(subtransaction_ended, NULL);
	before_shmem_exit(own_remove, (Datum) 0);
	is_watched = true;
}

/* Opens the file of this process. */
static void
own_open(void)
{
	watch();
	if (MakePGDirectory(NOTES) < 0 && errno != EEXIST)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create directory \"%s\": %m", NOTES)));
	snprintf(own_path, sizeof(own_path), NOTES "/%u-%d-" INT64_FORMAT,
			 MyDatabaseId, MyProcPid, (int64) MyStartTimestamp);
	own = BasicOpenFile(own_path, O_CREAT | O_RDWR | O_TRUNC | PG_BINARY);
	if (own < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create file \"%s\": %m", own_path)));
}

void
dw_note_write(const DwNote *note)
{
	if (note == NULL)
	{
		/* a file that cannot be emptied is left to be taken for a crash */
		if (is_written && ftruncate(own, 0) != 0)
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("could not empty file \"%s\": %m", own_path)));
		is_written = false;
		return;
	}
	if (own < 0)
		own_open();
	is_written = true;
	if (pg_pwrite(own, note, sizeof(*note), 0) != sizeof(*note))
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not write file \"%s\": %m", own_path)));
}

/* True when a process that began then runs still. */
static bool
is_running(int pid, int64 start)
{
	int			count;

	if (BackendPidGetProc(pid) == NULL)
		return false;
	/* the same number may be another process by now */
	pgstat_clear_backend_activity_snapshot();
	count = pgstat_fetch_stat_numbackends();
	for (int i = 1; i <= count; i++)
	{
		LocalPgBackendStatus *status = dw_backend_status(i);

		if (status != NULL && status->backendStatus.st_procpid == pid)
			return (int64) status->backendStatus.st_proc_start_timestamp ==
				start;
	}
	return true;
}

/* True for the name of a note of this database whose process is gone. */
static bool
is_left(const char *name)
{
	unsigned	database;
	int			pid;
	long long	start;
	int			length = 0;

	if (sscanf(name, "%u-%d-%lld%n", &database, &pid, &start, &length) != 3 ||
		database != MyDatabaseId)
		return false;
	return name[length] == '\0' && !is_running(pid, (int64) start);
}

/* Takes a file, unless another transaction has it; false then. */
static bool
collect(const char *name, DwNote *note)
{
	char		path[MAXPGPATH];
	struct stat found;
	int			file;
	int			size;

	snprintf(path, sizeof(path), NOTES "/%s", name);
	file = BasicOpenFile(path, O_RDWR | PG_BINARY);
	if (file < 0)
		return false;
	if (flock(file, LOCK_EX | LOCK_NB) != 0 || fstat(file, &found) != 0 ||
		found.st_nlink == 0)
	{
		(void) close(file);
		return false;
	}
	size = (int) pg_pread(file, note, sizeof(*note), 0);
	if (size != sizeof(*note))
	{
		/* it died without a note */
		(void) unlink(path);
		(void) close(file);
		return false;
	}
	collected[collected_count].file = file;
	collected[collected_count].in = GetCurrentSubTransactionId();
	strlcpy(collected[collected_count++].path, path, MAXPGPATH);
	return true;
}

DwNote *
dw_notes_collect(int *count)
{
	DwNote	   *notes = palloc_array(DwNote, NOTES_AT_ONCE);
	DIR		   *directory;
	struct dirent *entry;

	*count = 0;
	collected_last = collected_count;
	watch();
	directory = AllocateDir(NOTES);
	if (directory == NULL)
		return notes;
	while (collected_count < NOTES_AT_ONCE &&
		   (entry = ReadDirExtended(directory, NOTES, LOG)) != NULL)
		if (is_left(entry->d_name) && collect(entry->d_name, &notes[*count]))
			(*count)++;
	FreeDir(directory);
	return notes;
}

void
dw_note_return(int number)
{
	(void) close(collected[collected_last + number].file);
	collected[collected_last + number].file = -1;
}

DwNoteJob
dw_note_job_lock(const DwUuid *job_id)
{
	static DwStatement lock_job =
		DW_STATEMENT("SELECT j.id FROM dwello.jobs AS j "
					 "WHERE j.id = ANY ($1) FOR NO KEY UPDATE SKIP LOCKED");
	static DwStatement find_job =
		DW_STATEMENT("SELECT FROM dwello.jobs AS j WHERE j.id = ANY ($1)");
	DwParams	p = DW_PARAMS;

	dw_param_uuids(&p, job_id, 1);
	if (dw_execute(&lock_job, &p) > 0)
		return DW_NOTE_JOB_LOCKED;
	return dw_execute(&find_job, &p) > 0 ? DW_NOTE_JOB_BUSY
		: DW_NOTE_JOB_GONE;
}
