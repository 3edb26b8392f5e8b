/*
 * number_server.c
 *		Structs of numbers as jsonb documents.
 *
 * jsonb wants its members in an order of its own, the shorter name first.
 * The order of a list of fields is found once in a backend: decisions are
 * written by the thousand, and to sort each costs more than to write it.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "server/number/number_server.h"

/* Fields in the order of jsonb. */
typedef struct Order
{
	const DwNumberFields *fields;	/* of which they are */
	const DwNumberField **sorted;	/* as many */
	struct Order *next;			/* of other fields */
} Order;

static Order *orders = NULL;

/* The order of two names in jsonb. */
static int
compare_names(const void *a, const void *b)
{
	const char *left = (*(const DwNumberField *const *) a)->name;
	const char *right = (*(const DwNumberField *const *) b)->name;
	int			shorter = (int) strlen(left) - (int) strlen(right);

	return shorter != 0 ? shorter : strcmp(left, right);
}

/* The fields in the order of jsonb; kept as long as the backend lives. */
static const DwNumberField **
sorted_fields(const DwNumberFields *fields)
{
	Order	   *order = orders;

	while (order != NULL && order->fields != fields)
		order = order->next;
	if (order == NULL)
	{
		order = MemoryContextAlloc(TopMemoryContext, sizeof(Order));
		order->sorted = MemoryContextAlloc(TopMemoryContext,
										   fields->count *
										   sizeof(DwNumberField *));
		for (int i = 0; i < fields->count; i++)
			order->sorted[i] = &fields->fields[i];
		qsort(order->sorted, fields->count, sizeof(DwNumberField *),
			  compare_names);
		order->fields = fields;
		order->next = orders;
		orders = order;
	}
	return order->sorted;
}

/*
 * How many numbers of a field are written: those up to the last that is not
 * zero.  Most of a field's room is empty most often, and what is written of
 * it by the thousand is what decisions cost.
 */
static int
numbers_of(const DwNumberField *field, const void *base)
{
	int			count = field->count;

	while (count > 0 && dw_number_get(field, base, count - 1) == 0)
		count--;
	return count;
}

/* One number as a value. */
static void
number_value(JsonbValue *value, int64 number)
{
	value->type = jbvNumeric;
	value->val.numeric = int64_to_numeric(number);
}

/* A field as a value: a number, or an array of so many. */
static void
field_value(JsonbValue *value, const DwNumberField *field, const void *base,
			int count)
{
	if (field->count == 1)
	{
		number_value(value, dw_number_get(field, base, 0));
		return;
	}
	value->type = jbvArray;
	value->val.array.rawScalar = false;
	value->val.array.nElems = count;
	value->val.array.elems = palloc(count * sizeof(JsonbValue));
	for (int i = 0; i < count; i++)
		number_value(&value->val.array.elems[i],
					 dw_number_get(field, base, i));
}

Datum
dw_numbers_write(const DwNumberFields *fields, const void *base)
{
	const DwNumberField **sorted = sorted_fields(fields);
	JsonbPair  *pairs = palloc(fields->count * sizeof(JsonbPair));
	JsonbValue	object = {.type = jbvObject};
	int			count = 0;

	for (int i = 0; i < fields->count; i++)
	{
		JsonbPair  *pair = &pairs[count];
		int			numbers = numbers_of(sorted[i], base);

		if (numbers == 0)
			continue;
		pair->key.type = jbvString;
		pair->key.val.string.val = unconstify(char *, sorted[i]->name);
		pair->key.val.string.len = strlen(sorted[i]->name);
		field_value(&pair->value, sorted[i], base, numbers);
		count++;
	}
	object.val.object.nPairs = count;
	object.val.object.pairs = pairs;
	return JsonbPGetDatum(JsonbValueToJsonb(&object));
}

/*
 * True for a number of 64 bits.  Others make the server's own cast raise,
 * and documents may be damaged.
 */
static bool
number_fits(Numeric number)
{
	static Numeric least = NULL;
	static Numeric most = NULL;

	if (most == NULL)
	{
		MemoryContext outer = MemoryContextSwitchTo(TopMemoryContext);

		least = int64_to_numeric(PG_INT64_MIN);
		most = int64_to_numeric(PG_INT64_MAX);
		MemoryContextSwitchTo(outer);
	}
	return DatumGetBool(DirectFunctionCall2(numeric_ge,
											NumericGetDatum(number),
											NumericGetDatum(least))) &&
		DatumGetBool(DirectFunctionCall2(numeric_le,
										 NumericGetDatum(number),
										 NumericGetDatum(most)));
}

/* Sets one number from a value; false when that is none or does not fit. */
static bool
number_read(const DwNumberField *field, void *base, int index,
			const JsonbValue *value)
{
	Datum		number;

	if (value->type != jbvNumeric || !number_fits(value->val.numeric))
		return false;
	number = DirectFunctionCall1(numeric_int8,
								 NumericGetDatum(value->val.numeric));
	return dw_number_set(field, base, index, DatumGetInt64(number));
}

/* Sets a field from a value. */
static bool
field_read(const DwNumberField *field, void *base, const JsonbValue *value)
{
	JsonbContainer *array;
	int			count;

	if (field->count == 1)
		return number_read(field, base, 0, value);
	if (value->type != jbvBinary)
		return false;
	array = value->val.binary.data;
	count = (int) JsonContainerSize(array);
	if (!JsonContainerIsArray(array) || count > field->count)
		return false;
	for (int i = 0; i < count; i++)
	{
		JsonbValue *item = getIthJsonbValueFromContainer(array, i);

		if (!number_read(field, base, i, item))
			return false;
	}
	return true;
}

bool
dw_numbers_read(const DwNumberFields *fields, Datum jsonb, void *base)
{
	JsonbContainer *root = &DatumGetJsonbP(jsonb)->root;

	if (!JsonContainerIsObject(root))
		return false;
	for (int i = 0; i < fields->count; i++)
	{
		const DwNumberField *field = &fields->fields[i];
		JsonbValue	found;

		for (int n = 0; n < field->count; n++)
			(void) dw_number_set(field, base, n, 0);
		if (getKeyJsonValueFromContainer(root, field->name,
										 strlen(field->name), &found) != NULL
			&& !field_read(field, base, &found))
			return false;
	}
	return true;
}
