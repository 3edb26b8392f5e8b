/*
 * test_accounting.c
 *		Which days are closed, and where what comes late is booked.
 */
#include "unit.h"

#include "core/accounting/accounting.h"

/* A closed day gives the first open one, an open day itself. */
static void
test_day(void **state)
{
	assert_int_equal(dw_period_day(100, DW_PERIOD_NONE), 100);
	assert_int_equal(dw_period_day(INT32_MIN + 1, DW_PERIOD_NONE),
					 INT32_MIN + 1);
	assert_int_equal(dw_period_day(100, 99), 100);
	assert_int_equal(dw_period_day(100, 100), 101);
	assert_int_equal(dw_period_day(-400, 100), 101);
}

/* Only days before today are closed, and from the last closed one on. */
static void
test_close(void **state)
{
	assert_int_equal(dw_period_close(99, DW_PERIOD_NONE, 100), DW_OK);
	assert_int_equal(dw_period_close(99, 98, 100), DW_OK);
	assert_int_equal(dw_period_close(99, 99, 100), DW_ALREADY_EXISTS);
	assert_int_equal(dw_period_close(98, 99, 100), DW_INVALID_TRANSITION);
	assert_int_equal(dw_period_close(100, DW_PERIOD_NONE, 100),
					 DW_BAD_VALUE);
	assert_int_equal(dw_period_close(101, 101, 100), DW_BAD_VALUE);
}

/* The words of a journal's status, there and back. */
static void
test_journal_words(void **state)
{
	static const char *const words[] = {"proposed", "posted", "rejected"};

	for (int i = 0; i < DW_LENGTH(words); i++)
	{
		DwJournalStatus status;

		assert_true(dw_journal_status_parse(words[i], &status));
		assert_int_equal(status, i);
		assert_string_equal(dw_journal_status_label(status), words[i]);
	}
}

static const DwUuid homeowner = {{1}};
static const DwUuid provider = {{2}};

/* A release of 100 with a fee of 10 and 2 of tax. */
static DwSale
some_sale(void)
{
	return (DwSale)
	{
		.type = DW_TRANSACTION_RELEASE,.homeowner_id = homeowner,
			.provider_id = provider,.fee = 10,.tax = 2,.payout = 88
	};
}

/* A document says what it should. */
static void
check_document(const DwDocument *document, DwDocumentKind kind,
			   const DwUuid *issuer, const DwUuid *recipient, int64_t total)
{
	assert_int_equal(document->kind, kind);
	assert_true(dw_uuid_equal(&document->issuer_id, issuer));
	assert_true(dw_uuid_equal(&document->recipient_id, recipient));
	assert_int_equal(document->total, total);
	assert_int_equal(document->net + document->tax, total);
}

/* Who bears the fee has its invoice; the rest is the receipt. */
static void
test_documents(void **state)
{
	static const DwUuid platform;
	DwDocument	documents[DW_DOCUMENTS_MAX];
	DwSale		sale = some_sale();

	assert_int_equal(dw_documents_make(&sale, documents), 2);
	check_document(&documents[0], DW_DOCUMENT_COMMISSION, &platform,
				   &provider, 12);
	assert_int_equal(documents[0].tax, 2);
	check_document(&documents[1], DW_DOCUMENT_RECEIPT, &provider, &homeowner,
				   100);
	sale.is_on_top = true;
	sale.type = DW_TRANSACTION_REVERSAL;
	sale.is_undone = true;
	assert_int_equal(dw_documents_make(&sale, documents), 2);
	check_document(&documents[0], DW_DOCUMENT_COMMISSION_CREDIT, &platform,
				   &homeowner, 12);
	check_document(&documents[1], DW_DOCUMENT_RECEIPT_CREDIT, &provider,
				   &homeowner, 88);
}

/* What a payout costs is invoiced, and what goes back of it credited. */
static void
test_payout_fee(void **state)
{
	static const DwUuid platform;
	DwDocument	documents[DW_DOCUMENTS_MAX];
	DwSale		sale = {
		.type = DW_TRANSACTION_FEE,.homeowner_id = provider,
		.provider_id = provider,.fee = 250
	};

	assert_int_equal(dw_documents_make(&sale, documents), 1);
	check_document(&documents[0], DW_DOCUMENT_COMMISSION, &platform,
				   &provider, 250);
	sale.is_undone = true;
	assert_int_equal(dw_documents_make(&sale, documents), 1);
	check_document(&documents[0], DW_DOCUMENT_COMMISSION_CREDIT, &platform,
				   &provider, 250);
}

/* Nothing is issued about nothing, nor about other transactions. */
static void
test_no_documents(void **state)
{
	DwDocument	documents[DW_DOCUMENTS_MAX];
	DwSale		sale = some_sale();

	sale.fee = sale.tax = 0;
	sale.type = DW_TRANSACTION_TIP;
	assert_int_equal(dw_documents_make(&sale, documents), 1);
	assert_int_equal(documents[0].kind, DW_DOCUMENT_RECEIPT);
	sale.payout = 0;
	sale.type = DW_TRANSACTION_DISPUTE;
	assert_int_equal(dw_documents_make(&sale, documents), 0);
	for (int type = 0; type <= DW_TRANSACTION_TIP_PAYMENT; type++)
	{
		bool		is_sale = type == DW_TRANSACTION_RELEASE ||
			type == DW_TRANSACTION_DISPUTE ||
			type == DW_TRANSACTION_CANCELLATION ||
			type == DW_TRANSACTION_REVERSAL || type == DW_TRANSACTION_TIP;

		sale = some_sale();
		sale.type = (DwTransactionType) type;
		assert_int_equal(dw_documents_make(&sale, documents),
						 is_sale ? 2 : type == DW_TRANSACTION_FEE ? 1 : 0);
	}
}

/* Each kind has a word and a prefix of its own. */
static void
test_document_words(void **state)
{
	for (int a = 0; a <= DW_DOCUMENT_RECEIPT_CREDIT; a++)
	{
		const char *label = dw_document_kind_label((DwDocumentKind) a);
		DwDocumentKind kind;

		assert_true(dw_document_kind_parse(label, &kind));
		assert_int_equal(kind, a);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(dw_document_prefix((DwDocumentKind) a),
									dw_document_prefix((DwDocumentKind) b));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_day),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_journal_words),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_payout_fee),
		cmocka_unit_test(test_no_documents),
		cmocka_unit_test(test_document_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
