/*
 * write_server.c
 *		Statements that write one row, or those of many commands at once.
 *
 * To start an executor costs more than to write a row, so a batch that does
 * a deed a thousand times runs each statement of the deed once.  Its rows
 * come from a tuplestore: arrays to unnest cost a set-returning function and
 * a tuplestore of its own for each column.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

#include "server/sql/sql_server.h"

#define WRITE_BATCHES_MAX	16	/* statements used by one piece of work */
#define MARK		"@rows"		/* of DW_ROWS */
#define ROWS_NAME	"dwello_rows"	/* of the tuplestore, in the statement */

/* Rows that wait for one statement. */
typedef struct WriteBatch
{
	DwWrite    *write;			/* what they wait for */
	int64		count;			/* how many */
	TupleDesc	desc;			/* a column for each parameter */
	Tuplestorestate *rows;		/* copies */
} WriteBatch;

/* What is being gathered. */
typedef struct WriteBatches
{
	MemoryContext context;		/* of the rows */
	int			count;			/* of batches */
	WriteBatch	batches[WRITE_BATCHES_MAX]; /* in the order of first use */
} WriteBatches;

static WriteBatches *open_batches = NULL;

/* The text of a statement from its beginning to DW_ROWS. */
static void
text_begin(StringInfo text, const char *sql)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	const char *mark = strstr(sql, MARK);

	if (mark == NULL)
		elog(ERROR, "a dwello statement takes no rows: %s", sql);
	initStringInfo(text);		/* for the backend's life, as its plan */
	appendBinaryStringInfo(text, sql, (int) (mark - sql));
	MemoryContextSwitchTo(old);
}

/* The rest of it. */
static const char *
text_end(StringInfo text, const char *sql)
{
	appendStringInfoString(text, strstr(sql, MARK) + strlen(MARK));
	return text->data;
}

/* The text for a row alone. */
static const char *
text_of_one(const char *sql, int columns)
{
	StringInfoData text;

	text_begin(&text, sql);
	for (int i = 1; i <= columns; i++)
		appendStringInfo(&text, i == 1 ? "(SELECT $%d" : ", $%d", i);
	appendStringInfoChar(&text, ')');
	return text_end(&text, sql);
}

/* The text for rows that were gathered. */
static const char *
text_of_many(const char *sql)
{
	StringInfoData text;

	text_begin(&text, sql);
	appendStringInfoString(&text, ROWS_NAME);
	return text_end(&text, sql);
}

/* What the rows of a statement look like. */
static TupleDesc
desc_of(const DwParams *row)
{
	TupleDesc	desc = CreateTemplateTupleDesc(row->count);

	for (int i = 0; i < row->count; i++)
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), psprintf("p%d", i + 1),
						   row->types[i], -1, 0);
	return desc;
}

/* The batch of a statement, made when it is not there yet. */
static WriteBatch *
batch_find(DwWrite *write, const DwParams *row)
{
	WriteBatch *batch = open_batches->batches;
	WriteBatch *end = batch + open_batches->count;

	while (batch < end && batch->write != write)
		batch++;
	if (batch < end)
		return batch;
	if (open_batches->count >= WRITE_BATCHES_MAX)
		elog(ERROR, "too many dwello statements to gather for");
	open_batches->count++;
	batch->write = write;
	batch->count = 0;
	batch->desc = desc_of(row);
	batch->rows = tuplestore_begin_heap(false, false, work_mem);
	return batch;
}

/* Adds a row to the batch of its statement. */
static void
batch_add(DwWrite *write, const DwParams *row)
{
	MemoryContext old = MemoryContextSwitchTo(open_batches->context);
	WriteBatch *batch = batch_find(write, row);
	bool		nulls[DW_MAX_PARAMS];

	for (int i = 0; i < row->count; i++)
		nulls[i] = row->nulls[i] == 'n';
	tuplestore_putvalues(batch->rows, batch->desc, (Datum *) row->values,
						 nulls);
	batch->count++;
	MemoryContextSwitchTo(old);
}

/* Writes all rows of a batch. */
static void
batch_write(const WriteBatch *batch)
{
	DwWrite    *write = batch->write;
	EphemeralNamedRelationData relation = {
		.md = {
			.name = ROWS_NAME,
			.reliddesc = InvalidOid,
			.tupdesc = batch->desc,
			.enrtype = ENR_NAMED_TUPLESTORE,
			.enrtuples = (double) batch->count
		},
		.reldata = batch->rows
	};

	if (write->many.sql == NULL)
		write->many.sql = text_of_many(write->sql);
	if (SPI_register_relation(&relation) != SPI_OK_REL_REGISTER)
		elog(ERROR, "SPI_register_relation failed");
	(void) dw_execute(&write->many, NULL);
	if (SPI_unregister_relation(ROWS_NAME) != SPI_OK_REL_UNREGISTER)
		elog(ERROR, "SPI_unregister_relation failed");
	tuplestore_end(batch->rows);
}

void
dw_write(DwWrite *write, const DwParams *row)
{
	if (open_batches != NULL)
	{
		batch_add(write, row);
		return;
	}
	if (write->one.sql == NULL)
		write->one.sql = text_of_one(write->sql, row->count);
	(void) dw_execute(&write->one, row);
}

/* True inside dw_write_batch(). */
bool
dw_write_is_batched(void)
{
	return open_batches != NULL;
}

void
dw_write_batch(DwWork work, void *argument)
{
	WriteBatches here = {.context = CurrentMemoryContext};

	Assert(open_batches == NULL);
	open_batches = &here;
	PG_TRY();
	{
		work(argument);
	}
	PG_FINALLY();
	{
		open_batches = NULL;
	}
	PG_END_TRY();
	for (int i = 0; i < here.count; i++)
		batch_write(&here.batches[i]);
}
