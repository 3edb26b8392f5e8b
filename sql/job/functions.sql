/*
 * Jobs: posted, published, done, reviewed; the tree of services.
 */

-- ----------------------------------------------------------------------
-- The life of a job, from the draft to its completion.
-- ----------------------------------------------------------------------

/*
 * post_job
 *	Writes down a job as a draft. A homeowner who is not verified yet may
 *	do it, too.
 *
 * role: app, admin
 * args:
 *	category_id: a category that takes jobs
 *	title: up to 200 characters
 *	description: up to 20000 characters
 *	longitude: degrees east of the exact place, of which others see no
 *	  more than 0.01 degree until they have the job
 *	latitude: degrees north, likewise
 *	street: sealed; NULL for that of the caller's address within 100 m, if
 *	  there is one
 *	budget_min: least budget in minor units; NULL if not said
 *	budget_max: greatest budget in minor units; NULL if not said
 *	currency: ISO 4217 code
 *	urgency: low, medium, high or urgent
 *	is_emergency: it cannot wait
 *	preferred_start_date: when the work should begin
 *	preferred_end_date: when it should be done
 *	estimated_duration_hours: how long it takes; agents whose costs have an
 *	  hourly rate bid for no job that does not say it
 *	materials_provided: the homeowner has the materials
 *	materials_description: which materials
 *	expected_materials: in minor units, what the homeowner expects to pay
 *	  for materials that a bid leaves out
 *	special_requirements: anything a bidder must know
 *	photos: addresses of pictures, as many as the setting
 *	  max_photos_per_job allows
 *	requirements: [{"requirement_type", "requirement_value",
 *	  "is_mandatory", "weight"}]; for insurance the value is an amount in
 *	  minor units, for experience a number of years
 *	milestones: [{"title", "description", "amount", "due_date",
 *	  "is_required"}]; amounts are proportions of the later contract, in
 *	  every element or in none
 *	bid_mode: sealed, open or rank_only
 *	scoring_method: value, lowest_price, fixed_budget_quality or meat, see
 *	  bid.md
 *	weights: {"price": 4000, "rating": 2000, "reliability": 1000,
 *	  "timeline": 1000, "warranty": 500, "distance": 500,
 *	  "qualification": 500, "responsiveness": 500}, basis points by
 *	  criterion, 10000 in all; NULL for these, the usual ones
 *	job_id: its id; NULL for one derived from the idempotency key, else a
 *	  fresh one
 *	is_invite_only: only providers that are invited see the job and can
 *	  bid, see invite_provider()
 *	cancellation_policy: [{"hours_before_start", "share_ppm"}], up to ten:
 *	  from so many hours before the start on, that share of the price in
 *	  parts per million is the provider's when the homeowner cancels; []
 *	  for none, NULL for that of the category
 *	idempotency_key
 * returns: a row
 *	job_id
 *	status: draft
 *	terms_version: 1
 *	created_at
 *	version: 1
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no homeowner, or is suspended
 *	22004 22001
 *	22003: an amount or a sum of amounts is out of range
 *	22023: a blank text, a place off the globe, an amount that is not
 *	  positive, budgets or dates in the wrong order, an unknown currency,
 *	  too many photos, a document of another shape, a category that takes no
 *	  jobs
 *	22P02: an unknown requirement_type
 *	23514: weights that do not sum to 10000, or leave the method no
 *	  criterion
 *	P0002: no such category
 *	WD104
 *	23505: the id is taken
 *	WD601
 * example: homeowner
 *	SELECT status, terms_version, version
 *	  FROM dwello.post_job(category_id => 'd0000000-0000-7000-8000-000000000018', title => 'Shelves',
 *	    description => 'Three shelves in the hall.', longitude => -122.4194, latitude => 37.7749,
 *	    budget_min => 10000, budget_max => 20000);
 */
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
  is_invite_only boolean DEFAULT false,
  cancellation_policy jsonb DEFAULT NULL,
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
  'Writes down a job as a draft. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, 22P02, 23514, P0002, WD104, 23505, WD601. See reference.md#post_job.';

/*
 * publish_job
 *	Opens a draft for bids. The weights of the scoring method and the
 *	reference amount that prices are measured against are frozen: the
 *	middle of the budget, else 80 % of budget_max, else the median of
 *	winning prices in the category, currency and neighbourhood, else the
 *	category's own.
 *
 * role: app, admin
 * args:
 *	job_id
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	status: open
 *	terms_version: version of what bidders price
 *	published_at: when it was published
 *	expires_at: until when it takes bids, by the setting job_expiry_days
 *	reference_amount: in minor units; NULL when there is none and the
 *	  method needs none
 *	reference_source: where it comes from; NULL likewise
 *	version: version of the job
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner
 *	22004
 *	P0002: no such job, or not the caller's
 *	WD104 WD103
 *	WD101: the job is no draft
 *	22023: the method is value, and there is no reference to measure
 *	  prices by
 * example: homeowner, a draft
 *	SELECT status, expires_at, reference_amount, reference_source
 *	  FROM dwello.publish_job(job_id => 'de000000-0000-7000-8000-000000000099');
 */
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
  'Opens a draft for bids. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, 22023. See reference.md#publish_job.';

/*
 * start_job
 *	Says that work has begun. For the provider who confirmed the award,
 *	once as much is paid as the setting start_requires asks for: the first
 *	milestone that is not over, in full (first_milestone), the contract
 *	(contract) or something (any); or at once where the work is not paid
 *	through escrow (jobs.is_escrowed).
 *
 * role: app, admin
 * args:
 *	job_id
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	status: in_progress
 *	version: version of the job
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active provider, or has not the award
 *	22004
 *	P0002: no such job, or one the caller may not see
 *	WD104 WD103
 *	WD101: the job is not awarded, or too little is paid
 *	WD102: nothing was paid by fund_by, so the contract has lapsed
 * example: provider_1, painting paid
 *	SELECT status FROM dwello.start_job(job_id => 'de000000-0000-7000-8000-000000000011');
 */
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
  'Says that work has begun. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD102. See reference.md#start_job.';

/*
 * job_site
 *	Opens where a job is, and writes down who looked. Street and exact
 *	point are for the homeowner at any time; for the provider who confirmed
 *	the award from when something is paid, or at once where the work is not
 *	paid through escrow, until contact_days after the job is completed, and
 *	not once it is cancelled; and for administrators, support and the
 *	system. Everybody but the homeowner asks before, with request_contact()
 *	of the homeowner, in another transaction that has committed.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 * returns: a row
 *	job_id
 *	street: the street; NULL where none is known
 *	longitude: degrees east, exact
 *	latitude: degrees north, exact
 * errors:
 *	WD402 WD401
 *	42501: the caller is suspended, or the job is another's
 *	22004
 *	P0002: no such job, or one the caller may not see
 *	WD101: the award is not confirmed, nothing is paid yet, the job is
 *	  cancelled, or the caller has not asked for the homeowner's contact in
 *	  the last contact_minutes
 *	WD102: contact_days are over since it was completed
 *	WD601 WD602
 * example: homeowner
 *	SELECT street, longitude, latitude
 *	  FROM dwello.job_site(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.job_site(
  INOUT job_id uuid,
  OUT street text,
  OUT longitude float8,
  OUT latitude float8
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_job_site';
GRANT EXECUTE ON FUNCTION dwello.job_site
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.job_site IS
  'Opens where a job is, and writes down who looked. Errors: WD402, WD401, 42501, 22004, P0002, WD101, WD102, WD601, WD602. See reference.md#job_site.';

/*
 * complete_job
 *	Says that the work is done and settled. A job completes by itself with
 *	the last release, or once what was not released went back; then this
 *	call changes nothing and has replayed true. Milestones that still wait
 *	for money are cancelled, and what is authorised is voided. What a bank
 *	has taken for good does not stand in the way, an open chargeback does.
 *
 * role: app, admin
 * args:
 *	job_id
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	status: completed
 *	completed_at: when it was completed
 *	version: version of the job
 *	replayed: true when nothing was done: the job had completed by itself,
 *	  or the call was made before under its key
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner
 *	22004
 *	P0002: no such job, or not the caller's
 *	WD104 WD103
 *	WD101: work has not begun, money is held, frozen or on its way, or
 *	  nothing was released for a job that is paid through escrow
 * example: homeowner, painting released
 *	SELECT status, replayed FROM dwello.complete_job(job_id => 'de000000-0000-7000-8000-000000000011');
 */
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
  'Says that the work is done and settled. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101. See reference.md#complete_job.';

/*
 * edit_job
 *	Changes a draft or an open job. Fields that are NULL stay as they are,
 *	and a value that is the present one is no change; lists are replaced
 *	whole. Where nothing changes, nothing is written and the version stays;
 *	a street that is given is always written, for what is sealed is not
 *	compared.
 *
 *	In a draft everything may change. Of an open job budget_min,
 *	budget_max, bid_mode, scoring_method and weights are frozen, and so
 *	are the reference amount and the weights made at publication. A change
 *	of category, rounded place, description, urgency, dates, hours,
 *	materials, special or other requirements, milestones or cancellation
 *	policy raises terms_version by one: pending bids are STALE_TERMS until
 *	dwello.confirm_bid(), and a bid for the old terms is WD103. Title,
 *	photos, street and the exact place do not raise it.
 *
 * role: app, admin
 * args:
 *	job_id
 *	category_id: as in post_job(), like all that follow
 *	title: up to 200 characters
 *	description: up to 20000 characters
 *	longitude: degrees east; only together with latitude
 *	latitude: degrees north; only together with longitude
 *	street: sealed; not given with another place, that of the caller's
 *	  address within 100 m, if any
 *	budget_min: in minor units
 *	budget_max: in minor units
 *	urgency: low, medium, high or urgent
 *	is_emergency: it cannot wait
 *	preferred_start_date: when the work should begin
 *	preferred_end_date: when it should be done
 *	estimated_duration_hours: how long it takes
 *	materials_provided: the homeowner has the materials
 *	materials_description: which materials
 *	expected_materials: in minor units
 *	special_requirements: anything a bidder must know
 *	photos: addresses of pictures
 *	requirements: as in post_job()
 *	milestones: as in post_job()
 *	bid_mode: sealed, open or rank_only
 *	scoring_method: value, lowest_price, fixed_budget_quality or meat
 *	weights: basis points by criterion
 *	is_invite_only: of a draft: only providers that are invited see the job
 *	cancellation_policy: as in post_job(); JSON null for that of the
 *	  category again
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	status: draft or open
 *	terms_version: version of what bidders price
 *	version: version of the job
 *	replayed: true when nothing changed, or the call was made before under
 *	  its key
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner
 *	22004 22001 22003
 *	22023: as post_job(); a frozen field of an open job, one coordinate
 *	  without the other, budgets or dates in the wrong order with those that
 *	  stay, a category that takes no jobs
 *	22P02: an unknown requirement_type
 *	23514: weights that do not sum to 10000, or leave the method no
 *	  criterion
 *	P0002: no such job, or not the caller's, or no such category
 *	WD104 WD103
 *	WD101: the job is neither draft nor open
 *	WD102: the job is past expires_at
 * example: homeowner
 *	SELECT status, terms_version
 *	  FROM dwello.edit_job(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    description => 'Twelve doors, eight drawers.');
 */
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
  is_invite_only boolean DEFAULT NULL,
  cancellation_policy jsonb DEFAULT NULL,
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
  'Changes a draft or an open job. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, 22P02, 23514, P0002, WD104, WD103, WD101, WD102. See reference.md#edit_job.';

/*
 * report_progress
 *	Tells how far the work is.
 *
 * role: app, admin
 * args:
 *	job_id
 *	progress: percent, 0 to 100, which may also fall
 *	status_description: up to 2000 characters
 *	photos: addresses of pictures, as many as the setting
 *	  max_photos_per_job allows
 *	notes: up to 10000 characters
 *	idempotency_key
 * returns: a row
 *	job_id
 *	progress
 *	progress_id: the report
 *	created_at
 *	version: version of the job, which a report does not change
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active provider, or has not the award
 *	22004 22001
 *	22023: progress out of range, too many photos, a blank one
 *	P0002: no such job, or one the caller may not see
 *	WD104
 *	WD101: the job is not in progress
 * example: provider_1, painting started
 *	SELECT progress, created_at
 *	  FROM dwello.report_progress(job_id => 'de000000-0000-7000-8000-000000000011', progress => 40,
 *	    status_description => 'Doors are primed.');
 */
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
  'Tells how far the work is. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD101. See reference.md#report_progress.';

/*
 * cancel_job
 *	Gives up a job that is a draft, open, or awarded. What is held for an
 *	awarded one is divided: the share that the contract's cancellation
 *	policy gives the provider now (quote_cancellation()), less the fee, is
 *	theirs, and the rest goes back. One whose work has begun is given up
 *	only when nothing is held and nothing was released. A contract ends by
 *	the homeowner (jobs.responsible). Live bids are rejected as
 *	job_cancelled, the accepted one too; milestones that wait for money and
 *	an escrow that was never paid are cancelled, and so is a payment under
 *	way: should it arrive all the same, it is given back.
 *
 * role: app, admin
 * args:
 *	job_id
 *	reason: up to 10000 characters, for the two sides
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	status: cancelled
 *	transaction_id: the transaction that divided what was held; NULL when
 *	  nothing was, as all amounts
 *	share_ppm: the share of the price that held, in parts per million
 *	amount: what left the escrow for the provider, in minor units
 *	fee: the platform's fee in it
 *	tax: tax on the fee
 *	payout: what the provider gets
 *	refund: what goes back to the homeowner
 *	currency: ISO 4217 code
 *	version: version of the job
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner
 *	22004 22001
 *	22023: the reason is the word expired
 *	P0002: no such job, or not the caller's
 *	WD104 WD103
 *	WD101: the job is in another state, a dispute or chargeback holds what
 *	  is held, or the work has begun and money is held or was released
 *	WD102: the time for bids is over, so that the job expires
 * example: homeowner
 *	SELECT status FROM dwello.cancel_job(job_id => 'de000000-0000-7000-8000-000000000013', reason => 'We are moving.');
 */
CREATE OR REPLACE FUNCTION dwello.cancel_job(
  INOUT job_id uuid,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.job_status,
  OUT transaction_id uuid,
  OUT share_ppm integer,
  OUT amount bigint,
  OUT fee bigint,
  OUT tax bigint,
  OUT payout bigint,
  OUT refund bigint,
  OUT currency text,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_cancel_job';
GRANT EXECUTE ON FUNCTION dwello.cancel_job
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.cancel_job IS
  'Gives up a job that is a draft, open, or awarded. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD103, WD101, WD102. See reference.md#cancel_job.';

/*
 * abandon_job
 *	Breaks a contract off, for its provider. What is held goes back to the
 *	homeowner, a payment under way is given up, and the job ends cancelled
 *	with responsible = provider; it counts as awarded and
 *	not as completed, and both sides may review it. What was released
 *	stays. A contract that nothing was paid for is withdrawn from with
 *	withdraw_bid(), which counts against nobody.
 *
 * role: app, admin
 * args:
 *	job_id
 *	reason: up to 10000 characters, for the two sides
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	status: cancelled
 *	responsible: provider
 *	refund: what goes back, in minor units
 *	currency
 *	transaction_id: of the refund; NULL when nothing was held
 *	version: version of the job
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active provider, or has not the award
 *	22004 22001
 *	P0002: no such job, or one the caller may not see
 *	WD104 WD103
 *	WD101: the job is neither awarded nor in progress, nothing was paid, or
 *	  a dispute or chargeback is open
 * example: provider_1, painting started
 *	SELECT status, responsible, refund FROM dwello.abandon_job(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    reason => 'I have broken my arm.');
 */
CREATE OR REPLACE FUNCTION dwello.abandon_job(
  INOUT job_id uuid,
  reason text,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.job_status,
  OUT responsible dwello.job_side,
  OUT refund bigint,
  OUT currency text,
  OUT transaction_id uuid,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_abandon_job';
GRANT EXECUTE ON FUNCTION dwello.abandon_job
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.abandon_job IS
  'Breaks a contract off, for its provider. Errors: WD402, WD401, 42501, 22004, 22001, P0002, WD104, WD103, WD101. See reference.md#abandon_job.';

/*
 * expire_jobs
 *	Marks open jobs past their expires_at as cancelled, reason expired,
 *	and their live bids as expired, those that waited longest first.
 *	Commands count such jobs as expired before. Several workers may call
 *	it at once: each takes jobs that no other has.
 *
 * role: service
 * args:
 *	max_rows: 1 to 10000 jobs at most
 * returns: the number expired; call it again until it is 0
 * errors:
 *	22004
 *	22023: max_rows is out of range
 *	42501: the caller is not the system
 * example: system, a month later
 *	SELECT dwello.expire_jobs(max_rows => 100);
 */
CREATE OR REPLACE FUNCTION dwello.expire_jobs(max_rows integer DEFAULT 1000) RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_jobs';
GRANT EXECUTE ON FUNCTION dwello.expire_jobs TO dwello_service;
COMMENT ON FUNCTION dwello.expire_jobs IS
  'Marks open jobs past their expires_at as cancelled, reason expired, and their live bids as expired, those that waited longest first. Errors: 22004, 22023, 42501. See reference.md#expire_jobs.';

/*
 * job_next_events
 *	What will happen to a job by itself, and when.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 * returns: rows, by time
 *	event: expire_jobs (the job expires), lapse (of an award that is not
 *	  confirmed), expire_contracts (a contract that nothing is paid for),
 *	  fail_payment (a payment that does not arrive),
 *	  expire_refund_requests (a refund that is asked for),
 *	  expire_no_shows (a report that the provider did not come),
 *	  release_due_escrows (a submitted milestone) or reveal_review (the
 *	  caller's own; staff see all)
 *	at: its time, which is past when only a worker has yet to act
 *	actor: system
 *	stoppable_by: who can stop it, in words; NULL for nobody, or nobody
 *	  any more
 *	detail: a sentence
 * errors:
 *	WD402 WD401 22004
 *	P0002: no such job, or one the caller may not see
 *	42501: the caller is not its provider
 * example: homeowner, painting accepted
 *	SELECT event, at, stoppable_by
 *	  FROM dwello.job_next_events(job_id => 'de000000-0000-7000-8000-000000000011');
 */
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
  'What will happen to a job by itself, and when. Errors: WD402, WD401, 22004, P0002, 42501. See reference.md#job_next_events.';

/*
 * set_timers
 *	Gives a job timers of its own in place of those it had. For its
 *	homeowner while it is a draft, for administrators and the system at
 *	any time. Deadlines that start from then on go by them, running ones
 *	stay; everybody who sees the job reads them in jobs.timers.
 *
 * role: app, service, admin
 * args:
 *	job_id
 *	timers: an object of whole numbers by name of setting, in its unit and
 *	  range: award_confirm_hours, fund_days, payment_minutes_card,
 *	  payment_minutes_wallet, payment_days_bank, auto_release_days,
 *	  refund_answer_days, no_show_answer_days, dispute_provider_days, dispute_homeowner_days,
 *	  mediation_days; what is not named goes by the setting, so {} goes back to all of them
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	timers: as they are kept
 *	version: version of the job
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither an active homeowner nor an administrator
 *	  nor the system, or it is another homeowner's job
 *	22004
 *	22023: no object, no such timer, null, no whole number or one out of
 *	  range
 *	P0002: no such job, or one the caller may not see
 *	WD104 WD103
 *	WD101: the homeowner calls, and the job is no draft
 * example: admin
 *	SELECT timers
 *	  FROM dwello.set_timers(job_id => 'de000000-0000-7000-8000-000000000011', timers => '{"award_confirm_hours": 72}');
 */
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
  'Gives a job timers of its own in place of those it had. Errors: WD402, WD401, 42501, 22004, 22023, P0002, WD104, WD103, WD101. See reference.md#set_timers.';

-- ----------------------------------------------------------------------
-- The state machine as rows.
-- ----------------------------------------------------------------------

/*
 * job_transitions
 *	Lists every move of the state machine of a job, a row for each rule
 *	and actor. Needs no identity.
 *
 * role: app, service, support, analyst, admin
 * args: none
 * returns: rows, one a rule and actor
 *	state: the state before; NULL where the job is made
 *	event: the command that does it, or a bare verb for what happens
 *	  inside another
 *	actor: homeowner, service_provider, admin, support or system
 *	next_state: the state after
 *	guard: what else must hold, in words; NULL for nothing
 * example: homeowner
 *	SELECT t.* FROM dwello.job_transitions() AS t WHERE t.state = 'draft';
 */
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
  'Lists every move of the state machine of a job, a row for each rule and actor. See reference.md#job_transitions.';

-- ----------------------------------------------------------------------
-- How a job is divided.
-- ----------------------------------------------------------------------

/*
 * plan_milestones
 *	Plans the parts in which a job is delivered and paid, in place of the
 *	plan that is there. In a draft the amounts are proportions, which the
 *	award fits to the contract. Once the award is confirmed they sum to
 *	the contract; that is possible until something is paid, and from then
 *	on both sides change the plan together, see propose_plan(). In between
 *	bidders price the plan: edit_job() changes it with all they price.
 *
 *	A milestone keeps its id with its place in the plan; what is left over
 *	is cancelled.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	milestones: 1 to 100 objects with title, and optionally description,
 *	  amount (minor units; all or none, none for equal parts), due_date and
 *	  is_required (true)
 *	expected_version: version that was read of the escrow, or of the job
 *	  while it is a draft
 *	idempotency_key
 * returns: rows, one a milestone, in order
 *	milestone_id
 *	title: its title
 *	amount: in minor units; NULL if not said yet
 *	sort_order: its place
 *	milestone_status: its state
 *	version: version of the escrow or the draft
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner, or it is not the caller's
 *	  job
 *	22004 22001 22003
 *	22023: what the list says, or amounts that do not sum to the contract
 *	P0002: an unknown job
 *	WD104 WD103
 *	WD101: a job that is open, over or not confirmed yet, or something of
 *	  the contract is paid
 *	WD102: nothing was paid by fund_by, so the contract has lapsed
 * example: homeowner, painting confirmed
 *	SELECT title, amount, milestone_status
 *	  FROM dwello.plan_milestones(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    milestones => '[{"title": "Doors", "amount": 60000}, {"title": "Drawers", "amount": 35000}]');
 */
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
  'Plans the parts in which a job is delivered and paid, in place of the plan that is there. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD101, WD102. See reference.md#plan_milestones.';

-- ----------------------------------------------------------------------
-- The tree of services.
-- ----------------------------------------------------------------------

/*
 * add_category
 *	Adds a category to the tree of services.
 *
 * role: app, service, admin
 * args:
 *	name: 1 to 100 characters
 *	parent_id: the category above; NULL for the top
 *	description: up to 20000 characters
 *	icon_url: up to 2000 characters
 *	reference_amount: in minor units, above zero: what a job of it is
 *	  reckoned at when nothing better is known
 *	currency: of reference_amount, given with it; jobs in others are not
 *	  reckoned by it
 *	sort_order: place among its siblings
 *	category_id: its id; NULL for one derived from the idempotency key,
 *	  else a fresh one
 *	cancellation_policy: as in post_job(), of jobs that have none of their
 *	  own; NULL for that of the category above
 *	idempotency_key
 * returns: a row
 *	category_id
 *	version: 1
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001 22003
 *	22023: a blank name, an amount of zero or less or without a currency, a
 *	  cancellation policy that makes no sense
 *	P0002: no such parent
 *	WD104
 *	23505: the id is taken
 *	23514: more than ten levels (category_depth)
 * example: admin
 *	SELECT version
 *	  FROM dwello.add_category(name => 'Wallpaper', parent_id => 'd0000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.add_category(
  name text,
  parent_id uuid DEFAULT NULL,
  description text DEFAULT NULL,
  icon_url text DEFAULT NULL,
  reference_amount bigint DEFAULT NULL,
  currency text DEFAULT NULL,
  sort_order integer DEFAULT 0,
  INOUT category_id uuid DEFAULT NULL,
  cancellation_policy jsonb DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_add_category';
GRANT EXECUTE ON FUNCTION dwello.add_category
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.add_category IS
  'Adds a category to the tree of services. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, 23505, 23514. See reference.md#add_category.';

/*
 * edit_category
 *	Changes a category. What is NULL stays as it is. Of a built-in one
 *	everything may change but its parent, and the built-in row stays
 *	beneath.
 *
 * role: app, service, admin
 * args:
 *	category_id: the category
 *	name: 1 to 100 characters
 *	parent_id: the category above; the nil UUID makes it a root
 *	description: up to 20000 characters; empty takes it away
 *	icon_url: up to 2000 characters; empty takes it away
 *	reference_amount: in minor units, above zero
 *	currency: of reference_amount, given with it; those of others stay
 *	is_active: false for a category that takes no new jobs; those below it
 *	  are asked for themselves, and jobs posted before go on
 *	sort_order: place among its siblings
 *	cancellation_policy: as in post_job(), of jobs that have none of their
 *	  own; JSON null for that of the category above
 *	expected_version: version of the category
 *	idempotency_key
 * returns: a row
 *	category_id
 *	version: version of the category
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001 22003
 *	22023: a blank name, an amount of zero or less or without a currency,
 *	  another parent for a built-in one, a cancellation policy that makes no
 *	  sense
 *	P0002: no such category or parent
 *	WD104 WD103
 *	23514: a category below itself (category_cycle), more than ten levels
 *	  (category_depth)
 * example: admin
 *	SELECT version
 *	  FROM dwello.edit_category(category_id => 'd0000000-0000-7000-8000-000000000017', reference_amount => 250000,
 *	    currency => 'USD');
 */
CREATE OR REPLACE FUNCTION dwello.edit_category(
  INOUT category_id uuid,
  name text DEFAULT NULL,
  parent_id uuid DEFAULT NULL,
  description text DEFAULT NULL,
  icon_url text DEFAULT NULL,
  reference_amount bigint DEFAULT NULL,
  currency text DEFAULT NULL,
  is_active boolean DEFAULT NULL,
  sort_order integer DEFAULT NULL,
  cancellation_policy jsonb DEFAULT NULL,
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
  'Changes a category. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, 23514. See reference.md#edit_category.';
