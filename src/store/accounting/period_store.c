/*
 * period_store.c
 *		How far the days of booking are closed.
 *
 * Every booking holds the table ROW SHARE until it ends.  These locks do not
 * conflict, and lie in the backend's own part of memory: bookings never wait
 * for each other.  Whoever closes a period takes it EXCLUSIVE, and so waits
 * for bookings in flight; what is booked afterwards finds the days closed.
 *
 * How far that is, a backend keeps.  A trigger of the table sends word of
 * each change, which is received when the lock is taken: word is sent before
 * a committing transaction gives up its locks.  It is read anew by the
 * latest snapshot, for that of REPEATABLE READ may be older than the lock.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "storage/lmgr.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "core/accounting/accounting.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/table/table_server.h"
#include "store/accounting/accounting_store.h"

#define LOCK_TRIES		50		/* of a close, for bookings to end */

static const DwColumn period_columns[] = {
	DW_COLUMN(UUID, DwPeriodRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(DATE, DwPeriodRow, closed_until, closed_until, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwPeriodRow, closed_at, closed_at, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwPeriodRow, closed_by, closed_by, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwPeriodRow, reopen_reason, reopen_reason, 0),
	DW_COLUMN(UUID_COPY, DwPeriodRow, reopen_asked_by, reopen_asked_by, 0),
	DW_COLUMN(TIME, DwPeriodRow, reopen_asked_at, reopen_asked_at, 0),
	DW_COLUMN(UUID_COPY, DwPeriodRow, reopened_by, reopened_by, 0),
	DW_COLUMN(TIME, DwPeriodRow, reopened_at, reopened_at, 0),
	DW_COLUMN(TIME, DwPeriodRow, carried_at, carried_at, DW_COLUMN_FIXED)
};

static DwTable periods =
DW_TABLE("accounting_periods", DwPeriodRow, period_columns);

/* What the backend keeps. */
static struct
{
	bool		hears;			/* of changes */
	Oid			relation;		/* of the table, or InvalidOid */
	bool		is_known;		/* closed_until is read */
	DateADT		closed_until;	/* last closed day */
}			kept;

/* Forgets what is kept of the table. */
static void
forget_periods(Datum arg, Oid relation)
{
	if (relation != InvalidOid && relation != kept.relation)
		return;
	kept.relation = InvalidOid;
	kept.is_known = false;
}

/* Where the table is, kept. */
static Oid
find_relation(void)
{
	if (!kept.hears)
		dw_relation_watch(forget_periods);
	kept.hears = true;
	if (!OidIsValid(kept.relation))
		kept.relation =
			get_relname_relid("accounting_periods",
							  get_namespace_oid("dwello", false));
	return kept.relation;
}

/* Locks the table as bookings do; what is kept is true from then on. */
static Oid
lock_shared(void)
{
	Oid			relation;

	do
	{
		relation = find_relation();
		LockRelationOid(relation, RowShareLock);
	} while (relation != find_relation());
	return relation;
}

/* A column of a period; NULL sets isnull. */
static Datum
period_column(Relation table, HeapTuple tuple, const char *name,
			  bool *isnull)
{
	return heap_getattr(tuple, get_attnum(RelationGetRelid(table), name),
						RelationGetDescr(table), isnull);
}

/* The last closed day as the latest snapshot has it. */
static DateADT
read_closed_until(Oid relation)
{
	DateADT		last = DW_PERIOD_NONE;
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	Relation	table = table_open(relation, NoLock);
	SysScanDesc scan = systable_beginscan(table, InvalidOid, false, snapshot,
										  0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		is_closed;
		bool		isnull;
		DateADT		until =
			DatumGetDateADT(period_column(table, tuple, "closed_until",
										  &isnull));

		(void) period_column(table, tuple, "reopened_at", &is_closed);
		if (is_closed)
			last = Max(last, until);
	}
	systable_endscan(scan);
	table_close(table, NoLock);
	UnregisterSnapshot(snapshot);
	return last;
}

DateADT
dw_day_of(TimestampTz time)
{
	struct pg_tm tm;
	fsec_t		fraction;
	int			offset;

	if (timestamp2tm(time, &offset, &tm, &fraction, NULL,
					 dw_platform_zone()) != 0)
		dw_raise(DW_OVERFLOW, "the time is out of range", NULL, NULL);
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

DateADT
dw_booking_today(void)
{
	return dw_day_of(dw_now());
}

/* The last closed day, kept; of the locked table. */
static DateADT
closed_until(Oid relation)
{
	if (!kept.is_known)
	{
		kept.closed_until = read_closed_until(relation);
		kept.is_known = true;
	}
	return kept.closed_until;
}

DateADT
dw_booking_day(TimestampTz time)
{
	return dw_period_day(dw_day_of(time), closed_until(lock_shared()));
}

DateADT
dw_periods_lock(void)
{
	Oid			relation = find_relation();

	(void) dw_relation_lock(relation, ExclusiveLock, LOCK_TRIES, true);
	return closed_until(relation);
}

bool
dw_period_last(DwPeriodRow *row)
{
	static DwTableQuery closed_last =
		DW_TABLE_QUERY(periods, "WHERE t.reopened_at IS NULL "
					   "ORDER BY t.closed_until DESC LIMIT 1 FOR UPDATE");
	DwParams	p = DW_PARAMS;

	if (dw_table_execute(&closed_last, &p) == 0)
		return false;
	dw_table_read(&periods, 0, row);
	return true;
}

void
dw_period_insert(const DwPeriodRow *row)
{
	dw_table_insert(&periods, row);
}

void
dw_period_update(DwPeriodRow *row)
{
	dw_table_update(&periods, row);
}
