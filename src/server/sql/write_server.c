/*
 * write_server.c
 *		Statements that write one row, or those of many commands at once.
 *
 * To start an executor costs more than to write a row, so a batch that runs
 * a command a thousand times runs each of its statements once.  Its rows come
 * as arrays, which any node of a cluster can be sent.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "server/sql/sql_server.h"

#define WRITE_BATCHES_MAX	16	/* statements used by one piece of work */
#define ROWS_FIRST	64			/* rows that a batch has room for at first */
#define MARK		"@rows"		/* of DW_ROWS */

/* A column of rows that wait. */
typedef struct WriteColumn
{
	Oid			type;			/* of its values */
	int16		length;			/* as pg_type has them */
	bool		byval;			/* the same */
	char		align;			/* the same */
	Datum	   *values;			/* copies */
	bool	   *nulls;			/* which are NULL */
} WriteColumn;

/* Rows that wait for one statement. */
typedef struct WriteBatch
{
	DwWrite    *write;			/* what they wait for */
	int			count;			/* how many */
	int			room;			/* how many its columns hold */
	int			width;			/* columns: the statement's parameters */
	WriteColumn columns[DW_MAX_PARAMS]; /* the first `width` of them */
} WriteBatch;

/* What is being gathered. */
typedef struct WriteBatches
{
	MemoryContext context;		/* of the rows */
	int			count;			/* of batches */
	WriteBatch *batches[WRITE_BATCHES_MAX]; /* in the order of first use */
} WriteBatches;

static WriteBatches *open_batches = NULL;

/* A text with its rows coming from there, for the backend's life. */
static const char *
text_from(const char *sql, const char *source)
{
	const char *mark = strstr(sql, MARK);
	char	   *text;

	if (mark == NULL)
		elog(ERROR, "a dwello statement takes no rows: %s", sql);
	text = psprintf("%.*s%s%s", (int) (mark - sql), sql, source,
					mark + strlen(MARK));
	return MemoryContextStrdup(TopMemoryContext, text);
}

/* (SELECT $1, $2) */
static char *
source_of_one(int columns)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 1; i <= columns; i++)
		appendStringInfo(&text, i == 1 ? "(SELECT $%d" : ", $%d", i);
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) */
static char *
source_of_many(int columns)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "ROWS FROM (");
	for (int i = 1; i <= columns; i++)
		appendStringInfo(&text, "%spg_catalog.unnest($%d)",
						 i == 1 ? "" : ", ", i);
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* Makes room for more rows. */
static void
batch_grow(WriteBatch *batch)
{
	batch->room *= 2;
	for (int i = 0; i < batch->width; i++)
	{
		WriteColumn *column = &batch->columns[i];

		column->values = repalloc_huge(column->values,
									   batch->room * sizeof(Datum));
		column->nulls = repalloc_huge(column->nulls,
									  batch->room * sizeof(bool));
	}
}

/* A batch without rows. */
static WriteBatch *
batch_make(DwWrite *write, const DwParams *row)
{
	WriteBatch *batch = palloc0(sizeof(WriteBatch));

	batch->write = write;
	batch->room = ROWS_FIRST;
	batch->width = row->count;
	for (int i = 0; i < batch->width; i++)
	{
		WriteColumn *column = &batch->columns[i];

		column->type = row->types[i];
		get_typlenbyvalalign(column->type, &column->length, &column->byval,
							 &column->align);
		column->values = palloc(batch->room * sizeof(Datum));
		column->nulls = palloc(batch->room * sizeof(bool));
	}
	return batch;
}

/* The batch of a statement, made when it is not there yet. */
static WriteBatch *
batch_find(DwWrite *write, const DwParams *row)
{
	for (int i = 0; i < open_batches->count; i++)
		if (open_batches->batches[i]->write == write)
			return open_batches->batches[i];
	if (open_batches->count >= WRITE_BATCHES_MAX)
		elog(ERROR, "too many dwello statements to gather for");
	return open_batches->batches[open_batches->count++] =
		batch_make(write, row);
}

/* Adds a row to the batch of its statement. */
static void
batch_add(DwWrite *write, const DwParams *row)
{
	MemoryContext old = MemoryContextSwitchTo(open_batches->context);
	WriteBatch *batch = batch_find(write, row);

	if (batch->count == batch->room)
		batch_grow(batch);
	for (int i = 0; i < batch->width; i++)
	{
		WriteColumn *column = &batch->columns[i];
		bool		isnull = row->nulls[i] == 'n';

		column->nulls[batch->count] = isnull;
		column->values[batch->count] = isnull ? (Datum) 0
			: datumCopy(row->values[i], column->byval, column->length);
	}
	batch->count++;
	MemoryContextSwitchTo(old);
}

/* Adds a column of a batch as one parameter. */
static void
param_column(DwParams *p, const WriteColumn *column, int count)
{
	int			lower = 1;
	ArrayType  *array = construct_md_array(column->values, column->nulls, 1,
										   &count, &lower, column->type,
										   column->length, column->byval,
										   column->align);

	dw_param_datum(p, get_array_type(column->type), PointerGetDatum(array),
				   false);
}

/* Holds a statement to the rows that it must have met. */
static void
check_met(const DwWrite *write, uint64 met, uint64 given)
{
	if (write->table != NULL && met != given)
		elog(ERROR, "no row of %s has this key", write->table);
}

/* Writes all rows of a batch. */
static void
batch_write(const WriteBatch *batch)
{
	DwWrite    *write = batch->write;
	DwParams	p = DW_PARAMS;

	if (write->many.sql == NULL)
		write->many.sql = text_from(write->sql,
									source_of_many(batch->width));
	for (int i = 0; i < batch->width; i++)
		param_column(&p, &batch->columns[i], batch->count);
	check_met(write, dw_execute(&write->many, &p), batch->count);
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
		write->one.sql = text_from(write->sql, source_of_one(row->count));
	check_met(write, dw_execute(&write->one, row), 1);
}

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
		batch_write(here.batches[i]);
}

void
dw_each_turn(int count, DwTurn turn, void *argument)
{
	bool		goes_on = true;

	/*
	 * What a statement returns stays until its SPI connection is finished,
	 * and so it would pile up over a batch.  Each turn has a connection of
	 * its own, and with it a memory context of its own.
	 */
	for (int i = 0; i < count && goes_on; i++)
	{
		CHECK_FOR_INTERRUPTS();
		dw_spi_connect();
		goes_on = turn(i, argument);
		if (SPI_finish() != SPI_OK_FINISH)
			elog(ERROR, "SPI_finish failed");
	}
}
