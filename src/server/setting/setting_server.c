/*
 * setting_server.c
 *		Settings: the superuser's (GUCs) and the operator's (rows).
 *
 * An operator's settings are rows of dwello.system_settings over the
 * version's defaults in dwello.system_settings_defaults; the view
 * dwello.settings joins the two.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/namespace.h"
#include "nodes/makefuncs.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"

static char *now_text = NULL;
static pg_tz *platform_zone = NULL; /* NULL: to be read */
static uint64 generation = 1;	/* of what is kept of settings */
static bool allow_drop = false;
static char *request_id = NULL;

/* Takes the fields of a time apart; 16 added what an error would tell. */
#if PG_VERSION_NUM >= 160000
#define dw_decode_time(fields, types, count, kind, parts, fraction, zone) \
	DecodeDateTime(fields, types, count, kind, parts, fraction, zone, \
				   &(DateTimeErrorExtra) {0})
#else
#define dw_decode_time(fields, types, count, kind, parts, fraction, zone) \
	DecodeDateTime(fields, types, count, kind, parts, fraction, zone)
#endif

/*
 * The years of a pinned time: a deadline after it is a time, too, which a
 * century before the end of all times would not be.
 */
#define PINNED_YEAR_MIN 1970
#define PINNED_YEAR_MAX 9999

/* What the check hook of dwello.now hands to its assign hook. */
typedef struct PinnedTime
{
	bool		pinned;			/* false: the clock */
	TimestampTz time;			/* the pinned time */
} PinnedTime;

static PinnedTime pinned_now = {false, 0};

/* The time of dw_now_at(), which goes before the pinned one. */
static PinnedTime read_now = {false, 0};

/*
 * True when a field of a time is a name of a zone that nobody knows: 15
 * raises about such a name where it gives a code for anything else, and an
 * error in a check hook ends a server that reads it from a file.
 */
static bool
is_unknown_zone(const char *field, int type)
{
	return type == DTK_DATE && !isdigit((unsigned char) *field) &&
		pg_tzset(field) == NULL;
}

/*
 * Reads a finite timestamptz; false instead of an error for a bad one.  The
 * type's own input function raises, and an error that is caught without a
 * subtransaction would take a cancel or a lack of memory for a bad time.
 */
static bool
parse_time(const char *text, TimestampTz *out)
{
	char		work[MAXDATELEN + MAXDATEFIELDS];
	char	   *fields[MAXDATEFIELDS];
	int			types[MAXDATEFIELDS];
	int			count;
	int			kind;
	int			zone;
	fsec_t		fraction;
	struct pg_tm parts;

	if (ParseDateTime(text, work, sizeof(work), fields, types, MAXDATEFIELDS,
					  &count) != 0)
		return false;
	for (int i = 0; i < count; i++)
		if (is_unknown_zone(fields[i], types[i]))
			return false;
	if (dw_decode_time(fields, types, count, &kind, &parts, &fraction,
					   &zone) != 0)
		return false;
	if (kind == DTK_EPOCH)
		*out = SetEpochTimestamp();
	return kind == DTK_EPOCH ||
		(kind == DTK_DATE &&
		 parts.tm_year >= PINNED_YEAR_MIN &&
		 parts.tm_year <= PINNED_YEAR_MAX &&
		 tm2timestamp(&parts, fraction, &zone, out) == 0 &&
		 IS_VALID_TIMESTAMP(*out));
}

/*
 * Replaces the setting's text by one that every reader takes for the same
 * time.  A parallel worker gets the text before it has the session's TimeZone
 * and abbreviations of zones, and crashed over a "Z".
 */
static bool
spell_time(char **text, TimestampTz time)
{
	const char *plain = timestamptz_to_str(time);
	char	   *copy = dw_guc_malloc(strlen(plain) + 1);

	if (copy == NULL)
		return false;
	strcpy(copy, plain);
	dw_guc_free(*text);
	*text = copy;
	return true;
}

/* Check hook of dwello.now: empty, or a finite timestamptz. */
static bool
check_now(char **newval, void **extra, GucSource source)
{
	PinnedTime	pin = {false, 0};

	if (*newval != NULL && **newval != '\0')
	{
		pin.pinned = true;
		if (!parse_time(*newval, &pin.time))
		{
			GUC_check_errdetail("dwello.now is a timestamp with time zone in the years %d to %d, or empty for the clock.",
								PINNED_YEAR_MIN, PINNED_YEAR_MAX);
			return false;
		}
		if (!spell_time(newval, pin.time))
			return false;
	}
	*extra = dw_guc_malloc(sizeof(pin));
	if (*extra == NULL)
		return false;
	memcpy(*extra, &pin, sizeof(pin));
	return true;
}

/* Assign hook of dwello.now. */
static void
assign_now(const char *newval, void *extra)
{
	if (extra != NULL)
		memcpy(&pinned_now, extra, sizeof(pinned_now));
}

/* Check hook of dwello.request_id: what can be a line of a log, or empty. */
static bool
check_request_id(char **newval, void **extra, GucSource source)
{
	const char *text = *newval == NULL ? "" : *newval;

	for (const char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~' || c - text >= DW_REQUEST_ID_MAX)
		{
			GUC_check_errdetail("dwello.request_id is up to %d printable characters of ASCII, or empty.",
								DW_REQUEST_ID_MAX);
			return false;
		}
	return true;
}

/*
 * Forgets platform_timezone and what is kept of others.  Which relation was
 * changed is not asked: it costs one statement to read one again.
 */
static void
forget_settings(Datum arg, Oid relation)
{
	platform_zone = NULL;
	generation++;
}

void
dw_setting_init(void)
{
	dw_relation_watch(forget_settings);
	DefineCustomStringVariable("dwello.now",
							   "Pins the time by which deadlines are judged.",
							   "A timestamp with time zone; empty means the clock. "
							   "For tests and replays; tokens always expire by the clock.",
							   &now_text, "", PGC_SUSET, GUC_NOT_IN_SAMPLE,
							   check_now, assign_now, NULL);
	DefineCustomBoolVariable("dwello.allow_drop",
							 "Allows DROP EXTENSION dwello, which drops every row.",
							 NULL, &allow_drop, false, PGC_SUSET,
							 GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	DefineCustomStringVariable("dwello.request_id",
							   "The request of the application that is being served.",
							   "Written beside each change in the audit log. "
							   "Set it for the transaction, with the token.",
							   &request_id, "", PGC_USERSET, GUC_NOT_IN_SAMPLE,
							   check_request_id, NULL, NULL);
}

const char *
dw_request_id(void)
{
	return request_id == NULL || *request_id == '\0' ? NULL : request_id;
}

TimestampTz
dw_now(void)
{
	if (read_now.pinned)
		return read_now.time;
	return pinned_now.pinned ? pinned_now.time : GetCurrentTimestamp();
}

void
dw_now_at(TimestampTz time, void (*work) (void *argument), void *argument)
{
	PinnedTime	before = read_now;

	read_now = (PinnedTime)
	{
		true, time
	};
	PG_TRY();
	{
		work(argument);
	}
	PG_FINALLY();
	{
		read_now = before;
	}
	PG_END_TRY();
}

/* The day of dw_now() in UTC. */
DateADT
dw_today(void)
{
	TimestampTz now = dw_now();
	int64		day = now / USECS_PER_DAY;

	return (DateADT) (now % USECS_PER_DAY < 0 ? day - 1 : day);
}

/* True while a superuser allows the drop. */
bool
dw_allow_drop(void)
{
	return allow_drop;
}

char *
dw_setting_find(const char *name)
{
	static DwStatement select_setting =
		DW_STATEMENT("SELECT s.value FROM dwello.settings AS s "
					 "WHERE s.name = $1");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, name);
	if (dw_query(&select_setting, &p) == 0)
		return NULL;
	return dw_read_only_text(0);
}

/* The table of what operators have set. */
static Oid
settings_relation(void)
{
	RangeVar   *table = makeRangeVar("dwello", "system_settings", -1);

	return RangeVarGetRelid(table, NoLock, false);
}

/*
 * Locks a setting.  The row to lock is made first where the
 * operator never had a say: it counts as the default's.
 */
int32
dw_setting_lock(const char *name)
{
	static DwStatement insert_setting =
		DW_STATEMENT("INSERT INTO dwello.system_settings (name, value) "
					 "VALUES ($1, NULL) ON CONFLICT (name) DO NOTHING");
	static DwStatement lock_setting =
		DW_STATEMENT("SELECT s.version FROM dwello.system_settings AS s "
					 "WHERE s.name = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, name);
	(void) dw_execute(&insert_setting, &p);
	if (dw_execute(&lock_setting, &p) == 0)
		elog(ERROR, "setting \"%s\" is gone", name);
	return dw_read_only_int4(0);
}

char *
dw_setting_save(const char *name, const char *value)
{
	static DwStatement update_setting =
		DW_STATEMENT("UPDATE dwello.system_settings AS s "
					 "SET value = $2, version = s.version + 1 "
					 "FROM dwello.system_settings_defaults AS d "
					 "WHERE s.name = $1 AND d.name = s.name "
					 "RETURNING COALESCE(s.value, d.value)");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, name);
	dw_param_text(&p, value);
	/* whoever keeps a setting between calls reads it anew */
	CacheInvalidateRelcacheByRelid(settings_relation());
	(void) dw_execute(&update_setting, &p);
	return dw_read_only_text(0);
}

/* The same for a name of ours; that it is unknown can't happen. */
static char *
setting_text(const char *name)
{
	char	   *value = dw_setting_find(name);

	if (value == NULL)
		elog(ERROR, "dwello has no setting \"%s\"", name);
	return value;
}

pg_tz *
dw_platform_zone(void)
{
	char	   *name;

	if (platform_zone != NULL)
		return platform_zone;
	name = setting_text("platform_timezone");
	platform_zone = pg_tzset(name);
	/* as after a restore on a server that knows other zones */
	if (platform_zone == NULL)
		dw_raise(DW_BAD_VALUE, "setting \"platform_timezone\" is no time zone",
				 psprintf("This server does not know \"%s\".", name),
				 "Set one of pg_timezone_names with dwello.set_setting().");
	return platform_zone;
}

/* An operator's setting as bigint. */
int64
dw_setting_int8(const char *name)
{
	Datum		value = CStringGetDatum(setting_text(name));

	return DatumGetInt64(DirectFunctionCall1(int8in, value));
}

/*
 * The latest snapshot reads it: a change that it does not see has its message
 * still to come.  A message that comes meanwhile makes what is read old.
 */
int64
dw_setting_kept(DwKeptSetting *setting)
{
	uint64		now = generation;

	if (setting->read_at == now)
		return setting->value;
	PushActiveSnapshot(GetLatestSnapshot());
	setting->value = dw_setting_int8(setting->name);
	PopActiveSnapshot();
	setting->read_at = now;
	return setting->value;
}

double
dw_setting_float8(const char *name)
{
	Datum		value = CStringGetDatum(setting_text(name));

	return DatumGetFloat8(DirectFunctionCall1(float8in, value));
}

/* An operator's setting as boolean. */
bool
dw_setting_bool(const char *name)
{
	Datum		value = CStringGetDatum(setting_text(name));

	return DatumGetBool(DirectFunctionCall1(boolin, value));
}
