/*
 * job_type_index.c
 *		The types dwello.job_key and dwello.job_query: made by functions of
 *		plain values, or read as text and in binary.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "core/base/base.h"
#include "core/geo/geo.h"
#include "index/support_index.h"

/* Positions of job_key's arguments. */
enum
{
	KEY_LONGITUDE,
	KEY_LATITUDE,
	KEY_CATEGORY_ID,
	KEY_PUBLISHED_AT,
	KEY_BUDGET_MIN,
	KEY_BUDGET_MAX,
	KEY_CURRENCY,
	KEY_URGENCY,
	KEY_REQUIREMENTS
};

/* Positions of job_query's arguments. */
enum
{
	QUERY_LONGITUDE,
	QUERY_LATITUDE,
	QUERY_RADIUS,
	QUERY_AS_OF,
	QUERY_CATEGORIES,
	QUERY_FITS,
	QUERY_OTHERS,
	QUERY_BUDGET_MIN,
	QUERY_BUDGET_MAX,
	QUERY_CURRENCY,
	QUERY_CAPABILITIES,
	QUERY_WEIGHTS,
	QUERY_REFERENCE,
	QUERY_FRESHNESS,
	QUERY_CEILING
};

pg_noreturn static void refuse(const char *argument, const char *what);

/* job_key_in(text) */
DW_SUPPORT_FUNCTION(dwello_job_key_in)
{
	Size		room;

	PG_RETURN_POINTER(dw_type_in(fcinfo, &dw_job_key_wire, &room));
}

/* job_key_recv(internal) */
DW_SUPPORT_FUNCTION(dwello_job_key_recv)
{
	Size		room;

	PG_RETURN_POINTER(dw_type_recv(fcinfo, &dw_job_key_wire, &room));
}

/* Units of a coordinate as degrees. */
static double
key_degrees(int32 units)
{
	return (double) units / DW_BBOX_DEGREE;
}

/*
 * job_key_out(key).  What an index keeps of many jobs is shown by its box, to
 * whoever looks into its pages; it is no key of a job, and is not read again.
 */
DW_SUPPORT_FUNCTION(dwello_job_key_out)
{
	const DwJobKey *key = DW_GETARG_JOB_KEY(0);
	const DwBbox *box = &key->node.box;

	if (key->is_node)
		PG_RETURN_CSTRING(psprintf("[%.7f %.7f, %.7f %.7f]",
								   key_degrees(box->west),
								   key_degrees(box->south),
								   key_degrees(box->east),
								   key_degrees(box->north)));
	return dw_type_out(&dw_job_key_wire, key);
}

/* job_key_send(key) */
DW_SUPPORT_FUNCTION(dwello_job_key_send)
{
	return dw_type_send(&dw_job_key_wire, DW_GETARG_JOB_KEY(0));
}

/* job_query_in(text) */
DW_SUPPORT_FUNCTION(dwello_job_query_in)
{
	Size		room;
	DwMatchQuery *query = dw_type_in(fcinfo, &dw_match_query_wire, &room);

	SET_VARSIZE(query, room);
	PG_RETURN_POINTER(query);
}

/* job_query_recv(internal) */
DW_SUPPORT_FUNCTION(dwello_job_query_recv)
{
	Size		room;
	DwMatchQuery *query = dw_type_recv(fcinfo, &dw_match_query_wire, &room);

	SET_VARSIZE(query, room);
	PG_RETURN_POINTER(query);
}

/* job_query_out(query) */
DW_SUPPORT_FUNCTION(dwello_job_query_out)
{
	return dw_type_out(&dw_match_query_wire, DW_GETARG_JOB_QUERY(0));
}

/* job_query_send(query) */
DW_SUPPORT_FUNCTION(dwello_job_query_send)
{
	return dw_type_send(&dw_match_query_wire, DW_GETARG_JOB_QUERY(0));
}

/* Raises 22023 for an argument that a sentence is true of. */
static void
refuse(const char *argument, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s %s", argument, what)));
}

/* An amount, or what stands for none. */
static int64
arg_amount(FunctionCallInfo fcinfo, int arg, int64 none)
{
	return PG_ARGISNULL(arg) ? none : PG_GETARG_INT64(arg);
}

/* A number, or what stands for none. */
static double
arg_number(FunctionCallInfo fcinfo, int arg, double none)
{
	return PG_ARGISNULL(arg) ? none : PG_GETARG_FLOAT8(arg);
}

/* 22004 where one of the first arguments is NULL. */
static void
args_need(FunctionCallInfo fcinfo, uint32 needed)
{
	for (int arg = 0; arg < PG_NARGS(); arg++)
	{
		if ((needed & (UINT32_C(1) << arg)) != 0 && PG_ARGISNULL(arg))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument %d must not be null", arg + 1)));
	}
}

/* Fills what a key has of numbers that may be absent or out of range. */
static void
key_fill(FunctionCallInfo fcinfo, DwJobKey *key)
{
	int64		requirements = PG_GETARG_INT64(KEY_REQUIREMENTS);
	int32		urgency = PG_GETARG_INT32(KEY_URGENCY);

	if (requirements < 0 || requirements > UINT32_MAX)
		refuse("requirement_bits", "must be a set of 32 bits");
	if (urgency < 0 || urgency > DW_JOB_KEY_URGENT)
		refuse("urgency_rank", "must be from 0 to 3");
	key->requirements = (uint32) requirements;
	key->urgency = (uint8) urgency;
	key->leaf.budget_min = arg_amount(fcinfo, KEY_BUDGET_MIN,
									  DW_JOB_KEY_NO_MIN);
	key->leaf.budget_max = arg_amount(fcinfo, KEY_BUDGET_MAX,
									  DW_JOB_KEY_NO_MAX);
	if (key->leaf.budget_min < 0 ||
		key->leaf.budget_max < key->leaf.budget_min)
		refuse("budget_max", "must not be less than budget_min, nor that "
			   "than 0");
}

/* job_key(longitude, latitude, category_id, published_at, …) → job_key */
DW_SUPPORT_FUNCTION(dwello_job_key)
{
	DwJobKey   *key;
	double		longitude;
	double		latitude;

	/* a draft has no key: nothing of it is checked before it is published */
	if (PG_ARGISNULL(KEY_PUBLISHED_AT))
		PG_RETURN_NULL();
	args_need(fcinfo, 1 << KEY_LONGITUDE | 1 << KEY_LATITUDE |
			  1 << KEY_CATEGORY_ID | 1 << KEY_CURRENCY | 1 << KEY_URGENCY |
			  1 << KEY_REQUIREMENTS);
	longitude = PG_GETARG_FLOAT8(KEY_LONGITUDE);
	latitude = PG_GETARG_FLOAT8(KEY_LATITUDE);
	if (!dw_geo_valid(longitude, latitude))
		refuse("longitude and latitude", "must be a place on the globe");
	/* zeroed with its padding, which is stored as well */
	key = palloc0(sizeof(*key));
	key->posted_at = PG_GETARG_TIMESTAMPTZ(KEY_PUBLISHED_AT);
	key->leaf.point = dw_point_of(longitude, latitude);
	memcpy(&key->leaf.category_id, PG_GETARG_UUID_P(KEY_CATEGORY_ID),
		   sizeof(key->leaf.category_id));
	key->currency =
		dw_currency_code(text_to_cstring(PG_GETARG_TEXT_PP(KEY_CURRENCY)));
	if (key->currency == DW_JOB_KEY_NO_CURRENCY)
		refuse("currency", "must be three capital letters");
	key_fill(fcinfo, key);
	PG_RETURN_POINTER(key);
}

/* A list without nulls, as an array of its elements; *count = -1 for NULL. */
static Datum *
arg_list(FunctionCallInfo fcinfo, int arg, const char *name, int *count)
{
	ArrayType  *array;
	Datum	   *items;
	bool	   *nulls;
	Oid			type;
	int16		length;
	bool		byval;
	char		align;

	*count = -1;
	if (PG_ARGISNULL(arg))
		return NULL;
	array = PG_GETARG_ARRAYTYPE_P(arg);
	if (ARR_NDIM(array) > 1 || array_contains_nulls(array))
		refuse(name, "must be a list without nulls");
	type = ARR_ELEMTYPE(array);
	get_typlenbyvalalign(type, &length, &byval, &align);
	deconstruct_array(array, type, length, byval, align, &items, &nulls,
					  count);
	return items;
}

/* A list of float8; *count = -1 and NULL for NULL. */
static double *
arg_numbers(FunctionCallInfo fcinfo, int arg, const char *name, int *count)
{
	Datum	   *items = arg_list(fcinfo, arg, name, count);
	double	   *numbers;

	if (items == NULL)
		return NULL;
	numbers = palloc((*count + 1) * sizeof(*numbers));
	for (int i = 0; i < *count; i++)
		numbers[i] = DatumGetFloat8(items[i]);
	return numbers;
}

/* The categories and their fits. */
static void
criteria_categories(FunctionCallInfo fcinfo, DwMatchCriteria *criteria)
{
	int			count;
	Datum	   *items = arg_list(fcinfo, QUERY_CATEGORIES, "category_ids",
								 &count);
	DwUuid	   *ids = palloc((Max(count, 0) + 1) * sizeof(*ids));
	int			fit_count;

	for (int i = 0; i < count; i++)
		memcpy(&ids[i], DatumGetUUIDP(items[i]), sizeof(ids[i]));
	criteria->category_ids = ids;
	criteria->category_count = Max(count, 0);
	/* without a list every category fits; with one, the others are out */
	criteria->others_fit = arg_number(fcinfo, QUERY_OTHERS,
									  count < 0 ? 1.0 : DW_MATCH_EXCLUDED);
	criteria->fits = arg_numbers(fcinfo, QUERY_FITS, "fits", &fit_count);
	if (fit_count >= 0 && fit_count != criteria->category_count)
		refuse("fits", "must have one number for each of category_ids");
}

/* The weights, or the built-in ones. */
static void
criteria_weights(FunctionCallInfo fcinfo, DwMatchCriteria *criteria)
{
	static const double built_in[DW_MATCH_TERM_COUNT] = {
		[DW_MATCH_NEARNESS] = 35.0,
		[DW_MATCH_BUDGET] = 20.0,
		[DW_MATCH_CATEGORY] = 20.0,
		[DW_MATCH_URGENCY] = 10.0,
		[DW_MATCH_FRESHNESS] = 15.0
	};
	int			count;
	double	   *weights = arg_numbers(fcinfo, QUERY_WEIGHTS, "weights",
									  &count);

	if (count >= 0 && count != DW_MATCH_TERM_COUNT)
		refuse("weights", "must have five numbers");
	memcpy(criteria->weights, weights ? weights : built_in, sizeof(built_in));
}

/* job_query(longitude, latitude, radius_miles, as_of, …) → job_query */
DW_SUPPORT_FUNCTION(dwello_job_query)
{
	DwMatchCriteria criteria = {0};
	DwMatchField field;
	DwMatchQuery *query;
	const char *what;

	args_need(fcinfo, 1 << QUERY_LONGITUDE | 1 << QUERY_LATITUDE |
			  1 << QUERY_RADIUS | 1 << QUERY_AS_OF | 1 << QUERY_CURRENCY |
			  1 << QUERY_CAPABILITIES | 1 << QUERY_REFERENCE |
			  1 << QUERY_FRESHNESS);
	criteria.longitude = PG_GETARG_FLOAT8(QUERY_LONGITUDE);
	criteria.latitude = PG_GETARG_FLOAT8(QUERY_LATITUDE);
	criteria.radius_miles = PG_GETARG_FLOAT8(QUERY_RADIUS);
	criteria.as_of = PG_GETARG_TIMESTAMPTZ(QUERY_AS_OF);
	criteria_categories(fcinfo, &criteria);
	criteria.budget_min = arg_amount(fcinfo, QUERY_BUDGET_MIN,
									 DW_JOB_KEY_NO_MIN);
	criteria.budget_max = arg_amount(fcinfo, QUERY_BUDGET_MAX,
									 DW_JOB_KEY_NO_MAX);
	criteria.currency = text_to_cstring(PG_GETARG_TEXT_PP(QUERY_CURRENCY));
	criteria.capabilities = PG_GETARG_INT64(QUERY_CAPABILITIES);
	criteria_weights(fcinfo, &criteria);
	criteria.reference = PG_GETARG_FLOAT8(QUERY_REFERENCE);
	criteria.freshness_hours = PG_GETARG_FLOAT8(QUERY_FRESHNESS);
	criteria.ceiling = arg_number(fcinfo, QUERY_CEILING, DW_MATCH_NO_CEILING);
	if (!dw_match_judge(&criteria, &field, &what))
		refuse(dw_match_field_label(field), what);
	query = palloc(dw_match_size(&criteria));
	dw_match_prepare(&criteria, query);
	SET_VARSIZE(query, dw_match_size(&criteria));
	PG_RETURN_POINTER(query);
}
