/*
 * test_wire.c
 *		Values of the types of keys and queries travel: each comes back with
 *		every bit, and nothing else is read.
 */
#include "unit.h"

#include <math.h>

#include "core/audience/audience.h"
#include "core/match/match.h"
#include "core/wire/wire.h"

#define ROOM	4096			/* bytes of a value, in memory or written */

static _Alignas(16)
char		memory[ROOM];
static _Alignas(16)
char		again[ROOM];
static uint8_t written[ROOM];

/* Every kind of field. */
typedef struct Fields
{
	double		number;
	int64_t		whole;
	int64_t		day;			/* 1 to 7 */
	DwUuid		id;
}			Fields;

/* The bytes of these fields. */
static size_t
fields_measure(DwWire *wire)
{
	return sizeof(Fields);
}

/* The fields. */
static void
fields_each(DwWire *wire, Fields * fields)
{
	dw_wire_double(wire, &fields->number);
	dw_wire_int64(wire, &fields->whole);
	fields->day = dw_wire_range(wire, fields->day, 1, 7);
	dw_wire_uuid(wire, &fields->id);
}

/* Reads them. */
static bool
fields_read(DwWire *wire, void *value)
{
	memset(value, 0, sizeof(Fields));
	fields_each(wire, value);
	return true;
}

/* Writes them. */
static void
fields_write(DwWire *wire, const void *value)
{
	Fields		fields = *(const Fields *) value;

	fields_each(wire, &fields);
}

static const DwWireType fields_wire = {
	"fields", 7, fields_measure, fields_read, fields_write
};

/* Writes a value; gives the bytes. */
static size_t
put(const DwWireType *type, const void *value)
{
	size_t		size = dw_wire_write(type, value, NULL);

	assert_true(size < sizeof(written));
	assert_int_equal(dw_wire_write(type, value, written), size);
	return size;
}

/* Reads what was written, or as many bytes of it. */
static bool
get(const DwWireType *type, size_t size)
{
	size_t		room = dw_wire_measure(type, written, size);

	assert_true(room <= sizeof(again));
	return room > 0 && dw_wire_read(type, written, size, again);
}

/* True when a value that was changed by hand is read. */
static bool
is_read(const DwWireType *type, const void *value)
{
	return get(type, put(type, value));
}

/* A value comes back as it was, and no part of it, nor more, nor another. */
static void
check_value(const DwWireType *type, const void *value, size_t room)
{
	size_t		size = put(type, value);

	assert_int_equal(dw_wire_measure(type, written, size), room);
	assert_true(get(type, size));
	assert_memory_equal(again, value, room);
	for (size_t i = 0; i < size; i++)
		assert_false(get(type, i));
	written[size] = 0;
	assert_false(get(type, size + 1));
	written[7]++;
	assert_false(get(type, size));
}

/* Every field keeps its bits. */
static void
test_fields(void **state)
{
	static const double numbers[] = {
		0.0, -0.0, 1.0, -122.42, 1.0 / 3.0, 5e-324, -1.7976931348623157e308
	};
	static const int64_t wholes[] = {
		0, 1, -1, INT64_MAX, INT64_MIN, INT64_C(0x0102030405060708), 42
	};

	for (int i = 0; i < DW_LENGTH(numbers); i++)
	{
		Fields		fields = {numbers[i], wholes[i], i + 1,
		{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, (uint8_t) i}}};

		check_value(&fields_wire, &fields, sizeof(fields));
	}
}

/* In network order, the version first. */
static void
test_bytes(void **state)
{
	static const uint8_t expected[] = {
		0, 0, 0, 0, 0, 0, 0, 7, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0,
		1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 5,
		0xd0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	};
	Fields		fields = {1.0, INT64_C(0x0102030405060708), 5,
	{{0xd0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}};

	assert_int_equal(put(&fields_wire, &fields), sizeof(expected));
	assert_memory_equal(written, expected, sizeof(expected));
}

/* Numbers that are none, or out of range. */
static void
test_bad_fields(void **state)
{
	const double values[] = {NAN, INFINITY, -INFINITY};
	Fields		fields = {0.0, 0, 1, {{0}}};

	assert_true(is_read(&fields_wire, &fields));
	for (int i = 0; i < DW_LENGTH(values); i++)
	{
		size_t		size = put(&fields_wire, &fields);
		uint64_t	bits;

		memcpy(&bits, &values[i], sizeof(bits));
		for (int j = 0; j < 8; j++)
			written[8 + j] = (uint8_t) (bits >> (56 - 8 * j));
		assert_false(get(&fields_wire, size));
	}
	for (int day = 0; day <= 8; day++)
	{
		size_t		size = put(&fields_wire, &fields);

		written[31] = (uint8_t) day;
		assert_int_equal(get(&fields_wire, size), day >= 1 && day <= 7);
	}
}

/* The category of that number. */
static DwUuid
category(uint8_t number)
{
	DwUuid		id = {{0xd0, number,[15] = (uint8_t) (number * 7)}};

	return id;
}

/* A key of a job. */
static DwJobKey
some_key(void)
{
	DwJobKey	key;

	memset(&key, 0, sizeof(key));
	key.posted_at = INT64_MAX;
	key.requirements = UINT32_MAX;
	key.currency = dw_currency_code("ZZZ");
	key.urgency = DW_JOB_KEY_URGENT;
	key.leaf.point = dw_point_of(180.0, -90.0);
	key.leaf.category_id = category(1);
	key.leaf.budget_min = 5;
	key.leaf.budget_max = DW_JOB_KEY_NO_MAX;
	return key;
}

/* Keys of jobs. */
static void
test_job_key(void **state)
{
	DwJobKey	key = some_key();

	check_value(&dw_job_key_wire, &key, sizeof(key));
	key.currency = dw_currency_code("AAA");
	key.leaf.point = dw_point_of(-122.42, 37.7700001);
	key.posted_at = INT64_MIN;
	check_value(&dw_job_key_wire, &key, sizeof(key));
}

/* Keys that no job has. */
static void
test_bad_job_key(void **state)
{
	DwJobKey	key = some_key();

	assert_true(is_read(&dw_job_key_wire, &key));
	key.leaf.point.longitude = DW_BBOX_HALF_TURN;
	assert_false(is_read(&dw_job_key_wire, &key));
	key = some_key();
	key.leaf.point.latitude = DW_BBOX_HALF_TURN / 2 + 1;
	assert_false(is_read(&dw_job_key_wire, &key));
	key = some_key();
	key.leaf.budget_min = -1;
	assert_false(is_read(&dw_job_key_wire, &key));
	key = some_key();
	key.leaf.budget_max = 4;
	assert_false(is_read(&dw_job_key_wire, &key));
	key = some_key();
	key.urgency = DW_JOB_KEY_URGENT + 1;
	assert_false(is_read(&dw_job_key_wire, &key));
	key = some_key();
	key.currency = DW_JOB_KEY_NO_CURRENCY;
	assert_false(is_read(&dw_job_key_wire, &key));
}

/* Criteria that are in order, with so many categories. */
static DwMatchCriteria
some_criteria(int categories)
{
	static DwUuid ids[64];
	static double fits[64];
	DwMatchCriteria criteria = {
		.longitude = -179.5,.latitude = 1.0 / 3.0,.radius_miles = 25.0,
		.as_of = 821318400000000,.others_fit = DW_MATCH_EXCLUDED,
		.budget_min = 7,.budget_max = DW_JOB_KEY_NO_MAX,.currency = "USD",
		.weights = {35, 20, 20, 10, 15},.reference = 500000.0,
		.freshness_hours = 72.0,.ceiling = DW_MATCH_NO_CEILING,
		.capabilities = 31
	};

	for (int i = 0; i < categories; i++)
	{
		ids[i] = category((uint8_t) (i * 5));
		fits[i] = dw_match_fit(i % 12);
	}
	criteria.category_ids = ids;
	criteria.fits = fits;
	criteria.category_count = categories;
	return criteria;
}

/* Queries, whatever collides in their table of categories. */
static void
test_job_query(void **state)
{
	DwMatchQuery *const query = (DwMatchQuery *) memory;
	DwMatchCriteria criteria;

	for (int categories = 0; categories <= 40; categories++)
	{
		criteria = some_criteria(categories);
		criteria.freshness_hours = 70.0 + categories / 10.0;
		criteria.others_fit = categories % 2 == 0 ? 0.25 : DW_MATCH_EXCLUDED;
		assert_true(dw_match_size(&criteria) <= sizeof(memory));
		dw_match_prepare(&criteria, query);
		check_value(&dw_match_query_wire, query, dw_match_size(&criteria));
	}
	criteria = some_criteria(0);
	criteria.reference = 1e-310;
	criteria.freshness_hours = 1e-310;
	criteria.weights[0] = 1e300;
	dw_match_prepare(&criteria, query);
	check_value(&dw_match_query_wire, query, dw_match_size(&criteria));
}

/* A category that is named twice is written once, and answers the same. */
static void
test_named_twice(void **state)
{
	DwMatchQuery *const query = (DwMatchQuery *) memory;
	DwMatchQuery *const other = (DwMatchQuery *) again;
	DwMatchCriteria criteria = some_criteria(6);
	DwUuid		ids[6];
	DwJobKey	key = some_key();
	size_t		size;

	memcpy(ids, criteria.category_ids, sizeof(ids));
	ids[5] = ids[1];
	criteria.category_ids = ids;
	dw_match_prepare(&criteria, query);
	size = put(&dw_match_query_wire, query);
	assert_true(get(&dw_match_query_wire, size));
	assert_int_equal(other->slot_count, query->slot_count);
	assert_memory_equal(other->slots, query->slots,
						query->slot_count * sizeof(DwMatchSlot));
	for (int i = 0; i < 6; i++)
	{
		key.leaf.category_id = ids[i];
		assert_true(dw_match_rest(query, &key, 5.0) ==
					dw_match_rest(other, &key, 5.0));
	}
}

/* Queries that no criteria make. */
static void
test_bad_job_query(void **state)
{
	DwMatchQuery *const query = (DwMatchQuery *) memory;
	DwMatchCriteria criteria = some_criteria(3);

#define CHANGED(change) \
	(dw_match_prepare(&criteria, query), (void) (change), \
	 is_read(&dw_match_query_wire, query))
	assert_true(CHANGED(query->as_of = INT64_MIN));
	assert_false(CHANGED(query->place.longitude = 180.5));
	assert_false(CHANGED(query->place.latitude = -91.0));
	assert_false(CHANGED(query->radius_m = 0.0));
	assert_false(CHANGED(query->radius_m = 1e9));
	assert_false(CHANGED(query->budget_min = -1));
	assert_false(CHANGED(query->budget_max = 6));
	assert_false(CHANGED(query->per_reference = -1.0));
	assert_false(CHANGED(query->per_reference = 1e301));
	assert_false(CHANGED(query->per_age = -1.0));
	assert_false(CHANGED(query->others_fit = -0.5));
	assert_false(CHANGED(query->others_fit = 1.5));
	assert_false(CHANGED(query->ceiling = 2.5));
	assert_false(CHANGED(query->ceiling = -1.0));
	assert_false(CHANGED(query->weights[2] = -0.1));
	assert_false(CHANGED(query->weights[2] += 0.001));
	assert_false(CHANGED(query->currency = DW_CURRENCY_CODES));
#undef CHANGED
}

/* A table of categories that is forged: slots, number, category, fit. */
static void
test_bad_slots(void **state)
{
	static const struct
	{
		int64_t		slots;
		int64_t		count;
		double		fit;
		bool		is_read;
	}			tries[] = {
		{0, 0, 0.5, true}, {2, 0, 0.5, true}, {8192, 0, 0.5, true},
		{2, 1, 0.5, true}, {2, 1, 1.5, false}, {2, 1, -1.0, false},
		{2, 2, 0.5, false}, {1, 0, 0.5, false}, {3, 0, 0.5, false},
		{16384, 0, 0.5, false}, {-2, 0, 0.5, false}, {0, 1, 0.5, false},
		{INT64_C(1) << 32, 0, 0.5, false}, {2, -1, 0.5, false}
	};
	static _Alignas(16) char large[1 << 18];
	DwMatchQuery *const query = (DwMatchQuery *) memory;
	DwMatchCriteria criteria = some_criteria(0);

	dw_match_prepare(&criteria, query);
	for (int i = 0; i < DW_LENGTH(tries); i++)
	{
		size_t		size = put(&dw_match_query_wire, query);
		DwWire		wire = {.bytes = (uint8_t *) large};
		int64_t		number = 1;
		size_t		room;

		dw_wire_int64(&wire, &number);
		number = tries[i].slots;
		dw_wire_int64(&wire, &number);
		number = tries[i].count;
		dw_wire_int64(&wire, &number);
		for (int64_t j = 0; j < tries[i].count; j++)
		{
			DwUuid		id = category((uint8_t) j);
			double		fit = tries[i].fit;

			dw_wire_uuid(&wire, &id);
			dw_wire_double(&wire, &fit);
		}
		memmove(written + wire.size, written + 24, size - 24);
		memcpy(written, large, wire.size);
		size += wire.size - 24;
		room = dw_wire_measure(&dw_match_query_wire, written, size);
		assert_true(room <= sizeof(large));
		assert_int_equal(room > 0 &&
						 dw_wire_read(&dw_match_query_wire, written, size,
									  large), tries[i].is_read);
	}
}

/* A key of an agent. */
static DwAudienceKey
some_agent(DwAudienceKind kind, int categories)
{
	DwAudienceKey key;
	DwUuid		ids[12];

	memset(&key, 0, sizeof(key));
	for (int i = 0; i < categories; i++)
		ids[i] = category((uint8_t) i);
	key.kind = (uint8_t) kind;
	key.circle.centre = dw_point_of(10.0, 20.0);
	if (kind == DW_AUDIENCE_CIRCLE)
		key.circle.radius_m = 16093.44;
	if (kind == DW_AUDIENCE_AREA)
		key.box = dw_audience_bbox(180.0, -90.0, 180.0, 90.0);
	dw_audience_set_categories(&key, ids, categories);
	key.budget_max = DW_JOB_KEY_NO_MAX;
	key.currency = categories == 0 ? DW_AUDIENCE_ANY_CURRENCY
		: dw_currency_code("EUR");
	key.capabilities = DW_AUDIENCE_ALL_CREDENTIALS;
	key.valid_from = DW_AUDIENCE_ALWAYS;
	key.valid_until = DW_AUDIENCE_EVER;
	return key;
}

/* Keys of agents, and some that none has. */
static void
test_agent_key(void **state)
{
	const DwWireType *type = &dw_audience_key_wire;
	DwAudienceKey key;

	for (DwAudienceKind kind = 0; kind < DW_AUDIENCE_NODE; kind++)
	{
		for (int categories = 0; categories <= 12; categories++)
		{
			key = some_agent(kind, categories);
			check_value(&dw_audience_key_wire, &key, sizeof(key));
		}
	}
#define CHANGED(kind, change) \
	(key = some_agent(kind, 2), (void) (change), is_read(type, &key))
	assert_true(CHANGED(DW_AUDIENCE_CIRCLE, 0));
	assert_false(CHANGED(DW_AUDIENCE_CIRCLE, key.circle.radius_m = 0.0));
	assert_false(CHANGED(DW_AUDIENCE_CIRCLE, key.circle.radius_m = 1e9));
	assert_false(CHANGED(DW_AUDIENCE_POINT,
						 key.circle.centre.latitude = INT32_MAX));
	assert_false(CHANGED(DW_AUDIENCE_AREA, key.box.west = INT32_MAX));
	assert_false(CHANGED(DW_AUDIENCE_AREA, key.box.north = INT32_MAX));
	assert_false(CHANGED(DW_AUDIENCE_AREA, key.box.south = key.box.north + 1));
	assert_false(CHANGED(DW_AUDIENCE_POINT, key.budget_min = -1));
	assert_false(CHANGED(DW_AUDIENCE_POINT, key.budget_max = -1));
	assert_false(CHANGED(DW_AUDIENCE_POINT, key.has_more = 2));
	assert_false(CHANGED(DW_AUDIENCE_POINT, key.categories = 0));
#undef CHANGED
}

/* What a job asks with. */
static DwAudienceQuery
some_question(void)
{
	DwJobKey	job = some_key();
	DwAudienceQuery query = dw_audience_query_of(&job);

	for (int i = 0; i < 3; i++)
	{
		DwUuid		id = category((uint8_t) i);

		(void) dw_audience_add_category(&query, &id);
	}
	query.radius_m = 40233.6;
	query.day = -1;
	return query;
}

/* What jobs ask with, and what none does. */
static void
test_agent_query(void **state)
{
	const DwWireType *type = &dw_audience_query_wire;
	DwAudienceQuery query = some_question();

	check_value(&dw_audience_query_wire, &query, sizeof(query));
#define CHANGED(change) \
	(query = some_question(), (void) (change), is_read(type, &query))
	assert_true(CHANGED(query.radius_m = 0.0));
	assert_false(CHANGED(query.radius_m = -1.0));
	assert_false(CHANGED(query.place.latitude = 90.5));
	assert_false(CHANGED(query.tags[0] = 0));
	assert_false(CHANGED(query.categories = 0));
	assert_false(CHANGED(query.budget_min = -1));
	assert_false(CHANGED(query.budget_max = 4));
	assert_false(CHANGED(query.currency = DW_AUDIENCE_ANY_CURRENCY));
#undef CHANGED
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_bad_fields),
		cmocka_unit_test(test_job_key),
		cmocka_unit_test(test_bad_job_key),
		cmocka_unit_test(test_job_query),
		cmocka_unit_test(test_named_twice),
		cmocka_unit_test(test_bad_job_query),
		cmocka_unit_test(test_bad_slots),
		cmocka_unit_test(test_agent_key),
		cmocka_unit_test(test_agent_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
