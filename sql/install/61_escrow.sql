/*
 * Money: the escrow of a job, its transactions and the ledger.  The escrow
 * row is itself an account (its id in the ledger is the job's); every other
 * account is only ever appended to.  transactions and ledger_entries have
 * the shard key scope_id: a job's id, or a user's for a payout.
 */
--
-- The server parses every CHECK anew for every statement that writes, and
-- looks up the parent of every row with a foreign key: that was half of what
-- a release cost.  So a table that a release writes has one CHECK, which
-- calls a compiled rule with the whole row, or none; and rows that are
-- appended under the lock of their job have no foreign key to it or to each
-- other: reconcile() and check() find what is missing (docs/adr/0008).
--
CREATE TABLE dwello.escrow_accounts (
  job_id uuid CONSTRAINT escrow_accounts_pkey PRIMARY KEY
    CONSTRAINT escrow_accounts_job_id_fkey REFERENCES dwello.jobs (id),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  bid_id uuid NOT NULL,
  status dwello.escrow_status NOT NULL DEFAULT 'created',
  currency text NOT NULL,
  contract_amount bigint NOT NULL,
  funded bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0,
  released bigint NOT NULL DEFAULT 0,
  refunded bigint NOT NULL DEFAULT 0,
  charged_back bigint NOT NULL DEFAULT 0,
  disputed bigint NOT NULL DEFAULT 0,
  fee_taken bigint NOT NULL DEFAULT 0,
  tax_taken bigint NOT NULL DEFAULT 0,
  is_frozen boolean NOT NULL DEFAULT false,
  psp text,
  fee_schedule_id uuid NOT NULL CONSTRAINT escrow_accounts_fee_schedule_id_fkey REFERENCES dwello.fee_schedules (id),
  fee_payer dwello.fee_payer NOT NULL,
  fee_rate_ppm integer NOT NULL,
  fee_fixed bigint NOT NULL,
  fee_min bigint NOT NULL,
  fee_max bigint,
  fee_tax_ppm integer NOT NULL,
  fee_steps jsonb,
  promo_code text CONSTRAINT escrow_accounts_promo_code_fkey REFERENCES dwello.promo_codes (code),
  promo_ppm integer NOT NULL DEFAULT 0,
  promo_max bigint,
  transition_count integer NOT NULL DEFAULT 0,
  last_hash bytea,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT escrow_accounts_bid_fkey FOREIGN KEY (job_id, bid_id) REFERENCES dwello.bids (job_id, id),
  CONSTRAINT escrow_accounts_sound_check CHECK (dwello.escrow_is_sound(escrow_accounts))
) WITH (fillfactor = 50);  -- a batch updates whole pages, and each row must find room on its own
CREATE INDEX escrow_accounts_homeowner_id_idx ON dwello.escrow_accounts (homeowner_id, job_id);
CREATE INDEX escrow_accounts_provider_id_idx ON dwello.escrow_accounts (provider_id, job_id);
CREATE INDEX escrow_accounts_fee_schedule_id_idx ON dwello.escrow_accounts (fee_schedule_id);
CREATE INDEX escrow_accounts_promo_code_idx ON dwello.escrow_accounts (promo_code) WHERE promo_code IS NOT NULL;
COMMENT ON TABLE dwello.escrow_accounts IS
  'Money held for a job, in minor units: funded = held + released + refunded + charged_back. The fee''s numbers are those of the award.';
SELECT pg_catalog.pg_extension_config_dump('dwello.escrow_accounts', '');

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
  transaction_type dwello.transaction_type NOT NULL,
  status dwello.transaction_status NOT NULL,
  actor_id uuid NOT NULL,
  milestone_id uuid,
  payment_method_id uuid,
  reverses uuid,
  currency text NOT NULL,
  actor_role text NOT NULL,
  idempotency_key text,
  psp text,
  psp_reference text,
  prev_hash bytea,
  hash bytea,
  CONSTRAINT transactions_pkey PRIMARY KEY (scope_id, id),
  CONSTRAINT transactions_sound_check CHECK (dwello.transaction_is_sound(transactions))
);
CREATE UNIQUE INDEX transactions_idempotency_key ON dwello.transactions (scope_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX transactions_pending_payment_key ON dwello.transactions (scope_id)
  WHERE status = 'pending' AND transaction_type = 'payment';
CREATE INDEX transactions_time_idx ON dwello.transactions USING brin (created_at, completed_at) WITH (pages_per_range = 16);
CREATE INDEX transactions_payer_id_idx ON dwello.transactions (payer_id, id);
CREATE INDEX transactions_payee_id_idx ON dwello.transactions (payee_id, id);
COMMENT ON TABLE dwello.transactions IS
  'One row a deed of money, append only but for the end of a pending payment; completed ones form a hash chain per scope.';
SELECT pg_catalog.pg_extension_config_dump('dwello.transactions', '');

CREATE TABLE dwello.ledger_accounts (
  id uuid CONSTRAINT ledger_accounts_pkey PRIMARY KEY,
  owner_id uuid NOT NULL,
  kind dwello.ledger_account_kind NOT NULL,
  currency text NOT NULL CONSTRAINT ledger_accounts_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  psp text NOT NULL DEFAULT '',
  folded_balance bigint NOT NULL DEFAULT 0,
  folded_through uuid,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT ledger_accounts_owner_key UNIQUE (owner_id, kind, currency, psp)
);
COMMENT ON TABLE dwello.ledger_accounts IS
  'Accounts besides the escrows; the id is 128 bits of SHA-256 over owner, kind, currency and psp. The platform''s owner is the nil UUID.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ledger_accounts', '');

CREATE TABLE dwello.ledger_entries (
  scope_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  account_id uuid NOT NULL,
  amount bigint NOT NULL,
  leg smallint NOT NULL,
  currency text NOT NULL,
  CONSTRAINT ledger_entries_pkey PRIMARY KEY (scope_id, transaction_id, leg)
);
-- what is not folded yet lies in the newest pages: an index by account would cost every release 170 bytes
CREATE INDEX ledger_entries_transaction_id_idx ON dwello.ledger_entries USING brin (transaction_id)
  WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON TABLE dwello.ledger_entries IS
  'Legs of completed transactions, in minor units; the legs of a transaction sum to zero. An escrow''s account id is its job''s id.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ledger_entries', '');

CREATE TABLE dwello.escrow_events (
  job_id uuid NOT NULL,
  seq integer NOT NULL,
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  event text NOT NULL,
  actor_id uuid NOT NULL,
  actor_role text NOT NULL,
  from_status dwello.escrow_status,
  to_status dwello.escrow_status NOT NULL,
  transaction_id uuid,
  created_at timestamptz NOT NULL,
  CONSTRAINT escrow_events_pkey PRIMARY KEY (job_id, seq)
);
COMMENT ON TABLE dwello.escrow_events IS 'Every transition of an escrow, in order; append only.';
SELECT pg_catalog.pg_extension_config_dump('dwello.escrow_events', '');

CREATE TABLE dwello.payment_events (
  psp text NOT NULL,
  event_id text NOT NULL,
  job_id uuid CONSTRAINT payment_events_job_id_xfk REFERENCES dwello.jobs (id),
  user_id uuid CONSTRAINT payment_events_user_id_xfk REFERENCES dwello.users (id),
  transaction_id uuid,
  event_type text NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  psp_reference text,
  result jsonb,
  created_at timestamptz NOT NULL,
  CONSTRAINT payment_events_pkey PRIMARY KEY (psp, event_id),
  CONSTRAINT payment_events_scope_check CHECK ((job_id IS NULL) <> (user_id IS NULL))
);
CREATE INDEX payment_events_user_id_idx ON dwello.payment_events (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX payment_events_job_id_idx ON dwello.payment_events (job_id);
COMMENT ON TABLE dwello.payment_events IS 'Events of payment companies that have been applied, so that each counts once.';
SELECT pg_catalog.pg_extension_config_dump('dwello.payment_events', '');

CREATE POLICY escrow_accounts_read ON dwello.escrow_accounts FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
CREATE POLICY transactions_read ON dwello.transactions FOR SELECT
  USING (payer_id = dwello.current_user_id() OR payee_id = dwello.current_user_id());
CREATE POLICY ledger_entries_read ON dwello.ledger_entries FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL AND scope_id = ANY (dwello.own_scopes()));
CREATE POLICY ledger_accounts_read ON dwello.ledger_accounts FOR SELECT
  USING (owner_id = dwello.current_user_id());
CREATE POLICY escrow_events_read ON dwello.escrow_events FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());

GRANT SELECT ON dwello.escrow_accounts, dwello.transactions, dwello.ledger_accounts, dwello.ledger_entries,
  dwello.escrow_events TO dwello_app, dwello_service, dwello_support, dwello_admin;
GRANT SELECT ON dwello.payment_events TO dwello_service;

CREATE TABLE dwello.disputes (
  job_id uuid NOT NULL CONSTRAINT disputes_job_id_fkey REFERENCES dwello.escrow_accounts (job_id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  milestone_id uuid,
  status dwello.dispute_status NOT NULL DEFAULT 'open',
  opened_by uuid NOT NULL,
  reason text NOT NULL,
  answer text,
  resolution text,
  disputed_amount bigint NOT NULL CONSTRAINT disputes_amount_check CHECK (disputed_amount > 0),
  currency text NOT NULL CONSTRAINT disputes_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  homeowner_offer bigint CONSTRAINT disputes_homeowner_check CHECK (homeowner_offer BETWEEN 0 AND disputed_amount),
  provider_offer bigint CONSTRAINT disputes_provider_check CHECK (provider_offer BETWEEN 0 AND disputed_amount),
  settled_amount bigint CONSTRAINT disputes_settled_check CHECK (settled_amount BETWEEN 0 AND disputed_amount),
  transaction_id uuid,
  answer_by timestamptz,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  closed_at timestamptz,
  CONSTRAINT disputes_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT disputes_milestone_fkey FOREIGN KEY (job_id, milestone_id) REFERENCES dwello.job_milestones (job_id, id)
);
CREATE UNIQUE INDEX disputes_open_key ON dwello.disputes (job_id, milestone_id)
  WHERE status IN ('open', 'answered') AND milestone_id IS NOT NULL;
CREATE INDEX disputes_due_idx ON dwello.disputes (answer_by) WHERE status IN ('open', 'answered');
CREATE INDEX disputes_milestone_idx ON dwello.disputes (job_id, milestone_id);
COMMENT ON TABLE dwello.disputes IS 'Disputes about held money; each side names what the provider shall be paid.';
SELECT pg_catalog.pg_extension_config_dump('dwello.disputes', '');

CREATE TABLE dwello.chargebacks (
  job_id uuid NOT NULL CONSTRAINT chargebacks_job_id_fkey REFERENCES dwello.escrow_accounts (job_id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  status dwello.chargeback_status NOT NULL DEFAULT 'open',
  psp text NOT NULL,
  psp_reference text,
  amount bigint NOT NULL CONSTRAINT chargebacks_amount_check CHECK (amount > 0),
  currency text NOT NULL CONSTRAINT chargebacks_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  held_amount bigint NOT NULL DEFAULT 0 CONSTRAINT chargebacks_held_check CHECK (held_amount >= 0),
  clawed_back bigint NOT NULL DEFAULT 0 CONSTRAINT chargebacks_clawed_check CHECK (clawed_back >= 0),
  transaction_id uuid,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  closed_at timestamptz,
  CONSTRAINT chargebacks_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT chargebacks_parts_check CHECK (held_amount + clawed_back <= amount)
);
COMMENT ON TABLE dwello.chargebacks IS 'Payments that a homeowner''s bank has taken back.';
SELECT pg_catalog.pg_extension_config_dump('dwello.chargebacks', '');

CREATE POLICY disputes_read ON dwello.disputes FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
CREATE POLICY chargebacks_read ON dwello.chargebacks FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.disputes, dwello.chargebacks TO dwello_app, dwello_service, dwello_support, dwello_admin;
