/*
 * history_store.c
 *		Records of a row, and the row as they make it.
 *
 * What is sealed in a record opens with the key of its person; of one who was
 * erased there is none, and then the names of the columns are all there is.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/audit/audit_store.h"
#include "store/audit/audit_store_int.h"

/* A record as it is read. */
typedef struct RecordRow
{
	DwUuid		id;				/* the record */
	DwUuid		person_id;		/* whose row it is; nil = nobody's */
	TimestampTz created_at;		/* when */
	char	   *operation;		/* what was done */
	char	   *birth;			/* to the row before it was changed, or NULL */
	DwUuid		user_id;		/* who did it; nil = none */
	char	   *actor_role;		/* in which role */
	char	   *database_role;	/* as which role of the database */
	char	   *session_role;	/* of which session */
	char	   *request_id;		/* for which request */
	Datum		before;			/* what was; 0 = nothing */
	Datum		after;			/* what is; 0 = nothing */
	bytea	   *sealed;			/* the same of a person */
	Datum		withheld;		/* names of columns that neither has */
} RecordRow;

static const DwColumn history_fields[] = {
	DW_FIELD(UUID, RecordRow, id, id),
	DW_COLUMN(UUID, RecordRow, person_id, person_id, DW_COLUMN_NULLABLE),
	DW_FIELD(TIME, RecordRow, created_at, created_at),
	DW_FIELD(TEXT, RecordRow, operation, operation),
	DW_COLUMN(UUID, RecordRow, user_id, user_id, DW_COLUMN_NULLABLE),
	DW_FIELD(TEXT, RecordRow, actor_role, actor_role),
	DW_FIELD(TEXT, RecordRow, database_role, database_role),
	DW_FIELD(TEXT, RecordRow, session_role, session_role),
	DW_FIELD(TEXT, RecordRow, request_id, request_id),
	DW_FIELD(JSONB, RecordRow, before, before),
	DW_FIELD(JSONB, RecordRow, after, after),
	DW_FIELD(BYTEA, RecordRow, sealed, sealed),
	DW_FIELD(TEXTS, RecordRow, withheld, withheld)
};
static DwMap history_map = DW_MAP(history_fields);

static const DwColumn image_fields[] = {
	DW_FIELD(UUID, RecordRow, id, id),
	DW_COLUMN(UUID, RecordRow, person_id, person_id, DW_COLUMN_NULLABLE),
	DW_FIELD(TIME, RecordRow, created_at, created_at),
	DW_FIELD(TEXT, RecordRow, birth, birth),
	DW_FIELD(JSONB, RecordRow, after, after),
	DW_FIELD(BYTEA, RecordRow, sealed, sealed)
};
static DwMap image_map = DW_MAP(image_fields);

/* The rows of the last result. */
static RecordRow *
rows_read(DwMap *map, int count)
{
	RecordRow  *rows = palloc0(sizeof(RecordRow) * Max(count, 1));

	for (int i = 0; i < count; i++)
		dw_map_read(map, i, &rows[i]);
	return rows;
}

/* What is sealed in a record, opened; NULL when it does not open. */
static Jsonb *
sealed_open(const RecordRow *row)
{
	char	   *text;

	if (row->sealed == NULL)
		return NULL;
	text = dw_person_open(&row->person_id, RECORD_SEALED, &row->id,
						  row->sealed);
	if (text == NULL)
		return NULL;
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(text)));
}

/* A member of an object; NULL when there is none, or no object. */
static JsonbValue *
member_of(Jsonb *object, const char *name, int length)
{
	if (object == NULL || !JsonContainerIsObject(&object->root))
		return NULL;
	return getKeyJsonValueFromContainer(&object->root, name, length, NULL);
}

/* An object and what one of the opened ones has; 0 is an object, too. */
static Datum
images_join(Datum clear, Jsonb *opened, const char *which)
{
	JsonbValue *member = member_of(opened, which, strlen(which));

	if (member == NULL)
		return clear;
	return DirectFunctionCall2(jsonb_concat, clear,
							   JsonbPGetDatum(JsonbValueToJsonb(member)));
}

/* True when an object has a member of that name. */
static bool
has_column(Datum object, const text * name)
{
	return object != (Datum) 0 &&
		member_of(DatumGetJsonbP(object), VARDATA_ANY(name),
				  VARSIZE_ANY_EXHDR(name)) != NULL;
}

/* The names of columns that neither object has; 0 = none. */
static Datum
withheld_left(const RecordRow *row)
{
	Datum	   *names;
	int			count;
	int			left = 0;

	if (row->withheld == (Datum) 0)
		return (Datum) 0;
	deconstruct_array(DatumGetArrayTypeP(row->withheld), TEXTOID, -1, false,
					  TYPALIGN_INT, &names, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		const		text *name = DatumGetTextPP(names[i]);

		if (!has_column(row->before, name) && !has_column(row->after, name))
			names[left++] = names[i];
	}
	if (left == 0)
		return (Datum) 0;
	return PointerGetDatum(construct_array(names, left, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

/* Fills a column of the row of a call, unless there is nothing. */
static void
datum_fill(DwCall *call, const char *name, Datum value)
{
	if (value != (Datum) 0)
		dw_row_datum(call, name, value);
}

/* Adds a record to the set. */
static void
record_emit(DwCall *call, RecordRow *row)
{
	Jsonb	   *opened = sealed_open(row);

	row->before = images_join(row->before, opened, "before");
	row->after = images_join(row->after, opened, "after");
	dw_row_uuid(call, "id", &row->id);
	dw_row_time(call, "created_at", row->created_at);
	dw_row_text(call, "operation", row->operation);
	if (!dw_uuid_is_nil(&row->user_id))
		dw_row_uuid(call, "user_id", &row->user_id);
	dw_row_text(call, "actor_role", row->actor_role);
	dw_row_text(call, "database_role", row->database_role);
	dw_row_text(call, "session_role", row->session_role);
	dw_row_text(call, "request_id", row->request_id);
	datum_fill(call, "before", row->before);
	datum_fill(call, "after", row->after);
	datum_fill(call, "withheld", withheld_left(row));
	dw_row_bool(call, "is_erased", row->sealed != NULL && opened == NULL);
	dw_list_emit(call);
}

void
dw_audit_history(DwCall *call, const DwAuditedRow *row,
				 const DwUuid *before_id, int32 max_results)
{
	static DwStatement select_records =
		DW_STATEMENT("SELECT l.id, l.person_id, l.created_at, l.operation, "
					 "l.user_id, l.actor_role, l.database_role, "
					 "l.session_role, l.request_id, l.before, l.after, "
					 "l.sealed, l.withheld FROM dwello.audit_log AS l "
					 "WHERE l.table_name = $1 AND l.row_key = $2 "
					 "AND ($3 IS NULL OR l.id < $3) "
					 "ORDER BY l.id DESC LIMIT $4");
	DwParams	p = DW_PARAMS;
	RecordRow  *rows;
	int			count;

	dw_param_text(&p, row->table);
	dw_param_text(&p, row->key);
	dw_param_uuid(&p, before_id);
	dw_param_int4(&p, max_results);
	count = (int) dw_query(&select_records, &p);
	rows = rows_read(&history_map, count);
	for (int i = 0; i < count; i++)
		record_emit(call, &rows[i]);
}

/*
 * The records from the last insert on, one put over the other: of members
 * with one name the last one counts.
 */
bool
dw_audit_as_of(DwCall *call, const DwAuditedRow *row, TimestampTz time)
{
	static DwStatement select_images =
		DW_STATEMENT("WITH r AS (SELECT l.* FROM dwello.audit_log AS l "
					 "WHERE l.table_name = $1 AND l.row_key = $2 "
					 "AND l.created_at <= $3), "
					 "birth AS (SELECT r.id, r.operation FROM r "
					 "WHERE r.operation <> 'update' "
					 "ORDER BY r.id DESC LIMIT 1) "
					 "SELECT r.id, r.person_id, r.created_at, "
					 "b.operation AS birth, r.after, r.sealed "
					 "FROM r LEFT JOIN birth AS b ON true "
					 "WHERE b.id IS NULL OR r.id >= b.id ORDER BY r.id");
	DwParams	p = DW_PARAMS;
	RecordRow  *rows;
	Datum		image = (Datum) 0;
	bool		is_erased = false;
	int			count;

	dw_param_text(&p, row->table);
	dw_param_text(&p, row->key);
	dw_param_time(&p, time);
	count = (int) dw_query(&select_images, &p);
	rows = rows_read(&image_map, count);
	for (int i = 0; i < count; i++)
	{
		Jsonb	   *opened = sealed_open(&rows[i]);
		Datum		after = images_join(rows[i].after, opened, "after");

		is_erased |= rows[i].sealed != NULL && opened == NULL;
		if (after != (Datum) 0)
			image = image == (Datum) 0 ? after
				: DirectFunctionCall2(jsonb_concat, image, after);
	}
	if (count == 0)
		return false;
	dw_row_bool(call, "row_exists", rows[0].birth == NULL ||
				strcmp(rows[0].birth, "delete") != 0);
	datum_fill(call, "image", image);
	dw_row_bool(call, "is_complete", rows[0].birth != NULL);
	dw_row_bool(call, "is_erased", is_erased);
	dw_row_time(call, "changed_at", rows[count - 1].created_at);
	return true;
}
