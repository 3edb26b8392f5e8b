/*
 * log_store.c
 *		Rows of the audit log, put into the heap and indexes of their month.
 *
 * It goes round the executor, as record_store.c says.
 *
 * Where no month holds the moment, the default partition does.  A month that
 * is attached takes that partition for itself alone: who has waited for it
 * looks again for where the row belongs, so none is lost or refused.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"

#include "server/sql/sql_server.h"
#include "store/audit/audit_store_int.h"

static Oid	log_relation = InvalidOid;	/* dwello.audit_log, once looked up */

/* The partition that holds a time. */
static Oid
partition_at(Relation log, TimestampTz time)
{
	PartitionKey key = RelationGetPartitionKey(log);
	PartitionDesc desc = RelationGetPartitionDesc(log, true);
	PartitionBoundInfo bounds = desc->boundinfo;
	Datum		value = TimestampTzGetDatum(time);
	bool		is_equal;
	int			offset;
	int			index = -1;

	if (bounds == NULL)
		elog(ERROR, "\"%s\" has no partition", RelationGetRelationName(log));
	offset = partition_range_datum_bsearch(key->partsupfunc,
										   key->partcollation, bounds, 1,
										   &value, &is_equal);
	if (bounds->ndatums > 0)
		index = bounds->indexes[offset + 1];
	if (index < 0)
		index = bounds->default_index;
	if (index < 0)
		elog(ERROR, "\"%s\" has no default partition",
			 RelationGetRelationName(log));
	return desc->oids[index];
}

/*
 * Opens the partition that holds a time.  A month may be attached while this
 * waits for the lock on the default, whose rows of that month it takes along.
 */
static Relation
partition_open(Relation log, TimestampTz time)
{
	for (;;)
	{
		PartitionDesc desc = RelationGetPartitionDesc(log, true);
		Oid			id = partition_at(log, time);
		Relation	partition;

		LockRelationOid(id, RowExclusiveLock);
		if (RelationGetPartitionDesc(log, true) == desc ||
			partition_at(log, time) == id)
		{
			partition = try_table_open(id, NoLock);
			if (partition != NULL)
				return partition;
		}
		UnlockRelationOid(id, RowExclusiveLock);
	}
}

/* True when an index takes the row; a partial one is asked. */
static bool
index_takes(IndexInfo * info, TupleTableSlot *slot, EState * *estate)
{
	ExprContext *context;

	if (!info->ii_ReadyForInserts)
		return false;
	if (info->ii_Predicate == NIL && info->ii_Expressions == NIL)
		return true;			/* what months have: it takes no executor */
	if (*estate == NULL)
		*estate = CreateExecutorState();
	context = GetPerTupleExprContext(*estate);
	context->ecxt_scantuple = slot;
	return info->ii_Predicate == NIL ||
		ExecQual(ExecPrepareQual(info->ii_Predicate, *estate), context);
}

/* Puts the row into an index of its partition. */
static void
index_fill(Relation partition, Oid id, TupleTableSlot *slot, EState * *estate)
{
	Relation	index = index_open(id, RowExclusiveLock);
	IndexInfo  *info = BuildIndexInfo(index);
	Datum		values[INDEX_MAX_KEYS];
	bool		nulls[INDEX_MAX_KEYS];

	if (index_takes(info, slot, estate))
	{
		FormIndexDatum(info, slot, *estate, values, nulls);
		(void) index_insert(index, values, nulls, &slot->tts_tid, partition,
							info->ii_Unique ? UNIQUE_CHECK_YES
							: UNIQUE_CHECK_NO, false, info);
	}
	index_close(index, NoLock);
}

/* Puts the row into all indexes of its partition. */
static void
indexes_fill(Relation partition, HeapTuple tuple)
{
	List	   *indexes = RelationGetIndexList(partition);
	TupleTableSlot *slot;
	EState	   *estate = NULL;
	ListCell   *cell;

	if (indexes == NIL)
		return;
	slot = MakeSingleTupleTableSlot(RelationGetDescr(partition),
									&TTSOpsHeapTuple);
	ExecStoreHeapTuple(tuple, slot, false);
	foreach(cell, indexes)
		index_fill(partition, lfirst_oid(cell), slot, &estate);
	ExecDropSingleTupleTableSlot(slot);
	if (estate != NULL)
		FreeExecutorState(estate);
	list_free(indexes);
}

/* The log has changed: it is looked up again. */
static void
log_forget(Datum argument, Oid relation)
{
	if (!OidIsValid(relation) || relation == log_relation)
		log_relation = InvalidOid;
}

/* Opens the log, whose number is kept until it changes. */
static Relation
log_open(void)
{
	static bool is_watched = false;

	if (!is_watched)
		dw_relation_watch(log_forget);
	is_watched = true;
	if (!OidIsValid(log_relation))
	{
		Oid			schema = get_namespace_oid("dwello", false);

		log_relation = get_relname_relid("audit_log", schema);
	}
	return table_open(log_relation, RowExclusiveLock);
}

void
dw_audit_log_write(LogRow *row)
{
	Relation	log = log_open();
	Datum		time = row->values[LOG_CREATED_AT];
	Relation	partition = partition_open(log, DatumGetTimestampTz(time));
	TupleDesc	desc = RelationGetDescr(partition);
	HeapTuple	tuple;

	if (desc->natts != LOG_COLUMNS)
		elog(ERROR, "\"%s\" has other columns than the audit log",
			 RelationGetRelationName(partition));
	tuple = heap_form_tuple(desc, row->values, row->nulls);
	heap_insert(partition, tuple, GetCurrentCommandId(true), 0, NULL);
	indexes_fill(partition, tuple);
	table_close(partition, NoLock);
	table_close(log, NoLock);
}
