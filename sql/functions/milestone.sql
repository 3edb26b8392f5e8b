-- milestone.sql
--   Commands on the parts of a job: planning, delivering, sending back.

CREATE OR REPLACE FUNCTION dwello.plan_milestones(
  job_id uuid,
  milestones jsonb,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT milestone_id uuid,
  OUT title text,
  OUT amount bigint,
  OUT sort_order integer,
  OUT milestone_status dwello.milestone_status,
  OUT version integer,
  OUT replayed boolean
)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 5
AS 'MODULE_PATHNAME', 'dwello_plan_milestones';
GRANT EXECUTE ON FUNCTION dwello.plan_milestones(uuid, jsonb, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.plan_milestones(uuid, jsonb, integer, text) IS
'Plans the parts in which a job is delivered and paid, in place of the plan that is there; for the homeowner of the job. In a draft the amounts are proportions, which the award fits to the contract. Once the award is confirmed they sum to the contract, and what was paid in fills the new plan in order; that is possible until something is delivered, approved, disputed, released or refunded. In between bidders price the plan: edit_job() changes it with all they price. A milestone keeps its id with its place in the plan; what is left over is cancelled. Arguments: job_id; milestones, a list of 1 to 100 objects with title, and optionally description, amount (minor units; all or none, none = equal parts), due_date and is_required (true); expected_version, the version that was read of the escrow, or of the job while it is a draft; idempotency_key. Returns a row for each milestone, in order: milestone_id, title, amount (NULL = not said yet), sort_order, milestone_status, version (of the escrow or the draft), replayed. Errors: WD402, WD401, 42501 not an active homeowner; 22004 an argument is NULL; 22001, 22003, 22023 what the list says; P0002 an unknown job; 42501 not the caller''s job; WD104; WD103; WD101 a job that is open, over or not confirmed yet, or a plan that has begun; 22023 amounts that do not sum to the contract.';

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
GRANT EXECUTE ON FUNCTION dwello.request_changes(uuid, uuid, text, integer, text)
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.request_changes(uuid, uuid, text, integer, text) IS
'Sends delivered work back; for the homeowner of the job. The clock of the automatic release stops until the provider delivers again. Arguments: job_id; milestone_id, NULL = the first that is submitted; notes, what is to be changed, up to 10000 characters, told to the provider; expected_version, the milestone''s version that was read; idempotency_key. Returns job_id, milestone_id, milestone_status, its amount in minor units, currency, the milestone''s version; replayed. Errors: WD402, WD401, 42501 not an active homeowner; 22004 job_id is NULL; 22001; P0002 an unknown job or milestone; 42501 not the caller''s job; WD104; WD103; WD101 no escrow, a state in which nothing is held undisputed, or nothing is submitted.';
