/*
 * Enum types of the domain, with every label that any feature uses: a label
 * cannot be used in the script that adds it, so none is left for later.  The
 * order of labels is the order of the enums of core.
 */
CREATE TYPE dwello.transaction_type AS ENUM ('payment', 'refund', 'dispute', 'fee', 'release', 'chargeback', 'payout', 'reversal',
  'receipt', 'refund_payment', 'refund_return', 'psp_fee', 'settlement', 'bank_fee', 'withdrawal', 'adjustment', 'tip', 'repayment',
  'write_off', 'reserve', 'journal', 'tip_payment', 'cancellation');
COMMENT ON TYPE dwello.transaction_type IS 'What a transaction does.';

CREATE TYPE dwello.transaction_status AS ENUM ('pending', 'completed', 'failed', 'cancelled', 'disputed');
COMMENT ON TYPE dwello.transaction_status IS 'State of a transaction; only a completed one has ledger entries.';

CREATE TYPE dwello.ledger_account_kind AS ENUM ('psp_clearing', 'provider_available', 'provider_receivable',
  'platform_fee', 'tax_payable', 'psp_fee', 'platform_loss', 'rounding', 'fx_liquidity', 'chargeback_clearing', 'suspense', 'refund_pending',
  'bank', 'provider_reserve');
COMMENT ON TYPE dwello.ledger_account_kind IS 'Kind of a ledger account; an escrow is an account of its own.';
