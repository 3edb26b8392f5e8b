CREATE TABLE dwello.payouts (
  user_id uuid NOT NULL CONSTRAINT payouts_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  payment_method_id uuid NOT NULL,
  status dwello.payout_status NOT NULL DEFAULT 'pending',
  amount bigint NOT NULL CONSTRAINT payouts_amount_check CHECK (amount > 0),
  currency text NOT NULL CONSTRAINT payouts_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  paid_amount bigint NOT NULL CONSTRAINT payouts_paid_amount_check CHECK (paid_amount > 0),
  paid_currency text NOT NULL CONSTRAINT payouts_paid_currency_check CHECK (paid_currency ~ '^[A-Z]{3}$'),
  remainder bigint NOT NULL DEFAULT 0 CONSTRAINT payouts_remainder_check CHECK (remainder >= 0 AND remainder < amount),
  fee bigint NOT NULL DEFAULT 0 CONSTRAINT payouts_fee_check CHECK (fee >= 0),
  fee_transaction_id uuid,
  psp text,
  psp_reference text,
  hold_until timestamptz,
  hold_reason dwello.payout_hold_reason,
  sent_at timestamptz,
  transaction_id uuid,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  completed_at timestamptz,
  CONSTRAINT payouts_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT payouts_hold_check CHECK (hold_reason IS NULL OR (status = 'pending' AND sent_at IS NULL)),
  CONSTRAINT payouts_fee_taken_check CHECK ((fee_transaction_id IS NOT NULL) = (fee > 0 AND status IN ('pending', 'completed'))),
  CONSTRAINT payouts_exchange_check CHECK (paid_currency <> currency OR (paid_amount = amount AND remainder = 0)),
  CONSTRAINT payouts_method_fkey FOREIGN KEY (user_id, payment_method_id) REFERENCES dwello.payment_methods (user_id, id)
);
CREATE INDEX payouts_id_idx ON dwello.payouts (id);
CREATE INDEX payouts_method_idx ON dwello.payouts (user_id, payment_method_id);
CREATE INDEX payouts_pending_idx ON dwello.payouts (user_id) WHERE status = 'pending';
COMMENT ON TABLE dwello.payouts IS 'Money on its way from a provider''s balance to their bank.';
COMMENT ON COLUMN dwello.payouts.payment_method_id IS 'Where it goes; kept, also once the method was removed.';
COMMENT ON COLUMN dwello.payouts.paid_amount IS 'What is sent to the provider, in minor units of paid_currency.';
COMMENT ON COLUMN dwello.payouts.paid_currency IS 'The currency it is sent in; another one was exchanged at the rate of the request.';
COMMENT ON COLUMN dwello.payouts.remainder IS 'Of the amount, what bought nothing at that rate, in its minor units.';
COMMENT ON COLUMN dwello.payouts.fee IS 'What it costs the provider beside the amount, in minor units of currency: setting amount payout_fee of the day it was asked for.';
COMMENT ON COLUMN dwello.payouts.fee_transaction_id IS 'The transaction that has taken the fee; NULL = none has, or it was given back.';
COMMENT ON COLUMN dwello.payouts.hold_until IS 'Not before this time it is paid out.';
COMMENT ON COLUMN dwello.payouts.hold_reason IS 'Why no worker is given it for the time being; NULL: nothing is in the way but hold_until.';
COMMENT ON COLUMN dwello.payouts.sent_at IS 'When dwello.claim_events() gave its intent to a worker; NULL = not yet.';
SELECT pg_catalog.pg_extension_config_dump('dwello.payouts', '');
CREATE POLICY payouts_read ON dwello.payouts FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.payouts TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.repayments (
  user_id uuid NOT NULL CONSTRAINT repayments_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  payment_method_id uuid,
  status dwello.repayment_status NOT NULL DEFAULT 'pending',
  amount bigint NOT NULL CONSTRAINT repayments_amount_check CHECK (amount > 0),
  received bigint NOT NULL DEFAULT 0 CONSTRAINT repayments_received_check CHECK (received >= 0),
  currency text NOT NULL CONSTRAINT repayments_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  psp text,
  pay_by timestamptz NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  completed_at timestamptz,
  CONSTRAINT repayments_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT repayments_received_all_check CHECK ((received >= amount) = (status = 'completed')),
  CONSTRAINT repayments_method_fkey FOREIGN KEY (user_id, payment_method_id) REFERENCES dwello.payment_methods (user_id, id)
);
CREATE UNIQUE INDEX repayments_pending_key ON dwello.repayments (user_id, currency) WHERE status = 'pending';
CREATE INDEX repayments_method_idx ON dwello.repayments (user_id, payment_method_id);
CREATE INDEX repayments_due_idx ON dwello.repayments (pay_by) WHERE status = 'pending';
COMMENT ON TABLE dwello.repayments IS 'What a provider was asked to pay of what they owe.';
COMMENT ON COLUMN dwello.repayments.payment_method_id IS 'What to pay with; NULL = none was known.';
COMMENT ON COLUMN dwello.repayments.amount IS 'What was asked for, in minor units of currency.';
COMMENT ON COLUMN dwello.repayments.received IS 'What has arrived for it so far, in minor units.';
COMMENT ON COLUMN dwello.repayments.pay_by IS 'Until when it is waited for.';
COMMENT ON COLUMN dwello.repayments.completed_at IS 'When it ended; NULL while it is pending.';
SELECT pg_catalog.pg_extension_config_dump('dwello.repayments', '');
CREATE POLICY repayments_read ON dwello.repayments FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.repayments TO dwello_app, dwello_service, dwello_support, dwello_admin;
