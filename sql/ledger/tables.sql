CREATE TABLE dwello.fx_rates (
  from_currency text NOT NULL CONSTRAINT fx_rates_from_check CHECK (from_currency ~ '^[A-Z]{3}$'),
  to_currency text NOT NULL CONSTRAINT fx_rates_to_check CHECK (to_currency ~ '^[A-Z]{3}$'),
  valid tstzrange NOT NULL CONSTRAINT fx_rates_valid_check CHECK (NOT isempty(valid)),
  numerator bigint NOT NULL CONSTRAINT fx_rates_numerator_check CHECK (numerator > 0),
  denominator bigint NOT NULL CONSTRAINT fx_rates_denominator_check CHECK (denominator > 0),
  CONSTRAINT fx_rates_pkey PRIMARY KEY (from_currency, to_currency, valid),
  CONSTRAINT fx_rates_other_check CHECK (from_currency <> to_currency),
  CONSTRAINT fx_rates_overlap_excl EXCLUDE USING gist (from_currency WITH =, to_currency WITH =, valid WITH &&)
);
COMMENT ON TABLE dwello.fx_rates IS 'Rates of exchange as exact fractions of minor units, each for a range of time.';
COMMENT ON COLUMN dwello.fx_rates.from_currency IS 'ISO 4217 code of the money changed.';
COMMENT ON COLUMN dwello.fx_rates.to_currency IS 'ISO 4217 code of the money it becomes.';
COMMENT ON COLUMN dwello.fx_rates.numerator IS 'Rate = numerator / denominator, in minor units.';
COMMENT ON COLUMN dwello.fx_rates.denominator IS 'Rate = numerator / denominator, in minor units.';
SELECT pg_catalog.pg_extension_config_dump('dwello.fx_rates', '');
CREATE POLICY fx_rates_read ON dwello.fx_rates FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.fx_rates TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * The ledger: every account but those of the escrows is only ever appended
 * to.  transactions and ledger_entries have the shard key scope_id: a job's
 * id, a user's for a payout, or that of a fact that belongs to neither.  Which CHECKs and foreign keys they have not,
 * and why, stands in sql/escrow/tables.sql.
 */
CREATE TABLE dwello.transactions (
  scope_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  payer_id uuid NOT NULL,
  payee_id uuid NOT NULL,
  amount bigint NOT NULL,
  platform_fee bigint NOT NULL DEFAULT 0,
  tax bigint NOT NULL DEFAULT 0,
  net_amount bigint NOT NULL,
  created_at timestamptz NOT NULL,
  completed_at timestamptz,
  pay_by timestamptz,
  occurred_at timestamptz,
  booked_on date,
  transaction_type dwello.transaction_type NOT NULL,
  status dwello.transaction_status NOT NULL,
  actor_id uuid NOT NULL,
  milestone_id uuid,
  payment_method_id uuid,
  reverses uuid,
  request_id uuid,
  currency text NOT NULL,
  actor_role text NOT NULL,
  psp text,
  psp_reference text,
  prev_hash bytea,
  hash bytea,
  CONSTRAINT transactions_pkey PRIMARY KEY (scope_id, id),
  CONSTRAINT transactions_valid_check CHECK (dwello.transaction_is_valid(
    amount, platform_fee, tax, net_amount, status, hash, completed_at))
);
CREATE UNIQUE INDEX transactions_request_key ON dwello.transactions (scope_id, request_id)
  WHERE request_id IS NOT NULL;
CREATE UNIQUE INDEX transactions_pending_payment_key ON dwello.transactions (scope_id)
  WHERE status = 'pending' AND transaction_type IN ('payment', 'tip_payment');
CREATE INDEX transactions_time_idx ON dwello.transactions USING brin (created_at, completed_at, booked_on) WITH (pages_per_range = 16);
CREATE INDEX transactions_company_id_idx ON dwello.transactions (id) WHERE psp IS NOT NULL;
CREATE INDEX transactions_company_name_idx ON dwello.transactions (psp, psp_reference) WHERE psp_reference IS NOT NULL;
CREATE INDEX transactions_payer_id_idx ON dwello.transactions (payer_id, id);
CREATE INDEX transactions_payee_id_idx ON dwello.transactions (payee_id, id);
COMMENT ON TABLE dwello.transactions IS
  'One row a movement of money, append only but for the end of a pending payment; completed ones form a hash chain per scope.';
COMMENT ON COLUMN dwello.transactions.payer_id IS 'From whom the money comes: one side of the job, or the provider for a payout. They may read the row.';
COMMENT ON COLUMN dwello.transactions.payee_id IS 'To whom the money goes: the other side of the job, or the provider for a payout. They may read the row.';
COMMENT ON COLUMN dwello.transactions.platform_fee IS 'Fee in this transaction, in minor units.';
COMMENT ON COLUMN dwello.transactions.tax IS 'Tax on the fee in this transaction, in minor units.';
COMMENT ON COLUMN dwello.transactions.net_amount IS 'What the payee gets, in minor units.';
COMMENT ON COLUMN dwello.transactions.pay_by IS 'Until when a pending payment must be confirmed.';
COMMENT ON COLUMN dwello.transactions.occurred_at IS 'When it happened by the clock of the company that told of it; NULL = nobody said.';
COMMENT ON COLUMN dwello.transactions.booked_on IS 'Day of its booking in the setting platform_timezone; NULL unless it is completed.';
COMMENT ON COLUMN dwello.transactions.transaction_type IS 'What the transaction does.';
COMMENT ON COLUMN dwello.transactions.reverses IS 'The transaction that this one takes back; NULL = none.';
COMMENT ON COLUMN dwello.transactions.request_id IS 'The request that asked for it: a keyed digest of its actor and idempotency key; NULL = one without a key.';
COMMENT ON COLUMN dwello.transactions.prev_hash IS 'Hash of the completed transaction before it in its scope; NULL for the first.';
SELECT pg_catalog.pg_extension_config_dump('dwello.transactions', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.transactions
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append('pending');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.transactions
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
CREATE POLICY transactions_read ON dwello.transactions FOR SELECT
  USING (payer_id = dwello.current_user_id() OR payee_id = dwello.current_user_id());
GRANT SELECT ON dwello.transactions TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.ledger_accounts (
  id uuid CONSTRAINT ledger_accounts_pkey PRIMARY KEY,
  owner_id uuid NOT NULL,
  kind dwello.ledger_account_kind NOT NULL,
  currency text NOT NULL CONSTRAINT ledger_accounts_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  psp text NOT NULL DEFAULT '',
  rolled_up_balance bigint NOT NULL DEFAULT 0,
  rolled_up_through uuid,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT ledger_accounts_owner_key UNIQUE (owner_id, kind, currency, psp)
);
CREATE INDEX ledger_accounts_reserve_idx ON dwello.ledger_accounts (owner_id) WHERE kind = 'provider_reserve';
COMMENT ON TABLE dwello.ledger_accounts IS
  'Accounts besides the escrows; the id is 128 bits of SHA-256 over owner, kind, currency and psp. The platform''s owner is the nil UUID.';
COMMENT ON COLUMN dwello.ledger_accounts.owner_id IS 'Whose account it is; the nil UUID for the platform.';
COMMENT ON COLUMN dwello.ledger_accounts.kind IS 'Kind of account.';
COMMENT ON COLUMN dwello.ledger_accounts.rolled_up_balance IS 'Sum of the entries up to rolled_up_through, in minor units.';
COMMENT ON COLUMN dwello.ledger_accounts.rolled_up_through IS 'Last transaction rolled up into the balance; NULL = none yet.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ledger_accounts', '');
CREATE POLICY ledger_accounts_read ON dwello.ledger_accounts FOR SELECT
  USING (owner_id = dwello.current_user_id());
GRANT SELECT ON dwello.ledger_accounts TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.ledger_entries (
  scope_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  account_id uuid NOT NULL,
  amount bigint NOT NULL,
  leg smallint NOT NULL,
  currency text NOT NULL,
  CONSTRAINT ledger_entries_pkey PRIMARY KEY (scope_id, transaction_id, leg)
);
-- what is not rolled up yet lies in the newest pages: an index by account would cost every release 170 bytes
CREATE INDEX ledger_entries_transaction_id_idx ON dwello.ledger_entries USING brin (transaction_id)
  WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE dwello.ledger_entries IS
  'Legs of completed transactions, in minor units; the legs of a transaction sum to zero. An escrow''s account id is its job''s id.';
COMMENT ON COLUMN dwello.ledger_entries.account_id IS 'The account: an id of ledger_accounts, or the job''s id for its escrow.';
COMMENT ON COLUMN dwello.ledger_entries.amount IS 'What the leg adds to the account, in minor units; negative takes away.';
COMMENT ON COLUMN dwello.ledger_entries.leg IS 'Number of the entry in its transaction.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ledger_entries', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.ledger_entries
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
CREATE POLICY ledger_entries_read ON dwello.ledger_entries FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL AND scope_id = ANY (dwello.own_scopes()));
GRANT SELECT ON dwello.ledger_entries TO dwello_app, dwello_service, dwello_support, dwello_admin;
