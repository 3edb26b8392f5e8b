-- escrow.sql
--   Commands on money: paying in, delivering, approving, releasing.

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
GRANT EXECUTE ON FUNCTION dwello.fund_escrow(uuid, bigint, uuid, text, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.fund_escrow(uuid, bigint, uuid, text, integer, text) IS
'Asks for a payment into the escrow of a job; for its homeowner. No money moves yet: a pending transaction, and an intent payment_requested in the outbox for the worker of the payment company, who answers with confirm_payment(). Arguments: job_id; amount in minor units, NULL = what is missing to the contract; payment_method_id, NULL = the caller''s default or newest one, if any; currency, NULL = the escrow''s; expected_version, the escrow''s version that was read; idempotency_key. A payment that did not arrive by pay_by counts as failed and is replaced. Returns job_id, transaction_id, amount, pay_by, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD402, WD401, 42501 not an active homeowner; 22004 job_id is NULL; 22023 an amount that is not positive, or an unknown currency; P0002 an unknown job or payment method; 42501 not the caller''s job, or the flag escrow_payments is off for him; WD104; WD103; WD101 no escrow yet, a payment is under way, or a state that takes none; WD201 another currency; 22023 more than is missing, nothing is missing, or the method has expired.';

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
GRANT EXECUTE ON FUNCTION dwello.confirm_payment(uuid, text, text, bigint, text, uuid, text)
  TO dwello_service;
COMMENT ON FUNCTION dwello.confirm_payment(uuid, text, text, bigint, text, uuid, text) IS
'Says that a payment has arrived; for the worker of a payment company. The escrow holds it from here. The same psp and event_id again returns the same row with replayed true. A payment that comes too late (past pay_by, or for an escrow that takes none any more) passes through the company''s clearing account against an intent refund_requested in the outbox; the escrow stays as it is and is_late is true. Arguments: job_id; psp, the payment company; event_id, its name for the event; amount in minor units and currency, as paid; transaction_id, NULL = the one pending payment; psp_reference, the company''s name for the payment. Returns job_id, transaction_id, amount, is_late, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD401, 42501 not the service; 22004, 22001, 22023 the arguments; P0002 an unknown job or payment; WD104 the event was another one before; WD101 no payment is awaited; WD201 another currency and 22023 another amount than was asked for.';

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
GRANT EXECUTE ON FUNCTION dwello.submit_milestone(uuid, uuid, text, text[], integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.submit_milestone(uuid, uuid, text, text[], integer, text) IS
'Delivers the work of a milestone; for the provider of a job in progress. From here the homeowner has until auto_release_at (setting auto_release_days) to answer. Arguments: job_id; milestone_id, NULL = the first that waits for delivery; notes, up to 10000 characters; photos, their addresses, at most as the setting max_photos_per_job says; expected_version, the milestone''s version that was read; idempotency_key. Returns job_id, milestone_id, milestone_status, its amount in minor units, currency, auto_release_at, the milestone''s version; replayed. Errors: WD402, WD401, 42501 not an active provider; 22004 job_id or photos is NULL; 22001; 22023 too many photos; P0002 an unknown job or milestone; 42501 not the caller''s award; WD104; WD103; WD101 the job is not in progress, the milestone is not funded, or nothing waits for delivery.';

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
GRANT EXECUTE ON FUNCTION dwello.release_escrow(uuid, bigint, uuid, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.release_escrow(uuid, bigint, uuid, integer, text) IS
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
GRANT EXECUTE ON FUNCTION dwello.approve_milestone(uuid, uuid, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.approve_milestone(uuid, uuid, integer, text) IS
'Approves a milestone and releases its money at once; for the homeowner of the job and administrators. While the escrow is frozen or the milestone is not fully funded it rests in approved: transaction_id is NULL and the amounts are 0, and it is released once it can be. Arguments: job_id; milestone_id; expected_version, the escrow''s version that was read; idempotency_key. Returns job_id, transaction_id, and in minor units what left the escrow (amount) and its parts fee, tax and payout, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: as release_escrow; 22004 also for milestone_id; WD101 also when the milestone is over or disputed.';

CREATE OR REPLACE FUNCTION dwello.reconcile(
  since timestamptz DEFAULT NULL,
  OUT invariant text,
  OUT object text,
  OUT object_id uuid,
  OUT currency text,
  OUT expected numeric,
  OUT actual numeric
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 1
AS 'MODULE_PATHNAME', 'dwello_reconcile';
GRANT EXECUTE ON FUNCTION dwello.reconcile(timestamptz)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.reconcile(timestamptz) IS
'Checks the invariants of all money: zero rows = healthy. For administrators, support and the service. Argument: since, NULL = everything, else only jobs in which money moved from that time on. Returns a row a fault: invariant (I1 entries balance, I2 sums are those of the entries, I3 what was funded is held, released, refunded or charged back, I4 every currency sums to zero, I5 no forbidden debt, I7 releases divide without rest, I8 a key pays once, I10 the history is complete), object (the kind of thing), object_id, currency (NULL for counts), expected and actual, in minor units or counts. Errors: WD402, WD401, 42501 the caller; 22023 an infinite since.';
