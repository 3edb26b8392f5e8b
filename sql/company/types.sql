CREATE TYPE dwello.statement_line_kind AS ENUM ('payment', 'refund', 'refund_returned', 'payout', 'payout_returned', 'chargeback',
  'chargeback_won', 'fee', 'dispute_fee', 'settlement', 'adjustment');
COMMENT ON TYPE dwello.statement_line_kind IS 'What a line of a payment company''s statement is about.';
