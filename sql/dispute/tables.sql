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
  is_released boolean NOT NULL DEFAULT false,
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
CREATE UNIQUE INDEX disputes_released_key ON dwello.disputes (job_id)
  WHERE status IN ('open', 'answered') AND is_released;
COMMENT ON TABLE dwello.disputes IS 'Disputes about held money, or about what was released lately; each side names what the provider shall be paid, or keep.';
COMMENT ON COLUMN dwello.disputes.is_released IS 'It is about work that was released: what the provider does not keep is taken from them.';
COMMENT ON COLUMN dwello.disputes.opened_by IS 'Which of the two sides opened it.';
COMMENT ON COLUMN dwello.disputes.answer IS 'What the other side said with its figure; NULL = nothing yet.';
COMMENT ON COLUMN dwello.disputes.resolution IS 'How it ended, in the mediator''s words; NULL = open, or nothing said.';
COMMENT ON COLUMN dwello.disputes.disputed_amount IS 'How much is disputed, in minor units.';
COMMENT ON COLUMN dwello.disputes.homeowner_offer IS 'What the provider shall be paid by the homeowner''s word, in minor units.';
COMMENT ON COLUMN dwello.disputes.provider_offer IS 'What the provider shall be paid by their own word, in minor units.';
COMMENT ON COLUMN dwello.disputes.settled_amount IS 'What the provider was paid in the end, in minor units.';
COMMENT ON COLUMN dwello.disputes.answer_by IS 'Until when the other side can answer.';
SELECT pg_catalog.pg_extension_config_dump('dwello.disputes', '');
CREATE POLICY disputes_read ON dwello.disputes FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.disputes TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.chargebacks (
  scope_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  job_id uuid CONSTRAINT chargebacks_job_id_xfk REFERENCES dwello.jobs (id),
  receipt_id uuid,
  homeowner_id uuid,
  provider_id uuid,
  status dwello.chargeback_status NOT NULL DEFAULT 'open',
  psp text NOT NULL,
  psp_reference text,
  case_reference text,
  payment_id uuid,
  amount bigint NOT NULL CONSTRAINT chargebacks_amount_check CHECK (amount > 0),
  lost_amount bigint CONSTRAINT chargebacks_lost_check CHECK (lost_amount BETWEEN 1 AND amount),
  fee bigint NOT NULL DEFAULT 0 CONSTRAINT chargebacks_fee_check CHECK (fee >= 0),
  fee_id uuid,
  is_detached boolean NOT NULL DEFAULT false,
  currency text NOT NULL CONSTRAINT chargebacks_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  held_amount bigint NOT NULL DEFAULT 0 CONSTRAINT chargebacks_held_check CHECK (held_amount >= 0),
  clawed_back bigint NOT NULL DEFAULT 0 CONSTRAINT chargebacks_clawed_check CHECK (clawed_back >= 0),
  covered_amount bigint NOT NULL DEFAULT 0,
  transaction_id uuid,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  closed_at timestamptz,
  CONSTRAINT chargebacks_pkey PRIMARY KEY (scope_id, id),
  CONSTRAINT chargebacks_parts_check CHECK (held_amount + clawed_back <= amount),
  CONSTRAINT chargebacks_covered_check CHECK (covered_amount BETWEEN 0 AND amount - held_amount - clawed_back
    AND (receipt_id IS NOT NULL OR covered_amount = 0))
);
CREATE INDEX chargebacks_id_idx ON dwello.chargebacks (id);
CREATE INDEX chargebacks_job_id_idx ON dwello.chargebacks (job_id);
CREATE INDEX chargebacks_payment_id_idx ON dwello.chargebacks (payment_id);
CREATE INDEX chargebacks_name_idx ON dwello.chargebacks (psp, psp_reference) WHERE psp_reference IS NOT NULL;
CREATE INDEX chargebacks_case_idx ON dwello.chargebacks (psp, case_reference) WHERE case_reference IS NOT NULL;
CREATE INDEX chargebacks_fee_id_idx ON dwello.chargebacks (fee_id) WHERE fee_id IS NOT NULL;
COMMENT ON TABLE dwello.chargebacks IS 'Payments that a homeowner''s bank has taken back.';
COMMENT ON COLUMN dwello.chargebacks.scope_id IS 'Of what it books: the job, or what its event makes where there is no escrow.';
COMMENT ON COLUMN dwello.chargebacks.job_id IS 'The job whose payment, tip or receipt it is about; NULL = none.';
COMMENT ON COLUMN dwello.chargebacks.receipt_id IS 'The receipt of that charge that bears what else were the platform''s loss; NULL = none.';
COMMENT ON COLUMN dwello.chargebacks.case_reference IS 'The bank''s case, by the name that the payment company has for it; NULL = it did not say.';
COMMENT ON COLUMN dwello.chargebacks.payment_id IS 'The payment that the bank took back; NULL = nobody said which of several.';
COMMENT ON COLUMN dwello.chargebacks.lost_amount IS 'What of it was lost, in minor units; NULL unless it is lost.';
COMMENT ON COLUMN dwello.chargebacks.fee IS 'What the payment company took for it, in minor units.';
COMMENT ON COLUMN dwello.chargebacks.fee_id IS 'The transaction that books the fee, that of a statement''s line if it was there first; NULL = none.';
COMMENT ON COLUMN dwello.chargebacks.is_detached IS 'None of it is the escrow''s, which it leaves alone: the provider owes what was a tip, and a receipt or the platform bears the rest.';
COMMENT ON COLUMN dwello.chargebacks.closed_at IS 'When the bank first decided, which ended the freeze; NULL while it is open.';
COMMENT ON COLUMN dwello.chargebacks.held_amount IS 'What of it was still held, in minor units; once it is lost, of what is lost.';
COMMENT ON COLUMN dwello.chargebacks.clawed_back IS 'What of it had been released already, in minor units; once it is lost, of what is lost.';
COMMENT ON COLUMN dwello.chargebacks.covered_amount IS 'What of it comes out of the receipt, in minor units.';
SELECT pg_catalog.pg_extension_config_dump('dwello.chargebacks', '');
CREATE POLICY chargebacks_read ON dwello.chargebacks FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.chargebacks TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.refund_requests (
  job_id uuid NOT NULL CONSTRAINT refund_requests_job_id_fkey REFERENCES dwello.jobs (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  is_no_show boolean NOT NULL DEFAULT false,
  amount bigint CONSTRAINT refund_requests_amount_check CHECK (amount > 0),
  currency text NOT NULL CONSTRAINT refund_requests_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  reason text,
  status dwello.offer_status NOT NULL DEFAULT 'pending',
  transaction_id uuid,
  dispute_id uuid,
  answer_by timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  answered_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT refund_requests_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT refund_requests_answered_check CHECK ((status = 'pending') = (answered_at IS NULL))
);
CREATE UNIQUE INDEX refund_requests_pending_key ON dwello.refund_requests (job_id) WHERE status = 'pending';
CREATE INDEX refund_requests_answer_by_idx ON dwello.refund_requests (answer_by, id) WHERE status = 'pending';
COMMENT ON TABLE dwello.refund_requests IS 'Refunds that a homeowner has asked for once the work had begun, and reports that the provider did not come; no answer in time is consent.';
COMMENT ON COLUMN dwello.refund_requests.is_no_show IS 'The homeowner reports that the provider did not come: consent ends the contract.';
COMMENT ON COLUMN dwello.refund_requests.amount IS 'Price of the work to be given up, in minor units; NULL = all that is held and undisputed when it is answered.';
COMMENT ON COLUMN dwello.refund_requests.transaction_id IS 'The refund that came of it; NULL = none.';
COMMENT ON COLUMN dwello.refund_requests.dispute_id IS 'The dispute that a no has opened; NULL = none.';
COMMENT ON COLUMN dwello.refund_requests.answer_by IS 'Past it no answer is consent.';
COMMENT ON COLUMN dwello.refund_requests.answered_at IS 'When it was answered or ended; NULL while it is pending.';
SELECT pg_catalog.pg_extension_config_dump('dwello.refund_requests', '');
CREATE POLICY refund_requests_read ON dwello.refund_requests FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.refund_requests TO dwello_app, dwello_service, dwello_support, dwello_admin;
