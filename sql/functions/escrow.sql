-- escrow.sql
--   Commands on money: paying in, approving, releasing, giving back.

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
GRANT EXECUTE ON FUNCTION dwello.confirm_payment(uuid, text, text, bigint, text, uuid, text)
  TO dwello_service;
COMMENT ON FUNCTION dwello.confirm_payment(uuid, text, text, bigint, text, uuid, text) IS
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
GRANT EXECUTE ON FUNCTION dwello.refund_escrow(uuid, bigint, uuid, text, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.refund_escrow(uuid, bigint, uuid, text, integer, text) IS
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
GRANT EXECUTE ON FUNCTION dwello.cancel_escrow(uuid, text, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.cancel_escrow(uuid, text, integer, text) IS
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
GRANT EXECUTE ON FUNCTION dwello.fail_payment(uuid, text, text, uuid, text)
  TO dwello_service;
COMMENT ON FUNCTION dwello.fail_payment(uuid, text, text, uuid, text) IS
'Says that a payment will not come; for the worker of a payment company. The escrow has failed if nothing was ever paid into it, and can be funded anew; else its state stays. The same psp and event_id again returns the same row with replayed true, and so does an event about a payment that has ended already (its time was up, or it was cancelled). A payment that failed and arrives all the same goes back, see confirm_payment(). Arguments: job_id; psp, the payment company; event_id, its name for the event; transaction_id, NULL = the one pending payment; reason, up to 10000 characters. Returns job_id, transaction_id, amount of the payment in minor units, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD401, 42501 not the service; 22004, 22001, 22023 the arguments; P0002 an unknown job or payment; WD104 the event was another one before; WD101 no payment was asked for, or it has arrived.';

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
'Checks the invariants of all money: zero rows = healthy. For administrators, support and the service. Argument: since, NULL = everything, else only jobs in which money moved from that time on, with the folded parts of balances as they are. Returns a row a fault: invariant (I1 entries balance, I2 sums are those of the entries, I3 what was funded is held, released, refunded or charged back, as the payments and refunds have it, I4 every currency sums to zero, I5 no forbidden debt, I6 nobody has changed them (verify_ledger), I7 releases divide without rest, I8 a key pays once, I10 the history is complete), object (the kind of thing), object_id, currency (NULL for counts), expected and actual, in minor units or counts. Errors: WD402, WD401, 42501 the caller; 22023 an infinite since.';
