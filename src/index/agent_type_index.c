/*
 * agent_type_index.c
 *		The types dwello.agent_key and dwello.agent_query: made by functions
 *		of plain values, or read as text and in binary.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/uuid.h"

#include "core/geo/geo.h"
#include "index/agent_support_index.h"
#include "index/support_index.h"

/* Positions of agent_key's arguments. */
enum
{
	KEY_LONGITUDE,
	KEY_LATITUDE,
	KEY_RADIUS,
	KEY_AREA,
	KEY_CATEGORIES,
	KEY_BUDGET_MIN,
	KEY_BUDGET_MAX,
	KEY_CURRENCY,
	KEY_CAPABILITIES,
	KEY_VALID_FROM,
	KEY_VALID_UNTIL
};

/* Positions of agent_query's arguments. */
enum
{
	QUERY_LONGITUDE,
	QUERY_LATITUDE,
	QUERY_RADIUS,
	QUERY_CATEGORIES,
	QUERY_BUDGET_MIN,
	QUERY_BUDGET_MAX,
	QUERY_CURRENCY,
	QUERY_REQUIREMENTS
};

#define AREA_CORNERS	4		/* west, south, east, north */

/* Raises 22023 for an argument that a sentence is true of. */
pg_noreturn static void
refuse(const char *argument, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s %s", argument, what)));
}

/* agent_key_in(text) */
DW_SUPPORT_FUNCTION(dwello_agent_key_in)
{
	Size		room;

	PG_RETURN_POINTER(dw_type_in(fcinfo, &dw_audience_key_wire, &room));
}

/* agent_key_recv(internal) */
DW_SUPPORT_FUNCTION(dwello_agent_key_recv)
{
	Size		room;

	PG_RETURN_POINTER(dw_type_recv(fcinfo, &dw_audience_key_wire, &room));
}

/* Units of a coordinate as degrees. */
static double
key_degrees(int32 units)
{
	return (double) units / DW_BBOX_DEGREE;
}

/*
 * agent_key_out(key).  What an index keeps of many is shown by its box, to
 * whoever looks into its pages; it is no agent's key, and is not read again.
 */
DW_SUPPORT_FUNCTION(dwello_agent_key_out)
{
	const DwAudienceKey *key = DW_GETARG_AGENT_KEY(0);

	if (key->kind == DW_AUDIENCE_NODE)
		PG_RETURN_CSTRING(psprintf("[%.7f %.7f, %.7f %.7f]",
								   key_degrees(key->box.west),
								   key_degrees(key->box.south),
								   key_degrees(key->box.east),
								   key_degrees(key->box.north)));
	return dw_type_out(&dw_audience_key_wire, key);
}

/* agent_key_send(key) */
DW_SUPPORT_FUNCTION(dwello_agent_key_send)
{
	return dw_type_send(&dw_audience_key_wire, DW_GETARG_AGENT_KEY(0));
}

/* agent_query_in(text) */
DW_SUPPORT_FUNCTION(dwello_agent_query_in)
{
	Size		room;

	PG_RETURN_POINTER(dw_type_in(fcinfo, &dw_audience_query_wire, &room));
}

/* agent_query_recv(internal) */
DW_SUPPORT_FUNCTION(dwello_agent_query_recv)
{
	Size		room;

	PG_RETURN_POINTER(dw_type_recv(fcinfo, &dw_audience_query_wire, &room));
}

/* agent_query_out(query) */
DW_SUPPORT_FUNCTION(dwello_agent_query_out)
{
	return dw_type_out(&dw_audience_query_wire, DW_GETARG_AGENT_QUERY(0));
}

/* agent_query_send(query) */
DW_SUPPORT_FUNCTION(dwello_agent_query_send)
{
	return dw_type_send(&dw_audience_query_wire, DW_GETARG_AGENT_QUERY(0));
}

/* A place on the globe, or 22004, 22023. */
static void
arg_place(FunctionCallInfo fcinfo, int arg, double *longitude,
		  double *latitude)
{
	if (PG_ARGISNULL(arg) || PG_ARGISNULL(arg + 1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("longitude and latitude must not be NULL")));
	*longitude = PG_GETARG_FLOAT8(arg);
	*latitude = PG_GETARG_FLOAT8(arg + 1);
	if (!dw_geo_valid(*longitude, *latitude))
		refuse("longitude and latitude", "must be a place on the globe");
}

/* A radius in metres; 22023. */
static double
arg_radius(FunctionCallInfo fcinfo, int arg)
{
	double		miles = PG_GETARG_FLOAT8(arg);

	if (!(miles > 0.0 && miles <= DW_BBOX_RADIUS_MAX_MILES))
		refuse("radius_miles", "must be above 0 and at most 12450");
	return miles * DW_GEO_METRES_PER_MILE;
}

/* The range of budgets; 22023 unless it is one. */
static void
arg_budgets(FunctionCallInfo fcinfo, int arg, int64 *least, int64 *most)
{
	*least = PG_ARGISNULL(arg) ? DW_JOB_KEY_NO_MIN : PG_GETARG_INT64(arg);
	*most = PG_ARGISNULL(arg + 1) ? DW_JOB_KEY_NO_MAX
		: PG_GETARG_INT64(arg + 1);
	if (*least < 0 || *most < *least)
		refuse("budget_max",
			   "must not be less than budget_min, nor that than 0");
}

/* The code of a currency, or `none` for NULL; 22023. */
static uint16
arg_currency(FunctionCallInfo fcinfo, int arg, uint16 none)
{
	uint16		code;

	if (PG_ARGISNULL(arg))
		return none;
	code = dw_currency_code(text_to_cstring(PG_GETARG_TEXT_PP(arg)));
	if (code == DW_JOB_KEY_NO_CURRENCY)
		refuse("currency", "must be three capital letters");
	return code;
}

/* A set of credentials, or `none` for NULL; 22023. */
static uint32
arg_bits(FunctionCallInfo fcinfo, int arg, const char *name, uint32 none)
{
	int64		bits;

	if (PG_ARGISNULL(arg))
		return none;
	bits = PG_GETARG_INT64(arg);
	if (bits < 0 || bits > UINT32_MAX)
		refuse(name, "must be a set of 32 bits");
	return (uint32) bits;
}

/* The elements of an array; none for NULL, 22023 for one with a NULL. */
static Datum *
arg_elements(FunctionCallInfo fcinfo, int arg, const char *name, int *count)
{
	ArrayType  *array;
	Datum	   *items;
	bool	   *nulls;
	Oid			type;

	*count = 0;
	if (PG_ARGISNULL(arg))
		return NULL;
	array = PG_GETARG_ARRAYTYPE_P(arg);
	if (ARR_NDIM(array) > 1 || array_contains_nulls(array))
		refuse(name, "must be a list without nulls");
	type = ARR_ELEMTYPE(array);
	if (type == UUIDOID)
		deconstruct_array(array, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR,
						  &items, &nulls, count);
	else
		deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
						  TYPALIGN_DOUBLE, &items, &nulls, count);
	return items;
}

/* The ids of categories. */
static DwUuid *
arg_categories(FunctionCallInfo fcinfo, int arg, int *count)
{
	Datum	   *items = arg_elements(fcinfo, arg, "category_ids", count);
	DwUuid	   *ids = palloc((*count + 1) * sizeof(*ids));

	for (int i = 0; i < *count; i++)
		memcpy(&ids[i], DatumGetUUIDP(items[i]), sizeof(ids[i]));
	return ids;
}

/* Where a key wants jobs: an area, else a circle, else round a point. */
static void
key_locate(FunctionCallInfo fcinfo, DwAudienceKey *key)
{
	int			corners;
	Datum	   *area = arg_elements(fcinfo, KEY_AREA, "area", &corners);
	double		longitude;
	double		latitude;

	if (area != NULL)
	{
		double		at[AREA_CORNERS];

		for (int i = 0; i < AREA_CORNERS && corners == AREA_CORNERS; i++)
			at[i] = DatumGetFloat8(area[i]);
		if (corners != AREA_CORNERS || !dw_geo_valid(at[0], at[1]) ||
			!dw_geo_valid(at[2], at[3]) || at[2] < at[0] || at[3] < at[1])
			refuse("area", "must be west, south, east and north on the globe");
		key->kind = DW_AUDIENCE_AREA;
		key->box = dw_audience_bbox(at[0], at[1], at[2], at[3]);
		return;
	}
	arg_place(fcinfo, KEY_LONGITUDE, &longitude, &latitude);
	key->circle.centre = dw_point_of(longitude, latitude);
	key->kind = DW_AUDIENCE_POINT;
	if (PG_ARGISNULL(KEY_RADIUS))
		return;
	key->kind = DW_AUDIENCE_CIRCLE;
	key->circle.radius_m = arg_radius(fcinfo, KEY_RADIUS);
}

/* agent_key(longitude, latitude, radius_miles, area, …) → agent_key */
DW_SUPPORT_FUNCTION(dwello_agent_key)
{
	DwAudienceKey *key = palloc0(sizeof(*key));
	int			count;
	DwUuid	   *ids;

	if (PG_ARGISNULL(KEY_LONGITUDE) && PG_ARGISNULL(KEY_AREA))
		PG_RETURN_NULL();
	key_locate(fcinfo, key);
	ids = arg_categories(fcinfo, KEY_CATEGORIES, &count);
	dw_audience_set_categories(key, ids, count);
	arg_budgets(fcinfo, KEY_BUDGET_MIN, &key->budget_min, &key->budget_max);
	key->currency = arg_currency(fcinfo, KEY_CURRENCY,
								 DW_AUDIENCE_ANY_CURRENCY);
	key->capabilities = arg_bits(fcinfo, KEY_CAPABILITIES, "capability_bits",
								 DW_AUDIENCE_ALL_CREDENTIALS);
	key->valid_from = PG_ARGISNULL(KEY_VALID_FROM) ? DW_AUDIENCE_ALWAYS
		: PG_GETARG_DATEADT(KEY_VALID_FROM);
	key->valid_until = PG_ARGISNULL(KEY_VALID_UNTIL) ? DW_AUDIENCE_EVER
		: PG_GETARG_DATEADT(KEY_VALID_UNTIL);
	PG_RETURN_POINTER(key);
}

/* agent_query(longitude, latitude, radius_miles, …) → agent_query */
DW_SUPPORT_FUNCTION(dwello_agent_query)
{
	DwAudienceQuery *query = palloc0(sizeof(*query));
	double		longitude;
	double		latitude;
	int			count;
	DwUuid	   *ids;

	arg_place(fcinfo, QUERY_LONGITUDE, &longitude, &latitude);
	query->place = dw_place_of(longitude, latitude);
	query->point = dw_point_of(longitude, latitude);
	query->radius_m = PG_ARGISNULL(QUERY_RADIUS) ? 0.0
		: arg_radius(fcinfo, QUERY_RADIUS);
	ids = arg_categories(fcinfo, QUERY_CATEGORIES, &count);
	for (int i = 0; i < count; i++)
	{
		if (!dw_audience_add_category(query, &ids[i]))
			refuse("category_ids", "must not have more than 10 elements");
	}
	if (count == 0)
		refuse("category_ids", "must have the job's category");
	arg_budgets(fcinfo, QUERY_BUDGET_MIN, &query->budget_min,
				&query->budget_max);
	query->currency = arg_currency(fcinfo, QUERY_CURRENCY,
								   DW_JOB_KEY_NO_CURRENCY);
	if (query->currency == DW_JOB_KEY_NO_CURRENCY)
		refuse("currency", "must be given");
	query->requirements = arg_bits(fcinfo, QUERY_REQUIREMENTS,
								   "requirement_bits", 0);
	PG_RETURN_POINTER(query);
}
