/*
 * partition_store.c
 *		Monthly partitions of the logs.
 *
 * A month runs from its first day 00:00 UTC.  A partition made here is an
 * ordinary table, no member of the extension: pg_dump writes its definition
 * and its rows.  It gets what the epilogue gives to members: row-level
 * security with the policies of the owner and of the service.  The triggers
 * of a log's rows come with the attaching, that of TRUNCATE does not.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"

#include "server/sql/sql_server.h"
#include "store/admin/admin_store.h"

#define LOCK_TRIES		5		/* for each lock that attaching takes */

static bool is_moving = false;	/* rows leave a default partition */

/* Splits a day into year and month. */
static void
day_to_month(DateADT day, int *year, int *month)
{
	int			ignored;

	j2date(day + POSTGRES_EPOCH_JDATE, year, month, &ignored);
}

/* The first day of the month that a day lies in. */
DateADT
dw_month_of(DateADT day)
{
	return dw_month_after(day, 0);
}

/* The first day of the month so many months later. */
DateADT
dw_month_after(DateADT month, int months)
{
	int			y;
	int			m;

	day_to_month(month, &y, &m);
	m += months - 1;
	return date2j(y + m / 12, m % 12 + 1, 1) - POSTGRES_EPOCH_JDATE;
}

/* The name of a log's partition for a month. */
char *
dw_partition_name(const char *log, DateADT month)
{
	int			y;
	int			m;

	day_to_month(month, &y, &m);
	return psprintf("%s_%04d_%02d", log, y, m);
}

/* The names of the logs, in order. */
char	  **
dw_logs(uint64 *count)
{
	static DwStatement select_logs =
		DW_STATEMENT("SELECT c.relname::text FROM pg_catalog.pg_class AS c "
					 "WHERE c.relnamespace = 'dwello'::regnamespace "
					 "AND c.relkind = 'p' ORDER BY c.relname");
	char	  **names;

	*count = dw_query(&select_logs, NULL);
	names = palloc(sizeof(char *) * (*count + 1));
	for (uint64 i = 0; i < *count; i++)
		names[i] = dw_read_only_text(i);
	return names;
}

/* Runs a definition statement, which has no plan to keep. */
static void
run_definition(const char *sql)
{
	int			code = SPI_execute(sql, false, 0);

	if (code < 0)
		elog(ERROR, "dwello definition failed: %s",
			 SPI_result_code_string(code));
}

/*
 * What each month of a log is found by.  A parent has no key, because one
 * in it would have to contain the time.
 */
static void
index_partition(const char *log, const char *partition)
{
	if (strcmp(log, "audit_log") == 0)
		return;					/* every change would pay for one */
	if (strcmp(log, "ai_agent_activity") == 0)
	{
		/* by job, as it is written; and a provider's own, in order */
		run_definition(psprintf("ALTER TABLE dwello.%s "
								"ADD PRIMARY KEY (job_id, user_id, id)",
								partition));
		run_definition(psprintf("CREATE INDEX %1$s_user_id_idx "
								"ON dwello.%1$s (user_id, id)", partition));
	}
	else
		run_definition(psprintf("ALTER TABLE dwello.%s "
								"ADD PRIMARY KEY (user_id, id)", partition));
}

/* Makes the empty partition, with its own key and row-level security. */
static void
create_partition(const char *log, const char *partition)
{
	run_definition(psprintf("CREATE TABLE dwello.%1$s "
							"(LIKE dwello.%2$s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
							partition, log));
	index_partition(log, partition);
	run_definition(psprintf("ALTER TABLE dwello.%s ENABLE ROW LEVEL SECURITY, "
							"FORCE ROW LEVEL SECURITY", partition));
	run_definition(psprintf("CREATE POLICY %1$s_owner ON dwello.%1$s "
							"TO dwello_owner USING (true) WITH CHECK (true)",
							partition));
	run_definition(psprintf("CREATE POLICY %1$s_service ON dwello.%1$s "
							"FOR SELECT TO dwello_service "
							"USING (dwello.reads_all())",
							partition));
	if (strcmp(log, "ai_agent_activity") != 0)
		run_definition(psprintf("CREATE TRIGGER guard_truncate "
								"BEFORE TRUNCATE ON dwello.%s "
								"EXECUTE FUNCTION dwello.guard_append()",
								partition));
	run_definition(psprintf("COMMENT ON TABLE dwello.%s IS "
							"'One month of dwello.%s.'", partition, log));
}

/* The bound of a month as a literal: its first moment in UTC. */
static char *
month_bound(DateADT month)
{
	int			y;
	int			m;

	day_to_month(month, &y, &m);
	return psprintf("'%04d-%02d-01 00:00:00+00'", y, m);
}

bool
dw_partition_is_moving(void)
{
	return is_moving;
}

/* Moves rows; what guards the log lets them. */
static void
move_rows(const char *sql)
{
	is_moving = true;
	PG_TRY();
	run_definition(sql);
	PG_FINALLY();
	is_moving = false;
	PG_END_TRY();
}

/* Moves the month's rows out of the default and attaches the partition. */
static void
attach_partition(const char *log, const char *partition, DateADT month)
{
	char	   *from = month_bound(month);
	char	   *to = month_bound(dw_month_after(month, 1));

	move_rows(psprintf("WITH moved AS (DELETE FROM dwello.%1$s_default AS d "
					   "WHERE d.created_at >= %3$s AND d.created_at < %4$s "
					   "RETURNING d.*) "
					   "INSERT INTO dwello.%2$s SELECT * FROM moved",
					   log, partition, from, to));
	run_definition(psprintf("ALTER TABLE dwello.%s ATTACH PARTITION dwello.%s "
							"FOR VALUES FROM (%s) TO (%s)",
							log, partition, from, to));
}

/*
 * Locks a log and its default partition, as attaching does; false when a
 * transaction keeps on using them.
 */
static bool
lock_log(const char *log, Oid schema)
{
	Oid			rest = get_relname_relid(psprintf("%s_default", log), schema);

	return dw_relation_lock(get_relname_relid(log, schema),
							ShareUpdateExclusiveLock, LOCK_TRIES, false) &&
		dw_relation_lock(rest, AccessExclusiveLock, LOCK_TRIES, false);
}

DwPartitionState
dw_partition_ensure(const char *log, DateADT month)
{
	Oid			schema = get_namespace_oid("dwello", false);
	char	   *partition = dw_partition_name(log, month);

	if (OidIsValid(get_relname_relid(partition, schema)))
		return DW_PARTITION_THERE;
	if (!lock_log(log, schema))
		return DW_PARTITION_BUSY;
	if (OidIsValid(get_relname_relid(partition, schema)))
		return DW_PARTITION_THERE;	/* another worker was faster */
	create_partition(log, partition);
	attach_partition(log, partition, month);
	return DW_PARTITION_CREATED;
}
