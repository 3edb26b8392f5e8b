-- job.sql
--   The life of a job, from the draft to its completion.

CREATE OR REPLACE FUNCTION dwello.post_job(
  category_id uuid,
  title text,
  description text,
  longitude double precision,
  latitude double precision,
  street text DEFAULT NULL,
  budget_min bigint DEFAULT NULL,
  budget_max bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  urgency dwello.urgency DEFAULT 'medium',
  is_emergency boolean DEFAULT false,
  preferred_start_date date DEFAULT NULL,
  preferred_end_date date DEFAULT NULL,
  estimated_duration_hours integer DEFAULT NULL,
  materials_provided boolean DEFAULT false,
  materials_description text DEFAULT NULL,
  expected_materials bigint DEFAULT NULL,
  special_requirements text DEFAULT NULL,
  photos text[] DEFAULT '{}',
  requirements jsonb DEFAULT '[]',
  milestones jsonb DEFAULT '[]',
  bid_mode dwello.bid_mode DEFAULT 'sealed',
  scoring_method dwello.scoring_method DEFAULT 'value',
  weights jsonb DEFAULT NULL,
  INOUT job_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.job_status,
  OUT terms_version integer,
  OUT created_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_post_job';
GRANT EXECUTE ON FUNCTION dwello.post_job
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.post_job IS
'Writes down a job as a draft, for the homeowner who calls; one who is not verified yet may do it, too. Arguments: category_id; title, up to 200 characters, and description, up to 20000; longitude and latitude in degrees, the exact place, of which others see no more than 0.01 degree until they have the job; street, sealed, NULL for that of the caller''s address within 100 m if he has one there; budget_min, budget_max and expected_materials (what he expects to pay for materials that a bid leaves out) in minor units of currency, ISO 4217; urgency; is_emergency; preferred_start_date and preferred_end_date; estimated_duration_hours; materials_provided, materials_description, special_requirements; photos, addresses of pictures, as many as the setting max_photos_per_job allows; requirements, [{"requirement_type", "requirement_value", "is_mandatory", "weight"}], for insurance the value is an amount in minor units, for experience a number of years; milestones, [{"title", "description", "amount", "due_date", "is_required"}], amounts are proportions of the later contract, in every element or in none; bid_mode; scoring_method; weights, {"price": 4000, ...} basis points by criterion, NULL for the usual ones; job_id, else one is derived from the idempotency key, else a fresh one. Returns job_id, status (draft), terms_version (1), created_at, version (1) and replayed. Errors: WD402, WD401, 42501 the caller is no homeowner or is suspended; 22004 a needed value is NULL; 22001 a text over its limit; 22003 an amount or a sum of amounts out of range; 22023 a blank text, a place off the globe, an amount that is not positive, budgets or dates in the wrong order, an unknown currency, too many photos, a document of another shape, a category that takes no jobs; 22P02 an unknown requirement_type; 23514 weights that do not sum to 10000 or leave the method no criterion; P0002 no such category; WD104 the key was used for another request; 23505 the id is taken; WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.publish_job(
  INOUT job_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.job_status,
  OUT terms_version integer,
  OUT published_at timestamptz,
  OUT expires_at timestamptz,
  OUT reference_amount bigint,
  OUT reference_source text,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_publish_job';
GRANT EXECUTE ON FUNCTION dwello.publish_job(uuid, integer, text)
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.publish_job(uuid, integer, text) IS
'Opens a draft for bids; for its homeowner. The weights of the scoring method and the reference amount that prices are measured against are frozen: the middle of the budget, else 80 % of budget_max, else the median of winning prices in the category, currency and neighbourhood, else the category''s own. Arguments: job_id; expected_version of the job. Returns the job''s status (open), terms_version, published_at, expires_at (after job_expiry_days), reference_amount in minor units and reference_source (both NULL when there is none and the method needs none), and version. Errors: WD402, WD401, 42501 the caller is no active homeowner; 22004; P0002 no such job, or not the caller''s; WD104; WD103; WD101 not a draft; 22023 the method value, and no reference to measure prices by.';

CREATE OR REPLACE FUNCTION dwello.start_job(
  INOUT job_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.job_status,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_start_job';
GRANT EXECUTE ON FUNCTION dwello.start_job(uuid, integer, text)
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.start_job(uuid, integer, text) IS
'Says that work has begun; for the provider who confirmed the award, once money is held in escrow, or at once where the flag escrow_payments is off for the homeowner. Arguments: job_id; expected_version of the job. Returns the job''s status (in_progress) and version. Errors: WD402, WD401, 42501 the caller is no active provider, or has not the award; 22004; P0002 no such job, or one the caller may not see; WD104; WD103; WD101 the job is not awarded, or nothing is held in escrow.';

CREATE OR REPLACE FUNCTION dwello.complete_job(
  INOUT job_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.job_status,
  OUT completed_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_complete_job';
GRANT EXECUTE ON FUNCTION dwello.complete_job(uuid, integer, text)
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.complete_job(uuid, integer, text) IS
'Says that the work is done and settled; for the homeowner. A job completes by itself with the last release; then this call changes nothing and has replayed true. Milestones that still wait for money are cancelled. Arguments: job_id; expected_version of the job. Returns the job''s status (completed), completed_at and version. Errors: WD402, WD401, 42501 the caller is no active homeowner; 22004; P0002 no such job, or not the caller''s; WD104; WD103; WD101 work has not begun, or money is held or on its way.';

CREATE OR REPLACE FUNCTION dwello.edit_job(
  INOUT job_id uuid,
  category_id uuid DEFAULT NULL,
  title text DEFAULT NULL,
  description text DEFAULT NULL,
  longitude double precision DEFAULT NULL,
  latitude double precision DEFAULT NULL,
  street text DEFAULT NULL,
  budget_min bigint DEFAULT NULL,
  budget_max bigint DEFAULT NULL,
  urgency dwello.urgency DEFAULT NULL,
  is_emergency boolean DEFAULT NULL,
  preferred_start_date date DEFAULT NULL,
  preferred_end_date date DEFAULT NULL,
  estimated_duration_hours integer DEFAULT NULL,
  materials_provided boolean DEFAULT NULL,
  materials_description text DEFAULT NULL,
  expected_materials bigint DEFAULT NULL,
  special_requirements text DEFAULT NULL,
  photos text[] DEFAULT NULL,
  requirements jsonb DEFAULT NULL,
  milestones jsonb DEFAULT NULL,
  bid_mode dwello.bid_mode DEFAULT NULL,
  scoring_method dwello.scoring_method DEFAULT NULL,
  weights jsonb DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.job_status,
  OUT terms_version integer,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_edit_job';
GRANT EXECUTE ON FUNCTION dwello.edit_job
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.edit_job IS
'Changes a draft or an open job; for its homeowner. Arguments: job_id; the fields as dwello.post_job() takes them, NULL leaves a field as it is, and a value that is the present one is no change; lists are replaced whole; longitude and latitude go together, and a street that is not given with another place is that of the caller''s address within 100 m, if any; expected_version of the job. In a draft everything may change. Of an open job budget_min, budget_max, bid_mode, scoring_method and weights are frozen, and so are the reference amount and the weights made at publication; a change of category, rounded place, description, urgency, dates, hours, materials, special or other requirements or milestones raises terms_version by one: pending bids are STALE_TERMS until dwello.confirm_bid(), and a bid for the old terms is WD103. Title, photos, street and the exact place do not raise it. Returns the job''s status, terms_version and version. Errors: WD402, WD401, 42501 the caller is no active homeowner; 22004; 22001, 22003, 22023, 22P02, 23514 as dwello.post_job(); P0002 no such job, or not the caller''s, or no such category; WD104; WD103; WD101 neither draft nor open; WD102 past expires_at; 22023 a frozen field of an open job, one coordinate without the other, budgets or dates in the wrong order with those that stay, a category that takes no jobs; 23514 weights that leave the method no criterion.';

CREATE OR REPLACE FUNCTION dwello.report_progress(
  INOUT job_id uuid,
  INOUT progress integer,
  status_description text DEFAULT NULL,
  photos text[] DEFAULT '{}',
  notes text DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT progress_id uuid,
  OUT created_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_report_progress';
GRANT EXECUTE ON FUNCTION dwello.report_progress(uuid, integer, text, text[], text, text)
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.report_progress(uuid, integer, text, text[], text, text) IS
'Tells how far the work is; for the provider of a job in progress. Arguments: job_id; progress in percent, 0 to 100, which may also fall; status_description, up to 2000 characters; photos, addresses of pictures, as many as the setting max_photos_per_job allows; notes, up to 10000 characters. Returns job_id, progress_id, progress, created_at and the version of the job, which a report does not change. Errors: WD402, WD401, 42501 the caller is no active provider, or has not the award; 22004; 22001; 22023 progress out of range, too many photos, a blank one; P0002 no such job, or one the caller may not see; WD104; WD101 the job is not in progress.';

CREATE OR REPLACE FUNCTION dwello.cancel_job(
  INOUT job_id uuid,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.job_status,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_cancel_job';
GRANT EXECUTE ON FUNCTION dwello.cancel_job(uuid, text, integer, text)
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.cancel_job(uuid, text, integer, text) IS
'Gives up a job that is a draft, open, or awarded with nothing held in escrow; for its homeowner. Live bids are rejected as job_cancelled, the accepted one too; milestones that wait for money and an escrow that was never paid are cancelled, and so is a payment under way: should it arrive all the same, it is given back. Arguments: job_id; reason, up to 10000 characters, for the two sides; expected_version of the job. Returns the job''s status (cancelled) and version. Errors: WD402, WD401, 42501 the caller is no active homeowner; 22004; 22001; 22023 the reason is the word expired; P0002 no such job, or not the caller''s; WD104; WD103; WD101 the job is in another state, or money is held: refund it first; WD102 the time for bids is over, so that the job expires.';

CREATE OR REPLACE FUNCTION dwello.expire_jobs(max_rows integer DEFAULT 1000) RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_jobs';
GRANT EXECUTE ON FUNCTION dwello.expire_jobs(integer) TO dwello_service;
COMMENT ON FUNCTION dwello.expire_jobs(integer) IS
'Marks up to max_rows (1 to 10000) open jobs past their expires_at as cancelled, reason expired, and their live bids as expired, those that waited longest first. Commands count such jobs as expired before. Several workers may call it at once: each takes jobs that no other has. Returns the number expired; call it again until it is 0. For dwello_service. Errors: 22004, 22023 max_rows out of range, 42501 the caller is not the system.';

CREATE OR REPLACE FUNCTION dwello.job_next_events(
  job_id uuid,
  OUT event text,
  OUT at timestamptz,
  OUT actor text,
  OUT stoppable_by text,
  OUT detail text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_job_next_events';
GRANT EXECUTE ON FUNCTION dwello.job_next_events(uuid)
  TO dwello_app, dwello_admin, dwello_support, dwello_service;
COMMENT ON FUNCTION dwello.job_next_events(uuid) IS
'What will happen to a job by itself, and when; for its homeowner, its provider, support, administrators and the system. Argument: job_id. A row each, by time: event, one of expire_jobs (the job expires), lapse (of an award that is not confirmed), fail_payment (a payment that does not arrive), release_due_escrows (a submitted milestone), reveal_review (the caller''s own; staff see all); at, its time, which is past when only a worker has yet to act; actor, system; stoppable_by, who can stop it, in words (NULL: nobody, or nobody any more); detail, a sentence. Errors: WD402, WD401, 22004, P0002 no such job, or one the caller may not see, 42501 the caller is not its provider.';

CREATE OR REPLACE FUNCTION dwello.set_timers(
  INOUT job_id uuid,
  INOUT timers jsonb,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_timers';
GRANT EXECUTE ON FUNCTION dwello.set_timers(uuid, jsonb, integer, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_timers(uuid, jsonb, integer, text) IS
'Gives a job timers of its own in place of those it had; for its homeowner while it is a draft, for administrators and the system at any time. Deadlines that start from then on go by them, running ones stay. Everybody who sees the job reads them in jobs.timers. Arguments: job_id; timers, an object of whole numbers by name of setting, in the setting''s unit and range: award_confirm_hours, payment_minutes, auto_release_days, dispute_provider_days, dispute_homeowner_days, mediation_days; a timer that is not named goes by the setting, so {} goes back to all of them; expected_version of the job; idempotency_key. Returns job_id, the timers as kept, the job''s version, replayed. Errors: WD402, WD401, 42501 neither an active homeowner nor an administrator nor the system; 22004 job_id or timers is NULL; 22023 no object, no such timer, null, no whole number or one out of range; P0002 no such job, or one the caller may not see; 42501 another homeowner''s job; WD104; WD103; WD101 the homeowner calls, and the job is no draft.';
