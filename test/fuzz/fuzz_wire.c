/*
 * fuzz_wire.c
 *		Whatever is read as a key or a query is one: it is written and read
 *		again without a change, and every question about it has an answer.
 *
 * An input is read as it is, and as the writing of a value with some of its
 * bytes changed.
 */
#include "fuzz.h"

#include <math.h>

#include "core/audience/audience.h"
#include "core/match/match.h"
#include "core/wire/wire.h"

#define CHANGES_MAX 4			/* bytes of a writing that are changed */

static const DwWireType *const types[] = {
	&dw_job_key_wire, &dw_match_query_wire, &dw_audience_key_wire,
	&dw_audience_query_wire
};

static _Alignas(16)
char		memory[1 << 18];
static _Alignas(16)
char		again[1 << 18];
static uint8_t written[1 << 18];
static uint8_t rewritten[1 << 18];

/* What asks for anything. */
static const DwMatchCriteria plain_criteria = {
	.radius_miles = 25.0,.others_fit = 1.0,.currency = "USD",
	.budget_max = INT64_MAX,.weights = {1, 1, 1, 1, 1},
	.reference = 1.0,.freshness_hours = 72.0,.ceiling = 2.0
};

/* Reads a value; gives its size in memory, or 0. */
static size_t
read_value(int which, const uint8_t *data, size_t size, char *value)
{
	size_t		room = dw_wire_measure(types[which], data, size);

	check(room <= sizeof(memory));
	if (room == 0 || !dw_wire_read(types[which], data, size, value))
		return 0;
	return room;
}

/* Asks a job's key, or about one. */
static void
ask_match(int which)
{
	static _Alignas(16) char plain[sizeof(DwMatchQuery)];
	const DwJobKey *leaf = (const DwJobKey *) memory;
	const DwMatchQuery *query = (const DwMatchQuery *) plain;
	DwJobKey	some = {.leaf.budget_max = INT64_MAX};
	DwJobKey	node;
	double		rest;

	if (which == 0)
		dw_match_prepare(&plain_criteria, (DwMatchQuery *) plain);
	else
	{
		query = (const DwMatchQuery *) memory;
		leaf = &some;
	}
	node = dw_job_key_node(leaf);
	rest = dw_match_rest(query, leaf, dw_match_distance_m(query, leaf));
	check(rest >= 0.0 && rest <= 1.0);
	check(dw_match_rest_bound(query, &node) <= rest);
	check(dw_match_leaf_rest(query, leaf, INFINITY) == DW_MATCH_UNWANTED ||
		  dw_match_node_rest(query, &node, INFINITY) != DW_MATCH_UNWANTED);
	(void) dw_job_key_order(leaf, 0);
}

/* Asks an agent's key, or with a job's question. */
static void
ask_audience(int which)
{
	DwJobKey	job = {.leaf.budget_max = INT64_MAX};
	DwAudienceQuery question = dw_audience_query_of(&job);
	DwAudienceKey agent = {.kind = DW_AUDIENCE_POINT,
	.categories = DW_AUDIENCE_ANYWHERE,.budget_max = INT64_MAX};
	const DwAudienceKey *key = which == 2 ? (DwAudienceKey *) memory : &agent;
	const DwAudienceQuery *query = which == 3 ? (DwAudienceQuery *) memory
		: &question;
	DwAudienceKey node = dw_audience_node(key);

	check(!dw_audience_matches(query, key) ||
		  dw_audience_may_match(query, &node));
	(void) dw_audience_is_certain(query, key);
	(void) dw_audience_order(key);
}

/* What is read is written, and read again, the same. */
static void
check_value(int which, const uint8_t *data, size_t size)
{
	size_t		room = read_value(which, data, size, memory);
	size_t		length;

	if (room == 0)
		return;
	length = dw_wire_write(types[which], memory, NULL);
	check(length <= sizeof(written));
	check(dw_wire_write(types[which], memory, written) == length);
	check(read_value(which, written, length, again) == room);
	check(dw_wire_write(types[which], again, rewritten) == length);
	check(memcmp(written, rewritten, length) == 0);
	if (which < 2)
		ask_match(which);
	else
		ask_audience(which);
}

/* Makes a value of each type, of the plainest kind. */
static void
make_value(int which)
{
	DwUuid		id = {{0xd0}};
	DwJobKey	job = {.leaf = {.category_id = id,.budget_max = INT64_MAX}};
	DwAudienceKey agent = {.kind = DW_AUDIENCE_POINT,.budget_max = 5};
	DwAudienceQuery question = dw_audience_query_of(&job);
	DwMatchCriteria criteria = plain_criteria;

	criteria.category_ids = &id;
	criteria.category_count = 1;
	dw_audience_set_categories(&agent, &id, 1);
	(void) dw_audience_add_category(&question, &id);
	if (which == 0)
		memcpy(memory, &job, sizeof(job));
	else if (which == 1)
		dw_match_prepare(&criteria, (DwMatchQuery *) memory);
	else if (which == 2)
		memcpy(memory, &agent, sizeof(agent));
	else
		memcpy(memory, &question, sizeof(question));
}

/* The writing of such a value, with some bytes changed. */
static void
check_changed(FuzzInput * input, int which)
{
	static uint8_t changed[4096];
	int			count = (int) fuzz_range(input, 0, CHANGES_MAX);
	size_t		size;

	make_value(which);
	size = dw_wire_write(types[which], memory, changed);
	check(read_value(which, changed, size, again) > 0);
	for (int i = 0; i < count; i++)
		fuzz_read(input, changed + fuzz_range(input, 0, (int64_t) size - 1),
				  1);
	check_value(which, changed, size - (size_t) (count == CHANGES_MAX));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	int			which = (int) fuzz_range(&input, 0, 3);

	if (fuzz_range(&input, 0, 1) == 0)
		check_changed(&input, which);
	check_value(which, input.data, input.size);
	return 0;
}
