/*
 * material_store.c
 *		Lines of material: from the jsonb of a call to dwello.bid_materials.
 *
 * Every line is looked at before anything is refused, because what is said
 * must not depend on the order of the lines: the kinds of errors have an
 * order of their own, which is that of DwResult.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "core/base/base.h"
#include "server/crypto/crypto_server.h"
#include "server/sql/sql_server.h"
#include "store/bid/bid_store.h"

#define NAME_MAX_LENGTH		200 /* characters of a name */
#define URL_MAX_LENGTH		2000	/* characters of an address */
#define QUANTITY_DECIMALS	6

/* numeric(18, 6) holds less than 10^12, in millionths 10^18. */
#define QUANTITY_LIMIT		INT64CONST(1000000000000000000)

static void line_read(JsonbContainer *object, DwMaterials *materials);
static char *line_text(JsonbContainer *object, const char *name,
					   int max, DwMaterials *materials);
static int64 line_number(JsonbContainer *object, const char *name,
						 int decimals, DwMaterials *materials);
static bool has_more_decimals(const char *text, int decimals);
static void line_price(DwMaterial *line, int64 quantity,
					   DwMaterials *materials);
static bool read_decimal(const char *text, int decimals, int64 *value);
static void note(DwMaterials *materials, DwResult code, const char *what);

void
dw_materials_read(Datum document, DwMaterials *materials)
{
	JsonbContainer *array = &DatumGetJsonbP(document)->root;
	int			count;

	memset(materials, 0, sizeof(*materials));
	if (!JsonContainerIsArray(array) || JsonContainerIsScalar(array))
	{
		materials->code = DW_BAD_VALUE;
		materials->problem = "must be an array of objects";
		return;
	}
	count = JsonContainerSize(array);
	if (count > DW_MATERIAL_MAX_LINES)
	{
		materials->code = DW_BAD_VALUE;
		materials->problem = psprintf("must not have more than %d lines",
									  DW_MATERIAL_MAX_LINES);
		return;
	}
	materials->lines = palloc0(Max(count, 1) * sizeof(DwMaterial));
	for (int i = 0; i < count; i++)
	{
		JsonbValue *line = getIthJsonbValueFromContainer(array, i);

		if (line->type == jbvBinary &&
			JsonContainerIsObject(line->val.binary.data))
			line_read(line->val.binary.data, materials);
		else
			note(materials, DW_BAD_VALUE, "must be an object");
		materials->count++;
	}
}

void
dw_materials_insert(const DwUuid *job_id, const DwUuid *bid_id,
					const DwMaterials *materials)
{
	static DwStatement insert_line =
		DW_STATEMENT("INSERT INTO dwello.bid_materials "
					 "(job_id, id, bid_id, bid_version, homeowner_id, "
					 "provider_id, sort_order, item_name, store_name, "
					 "store_url, quantity, unit_price, total_price) "
					 "SELECT b.job_id, $3, b.id, b.bid_version, "
					 "b.homeowner_id, b.provider_id, $4, $5, $6, $7, $8, "
					 "$9, $10 FROM dwello.bids AS b "
					 "WHERE b.job_id = $1 AND b.id = $2");

	for (int i = 0; i < materials->count; i++)
	{
		const DwMaterial *line = &materials->lines[i];
		DwParams	p = DW_PARAMS;
		DwUuid		id = dw_uuid_fresh();

		dw_param_uuid(&p, job_id);
		dw_param_uuid(&p, bid_id);
		dw_param_uuid(&p, &id);
		dw_param_int4(&p, i + 1);
		dw_param_text(&p, line->item_name);
		dw_param_text(&p, line->store_name);
		dw_param_text(&p, line->store_url);
		dw_param_datum(&p, NUMERICOID, line->quantity, false);
		dw_param_int8(&p, line->unit_price);
		dw_param_int8(&p, line->total_price);
		(void) dw_execute(&insert_line, &p);
	}
}

void
dw_materials_load(const DwUuid *job_id, const DwUuid *bid_id,
				  DwMaterials *materials)
{
	static DwStatement select_lines =
		DW_STATEMENT("SELECT m.item_name, m.store_name, m.store_url, "
					 "m.quantity, m.unit_price, m.total_price "
					 "FROM dwello.bid_materials AS m "
					 "JOIN dwello.bids AS b ON b.job_id = m.job_id "
					 "AND b.id = m.bid_id AND b.bid_version = m.bid_version "
					 "WHERE m.job_id = $1 AND m.bid_id = $2 "
					 "ORDER BY m.sort_order");
	DwParams	p = DW_PARAMS;
	bool		isnull;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, bid_id);
	memset(materials, 0, sizeof(*materials));
	materials->count = (int) dw_execute(&select_lines, &p);
	materials->lines = palloc(Max(materials->count, 1) * sizeof(DwMaterial));
	for (int i = 0; i < materials->count; i++)
	{
		DwMaterial *line = &materials->lines[i];

		line->item_name = dw_read_text(i, 1);
		line->store_name = dw_read_text(i, 2);
		line->store_url = dw_read_text(i, 3);
		line->quantity = dw_read_datum(i, 4, &isnull);
		line->unit_price = dw_read_int8(i, 5);
		line->total_price = dw_read_int8(i, 6);
		materials->total += line->total_price;
	}
}

/* Reads the next line and adds its total. */
static void
line_read(JsonbContainer *object, DwMaterials *materials)
{
	DwMaterial *line = &materials->lines[materials->count];
	JsonbValue	value;
	int64		quantity;

	line->item_name = line_text(object, "item_name", NAME_MAX_LENGTH,
								materials);
	line->store_name = line_text(object, "store_name", NAME_MAX_LENGTH,
								 materials);
	line->store_url = line_text(object, "store_url", URL_MAX_LENGTH,
								materials);
	if (line->item_name == NULL ||
		line->item_name[strspn(line->item_name, " \t\r\n")] == '\0')
		note(materials, DW_BAD_VALUE, "item_name must be a text");

	quantity = line_number(object, "quantity", QUANTITY_DECIMALS, materials);
	line->unit_price = line_number(object, "unit_price", 0, materials);
	if (quantity == 0)
		note(materials, DW_BAD_VALUE, "quantity must be positive");
	if (quantity >= QUANTITY_LIMIT)
		note(materials, DW_OVERFLOW, "quantity is out of range");
	if (materials->code == DW_OK)
	{
		getKeyJsonValueFromContainer(object, "quantity", strlen("quantity"),
									 &value);
		line->quantity = NumericGetDatum(value.val.numeric);
		line_price(line, quantity, materials);
	}
}

/* A text of a line, or NULL. */
static char *
line_text(JsonbContainer *object, const char *name, int max,
		  DwMaterials *materials)
{
	JsonbValue	value;

	if (getKeyJsonValueFromContainer(object, name, strlen(name),
									 &value) == NULL ||
		value.type == jbvNull)
		return NULL;
	if (value.type != jbvString)
	{
		note(materials, DW_BAD_VALUE, psprintf("%s must be a text", name));
		return NULL;
	}
	if (pg_mbstrlen_with_len(value.val.string.val,
							 value.val.string.len) > max)
		note(materials, DW_TEXT_TOO_LONG,
			 psprintf("%s is longer than %d characters", name, max));
	return pnstrdup(value.val.string.val, value.val.string.len);
}

/* A number of a line in units of 10^-decimals; 1 where there is none. */
static int64
line_number(JsonbContainer *object, const char *name, int decimals,
			DwMaterials *materials)
{
	JsonbValue	value;
	Datum		given;
	char	   *text;
	int64		number = 1;

	if (getKeyJsonValueFromContainer(object, name, strlen(name),
									 &value) == NULL ||
		value.type != jbvNumeric)
	{
		note(materials, DW_BAD_VALUE, psprintf("%s must be a number", name));
		return number;
	}
	given = NumericGetDatum(value.val.numeric);
	text = DatumGetCString(DirectFunctionCall1(numeric_out, given));
	if (*text == '-')
		note(materials, DW_BAD_VALUE,
			 psprintf("%s must not be negative", name));
	else if (has_more_decimals(text, decimals))
		note(materials, DW_BAD_VALUE,
			 psprintf("%s has more than %d decimals", name, decimals));
	else if (!read_decimal(text, decimals, &number))
		note(materials, DW_OVERFLOW, psprintf("%s is out of range", name));
	return number;
}

/* True when something is left after so many digits behind the point. */
static bool
has_more_decimals(const char *text, int decimals)
{
	const char *point = strchr(text, '.');

	if (point == NULL || (int) strlen(point + 1) <= decimals)
		return false;
	point += 1 + decimals;
	return point[strspn(point, "0")] != '\0';
}

/* Prices a line of valid numbers and adds it to the total. */
static void
line_price(DwMaterial *line, int64 quantity, DwMaterials *materials)
{
	if (dw_money_line_total(line->unit_price, quantity,
							&line->total_price) != DW_OK ||
		dw_money_add(materials->total, line->total_price,
					 &materials->total) != DW_OK)
		note(materials, DW_OVERFLOW, "the total is out of range");
}

/* Reads digits with a point into units of 10^-decimals; false: too big. */
static bool
read_decimal(const char *text, int decimals, int64 *value)
{
	int64		number = 0;
	int			after = -1;		/* digits read after the point */

	for (; *text != '\0' && after < decimals; text++)
	{
		if (*text == '.')
		{
			after = 0;
			continue;
		}
		if (__builtin_mul_overflow(number, INT64CONST(10), &number) ||
			__builtin_add_overflow(number, *text - '0', &number))
			return false;
		after += after >= 0;
	}
	for (after = Max(after, 0); after < decimals; after++)
		if (__builtin_mul_overflow(number, INT64CONST(10), &number))
			return false;
	*value = number;
	return true;
}

/* Keeps what is first in the order of checks; see the file's head. */
static void
note(DwMaterials *materials, DwResult code, const char *what)
{
	if (materials->code != DW_OK && materials->code <= code)
		return;
	materials->code = code;
	materials->problem = psprintf("line %d: %s", materials->count + 1, what);
}
