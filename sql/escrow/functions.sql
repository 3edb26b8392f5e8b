/*
 * Money held for a job: paid in, released, given back, disputed, paid out.
 */

-- ----------------------------------------------------------------------
-- Commands on money: paying in, approving, releasing, giving back.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.fund_escrow(
  job_id uuid,
  amount bigint DEFAULT NULL,
  payment_method_id uuid DEFAULT NULL,
  currency text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT pay_by timestamptz,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_fund_escrow';
GRANT EXECUTE ON FUNCTION dwello.fund_escrow
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.fund_escrow IS
'Asks for a payment into the escrow of a job; for its homeowner. No money moves yet: a pending transaction, and an intent payment_requested in the outbox for the worker of the payment company, who answers with confirm_payment(). Arguments: job_id; amount in minor units, NULL = what is missing to the contract; payment_method_id, NULL = the caller''s default or newest one, if any; currency, NULL = the escrow''s; expected_version, the escrow''s version that was read; idempotency_key. A payment that did not arrive by pay_by (the job''s timer, else the setting payment_minutes) counts as failed and is replaced. Returns job_id, transaction_id, amount, pay_by, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD402, WD401, 42501 not an active homeowner; 22004 job_id is NULL; 22023 an amount that is not positive, or an unknown currency; P0002 an unknown job or payment method; 42501 not the caller''s job, or the flag escrow_payments is off for him; WD104; WD103; WD101 no escrow yet, a payment is under way, or a state that takes none; WD201 another currency; 22023 more than is missing, nothing is missing, or the method has expired.';

CREATE OR REPLACE FUNCTION dwello.confirm_payment(
  job_id uuid,
  psp text,
  event_id text,
  amount bigint,
  currency text,
  transaction_id uuid DEFAULT NULL,
  psp_reference text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT is_late boolean,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_confirm_payment';
GRANT EXECUTE ON FUNCTION dwello.confirm_payment
  TO dwello_service;
COMMENT ON FUNCTION dwello.confirm_payment IS
'Says that a payment has arrived; for the worker of a payment company. The escrow holds it from here. The same psp and event_id again returns the same row with replayed true. A payment that comes too late (past pay_by, or for an escrow that takes none any more) passes through the company''s clearing account against an intent refund_requested in the outbox; the escrow stays as it is and is_late is true. Arguments: job_id; psp, the payment company; event_id, its name for the event; amount in minor units and currency, as paid; transaction_id, NULL = the one pending payment; psp_reference, the company''s name for the payment. Returns job_id, transaction_id, amount, is_late, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD401, 42501 not the service; 22004, 22001, 22023 the arguments; P0002 an unknown job or payment; WD104 the event was another one before; WD101 no payment is awaited; WD201 another currency and 22023 another amount than was asked for.';

CREATE OR REPLACE FUNCTION dwello.release_escrow(
  job_id uuid,
  amount bigint DEFAULT NULL,
  milestone_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT fee bigint,
  OUT tax bigint,
  OUT payout bigint,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_release_escrow';
GRANT EXECUTE ON FUNCTION dwello.release_escrow
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.release_escrow IS
'Releases money that is held to the provider, less the platform''s fee; for the homeowner of the job and administrators. The fee is cumulative: any way of cutting a payment pays the same. The job completes when nothing is held and all required milestones are released. Arguments: job_id; amount, the price of work to release in minor units, taken from the milestones in their order; or milestone_id, all of one; neither = all that is held and undisputed; expected_version, the escrow''s version that was read; idempotency_key. Returns job_id, transaction_id, and in minor units what left the escrow (amount) and its parts fee, tax and payout, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD402, WD401, 42501 not an active homeowner or administrator; 22004 job_id is NULL; 22023 an amount that is not positive, or both selectors; P0002 an unknown job or milestone; 42501 not the caller''s job; WD104; WD103; WD101 no escrow, nothing held, frozen or all disputed, or the milestone is over; WD202 more than is held and undisputed.';

CREATE OR REPLACE FUNCTION dwello.approve_milestone(
  job_id uuid,
  milestone_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT fee bigint,
  OUT tax bigint,
  OUT payout bigint,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_approve_milestone';
GRANT EXECUTE ON FUNCTION dwello.approve_milestone
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.approve_milestone IS
'Approves a milestone and releases its money at once; for the homeowner of the job and administrators. While the escrow is frozen or the milestone is not fully funded it rests in approved: transaction_id is NULL and the amounts are 0, and it is released once it can be. Arguments: job_id; milestone_id; expected_version, the escrow''s version that was read; idempotency_key. Returns job_id, transaction_id, and in minor units what left the escrow (amount) and its parts fee, tax and payout, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: as release_escrow; 22004 also for milestone_id; WD101 also when the milestone is over or disputed.';

CREATE OR REPLACE FUNCTION dwello.refund_escrow(
  job_id uuid,
  amount bigint DEFAULT NULL,
  milestone_id uuid DEFAULT NULL,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_refund_escrow';
GRANT EXECUTE ON FUNCTION dwello.refund_escrow
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.refund_escrow IS
'Gives money that is held back to the homeowner; for the provider of the job, administrators, and the homeowner as long as no delivered work waits for an answer. The payments go back in the order in which they came, each through its own company: an intent refund_requested in the outbox for each. Where the homeowner pays the fee, his share of it goes back too. A refund ends no job: one that is refunded in full stays as it is until cancel_job() or complete_job(); only if all required milestones have been paid in part does the job complete by itself. Arguments: job_id; amount, the price of work that is given up in minor units, taken from the milestones in their order; or milestone_id, all that is left of one; neither = all that is held and undisputed; reason, up to 10000 characters, told to both; expected_version, the escrow''s version that was read; idempotency_key. Returns job_id, transaction_id, amount (what left the escrow, minor units), then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD402, WD401, 42501 not an active homeowner, provider or administrator; 22004 job_id is NULL; 22001; 22023 an amount that is not positive, or both selectors; P0002 an unknown job or milestone; 42501 not the caller''s job; WD104; WD103; WD101 no escrow, nothing held, frozen or all disputed, the milestone is over, or delivered work waits for the homeowner who asks; WD202 more than is held and undisputed.';

CREATE OR REPLACE FUNCTION dwello.cancel_escrow(
  job_id uuid,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_cancel_escrow';
GRANT EXECUTE ON FUNCTION dwello.cancel_escrow
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.cancel_escrow IS
'Gives up an escrow that no payment has reached; for the homeowner of the job. A payment under way is cancelled (payment_cancelled in the outbox tells its worker); should it arrive all the same, it goes back. The milestones are cancelled; the job stays as it is until cancel_job(). Arguments: job_id; reason, up to 10000 characters, told to the provider; expected_version, the escrow''s version that was read; idempotency_key. Returns job_id, transaction_id (the payment that was cancelled, or NULL), then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD402, WD401, 42501 not an active homeowner; 22004 job_id is NULL; 22001; P0002 an unknown job; 42501 not the caller''s job; WD104; WD103; WD101 no escrow, or money has been paid: refund_escrow() gives it back.';

CREATE OR REPLACE FUNCTION dwello.fail_payment(
  job_id uuid,
  psp text,
  event_id text,
  transaction_id uuid DEFAULT NULL,
  reason text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_fail_payment';
GRANT EXECUTE ON FUNCTION dwello.fail_payment
  TO dwello_service;
COMMENT ON FUNCTION dwello.fail_payment IS
'Says that a payment will not come; for the worker of a payment company. The escrow has failed if nothing was ever paid into it, and can be funded anew; else its state stays. The same psp and event_id again returns the same row with replayed true, and so does an event about a payment that has ended already (its time was up, or it was cancelled). A payment that failed and arrives all the same goes back, see confirm_payment(). Arguments: job_id; psp, the payment company; event_id, its name for the event; transaction_id, NULL = the one pending payment; reason, up to 10000 characters. Returns job_id, transaction_id, amount of the payment in minor units, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD401, 42501 not the service; 22004, 22001, 22023 the arguments; P0002 an unknown job or payment; WD104 the event was another one before; WD101 no payment was asked for, or it has arrived.';

-- ----------------------------------------------------------------------
-- The state machines as rows.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.escrow_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_escrow_transitions';
GRANT EXECUTE ON FUNCTION dwello.escrow_transitions
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_transitions IS
'Lists every move of the state machine of a escrow, a row for each rule and actor: state (NULL where the escrow is made), event (the command that does it, or a bare verb for what happens inside another), actor (homeowner, service_provider, admin, support or system), next_state, guard (what else must hold, in words; NULL for nothing). No arguments, no errors, no identity needed.';

CREATE OR REPLACE FUNCTION dwello.milestone_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_milestone_transitions';
GRANT EXECUTE ON FUNCTION dwello.milestone_transitions
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.milestone_transitions IS
'Lists every move of the state machine of a milestone, a row for each rule and actor: state (NULL where the milestone is made), event (the command that does it, or a bare verb for what happens inside another), actor (homeowner, service_provider, admin, support or system), next_state, guard (what else must hold, in words; NULL for nothing). No arguments, no errors, no identity needed.';

-- ----------------------------------------------------------------------
-- Commands on the parts of a job: planning, delivering, sending back.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.submit_milestone(
  job_id uuid,
  milestone_id uuid DEFAULT NULL,
  notes text DEFAULT NULL,
  photos text[] DEFAULT '{}',
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT milestone_id uuid,
  OUT milestone_status dwello.milestone_status,
  OUT amount bigint,
  OUT currency text,
  OUT auto_release_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_submit_milestone';
GRANT EXECUTE ON FUNCTION dwello.submit_milestone
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.submit_milestone IS
'Delivers the work of a milestone; for the provider of a job in progress. From here the homeowner has until auto_release_at (the job''s timer, else the setting auto_release_days) to answer. Arguments: job_id; milestone_id, NULL = the first that waits for delivery; notes, up to 10000 characters; photos, their addresses, at most as the setting max_photos_per_job says; expected_version, the milestone''s version that was read; idempotency_key. Returns job_id, milestone_id, milestone_status, its amount in minor units, currency, auto_release_at, the milestone''s version; replayed. Errors: WD402, WD401, 42501 not an active provider; 22004 job_id or photos is NULL; 22001; 22023 too many photos; P0002 an unknown job or milestone; 42501 not the caller''s award; WD104; WD103; WD101 the job is not in progress, the milestone is not funded, or nothing waits for delivery.';

CREATE OR REPLACE FUNCTION dwello.request_changes(
  job_id uuid,
  milestone_id uuid DEFAULT NULL,
  notes text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT milestone_id uuid,
  OUT milestone_status dwello.milestone_status,
  OUT amount bigint,
  OUT currency text,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_request_changes';
GRANT EXECUTE ON FUNCTION dwello.request_changes
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.request_changes IS
'Sends delivered work back; for the homeowner of the job. The clock of the automatic release stops until the provider delivers again. Arguments: job_id; milestone_id, NULL = the first that is submitted; notes, what is to be changed, up to 10000 characters, told to the provider; expected_version, the milestone''s version that was read; idempotency_key. Returns job_id, milestone_id, milestone_status, its amount in minor units, currency, the milestone''s version; replayed. Errors: WD402, WD401, 42501 not an active homeowner; 22004 job_id is NULL; 22001; P0002 an unknown job or milestone; 42501 not the caller''s job; WD104; WD103; WD101 no escrow, a state in which nothing is held undisputed, or nothing is submitted.';

-- ----------------------------------------------------------------------
-- Disputes about held money, and what becomes due by itself.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.open_dispute(
  job_id uuid,
  amount bigint,
  reason text,
  milestone_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT dispute_id uuid,
  OUT milestone_id uuid,
  OUT dispute_status dwello.dispute_status,
  OUT disputed_amount bigint,
  OUT homeowner_offer bigint,
  OUT provider_offer bigint,
  OUT settled_amount bigint,
  OUT transaction_id uuid,
  OUT answer_by timestamptz,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_open_dispute';
GRANT EXECUTE ON FUNCTION dwello.open_dispute
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.open_dispute IS
'Opens a dispute about money that is held; for the homeowner and the provider of the job. What is disputed is neither released nor refunded until the dispute ends; the other milestones go on. The other side has the days of the job''s timer, else the setting, dispute_provider_days or dispute_homeowner_days to answer; when it does not, the figure given here holds. Arguments: job_id; amount, what the provider shall be paid of the disputed work in minor units, 0 to all of it; reason, up to 10000 characters; milestone_id, NULL = all that is held and undisputed; expected_version, the escrow''s version that was read; idempotency_key. Returns the dispute: job_id, dispute_id, milestone_id, dispute_status, disputed_amount, homeowner_offer, provider_offer (what each says the provider shall be paid), settled_amount (what he is paid), transaction_id (that paid it), answer_by (while it is open); then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back, version; replayed. All amounts are minor units; those of the dispute are the price of work, before any fee. Errors: WD402, WD401, 42501 not an active homeowner or provider; 22004 job_id, amount or reason is NULL; 22001; 22023 a negative amount; P0002 an unknown job or milestone; 42501 not the caller''s job; WD104; WD103; WD101 no escrow, nothing held, frozen, the milestone is over or disputed, or a dispute about everything is open; WD202 nothing of it is paid; 22023 an amount beyond what is disputed.';

CREATE OR REPLACE FUNCTION dwello.answer_dispute(
  job_id uuid,
  amount bigint,
  dispute_id uuid DEFAULT NULL,
  notes text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT dispute_id uuid,
  OUT milestone_id uuid,
  OUT dispute_status dwello.dispute_status,
  OUT disputed_amount bigint,
  OUT homeowner_offer bigint,
  OUT provider_offer bigint,
  OUT settled_amount bigint,
  OUT transaction_id uuid,
  OUT answer_by timestamptz,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_answer_dispute';
GRANT EXECUTE ON FUNCTION dwello.answer_dispute
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.answer_dispute IS
'Names a figure in a dispute, the first or another one; for the homeowner and the provider of the job. When the homeowner''s figure is not below the provider''s, the dispute settles at once half way between them, the odd cent to the homeowner: the provider is paid less the fee, the rest goes back. Once both sides have named a figure and they do not meet, a mediator has the days of the job''s timer, else the setting, mediation_days; after that it settles half way. Arguments: job_id; amount, what the provider shall be paid in minor units; dispute_id, NULL = the one open dispute; notes, up to 10000 characters; expected_version, the escrow''s version that was read; idempotency_key. Returns the dispute: job_id, dispute_id, milestone_id, dispute_status, disputed_amount, homeowner_offer, provider_offer (what each says the provider shall be paid), settled_amount (what he is paid), transaction_id (that paid it), answer_by (while it is open); then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back, version; replayed. All amounts are minor units; those of the dispute are the price of work, before any fee. Errors: WD402, WD401, 42501 not an active homeowner or provider; 22004 job_id or amount is NULL; 22001; 22023 a negative amount; P0002 an unknown job or dispute; 42501 not the caller''s job; WD104; WD103; WD101 no such dispute is open, or the escrow is frozen; WD102 past answer_by; 22023 more than is disputed, or more than one dispute is open and none is named.';

CREATE OR REPLACE FUNCTION dwello.withdraw_dispute(
  job_id uuid,
  dispute_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT dispute_id uuid,
  OUT milestone_id uuid,
  OUT dispute_status dwello.dispute_status,
  OUT disputed_amount bigint,
  OUT homeowner_offer bigint,
  OUT provider_offer bigint,
  OUT settled_amount bigint,
  OUT transaction_id uuid,
  OUT answer_by timestamptz,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_withdraw_dispute';
GRANT EXECUTE ON FUNCTION dwello.withdraw_dispute
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.withdraw_dispute IS
'Takes a dispute back; for who opened it. Its milestones are what they were before, and the time to review delivered work, which stood still, goes on. Arguments: job_id; dispute_id, NULL = the one open dispute; expected_version, the escrow''s version that was read; idempotency_key. Returns the dispute: job_id, dispute_id, milestone_id, dispute_status, disputed_amount, homeowner_offer, provider_offer (what each says the provider shall be paid), settled_amount (what he is paid), transaction_id (that paid it), answer_by (while it is open); then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back, version; replayed. All amounts are minor units; those of the dispute are the price of work, before any fee. Errors: WD402, WD401, 42501 not an active homeowner or provider; 22004 job_id is NULL; P0002 an unknown job or dispute; 42501 not the caller''s job, or the other side opened it; WD104; WD103; WD101 no such dispute is open, or the escrow is frozen; WD102 past answer_by; 22023 more than one dispute is open and none is named.';

CREATE OR REPLACE FUNCTION dwello.resolve_dispute(
  job_id uuid,
  homeowner_amount bigint,
  provider_amount bigint DEFAULT NULL,
  dispute_id uuid DEFAULT NULL,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT dispute_id uuid,
  OUT milestone_id uuid,
  OUT dispute_status dwello.dispute_status,
  OUT disputed_amount bigint,
  OUT homeowner_offer bigint,
  OUT provider_offer bigint,
  OUT settled_amount bigint,
  OUT transaction_id uuid,
  OUT answer_by timestamptz,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_resolve_dispute';
GRANT EXECUTE ON FUNCTION dwello.resolve_dispute
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.resolve_dispute IS
'Decides a dispute to the cent; for a mediator (support or an administrator) who is no side of it. Both parts move in one transaction; the fee is taken once, of the provider''s part, and where the homeowner pays the fee, his share for the rest goes back. Arguments: job_id; homeowner_amount, the price of work that is given back in minor units; provider_amount, what the provider is paid before the fee, NULL = the rest; dispute_id, NULL = the one open dispute; reason, up to 10000 characters; expected_version, the escrow''s version that was read; idempotency_key. Returns the dispute: job_id, dispute_id, milestone_id, dispute_status, disputed_amount, homeowner_offer, provider_offer (what each says the provider shall be paid), settled_amount (what he is paid), transaction_id (that paid it), answer_by (while it is open); then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back, version; replayed. All amounts are minor units; those of the dispute are the price of work, before any fee. Errors: WD402, WD401, 42501 not support or an administrator; 22004 job_id or homeowner_amount is NULL; 22001; 22023 a negative amount; P0002 an unknown job or dispute; WD104; 42501 the caller is a side; WD103; WD101 no such dispute is open, or the escrow is frozen; WD102 past answer_by; 22023 the amounts do not add up to what is disputed, or more than one dispute is open and none is named.';

CREATE OR REPLACE FUNCTION dwello.release_due_escrows(
  max_rows integer DEFAULT 100,
  OUT released integer,
  OUT jobs integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_release_due_escrows';
GRANT EXECUTE ON FUNCTION dwello.release_due_escrows
  TO dwello_service;
COMMENT ON FUNCTION dwello.release_due_escrows IS
'Releases milestones whose time for review has passed (submitted, past auto_release_at), and those approved before they could be paid that can be now; for the service, as often as it likes. Any number of workers can call it side by side: jobs that somebody works on are passed over. Argument: max_rows, milestones to release at most. Returns released, how many were, and jobs, how many jobs were looked at; their sums are in transactions, for they may be of several currencies. Errors: WD401, 42501 not the service; 22004, 22023 max_rows is NULL or not positive.';

CREATE OR REPLACE FUNCTION dwello.expire_disputes(
  max_rows integer DEFAULT 100,
  OUT settled integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_disputes';
GRANT EXECUTE ON FUNCTION dwello.expire_disputes
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_disputes IS
'Ends disputes whose answer_by has passed; for the service, as often as it likes. When one side has not named a figure, the other''s holds; when both have and no mediator decided in time, it settles half way, the odd cent to the homeowner. Jobs that somebody works on are passed over, and so are frozen escrows. Argument: max_rows, disputes to end at most. Returns settled, how many ended. Errors: WD401, 42501 not the service; 22004, 22023 max_rows is NULL or not positive.';

-- ----------------------------------------------------------------------
-- Commands of payment companies' workers: a bank takes a payment back.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.open_chargeback(
  job_id uuid,
  psp text,
  event_id text,
  amount bigint,
  currency text,
  psp_reference text DEFAULT NULL,
  reason text DEFAULT NULL,
  OUT job_id uuid,
  OUT chargeback_id uuid,
  OUT amount bigint,
  OUT held_amount bigint,
  OUT clawed_back bigint,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_open_chargeback';
GRANT EXECUTE ON FUNCTION dwello.open_chargeback
  TO dwello_service;
COMMENT ON FUNCTION dwello.open_chargeback IS
'Says that a homeowner''s bank asks for a payment back; for the worker of a payment company. The escrow is frozen until the bank has decided (close_chargeback). The amount is taken out of what is held (held_amount), then out of what was released (clawed_back: the provider owes it, and it is netted when he is paid out), and what is neither is the platform''s loss. The same psp and event_id again returns the same row with replayed true. Arguments: job_id; psp, the company the payment came through; event_id, its name for the event; amount in minor units and currency; psp_reference, its name for the case; reason, in words. Returns job_id, chargeback_id, amount, held_amount, clawed_back, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD401, 42501 not the service; 22004, 22001, 22023 the arguments; P0002 an unknown job; WD104 the event was another one before; WD101 no escrow, or nothing was paid yet; WD201 another currency; 22023 more than came through that company and is not charged back.';

CREATE OR REPLACE FUNCTION dwello.close_chargeback(
  job_id uuid,
  psp text,
  event_id text,
  won boolean,
  chargeback_id uuid DEFAULT NULL,
  OUT job_id uuid,
  OUT chargeback_id uuid,
  OUT chargeback_status dwello.chargeback_status,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_close_chargeback';
GRANT EXECUTE ON FUNCTION dwello.close_chargeback
  TO dwello_service;
COMMENT ON FUNCTION dwello.close_chargeback IS
'Says how a bank has decided on a chargeback; for the worker of a payment company. Won, all that was taken goes back to the very accounts it was taken from; lost, the money is the bank''s, and the milestones give up what can no longer be paid for them. The escrow is frozen no longer unless another chargeback is open, what was approved meanwhile is released, and submitted milestones have the time for review back that it was frozen. The same psp and event_id again returns the same row with replayed true; so does the same decision under another event_id if chargeback_id is given. Arguments: job_id; psp, the company that told of the chargeback; event_id, its name for this event; won; chargeback_id, NULL = the one that is open. Returns job_id, chargeback_id, chargeback_status (won or lost), then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD401, 42501 not the service; 22004, 22001 the arguments; P0002 an unknown job or chargeback; WD104 the event was another one before; WD101 no escrow, or none is open (the event may have come too early); 22023 several are open and none is named.';

-- ----------------------------------------------------------------------
-- Paying providers what was released to them.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.request_payout(
  amount bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  payment_method_id uuid DEFAULT NULL,
  user_id uuid DEFAULT NULL,
  paid_currency text DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT user_id uuid,
  OUT payout_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT paid_amount bigint,
  OUT paid_currency text,
  OUT status dwello.payout_status,
  OUT hold_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_request_payout';
GRANT EXECUTE ON FUNCTION dwello.request_payout
  TO dwello_app, dwello_support, dwello_admin, dwello_service;
COMMENT ON FUNCTION dwello.request_payout IS
'Asks that a provider be paid out of what was released to him; for the provider, administrators, and the service on a schedule. Nothing is booked yet: the amount is promised, and an intent payout_requested in the outbox tells the worker of the payment company what to send after hold_until (setting payout_hold_days). Arguments: amount in minor units, NULL = all there is; currency of the balance; payment_method_id, NULL = the default or newest one, if any; user_id, NULL = the caller; paid_currency, another currency to send it in, exchanged at the rate in force now (rounded down; the remainder is booked to rounding); idempotency_key. Returns user_id, payout_id, amount and currency (out of the balance), paid_amount and paid_currency (what is sent), status, hold_until, version, replayed. Errors: WD402, WD401, 42501 not an active provider; 22004 no user; 22023 an amount that is not positive, an unknown currency; P0002 an unknown user or payment method; 42501 another''s; WD104; WD202 more than available - receivable - what is promised; 22023 no rate in force, or the amount buys nothing; 22003.';

CREATE OR REPLACE FUNCTION dwello.confirm_payout(
  user_id uuid,
  payout_id uuid,
  psp text,
  event_id text,
  psp_reference text DEFAULT NULL,
  OUT user_id uuid,
  OUT payout_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT paid_amount bigint,
  OUT paid_currency text,
  OUT status dwello.payout_status,
  OUT hold_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_confirm_payout';
GRANT EXECUTE ON FUNCTION dwello.confirm_payout
  TO dwello_service;
COMMENT ON FUNCTION dwello.confirm_payout IS
'Says that a payout was paid; for the worker of a payment company. It is booked, and what the provider owes (after a chargeback or a reversal) is made good out of his balance. The same psp and event_id again returns the same row with replayed true; so does another event_id for a payout that is completed. Arguments: user_id, the provider; payout_id; psp, the payment company; event_id, its name for the event; psp_reference, its name for the payout. Returns user_id, payout_id, transaction_id (of the half in paid_currency), amount, currency, paid_amount, paid_currency, status, hold_until, version, replayed. Errors: WD401, 42501 not the service; 22004, 22001 the arguments; P0002 an unknown user or payout; WD104 the event was another one before; WD101 the payout has failed.';

CREATE OR REPLACE FUNCTION dwello.fail_payout(
  user_id uuid,
  payout_id uuid,
  psp text,
  event_id text,
  reason text DEFAULT NULL,
  OUT user_id uuid,
  OUT payout_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT paid_amount bigint,
  OUT paid_currency text,
  OUT status dwello.payout_status,
  OUT hold_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_fail_payout';
GRANT EXECUTE ON FUNCTION dwello.fail_payout
  TO dwello_service;
COMMENT ON FUNCTION dwello.fail_payout IS
'Says that a payout could not be paid; for the worker of a payment company. What was promised to it can be paid out again; one that was paid and that the bank sends back is mirrored to the very accounts it came from, at the rate of its exchange, and fails so. The same psp and event_id again returns the same row with replayed true; so does another event_id for a payout that has failed. Arguments: user_id, the provider; payout_id; psp, the payment company; event_id, its name for the event; reason, in words. Returns as confirm_payout; transaction_id is that of the return, NULL if nothing was paid. Errors: as confirm_payout.';

-- ----------------------------------------------------------------------
-- Statements of payment companies, held against ours.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.reconcile_external(psp text, statement jsonb, OUT line integer, OUT event_id text,
  OUT reference text, OUT kind text, OUT verdict text, OUT scope_id uuid, OUT transaction_id uuid,
  OUT stated_amount bigint, OUT stated_currency text, OUT stated_at timestamptz, OUT booked_amount bigint,
  OUT booked_currency text, OUT booked_at timestamptz, OUT note text) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'dwello_reconcile_external' LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER;
COMMENT ON FUNCTION dwello.reconcile_external IS
  'Holds the statement of a payment company against what is booked with it. For dwello_service and administrators. Arguments: psp, the company; statement, {"from": time, "to": time, "lines": [line, ...]} (everything booked from from on and before to should be in it), or the list of lines alone, which covers the time from its first line to its last. A line (at most 200000) has event_id or reference or both, texts; kind: payment, refund, refund_returned, payout, payout_returned, chargeback (the day the bank takes the money) or chargeback_won; amount, minor units above zero; currency; time as RFC 3339 has it; nothing else: leave the company''s own fees out. A booking is known by the event_id and psp_reference that it was confirmed with, by its transaction''s id, a payout by its own id, too. Returns a row a line, in their order, then a row for each booking of the time that no line is about (line is NULL). verdict: matched; amount_differs (or the currency); missing_here, and then note says if it repeats a line, or is pending, failed or cancelled here; missing_there. Also returns the job or user (scope_id) and transaction, amount, currency and time of both sides, minor units. A refund may be stated in parts. Errors: WD401, WD402, 42501; 22004; 22001; 22003; 22023 anything wrong with the statement, with its place as statement[3].amount (lines count from 0).';
GRANT EXECUTE ON FUNCTION dwello.reconcile_external TO dwello_service, dwello_app, dwello_admin;

-- ----------------------------------------------------------------------
-- What becomes due by itself.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.escrow_next_events(
  job_id uuid,
  OUT event text,
  OUT at timestamptz,
  OUT actor text,
  OUT stoppable_by text,
  OUT detail text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 2
AS 'MODULE_PATHNAME', 'dwello_escrow_next_events';
GRANT EXECUTE ON FUNCTION dwello.escrow_next_events
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_next_events IS
'Says what will happen to the escrow of a job by itself, in the order of time; for the homeowner and the provider of the job, support, administrators and the service. Argument: job_id. Returns event (as in escrow_transitions()), at, actor (the system), stoppable_by (who can stop it before; NULL once its time has come), detail (what happens, and how to stop it). Errors: WD402, WD401; 22004 job_id is NULL; P0002 an unknown job; 42501 not a side of it.';
