/*
 * Jobs: posted, published, done, reviewed; the tree of services.
 */

-- ----------------------------------------------------------------------
-- The life of a job, from the draft to its completion.
-- ----------------------------------------------------------------------

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
GRANT EXECUTE ON FUNCTION dwello.publish_job
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.publish_job IS
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
GRANT EXECUTE ON FUNCTION dwello.start_job
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.start_job IS
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
GRANT EXECUTE ON FUNCTION dwello.complete_job
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.complete_job IS
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
GRANT EXECUTE ON FUNCTION dwello.report_progress
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.report_progress IS
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
GRANT EXECUTE ON FUNCTION dwello.cancel_job
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.cancel_job IS
'Gives up a job that is a draft, open, or awarded with nothing held in escrow; for its homeowner. Live bids are rejected as job_cancelled, the accepted one too; milestones that wait for money and an escrow that was never paid are cancelled, and so is a payment under way: should it arrive all the same, it is given back. Arguments: job_id; reason, up to 10000 characters, for the two sides; expected_version of the job. Returns the job''s status (cancelled) and version. Errors: WD402, WD401, 42501 the caller is no active homeowner; 22004; 22001; 22023 the reason is the word expired; P0002 no such job, or not the caller''s; WD104; WD103; WD101 the job is in another state, or money is held: refund it first; WD102 the time for bids is over, so that the job expires.';

CREATE OR REPLACE FUNCTION dwello.expire_jobs(max_rows integer DEFAULT 1000) RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_jobs';
GRANT EXECUTE ON FUNCTION dwello.expire_jobs TO dwello_service;
COMMENT ON FUNCTION dwello.expire_jobs IS
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
GRANT EXECUTE ON FUNCTION dwello.job_next_events
  TO dwello_app, dwello_admin, dwello_support, dwello_service;
COMMENT ON FUNCTION dwello.job_next_events IS
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
GRANT EXECUTE ON FUNCTION dwello.set_timers
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_timers IS
'Gives a job timers of its own in place of those it had; for its homeowner while it is a draft, for administrators and the system at any time. Deadlines that start from then on go by them, running ones stay. Everybody who sees the job reads them in jobs.timers. Arguments: job_id; timers, an object of whole numbers by name of setting, in the setting''s unit and range: award_confirm_hours, payment_minutes, auto_release_days, dispute_provider_days, dispute_homeowner_days, mediation_days; a timer that is not named goes by the setting, so {} goes back to all of them; expected_version of the job; idempotency_key. Returns job_id, the timers as kept, the job''s version, replayed. Errors: WD402, WD401, 42501 neither an active homeowner nor an administrator nor the system; 22004 job_id or timers is NULL; 22023 no object, no such timer, null, no whole number or one out of range; P0002 no such job, or one the caller may not see; 42501 another homeowner''s job; WD104; WD103; WD101 the homeowner calls, and the job is no draft.';

-- ----------------------------------------------------------------------
-- The state machine as rows.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.job_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_job_transitions';
GRANT EXECUTE ON FUNCTION dwello.job_transitions
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.job_transitions IS
'Lists every move of the state machine of a job, a row for each rule and actor: state (NULL where the job is made), event (the command that does it, or a bare verb for what happens inside another), actor (homeowner, service_provider, admin, support or system), next_state, guard (what else must hold, in words; NULL for nothing). No arguments, no errors, no identity needed.';

-- ----------------------------------------------------------------------
-- How a job is divided.
-- ----------------------------------------------------------------------

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
GRANT EXECUTE ON FUNCTION dwello.plan_milestones
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.plan_milestones IS
'Plans the parts in which a job is delivered and paid, in place of the plan that is there; for the homeowner of the job. In a draft the amounts are proportions, which the award fits to the contract. Once the award is confirmed they sum to the contract, and what was paid in fills the new plan in order; that is possible until something is delivered, approved, disputed, released or refunded. In between bidders price the plan: edit_job() changes it with all they price. A milestone keeps its id with its place in the plan; what is left over is cancelled. Arguments: job_id; milestones, a list of 1 to 100 objects with title, and optionally description, amount (minor units; all or none, none = equal parts), due_date and is_required (true); expected_version, the version that was read of the escrow, or of the job while it is a draft; idempotency_key. Returns a row for each milestone, in order: milestone_id, title, amount (NULL = not said yet), sort_order, milestone_status, version (of the escrow or the draft), replayed. Errors: WD402, WD401, 42501 not an active homeowner; 22004 an argument is NULL; 22001, 22003, 22023 what the list says; P0002 an unknown job; 42501 not the caller''s job; WD104; WD103; WD101 a job that is open, over or not confirmed yet, or a plan that has begun; 22023 amounts that do not sum to the contract.';

-- ----------------------------------------------------------------------
-- The tree of services.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.add_category(
  name text,
  parent_id uuid DEFAULT NULL,
  description text DEFAULT NULL,
  icon_url text DEFAULT NULL,
  reference_amount bigint DEFAULT NULL,
  sort_order integer DEFAULT 0,
  INOUT category_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_add_category';
GRANT EXECUTE ON FUNCTION dwello.add_category
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.add_category IS
'Adds a category to the tree of services. For the service and administrators. Arguments: name, 1 to 100 characters; parent_id, NULL for the top; description (up to 20 000 characters); icon_url (2000); reference_amount in minor units, above zero, what a job of it is reckoned at when nothing better is known; sort_order among its siblings; category_id, its id, else one is derived from the idempotency key, else a fresh one. Returns category_id, version (1) and replayed. Errors: WD402, WD401, 42501; 22004; 22001; 22023 a blank name, an amount of zero or less; P0002 no such parent; WD104; 23505 the id is taken; 23514 (category_depth) more than ten levels.';

CREATE OR REPLACE FUNCTION dwello.edit_category(
  INOUT category_id uuid,
  name text DEFAULT NULL,
  parent_id uuid DEFAULT NULL,
  description text DEFAULT NULL,
  icon_url text DEFAULT NULL,
  reference_amount bigint DEFAULT NULL,
  is_active boolean DEFAULT NULL,
  sort_order integer DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_edit_category';
GRANT EXECUTE ON FUNCTION dwello.edit_category
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.edit_category IS
'Changes a category; of a built-in one everything but its parent, and the built-in row stays beneath. For the service and administrators. Arguments: category_id; the others as add_category has them, NULL leaving each as it is; an empty description or icon_url takes it away; parent_id, the nil UUID makes it a root; is_active, false for a category that takes no new jobs (those below it are asked for themselves, and jobs posted before go on); expected_version of the category. Returns category_id, version and replayed. Errors: WD402, WD401, 42501; 22004; 22001; 22023 a blank name, an amount of zero or less, another parent for a built-in one; P0002 no such category or parent; WD104; WD103; 23514 a category below itself (category_cycle), more than ten levels (category_depth).';

-- ----------------------------------------------------------------------
-- What the two sides of a finished job say of each other.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.post_review(
  INOUT job_id uuid,
  rating integer,
  title text DEFAULT NULL,
  comment text DEFAULT NULL,
  axes jsonb DEFAULT '{}',
  is_public boolean DEFAULT true,
  idempotency_key text DEFAULT NULL,
  OUT review_id uuid,
  OUT reviewee_id uuid,
  OUT revealed boolean,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_post_review';
GRANT EXECUTE ON FUNCTION dwello.post_review
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.post_review IS
'Reviews the other side of a job that is completed and was paid; for its homeowner and its provider, once each. Neither sees the other''s before both are written or the setting review_reveal_days has passed. Arguments: job_id; rating, 1 to 5 stars; title, up to 200 characters; comment, up to 10000; axes, {"punctuality": 5, ...}, up to 20, each 1 to 5; is_public, false for the other side''s eyes only. Returns job_id, review_id, reviewee_id, revealed (both are shown now), version (1) and replayed. Errors: WD402, WD401, 42501 the caller is suspended or no side of the job; 22004 a needed value is NULL; 22001 a text over its limit; 22023 a rating that is not from 1 to 5, axes of another shape; P0002 no such job, or one the caller may not see; WD104; WD101 the job is not completed, or nothing was paid for it; 23505 the caller has reviewed it already.';

CREATE OR REPLACE FUNCTION dwello.respond_to_review(
  INOUT job_id uuid,
  INOUT review_id uuid,
  response text,
  idempotency_key text DEFAULT NULL,
  OUT response_id uuid,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_respond_to_review';
GRANT EXECUTE ON FUNCTION dwello.respond_to_review TO dwello_app;
COMMENT ON FUNCTION dwello.respond_to_review IS
'Answers a review; for the reviewed side, once. The answer is as public as the review, and its author is notified. Arguments: job_id; review_id; response, 1 to 10000 characters. Returns job_id, review_id, response_id, version (1) and replayed. Errors: WD402, WD401, 42501 the caller is neither homeowner nor provider, or not active; 22004; 22001; 22023 a blank response; P0002 no such job or review, or one the caller may not see; 42501 a review of somebody else; WD104; WD101 it is not revealed yet; 23505 it was answered (review_responses_review_key).';

CREATE OR REPLACE FUNCTION dwello.reviews_of(
  user_id uuid,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 20
)
RETURNS TABLE (
  review_id uuid,
  job_id uuid,
  rating integer,
  title text,
  comment text,
  axes jsonb,
  reviewer_type dwello.user_type,
  response text,
  created_at timestamptz
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_reviews_of';
GRANT EXECUTE ON FUNCTION dwello.reviews_of
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.reviews_of IS
'The reviews of a user that are revealed, newest first: public ones for everybody who is signed in, the others for their two sides, support, administrators and the system. Arguments: user_id, who was reviewed; after_id, review_id of the last row of the page before, NULL for the first page; max_results, 1 to 200 rows. Returns a row a review: review_id, job_id, rating in stars, title, comment, axes, reviewer_type (what its author is), response of the user or NULL, created_at. Errors: WD402, WD401; 22004; 22023 max_results; P0002 no such review of the user that is shown.';
