-- dispute.sql
--   Disputes about held money, and what becomes due by itself.

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
GRANT EXECUTE ON FUNCTION dwello.open_dispute(uuid, bigint, text, uuid, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.open_dispute(uuid, bigint, text, uuid, integer, text) IS
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
GRANT EXECUTE ON FUNCTION dwello.answer_dispute(uuid, bigint, uuid, text, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.answer_dispute(uuid, bigint, uuid, text, integer, text) IS
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
GRANT EXECUTE ON FUNCTION dwello.withdraw_dispute(uuid, uuid, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.withdraw_dispute(uuid, uuid, integer, text) IS
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
GRANT EXECUTE ON FUNCTION dwello.resolve_dispute(uuid, bigint, bigint, uuid, text, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.resolve_dispute(uuid, bigint, bigint, uuid, text, integer, text) IS
'Decides a dispute to the cent; for a mediator (support or an administrator) who is no side of it. Both parts move in one transaction; the fee is taken once, of the provider''s part, and where the homeowner pays the fee, his share for the rest goes back. Arguments: job_id; homeowner_amount, the price of work that is given back in minor units; provider_amount, what the provider is paid before the fee, NULL = the rest; dispute_id, NULL = the one open dispute; reason, up to 10000 characters; expected_version, the escrow''s version that was read; idempotency_key. Returns the dispute: job_id, dispute_id, milestone_id, dispute_status, disputed_amount, homeowner_offer, provider_offer (what each says the provider shall be paid), settled_amount (what he is paid), transaction_id (that paid it), answer_by (while it is open); then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back, version; replayed. All amounts are minor units; those of the dispute are the price of work, before any fee. Errors: WD402, WD401, 42501 not support or an administrator; 22004 job_id or homeowner_amount is NULL; 22001; 22023 a negative amount; P0002 an unknown job or dispute; WD104; 42501 the caller is a side; WD103; WD101 no such dispute is open, or the escrow is frozen; WD102 past answer_by; 22023 the amounts do not add up to what is disputed, or more than one dispute is open and none is named.';

CREATE OR REPLACE FUNCTION dwello.release_due_escrows(
  max_rows integer DEFAULT 100,
  OUT released integer,
  OUT jobs integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_release_due_escrows';
GRANT EXECUTE ON FUNCTION dwello.release_due_escrows(integer)
  TO dwello_service;
COMMENT ON FUNCTION dwello.release_due_escrows(integer) IS
'Releases milestones whose time for review has passed (submitted, past auto_release_at), and those approved before they could be paid that can be now; for the service, as often as it likes. Any number of workers can call it side by side: jobs that somebody works on are passed over. Argument: max_rows, milestones to release at most. Returns released, how many were, and jobs, how many jobs were looked at; their sums are in transactions, for they may be of several currencies. Errors: WD401, 42501 not the service; 22004, 22023 max_rows is NULL or not positive.';

CREATE OR REPLACE FUNCTION dwello.expire_disputes(
  max_rows integer DEFAULT 100,
  OUT settled integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_disputes';
GRANT EXECUTE ON FUNCTION dwello.expire_disputes(integer)
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_disputes(integer) IS
'Ends disputes whose answer_by has passed; for the service, as often as it likes. When one side has not named a figure, the other''s holds; when both have and no mediator decided in time, it settles half way, the odd cent to the homeowner. Jobs that somebody works on are passed over, and so are frozen escrows. Argument: max_rows, disputes to end at most. Returns settled, how many ended. Errors: WD401, 42501 not the service; 22004, 22023 max_rows is NULL or not positive.';
