/*
 * The escrow of a job and what its money goes through.  The escrow row is
 * itself an account: its id in the ledger is the job's.
 *
 * The server parses every CHECK anew for every statement that writes, and
 * looks up the parent of every row with a foreign key: that was half of what
 * a release cost.  So a table that a release writes, here and in the ledger,
 * has one CHECK, which calls a compiled rule with the columns that it is
 * about, or none; and rows that are appended under the lock of their job have
 * no foreign key to it or to each other: reconcile() and check() find what is
 * missing (docs/adr/0008).  Columns of a fixed length that are never NULL
 * stand first: the server reaches those without walking the row.
 */
CREATE TABLE dwello.job_milestones (
  job_id uuid NOT NULL CONSTRAINT job_milestones_job_id_fkey REFERENCES dwello.jobs (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  funded bigint NOT NULL DEFAULT 0,
  released bigint NOT NULL DEFAULT 0,
  refunded bigint NOT NULL DEFAULT 0,
  disputed bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  sort_order integer NOT NULL,
  version integer NOT NULL DEFAULT 1,
  status dwello.milestone_status NOT NULL DEFAULT 'planned',
  is_listed boolean NOT NULL DEFAULT false,
  is_required boolean NOT NULL DEFAULT true,
  amount bigint,
  posted_amount bigint,
  auto_release_at timestamptz,
  submitted_at timestamptz,
  completed_at timestamptz,
  provider_id uuid,
  dispute_id uuid,
  status_before dwello.milestone_status,
  due_date date,
  title text NOT NULL,
  description text,
  notes text,
  photos text[] NOT NULL DEFAULT '{}',
  CONSTRAINT job_milestones_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT job_milestones_sort_order_key UNIQUE (job_id, sort_order) DEFERRABLE INITIALLY IMMEDIATE,
  CONSTRAINT job_milestones_valid_check CHECK (dwello.milestone_is_valid(
    amount, funded, released, refunded, disputed, status, dispute_id, status_before, title))
) WITH (fillfactor = 50);  -- as for escrow_accounts
CREATE INDEX job_milestones_due_idx ON dwello.job_milestones (auto_release_at)
  WHERE status IN ('submitted', 'approved');
COMMENT ON TABLE dwello.job_milestones IS
  'Parts in which a job is paid. Before the award the amounts are proportions (NULL = equal parts), afterwards they sum to the contract.';
COMMENT ON COLUMN dwello.job_milestones.due_date IS 'When the part should be done; NULL if not said.';
COMMENT ON COLUMN dwello.job_milestones.is_required IS 'The job is not complete without it.';
COMMENT ON COLUMN dwello.job_milestones.amount IS 'Its part of the contract in minor units; before the award a proportion, NULL = an equal part.';
COMMENT ON COLUMN dwello.job_milestones.posted_amount IS 'The proportion that was posted, which the amount is again when an unpaid contract lapses; NULL = an equal part, or no part of what was posted.';
COMMENT ON COLUMN dwello.job_milestones.auto_release_at IS 'When it is released by itself, unless the homeowner answers; NULL while nothing is submitted.';
COMMENT ON COLUMN dwello.job_milestones.dispute_id IS 'The open dispute about what is left of it; NULL = none.';
COMMENT ON COLUMN dwello.job_milestones.status_before IS 'Its state when it was disputed, to which it returns; NULL = not disputed.';
SELECT pg_catalog.pg_extension_config_dump('dwello.job_milestones', '');
CREATE POLICY job_milestones_read ON dwello.job_milestones FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id()
    OR (dwello.current_user_id() IS NOT NULL AND is_listed));
GRANT SELECT ON dwello.job_milestones TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.escrow_accounts (
  job_id uuid CONSTRAINT escrow_accounts_pkey PRIMARY KEY
    CONSTRAINT escrow_accounts_job_id_fkey REFERENCES dwello.jobs (id),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  bid_id uuid NOT NULL,
  fee_schedule_id uuid NOT NULL CONSTRAINT escrow_accounts_fee_schedule_id_fkey REFERENCES dwello.fee_schedules (id),
  contract_amount bigint NOT NULL,
  funded bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0,
  released bigint NOT NULL DEFAULT 0,
  refunded bigint NOT NULL DEFAULT 0,
  charged_back bigint NOT NULL DEFAULT 0,
  disputed bigint NOT NULL DEFAULT 0,
  fee_taken bigint NOT NULL DEFAULT 0,
  tax_taken bigint NOT NULL DEFAULT 0,
  fee_fixed bigint NOT NULL,
  fee_min bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  fee_rate_ppm integer NOT NULL,
  fee_tax_ppm integer NOT NULL,
  promo_ppm integer NOT NULL DEFAULT 0,
  transition_count integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  status dwello.escrow_status NOT NULL DEFAULT 'created',
  fee_payer dwello.fee_payer NOT NULL,
  is_frozen boolean NOT NULL DEFAULT false,
  currency text NOT NULL,
  fee_max bigint,
  promo_max bigint,
  psp text,
  last_failure text,
  consent_at timestamptz,
  promo_code text CONSTRAINT escrow_accounts_promo_code_fkey REFERENCES dwello.promo_codes (code),
  fee_steps jsonb,
  last_hash bytea,
  CONSTRAINT escrow_accounts_bid_fkey FOREIGN KEY (job_id, bid_id) REFERENCES dwello.bids (job_id, id),
  CONSTRAINT escrow_accounts_valid_check CHECK (dwello.escrow_is_valid(
    contract_amount, funded, held, released, refunded, charged_back, disputed, fee_taken, tax_taken))
) WITH (fillfactor = 50);  -- a batch updates whole pages, and each row must find room on its own
CREATE INDEX escrow_accounts_homeowner_id_idx ON dwello.escrow_accounts (homeowner_id, job_id);
CREATE INDEX escrow_accounts_provider_id_idx ON dwello.escrow_accounts (provider_id, job_id);
CREATE INDEX escrow_accounts_fee_schedule_id_idx ON dwello.escrow_accounts (fee_schedule_id);
CREATE INDEX escrow_accounts_promo_code_idx ON dwello.escrow_accounts (promo_code) WHERE promo_code IS NOT NULL;
COMMENT ON TABLE dwello.escrow_accounts IS
  'Money held for a job, in minor units: funded = held + released + refunded + charged_back. The fee''s numbers are those of the award.';
COMMENT ON COLUMN dwello.escrow_accounts.bid_id IS 'The accepted bid.';
COMMENT ON COLUMN dwello.escrow_accounts.contract_amount IS 'What the job costs by the accepted bid, in minor units.';
COMMENT ON COLUMN dwello.escrow_accounts.held IS 'Paid in and neither released, refunded nor charged back, in minor units.';
COMMENT ON COLUMN dwello.escrow_accounts.charged_back IS 'Taken back by the payment company so far, in minor units.';
COMMENT ON COLUMN dwello.escrow_accounts.fee_taken IS 'Fee taken of what was released so far, in minor units.';
COMMENT ON COLUMN dwello.escrow_accounts.tax_taken IS 'Tax on that fee taken so far, in minor units.';
COMMENT ON COLUMN dwello.escrow_accounts.last_failure IS 'Why the last attempt to pay failed, in the company''s words; NULL once it is paid or asked for anew.';
COMMENT ON COLUMN dwello.escrow_accounts.consent_at IS 'From when on no answer to what the homeowner asks for or reports is consent; NULL = nothing waits for an answer.';
COMMENT ON COLUMN dwello.escrow_accounts.is_frozen IS 'A chargeback is open: nothing moves.';
COMMENT ON COLUMN dwello.escrow_accounts.fee_schedule_id IS 'The schedule in force when the award was confirmed.';
COMMENT ON COLUMN dwello.escrow_accounts.fee_payer IS 'Who pays the fee, from that schedule.';
COMMENT ON COLUMN dwello.escrow_accounts.fee_rate_ppm IS 'Rate in parts per million, from that schedule.';
COMMENT ON COLUMN dwello.escrow_accounts.fee_fixed IS 'Fixed part in minor units, from that schedule.';
COMMENT ON COLUMN dwello.escrow_accounts.fee_min IS 'Least fee in minor units, from that schedule.';
COMMENT ON COLUMN dwello.escrow_accounts.fee_max IS 'Greatest fee in minor units, from that schedule; NULL = no limit.';
COMMENT ON COLUMN dwello.escrow_accounts.fee_tax_ppm IS 'Tax on the fee in parts per million, from that schedule.';
COMMENT ON COLUMN dwello.escrow_accounts.fee_steps IS 'Rates above the first with the amounts from which they hold, from a marginal schedule; NULL = none.';
COMMENT ON COLUMN dwello.escrow_accounts.promo_code IS 'Promo code in use; NULL = none.';
COMMENT ON COLUMN dwello.escrow_accounts.promo_ppm IS 'Part of the fee that the promo code waives, in parts per million.';
COMMENT ON COLUMN dwello.escrow_accounts.promo_max IS 'At most that much is waived, in minor units: what was taken from its budget; NULL = no limit.';
COMMENT ON COLUMN dwello.escrow_accounts.transition_count IS 'Number of its rows in escrow_events.';
COMMENT ON COLUMN dwello.escrow_accounts.last_hash IS 'Hash of its last completed transaction; NULL = none yet.';
SELECT pg_catalog.pg_extension_config_dump('dwello.escrow_accounts', '');
CREATE POLICY escrow_accounts_read ON dwello.escrow_accounts FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.escrow_accounts TO dwello_app, dwello_service, dwello_support, dwello_admin;

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
COMMENT ON COLUMN dwello.escrow_events.seq IS 'Number of the transition, from 1.';
COMMENT ON COLUMN dwello.escrow_events.event IS 'What happened.';
COMMENT ON COLUMN dwello.escrow_events.from_status IS 'State before; NULL for the first.';
COMMENT ON COLUMN dwello.escrow_events.to_status IS 'State after.';
SELECT pg_catalog.pg_extension_config_dump('dwello.escrow_events', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.escrow_events
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.escrow_events
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
CREATE POLICY escrow_events_read ON dwello.escrow_events FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.escrow_events TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.payment_events (
  psp text NOT NULL,
  event_id text NOT NULL,
  job_id uuid CONSTRAINT payment_events_job_id_xfk REFERENCES dwello.jobs (id),
  user_id uuid CONSTRAINT payment_events_user_id_xfk REFERENCES dwello.users (id),
  transaction_id uuid,
  capture_id uuid,
  event_type text NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  psp_reference text,
  result jsonb
    CONSTRAINT payment_events_result_check CHECK (dwello.json_is_valid('call_result', result)),
  told jsonb
    CONSTRAINT payment_events_told_check CHECK (dwello.json_is_valid('event_told', told)),
  occurred_at timestamptz,
  created_at timestamptz NOT NULL,
  CONSTRAINT payment_events_pkey PRIMARY KEY (psp, event_id),
  CONSTRAINT payment_events_scope_check CHECK (job_id IS NULL OR user_id IS NULL)
);
CREATE INDEX payment_events_user_id_idx ON dwello.payment_events (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX payment_events_job_id_idx ON dwello.payment_events (job_id);
CREATE UNIQUE INDEX payment_events_reference_key ON dwello.payment_events
  (psp, psp_reference, amount, currency, event_type, COALESCE(capture_id, '00000000-0000-0000-0000-000000000000'))
  WHERE event_type IN ('payment_confirmed', 'repayment_confirmed') AND psp_reference IS NOT NULL;
CREATE INDEX payment_events_transaction_id_idx ON dwello.payment_events (transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX payment_events_name_idx ON dwello.payment_events (psp, psp_reference) WHERE psp_reference IS NOT NULL;
COMMENT ON TABLE dwello.payment_events IS 'Events of payment companies that have been applied, so that each counts once.';
COMMENT ON COLUMN dwello.payment_events.event_id IS 'The payment company''s own id of the event.';
COMMENT ON COLUMN dwello.payment_events.job_id IS 'The job whose payment it is; NULL for a payout, and for what belongs to no job.';
COMMENT ON COLUMN dwello.payment_events.user_id IS 'The provider whose payout it is; NULL for all else.';
COMMENT ON COLUMN dwello.payment_events.occurred_at IS 'When it happened by the company''s clock; NULL = it did not say.';
COMMENT ON COLUMN dwello.payment_events.capture_id IS
  'The capture that the company named: those of one authorization share its psp_reference. NULL for all else.';
COMMENT ON COLUMN dwello.payment_events.told IS
  'What names the fact, as the call told it: told again by its event_id, none of it may differ. NULL for a line of a statement.';
COMMENT ON COLUMN dwello.payment_events.event_type IS 'What the payment company reported.';
SELECT pg_catalog.pg_extension_config_dump('dwello.payment_events', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.payment_events
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.payment_events
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
GRANT SELECT ON dwello.payment_events TO dwello_service;

CREATE TABLE dwello.receipts (
  id uuid CONSTRAINT receipts_pkey PRIMARY KEY,
  job_id uuid CONSTRAINT receipts_job_id_xfk REFERENCES dwello.jobs (id),
  user_id uuid CONSTRAINT receipts_user_id_xfk REFERENCES dwello.users (id),
  psp text NOT NULL,
  event_id text NOT NULL,
  psp_reference text,
  payment_method_id uuid,
  transaction_id uuid NOT NULL,
  amount bigint NOT NULL CONSTRAINT receipts_amount_check CHECK (amount > 0),
  remaining bigint NOT NULL CONSTRAINT receipts_remaining_check CHECK (remaining BETWEEN 0 AND amount),
  currency text NOT NULL CONSTRAINT receipts_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  reason dwello.receipt_reason NOT NULL,
  status dwello.receipt_status NOT NULL,
  occurred_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  closed_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  payment_ids uuid[] NOT NULL DEFAULT '{}',
  CONSTRAINT receipts_closed_check CHECK ((status = 'held') = (closed_at IS NULL) AND (status = 'held') = (remaining > 0))
);
CREATE INDEX receipts_created_at_idx ON dwello.receipts (created_at, id);
CREATE INDEX receipts_job_id_idx ON dwello.receipts (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX receipts_user_id_idx ON dwello.receipts (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX receipts_transaction_id_idx ON dwello.receipts (transaction_id);
CREATE INDEX receipts_name_idx ON dwello.receipts (psp, psp_reference) WHERE psp_reference IS NOT NULL;
COMMENT ON TABLE dwello.receipts IS
  'Money that has arrived at a payment company and fits no payment; it lies in an account of its own until it is assigned or returned.';
COMMENT ON COLUMN dwello.receipts.id IS 'Made of psp and event_id; the scope and the ledger account of the money.';
COMMENT ON COLUMN dwello.receipts.job_id IS 'The job it was told for; NULL = none, or none that is there.';
COMMENT ON COLUMN dwello.receipts.user_id IS 'Who paid it; NULL = nobody knows.';
COMMENT ON COLUMN dwello.receipts.event_id IS 'The payment company''s own id of the event that told of it.';
COMMENT ON COLUMN dwello.receipts.payment_method_id IS 'What it was paid with; NULL = nobody knows.';
COMMENT ON COLUMN dwello.receipts.transaction_id IS 'The transaction that booked it.';
COMMENT ON COLUMN dwello.receipts.remaining IS 'What of it still lies there, in minor units.';
COMMENT ON COLUMN dwello.receipts.status IS
  'held while anything of it remains; then returned when it was asked back last (whether it was sent is the status of its refund), cleared by a journal, else assigned.';
COMMENT ON COLUMN dwello.receipts.reason IS 'Why it fits no payment.';
COMMENT ON COLUMN dwello.receipts.occurred_at IS 'When it happened by the company''s clock; NULL = it did not say.';
COMMENT ON COLUMN dwello.receipts.payment_ids IS 'The payments of jobs that it became, wholly or in parts.';
COMMENT ON COLUMN dwello.receipts.closed_at IS 'When it was assigned or returned; NULL while it is held.';
SELECT pg_catalog.pg_extension_config_dump('dwello.receipts', '');
CREATE POLICY receipts_read ON dwello.receipts FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.receipts TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.refunds (
  scope_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  job_id uuid CONSTRAINT refunds_job_id_xfk REFERENCES dwello.jobs (id),
  receipt_id uuid,
  homeowner_id uuid,
  provider_id uuid,
  transaction_id uuid NOT NULL,
  payment_id uuid,
  payment_method_id uuid,
  psp text NOT NULL,
  psp_reference text,
  refund_reference text,
  amount bigint NOT NULL CONSTRAINT refunds_amount_check CHECK (amount > 0),
  reversed bigint NOT NULL DEFAULT 0,
  loss bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  is_unasked boolean NOT NULL DEFAULT false,
  currency text NOT NULL CONSTRAINT refunds_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  status dwello.refund_status NOT NULL DEFAULT 'pending',
  event_id text,
  confirmation_id uuid,
  failure_id uuid,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  completed_at timestamptz,
  CONSTRAINT refunds_pkey PRIMARY KEY (scope_id, id),
  CONSTRAINT refunds_reversed_check CHECK (reversed >= 0 AND loss >= 0 AND reversed + loss <= amount),
  CONSTRAINT refunds_failed_check CHECK (failed BETWEEN 0 AND amount),
  CONSTRAINT refunds_confirmed_check CHECK ((confirmation_id IS NULL) = (completed_at IS NULL))
);
CREATE INDEX refunds_job_id_idx ON dwello.refunds (job_id);
CREATE INDEX refunds_psp_idx ON dwello.refunds (psp, psp_reference, id) WHERE job_id IS NULL;
CREATE INDEX refunds_id_idx ON dwello.refunds (id);
CREATE INDEX refunds_transaction_id_idx ON dwello.refunds (transaction_id);
CREATE INDEX refunds_name_idx ON dwello.refunds (psp, psp_reference) WHERE psp_reference IS NOT NULL;
CREATE INDEX refunds_reference_idx ON dwello.refunds (psp, refund_reference) WHERE refund_reference IS NOT NULL;
CREATE INDEX refunds_confirmation_id_idx ON dwello.refunds (confirmation_id);
CREATE INDEX refunds_event_idx ON dwello.refunds (psp, event_id) WHERE event_id IS NOT NULL;
COMMENT ON TABLE dwello.refunds IS
  'Money that payment companies were asked to give back, one row a refund_requested of the outbox, and what they gave back by themselves; each names the payment it goes to.';
COMMENT ON COLUMN dwello.refunds.receipt_id IS 'The receipt that goes back; NULL for money of an escrow.';
COMMENT ON COLUMN dwello.refunds.transaction_id IS 'The transaction that asked for it.';
COMMENT ON COLUMN dwello.refunds.payment_id IS 'The payment that goes back, wholly or in part; NULL for none.';
COMMENT ON COLUMN dwello.refunds.psp_reference IS 'The payment company''s name for that payment.';
COMMENT ON COLUMN dwello.refunds.refund_reference IS
  'The payment company''s own name for the refund; NULL = it has not said it. Rows that one refund of the company was booked as share it.';
COMMENT ON COLUMN dwello.refunds.reversed IS 'What of it was undone before it was sent, in minor units.';
COMMENT ON COLUMN dwello.refunds.loss IS 'What of it was sent though it had been undone, or had gone elsewhere, in minor units: the platform bore it.';
COMMENT ON COLUMN dwello.refunds.failed IS 'What of it was never sent out of what was asked for, but left for a receipt, in minor units.';
COMMENT ON COLUMN dwello.refunds.amount IS 'What was asked for, in minor units, less the parts that were sent by themselves: each has a row of its own.';
COMMENT ON COLUMN dwello.refunds.is_unasked IS 'Nobody asked for it: the payment company gave it back by itself.';
COMMENT ON COLUMN dwello.refunds.failure_id IS 'The receipt in which its money lies since it failed; NULL = it has not failed.';
COMMENT ON COLUMN dwello.refunds.event_id IS 'The payment company''s event that told it as sent; NULL = none has.';
COMMENT ON COLUMN dwello.refunds.confirmation_id IS 'The transaction that booked it as sent; NULL = the payment company has not said so.';
COMMENT ON COLUMN dwello.refunds.completed_at IS 'When the payment company confirmed it; NULL = it has not.';
SELECT pg_catalog.pg_extension_config_dump('dwello.refunds', '');
CREATE POLICY refunds_read ON dwello.refunds FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.refunds TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * What a homeowner's cancel of a contract pays the provider: the policy that
 * was in force when the bid was accepted, the start that both agree on,
 * and what came of it.
 */
CREATE TABLE dwello.cancellation_terms (
  job_id uuid CONSTRAINT cancellation_terms_pkey PRIMARY KEY
    CONSTRAINT cancellation_terms_job_id_fkey REFERENCES dwello.jobs (id),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  policy jsonb NOT NULL
    CONSTRAINT cancellation_terms_policy_check CHECK (dwello.json_is_valid('cancellation_policy', policy)),
  starts_at timestamptz,
  created_at timestamptz NOT NULL,
  cancelled_at timestamptz,
  share_ppm integer CONSTRAINT cancellation_terms_share_ppm_check CHECK (share_ppm BETWEEN 0 AND 1000000),
  price bigint CONSTRAINT cancellation_terms_price_check CHECK (price >= 0),
  share bigint CONSTRAINT cancellation_terms_share_check CHECK (share BETWEEN 0 AND price),
  transaction_id uuid,
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT cancellation_terms_cancelled_check CHECK ((cancelled_at IS NULL) = (price IS NULL)
    AND (cancelled_at IS NULL) = (share IS NULL) AND (cancelled_at IS NULL) = (share_ppm IS NULL)
    AND (cancelled_at IS NOT NULL OR transaction_id IS NULL))
);
COMMENT ON TABLE dwello.cancellation_terms IS
  'What the homeowner''s cancel of a contract pays the provider: its cancellation policy, frozen when the bid was accepted, and what came of it.';
COMMENT ON COLUMN dwello.cancellation_terms.policy IS
  'From how many hours before the start on which share of the price, in parts per million, is the provider''s; none = nothing.';
COMMENT ON COLUMN dwello.cancellation_terms.starts_at IS 'When the work is to begin, as both sides agree; NULL = they do not, and a cancel pays nothing.';
COMMENT ON COLUMN dwello.cancellation_terms.cancelled_at IS 'When the homeowner cancelled it while money was held; NULL = they did not.';
COMMENT ON COLUMN dwello.cancellation_terms.share_ppm IS 'The share that held then, in parts per million; NULL = it was not cancelled.';
COMMENT ON COLUMN dwello.cancellation_terms.price IS 'The price of the work that was cancelled, in minor units; NULL = it was not cancelled.';
COMMENT ON COLUMN dwello.cancellation_terms.share IS 'The provider''s part of that price, before the fee, in minor units; NULL = it was not cancelled.';
COMMENT ON COLUMN dwello.cancellation_terms.transaction_id IS 'The transaction that divided what was held; NULL = it was not cancelled.';
SELECT pg_catalog.pg_extension_config_dump('dwello.cancellation_terms', '');
CREATE POLICY cancellation_terms_read ON dwello.cancellation_terms FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.cancellation_terms TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * What payment companies may still take of homeowners' cards.  It is no money
 * yet: nothing of it is in the ledger before it is captured.
 */
CREATE TABLE dwello.authorizations (
  job_id uuid NOT NULL CONSTRAINT authorizations_job_id_fk REFERENCES dwello.jobs (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  payment_method_id uuid,
  psp text NOT NULL,
  psp_reference text,
  amount bigint NOT NULL CONSTRAINT authorizations_amount_check CHECK (amount > 0),
  captured bigint NOT NULL DEFAULT 0,
  currency text NOT NULL CONSTRAINT authorizations_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  status dwello.authorization_status NOT NULL DEFAULT 'open',
  transaction_id uuid,
  payment_id uuid,
  is_last boolean NOT NULL DEFAULT false,
  expires_at timestamptz NOT NULL,
  due_at timestamptz,
  occurred_at timestamptz,
  created_at timestamptz NOT NULL,
  closed_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT authorizations_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT authorizations_captured_check CHECK (captured BETWEEN 0 AND amount),
  CONSTRAINT authorizations_open_check CHECK ((status = 'open') = (closed_at IS NULL) AND (status = 'open') = (due_at IS NOT NULL))
);
CREATE INDEX authorizations_due_at_idx ON dwello.authorizations (due_at, id) WHERE status = 'open';
COMMENT ON TABLE dwello.authorizations IS
  'What payment companies may still take of homeowners'' cards: no money before it is captured.';
COMMENT ON COLUMN dwello.authorizations.psp_reference IS 'The payment company''s name for it; NULL = it has none.';
COMMENT ON COLUMN dwello.authorizations.occurred_at IS 'When it was authorised by the company''s clock; NULL = it did not say.';
COMMENT ON COLUMN dwello.authorizations.captured IS 'What has arrived of it, in minor units.';
COMMENT ON COLUMN dwello.authorizations.transaction_id IS 'The payment that was asked for, which it answers; NULL = none was.';
COMMENT ON COLUMN dwello.authorizations.payment_id IS 'The payment that was asked of it last; NULL = none.';
COMMENT ON COLUMN dwello.authorizations.is_last IS 'The rest is voided with that payment.';
COMMENT ON COLUMN dwello.authorizations.expires_at IS 'When the payment company takes nothing of it any more.';
COMMENT ON COLUMN dwello.authorizations.due_at IS 'When somebody is told of its end: some hours before, then at it; NULL = it has ended.';
COMMENT ON COLUMN dwello.authorizations.closed_at IS 'When it ended; NULL = open.';
SELECT pg_catalog.pg_extension_config_dump('dwello.authorizations', '');
CREATE POLICY authorizations_read ON dwello.authorizations FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.authorizations TO dwello_app, dwello_service, dwello_support, dwello_admin;
