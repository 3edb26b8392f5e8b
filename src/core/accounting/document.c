/*
 * document.c
 *		Which documents a transaction has: commission invoices, receipts, and
 *		what takes them back.
 */
#include "core/accounting/accounting.h"

static const char *const document_kind_labels[] = {
	[DW_DOCUMENT_COMMISSION] = "commission",
	[DW_DOCUMENT_COMMISSION_CREDIT] = "commission_credit",
	[DW_DOCUMENT_RECEIPT] = "receipt",
	[DW_DOCUMENT_RECEIPT_CREDIT] = "receipt_credit"
};

/* Definitions of the label and parse functions that the header promises. */
DW_LABELS(document_kind, DwDocumentKind, document_kind_labels);

/* Of the platform's fee; none where there is no fee. */
static int
make_commission(const DwSale *sale, DwDocumentKind kind,
				DwDocument *document)
{
	static const DwUuid platform;

	*document = (DwDocument)
	{
		.kind = kind,
			.issuer_id = platform,
			.recipient_id = sale->is_on_top
			? sale->homeowner_id : sale->provider_id,
			.net = sale->fee,
			.tax = sale->tax,
			.total = sale->fee + sale->tax
	};
	return document->total > 0 ? 1 : 0;
}

/* Of the work; none where the provider got nothing. */
static int
make_receipt(const DwSale *sale, DwDocumentKind kind, DwDocument *document)
{
	int64_t		price = sale->is_on_top
		? sale->payout : sale->payout + sale->fee + sale->tax;

	*document = (DwDocument)
	{
		.kind = kind,
			.issuer_id = sale->provider_id,
			.recipient_id = sale->homeowner_id,
			.net = price,
			.total = price
	};
	return price > 0 ? 1 : 0;
}

int
dw_documents_make(const DwSale *sale, DwDocument documents[DW_DOCUMENTS_MAX])
{
	int			count;

	if (sale->type != DW_TRANSACTION_REVERSAL &&
		sale->type != DW_TRANSACTION_RELEASE &&
		sale->type != DW_TRANSACTION_DISPUTE &&
		sale->type != DW_TRANSACTION_CANCELLATION &&
		sale->type != DW_TRANSACTION_TIP && sale->type != DW_TRANSACTION_FEE)
		return 0;
	count = make_commission(sale, sale->is_undone
							? DW_DOCUMENT_COMMISSION_CREDIT
							: DW_DOCUMENT_COMMISSION, &documents[0]);
	/* what a payout costs is between the provider and the platform */
	if (sale->type == DW_TRANSACTION_FEE)
		return count;
	return count + make_receipt(sale, sale->is_undone
								? DW_DOCUMENT_RECEIPT_CREDIT
								: DW_DOCUMENT_RECEIPT, &documents[count]);
}

const char *
dw_document_prefix(DwDocumentKind kind)
{
	static const char *const prefixes[] = {
		[DW_DOCUMENT_COMMISSION] = "INV",
		[DW_DOCUMENT_COMMISSION_CREDIT] = "CRN",
		[DW_DOCUMENT_RECEIPT] = "REC",
		[DW_DOCUMENT_RECEIPT_CREDIT] = "REX"
	};

	return prefixes[kind];
}
