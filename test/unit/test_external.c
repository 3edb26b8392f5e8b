/*
 * test_external.c
 *		A payment company's statement against the ledger, and its times.
 */
#include "unit.h"

#include <stdlib.h>

#include "core/company/company.h"

#define MANY 100000

/* A booking of USD. */
static DwExternalBooking
booked(uint8_t id, DwExternalKind kind, int64_t amount)
{
	DwExternalBooking booking = {
		.transaction_id = {{id}},
		.leg = 1,
		.kind = kind,
		.amount = amount,
		.currency = "USD"
	};

	return booking;
}

/* A line of USD that goes by a reference. */
static DwExternalLine
stated(const char *reference, DwExternalKind kind, int64_t amount)
{
	DwExternalLine line = {
		.reference = reference,
		.kind = kind,
		.amount = amount,
		.currency = "USD"
	};

	return line;
}

/* Matches so many lines with so many names. */
static void
match(DwExternalLine *lines, int line_count, DwExternalName *names,
	  int name_count)
{
	DwExternalLine *order[8];
	DwExternal	external = {lines, line_count, names, name_count, order};

	assert_true(line_count <= (int) DW_LENGTH(order));
	dw_external_match(&external);
}

/* Equal amounts first, whatever the order; the rest differs or is missing. */
static void
test_amounts(void **state)
{
	DwExternalBooking bookings[] = {
		booked(1, DW_EXTERNAL_REFUND, 100),
		booked(2, DW_EXTERNAL_REFUND, 200),
		booked(3, DW_EXTERNAL_REFUND, 100)
	};
	DwExternalName names[] = {
		{"r", &bookings[0], 0}, {"r", &bookings[1], 0}, {"r", &bookings[2], 0}
	};
	DwExternalLine lines[] = {
		stated("r", DW_EXTERNAL_REFUND, 150),
		stated("r", DW_EXTERNAL_REFUND, 100),
		stated("r", DW_EXTERNAL_REFUND, 100),
		stated("r", DW_EXTERNAL_REFUND, 100),
		stated("r", DW_EXTERNAL_PAYMENT, 200),
		stated("x", DW_EXTERNAL_REFUND, 200)
	};

	match(lines, 6, names, 3);
	assert_int_equal(lines[0].verdict, DW_EXTERNAL_AMOUNT_DIFFERS);
	assert_ptr_equal(lines[0].booking, &bookings[1]);
	assert_int_equal(lines[1].verdict, DW_EXTERNAL_MATCHED);
	assert_ptr_equal(lines[1].booking, &bookings[0]);
	assert_ptr_equal(lines[2].booking, &bookings[2]);
	assert_int_equal(lines[3].verdict, DW_EXTERNAL_MISSING_HERE);
	assert_int_equal(lines[3].repeats, 2);
	assert_int_equal(lines[4].verdict, DW_EXTERNAL_MISSING_HERE);
	assert_null(lines[4].booking);
	assert_int_equal(lines[4].repeats, 0);
	assert_int_equal(lines[5].verdict, DW_EXTERNAL_MISSING_HERE);
}

/* Bookings that add up to the one line of their name are what it says. */
static void
test_booked_in_parts(void **state)
{
	DwExternalBooking bookings[] = {
		booked(1, DW_EXTERNAL_PAYMENT, 400),
		booked(2, DW_EXTERNAL_PAYMENT, 100),
		booked(3, DW_EXTERNAL_PAYMENT, 7)
	};
	DwExternalName names[] = {
		{"p", &bookings[0], 0}, {"p", &bookings[1], 0}, {"q", &bookings[2], 0}
	};
	DwExternalLine lines[] = {
		stated("p", DW_EXTERNAL_PAYMENT, 500),
		stated("q", DW_EXTERNAL_PAYMENT, 8)
	};

	match(lines, 2, names, 3);
	assert_int_equal(lines[0].verdict, DW_EXTERNAL_MATCHED);
	assert_true(bookings[0].is_paired && bookings[1].is_paired);
	assert_int_equal(lines[1].verdict, DW_EXTERNAL_AMOUNT_DIFFERS);
	bookings[0].is_paired = bookings[1].is_paired = false;
	bookings[2].is_paired = false;
	lines[0].amount = 501;
	match(lines, 2, names, 3);
	assert_int_equal(lines[0].verdict, DW_EXTERNAL_AMOUNT_DIFFERS);
	assert_false(bookings[0].is_paired && bookings[1].is_paired);
}

/* By how much a line differs, and that it is whole once that is booked. */
static void
test_difference(void **state)
{
	DwExternalBooking bookings[] = {
		booked(1, DW_EXTERNAL_PAYMENT, 400),
		booked(2, DW_EXTERNAL_PAYMENT, 100),
		booked(3, DW_EXTERNAL_REFUND, 7),
		booked(4, DW_EXTERNAL_FEE, 30),
		booked(5, DW_EXTERNAL_ADJUSTMENT, 1)
	};
	DwExternalName names[] = {
		{"p", &bookings[0], 0}, {"p", &bookings[1], 0},
		{"r", &bookings[2], 0}, {"f", &bookings[3], 0}, {"apart", &bookings[4], 0}
	};
	DwExternalLine lines[] = {
		stated("p", DW_EXTERNAL_PAYMENT, 501),
		stated("r", DW_EXTERNAL_REFUND, 9),
		stated("f", DW_EXTERNAL_FEE, 25),
		stated("none", DW_EXTERNAL_PAYMENT, 5)
	};
	DwExternalLine *order[4];
	DwExternal	external = {lines, 4, names, 5, order};
	DwExternalDifference out;

	dw_external_match(&external);
	assert_int_equal(dw_external_differs(&external, &lines[0], &out), DW_OK);
	assert_int_equal(out.difference, 1);
	assert_int_equal(out.fact, DW_COMPANY_ADJUSTMENT);
	assert_int_equal(out.amount, 1);
	assert_int_equal(dw_external_differs(&external, &lines[1], &out), DW_OK);
	assert_int_equal(out.difference, 2);
	assert_int_equal(out.amount, -2);
	assert_int_equal(dw_external_differs(&external, &lines[2], &out), DW_OK);
	assert_int_equal(out.fact, DW_COMPANY_FEE);
	assert_int_equal(out.amount, -5);
	assert_int_equal(dw_external_differs(&external, &lines[3], &out),
					 DW_INVALID_TRANSITION);

	/* once it is booked apart the line is whole, and nothing else is it */
	for (int i = 0; i < (int) DW_LENGTH(bookings); i++)
		bookings[i].is_paired = false;
	lines[0].amount = 500;
	lines[0].booked_apart = "apart";
	lines[3] = stated("apart", DW_EXTERNAL_ADJUSTMENT, 1);
	dw_external_match(&external);
	assert_int_equal(lines[0].verdict, DW_EXTERNAL_MATCHED);
	assert_int_equal(lines[3].verdict, DW_EXTERNAL_MISSING_HERE);
	assert_true(bookings[4].is_paired);

	/* another currency, and more than fits */
	for (int i = 0; i < (int) DW_LENGTH(bookings); i++)
		bookings[i].is_paired = false;
	lines[0] = stated("r", DW_EXTERNAL_REFUND, 9);
	lines[0].currency = "EUR";
	lines[1] = stated("f", DW_EXTERNAL_FEE, INT64_MAX);
	bookings[3].amount = -1;
	dw_external_match(&external);
	assert_int_equal(dw_external_differs(&external, &lines[0], &out),
					 DW_CURRENCY_MISMATCH);
	assert_int_equal(dw_external_differs(&external, &lines[1], &out),
					 DW_OVERFLOW);
}

/*
 * Fees go either way, a dispute's is a fee, and a line goes by what it was
 * booked as before its event or reference.
 */
static void
test_fees(void **state)
{
	DwExternalBooking bookings[] = {
		booked(1, DW_EXTERNAL_FEE, 30),
		booked(2, DW_EXTERNAL_FEE, -30),
		booked(3, DW_EXTERNAL_FEE, 30),
		booked(4, DW_EXTERNAL_FEE, -50)
	};
	DwExternalName names[] = {
		{"r", &bookings[0], 0}, {"r", &bookings[1], 0}, {"r", &bookings[2], 0},
		{"id", &bookings[2], 0}, {"s", &bookings[3], 0}
	};
	DwExternalLine lines[] = {
		stated("r", DW_EXTERNAL_DISPUTE_FEE, 30),
		stated("r", DW_EXTERNAL_FEE, -30),
		stated("r", DW_EXTERNAL_FEE, 30),
		stated("s", DW_EXTERNAL_FEE, -20),
		stated("s", DW_EXTERNAL_FEE, -30)
	};

	lines[2].booked_as = "id";
	match(lines, 5, names, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(lines[i].verdict, DW_EXTERNAL_MATCHED);
	assert_ptr_equal(lines[1].booking, &bookings[1]);
	assert_int_equal(lines[3].parts, 2);
	assert_ptr_equal(lines[4].booking, &bookings[3]);
}

/*
 * The fee of a payment and that of its dispute are two: of the other kind only
 * what is equal is paired, after each kind's own.
 */
static void
test_fees_apart(void **state)
{
	DwExternalBooking bookings[] = {
		booked(1, DW_EXTERNAL_DISPUTE_FEE, 15),
		booked(2, DW_EXTERNAL_FEE, 15),
		booked(3, DW_EXTERNAL_DISPUTE_FEE, 20)
	};
	DwExternalName names[] = {
		{"r", &bookings[0], 0}, {"r", &bookings[1], 0}, {"s", &bookings[2], 0}
	};
	DwExternalLine lines[] = {
		stated("r", DW_EXTERNAL_FEE, 15),
		stated("r", DW_EXTERNAL_DISPUTE_FEE, 15),
		stated("r", DW_EXTERNAL_FEE, 11),
		stated("s", DW_EXTERNAL_FEE, 20),
		stated("r", DW_EXTERNAL_FEE, 15),
		stated("r", DW_EXTERNAL_FEE, 15)
	};

	match(lines, 6, names, 3);
	assert_ptr_equal(lines[0].booking, &bookings[1]);
	assert_ptr_equal(lines[1].booking, &bookings[0]);
	assert_int_equal(lines[2].verdict, DW_EXTERNAL_MISSING_HERE);
	assert_ptr_equal(lines[3].booking, &bookings[2]);
	assert_int_equal(lines[3].verdict, DW_EXTERNAL_MATCHED);
	assert_int_equal(lines[4].verdict, DW_EXTERNAL_MISSING_HERE);
	/* what is equal repeats, another amount does not */
	assert_int_equal(lines[2].repeats, 0);
	assert_int_equal(lines[4].repeats, 1);
	assert_int_equal(lines[5].repeats, 1);
}

/* What amounts a line may have, and what it is when it is booked. */
static void
test_kinds(void **state)
{
	for (int kind = 0; kind <= DW_EXTERNAL_ADJUSTMENT; kind++)
	{
		DwCompanyFact fact;
		bool		is_fact = dw_external_fact((DwExternalKind) kind, &fact);

		assert_int_equal(is_fact, kind >= DW_EXTERNAL_FEE);
		assert_true(dw_external_amount_may((DwExternalKind) kind, 1));
		assert_int_equal(dw_external_amount_may((DwExternalKind) kind, -1),
						 is_fact);
		assert_false(dw_external_amount_may((DwExternalKind) kind, 0));
		assert_false(dw_external_amount_may((DwExternalKind) kind,
											INT64_MIN));
	}
}

/* Lines that add up to the one booking left are its parts; others are not. */
static void
test_parts(void **state)
{
	DwExternalBooking booking = booked(1, DW_EXTERNAL_REFUND, 100);
	DwExternalName names[] = {{"r", &booking, 0}};
	DwExternalLine lines[] = {
		stated("r", DW_EXTERNAL_REFUND, 60),
		stated("r", DW_EXTERNAL_REFUND, 40)
	};

	match(lines, 2, names, 1);
	assert_int_equal(lines[0].verdict, DW_EXTERNAL_MATCHED);
	assert_int_equal(lines[1].verdict, DW_EXTERNAL_MATCHED);
	assert_int_equal(lines[1].parts, 2);
	booking.is_paired = false;
	lines[1].amount = 41;
	match(lines, 2, names, 1);
	assert_int_equal(lines[0].verdict, DW_EXTERNAL_AMOUNT_DIFFERS);
	assert_int_equal(lines[1].verdict, DW_EXTERNAL_MISSING_HERE);
	assert_int_equal(lines[1].parts, 1);
	booking.is_paired = false;
	lines[1].amount = 40;
	lines[1].currency = "EUR";
	match(lines, 2, names, 1);
	assert_int_equal(lines[0].verdict, DW_EXTERNAL_AMOUNT_DIFFERS);
}

/* A booking has several names, and is taken once; an event goes before. */
static void
test_names(void **state)
{
	DwExternalBooking bookings[] = {
		booked(1, DW_EXTERNAL_PAYMENT, 100),
		booked(2, DW_EXTERNAL_PAYMENT, 100)
	};
	DwExternalName names[] = {
		{"reference", &bookings[1], 0}, {"event", &bookings[0], 0},
		{"reference", &bookings[0], 0}
	};
	DwExternalLine lines[] = {
		stated("reference", DW_EXTERNAL_PAYMENT, 100),
		stated("reference", DW_EXTERNAL_PAYMENT, 100),
		stated("reference", DW_EXTERNAL_PAYMENT, 100)
	};

	lines[0].event_id = "event";
	match(lines, 3, names, 3);
	assert_ptr_equal(lines[0].booking, &bookings[0]);
	assert_ptr_equal(lines[1].booking, &bookings[1]);
	assert_int_equal(lines[2].verdict, DW_EXTERNAL_MISSING_HERE);
	assert_int_equal(lines[2].repeats, 2);
}

/* What is asked for and not booked is never matched, but told. */
static void
test_pending(void **state)
{
	DwExternalBooking booking = booked(1, DW_EXTERNAL_PAYMENT, 100);
	DwExternalName names[] = {{"p", &booking, 0}};
	DwExternalLine line = stated("p", DW_EXTERNAL_PAYMENT, 100);

	booking.status = "pending";
	match(&line, 1, names, 1);
	assert_int_equal(line.verdict, DW_EXTERNAL_MISSING_HERE);
	assert_ptr_equal(line.booking, &booking);
	match(&line, 1, names, 0);
	assert_null(line.booking);
	match(&line, 0, names, 1);
}

/* A hundred thousand equal lines of one name are no matter. */
static void
test_many(void **state)
{
	DwExternalBooking *bookings = calloc(MANY, sizeof(*bookings));
	DwExternalName *names = calloc(MANY, sizeof(*names));
	DwExternalLine *lines = calloc(MANY, sizeof(*lines));
	DwExternalLine **order = calloc(MANY, sizeof(*order));
	DwExternal	external = {lines, MANY, names, MANY, order};

	assert_true(bookings && names && lines && order);
	for (int i = 0; i < MANY; i++)
	{
		bookings[i] = booked(0, DW_EXTERNAL_PAYOUT, 1 + i / 1000);
		bookings[i].leg = i;
		names[i] = (DwExternalName)
		{
			"batch", &bookings[i], 0
		};
		lines[i] = stated("batch", DW_EXTERNAL_PAYOUT, 1 + i % 101);
	}
	dw_external_match(&external);
	for (int i = 0; i < MANY; i++)
		assert_int_not_equal(lines[i].verdict, DW_EXTERNAL_MISSING_HERE);
	for (int i = 0; i < MANY; i++)
		assert_true(bookings[i].is_paired);
	free(bookings);
	free(names);
	free(lines);
	free(order);
}

/* Times with Z, offsets and fractions; the calendar is kept. */
static void
test_time(void **state)
{
	static const struct
	{
		const char *text;
		int64_t		seconds;
		int64_t		fraction;
	}			good[] = {
		{"2000-01-01T00:00:00Z", 0, 0},
		{"2000-03-01t00:00:00z", 60 * 86400, 0},
		{"2000-01-01T01:30:00+01:30", 0, 0},
		{"1999-12-31T19:00:00-05:00", 0, 0},
		{"2001-01-01T00:00:00.5Z", 366 * 86400, 500000},
		{"2000-01-01T00:00:01.000001Z", 1, 1},
		{"1970-01-01T00:00:00Z", INT64_C(-10957) * 86400, 0},
		{"2026-02-28T23:59:59Z", INT64_C(825638399), 0}
	};
	static const char *const bad[] = {
		"", "now", "2000-01-01", "2000-01-01 00:00:00Z",
		"2000-01-01T00:00:00", "2000-13-01T00:00:00Z",
		"2000-00-01T00:00:00Z", "2001-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z", "2000-01-32T00:00:00Z",
		"2000-01-01T24:00:00Z", "2000-01-01T00:60:00Z",
		"2000-01-01T00:00:60Z", "2000-01-01T00:00:00.Z",
		"2000-01-01T00:00:00.1234567Z", "2000-01-01T00:00:00Zx",
		"2000-01-01T00:00:00+1:00", "0000-01-01T00:00:00Z",
		"-200-01-01T00:00:00Z", "infinity"
	};
	int64_t		time;

	for (size_t i = 0; i < DW_LENGTH(good); i++)
	{
		assert_true(dw_external_time(good[i].text, &time));
		assert_int_equal(time, good[i].seconds * 1000000 + good[i].fraction);
	}
	for (size_t i = 0; i < DW_LENGTH(bad); i++)
		assert_false(dw_external_time(bad[i], &time));
}

/* Labels are read both ways. */
static void
test_labels(void **state)
{
	DwExternalKind kind;
	DwExternalVerdict verdict;

	assert_true(dw_external_kind_parse("chargeback_won", &kind));
	assert_int_equal(kind, DW_EXTERNAL_CHARGEBACK_WON);
	assert_false(dw_external_kind_parse("gift", &kind));
	assert_true(dw_external_verdict_parse("missing_there", &verdict));
	assert_string_equal(dw_external_verdict_label(verdict), "missing_there");
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_booked_in_parts),
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_fees),
		cmocka_unit_test(test_fees_apart),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
