/*
 * Bidding agents: their settings.
 */

/*
 * configure_agent
 *	Sets how a provider's agent bids, and makes the agent at the first
 *	call. What is NULL stays as it is; defaults in parentheses.
 *
 *	For the provider, administrators and the system.
 *
 * role: app, service, admin
 * args:
 *	agent_id: the provider's user id; NULL for the caller
 *	is_active: whether the agent works; true also ends a pause (false)
 *	mode: shadow decides and reports nothing, propose asks the provider, auto
 *	  bids (propose)
 *	strategy: aggressive, balanced or premium (balanced)
 *	max_bid_radius_miles: farthest job from the provider's primary
 *	  address, 5 to 50 miles (15)
 *	max_bids_per_day: 1 to 20 bids on a day of the provider's calendar (8)
 *	min_project_value: least budget it looks at, in minor units (20000)
 *	max_project_value: greatest budget it looks at, in minor units
 *	  (200000)
 *	preferred_categories: up to 100, with all below them; empty for the
 *	  provider's own: chosen with update_profile(), or named by specialties
 *	working_hours: {"mon": ["08:00", "12:00", "13:00", "18:00"]}: up to
 *	  eight rising times of a day in pairs, 24:00 the last, by the
 *	  provider's clock; a day that is missing is free, the document null
 *	  means any hour
 *	min_margin_ppm: least margin on cost in millionths, 0 to 10000000
 *	  (150000)
 *	approval_threshold: amount in minor units above which an auto agent
 *	  asks; 0 for never
 *	costs: {"hourly_rate", "overhead", "travel_per_mile", "waste_ppm"},
 *	  whole numbers, the first three in minor units; null for none
 *	tier: basic, premium or enterprise, by administrators and the system
 *	  only (basic)
 *	currency: of all the amounts; the agent looks at jobs in it alone
 *	  (USD)
 *	goal: max_profit, fill_hours, target_win_rate or min_margin
 *	  (max_profit)
 *	goal_target: hours a week, 1 to 168, or the win rate or the margin on
 *	  cost in millionths, as the goal has it; max_profit has none, and
 *	  another goal takes it away
 *	max_exposure: most that the agent's live bids and unconfirmed awards may
 *	  add up to, in minor units; 0 for no limit
 *	max_open_jobs: awarded jobs and jobs under way beside which it still
 *	  bids, 1 to 1000 (5)
 *	min_win_probability_ppm: least chance to win in millionths (0)
 *	uses_model: an outside model answers first (claim_agent_work()); the
 *	  agent itself after the setting agent_model_minutes (false)
 *	expected_version: version of the agent, 0 before the first call
 *	idempotency_key
 * returns: a row
 *	agent_id
 *	is_active
 *	mode
 *	strategy
 *	paused_until: until when it cools down; NULL when it does not
 *	version: version of the agent
 *	replayed: true when nothing was given, or the call was made before
 *	  under its key
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, another's agent, or a provider who sets the tier
 *	22004 22001 22003
 *	22023: an argument outside its limits, least above greatest, or a user
 *	  who is no provider
 *	22P02: no such tier
 *	P0002: no such category or user
 *	WD104 WD103
 *	WD301: a provider asks for more bids a day than the tier has in a
 *	  month, or somebody for more than the provider's mandate allows; or
 *	  somebody else sets costs or currency, over which a margin is signed
 * example: provider_1
 *	SELECT is_active, mode, strategy, version
 *	  FROM dwello.configure_agent(mode => 'auto', max_bids_per_day => 5);
 */
CREATE OR REPLACE FUNCTION dwello.configure_agent(
  INOUT agent_id uuid DEFAULT NULL,
  INOUT is_active boolean DEFAULT NULL,
  INOUT mode dwello.agent_mode DEFAULT NULL,
  INOUT strategy dwello.agent_strategy DEFAULT NULL,
  max_bid_radius_miles integer DEFAULT NULL,
  max_bids_per_day integer DEFAULT NULL,
  min_project_value bigint DEFAULT NULL,
  max_project_value bigint DEFAULT NULL,
  preferred_categories uuid[] DEFAULT NULL,
  working_hours jsonb DEFAULT NULL,
  min_margin_ppm integer DEFAULT NULL,
  approval_threshold bigint DEFAULT NULL,
  costs jsonb DEFAULT NULL,
  tier text DEFAULT NULL,
  currency text DEFAULT NULL,
  goal dwello.agent_goal DEFAULT NULL,
  goal_target bigint DEFAULT NULL,
  max_exposure bigint DEFAULT NULL,
  max_open_jobs integer DEFAULT NULL,
  min_win_probability_ppm integer DEFAULT NULL,
  uses_model boolean DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT paused_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_configure_agent';
GRANT EXECUTE ON FUNCTION dwello.configure_agent
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.configure_agent IS
  'Sets how a provider''s agent bids, and makes the agent at the first call. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, 22P02, P0002, WD104, WD103, WD301. See reference.md#configure_agent.';

/*
 * pause_agent
 *	Switches a provider's agent off until configure_agent() switches it on
 *	again, or until a time. Its settings and its bids stay.
 *
 *	For the provider, administrators and the system.
 *
 * role: app, service, admin
 * args:
 *	agent_id: the provider's user id; NULL for the caller
 *	paused_until: until when it shall cool down; NULL switches it off
 *	expected_version: version of the agent
 *	idempotency_key
 * returns: a row
 *	agent_id
 *	paused_until: until when it cools down; NULL when it does not
 *	is_active: false when it was switched off; a time leaves it as it is
 *	mode: how much the agent may do by itself
 *	strategy: how it prices
 *	version: version of the agent
 *	replayed: true when it was so already, or the call was made before
 *	  under its key
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's agent
 *	22004
 *	22023: the user is no provider, or the time is over
 *	P0002: no such user, or one without an agent
 *	WD104 WD103
 * example: provider_1
 *	SELECT is_active, version FROM dwello.pause_agent();
 */
CREATE OR REPLACE FUNCTION dwello.pause_agent(
  INOUT agent_id uuid DEFAULT NULL,
  INOUT paused_until timestamptz DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT is_active boolean,
  OUT mode dwello.agent_mode,
  OUT strategy dwello.agent_strategy,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_pause_agent';
GRANT EXECUTE ON FUNCTION dwello.pause_agent
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.pause_agent IS
  'Switches a provider''s agent off until configure_agent() switches it on again, or until a time. Errors: WD402, WD401, 42501, 22004, 22023, P0002, WD104, WD103. See reference.md#pause_agent.';

/*
 * sign_mandate
 *	Signs the limits inside which the provider's agent stays, whatever it is
 *	set to, and puts them in the place of those signed before. The signed
 *	row never changes; its digest is SHA-256 over mandate_text(). A limit
 *	that is NULL is none, also when one was signed before: each call says
 *	all of them anew, and one at least.
 *
 *	For the provider alone, by their own token, through a role that is no
 *	member of dwello_service; a superuser is one when it was made so.
 *
 * role: app
 * args:
 *	agent_id: the provider's user id; NULL for the caller
 *	max_amount: most that one bid may ask, in minor units
 *	max_exposure: most that live bids and unconfirmed awards may add up to,
 *	  in minor units
 *	max_bids_per_day: 1 to 20
 *	max_bid_radius_miles: 5 to 50
 *	max_open_jobs: 1 to 1000
 *	min_margin_ppm: least margin on cost in millionths, 1 to 10000000
 *	max_bids_per_month: 1 to 1000000, of the provider's calendar month
 *	approval_threshold: amount in minor units above which the provider is
 *	  asked
 *	categories: 1 to 100, with all below them; NULL for any
 *	valid_until: from then on the agent does nothing
 *	expected_version: version of the agent, 0 before the first call
 *	idempotency_key
 * returns: a row
 *	agent_id
 *	mandate_id: of what was signed
 *	digest: SHA-256 of what was signed
 *	limits: the limits as they were signed, with the currency of their amounts
 *	signed_at: when they were signed
 *	version: version of the agent
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: no provider, another's agent, or a role that is a member of
 *	  dwello_service
 *	22004 22003
 *	22023: a limit that is zero or outside those of configure_agent(),
 *	  categories that name none, or a
 *	  time that is over
 *	P0002: no such category
 *	WD104 WD103
 * example: provider_1
 *	SELECT limits, octet_length(digest) AS bytes
 *	  FROM dwello.sign_mandate(max_amount => 250000, max_bids_per_day => 4);
 */
CREATE OR REPLACE FUNCTION dwello.sign_mandate(
  INOUT agent_id uuid DEFAULT NULL,
  max_amount bigint DEFAULT NULL,
  max_exposure bigint DEFAULT NULL,
  max_bids_per_day integer DEFAULT NULL,
  max_bid_radius_miles integer DEFAULT NULL,
  max_open_jobs integer DEFAULT NULL,
  min_margin_ppm integer DEFAULT NULL,
  max_bids_per_month integer DEFAULT NULL,
  approval_threshold bigint DEFAULT NULL,
  categories uuid[] DEFAULT NULL,
  valid_until timestamptz DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT mandate_id uuid,
  OUT digest bytea,
  OUT limits jsonb,
  OUT signed_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_sign_mandate';
GRANT EXECUTE ON FUNCTION dwello.sign_mandate TO dwello_app;
COMMENT ON FUNCTION dwello.sign_mandate IS
  'Signs the limits inside which the provider''s agent stays, whatever it is set to, and puts them in the place of those signed before. Errors: WD402, WD401, 42501, 22004, 22003, 22023, P0002, WD104, WD103. See reference.md#sign_mandate.';

/*
 * mandate_text
 *	What was signed: the columns of a row of mandates as canonical JSON (RFC
 *	8785), whose SHA-256 is the row's digest.
 *
 * role: app, service, support, admin
 * args:
 *	user_id: the provider
 *	id: of the mandate
 *	limits: the limits
 *	token_id: of the token that signed; NULL when it had none
 *	signed_at: when they signed
 * returns: the text; NULL when an argument but token_id is
 * example: provider_1
 *	SELECT dwello.mandate_text(user_id => 'd0000000-0000-7000-8000-000000000011',
 *	  id => 'd0000000-0000-7000-8000-000000000012', limits => '{"max_amount": 250000, "currency": "USD"}',
 *	  token_id => 'a1', signed_at => '2026-01-01 00:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.mandate_text(
  user_id uuid,
  id uuid,
  limits jsonb,
  token_id text,
  signed_at timestamptz
)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_mandate_text';
GRANT EXECUTE ON FUNCTION dwello.mandate_text
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.mandate_text IS
  'What was signed: the columns of a row of mandates as canonical JSON (RFC 8785), whose SHA-256 is the row''s digest. See reference.md#mandate_text.';

/*
 * switch_agents
 *	Stops agents, or lets them work again: all, those on jobs of a category
 *	and of those below it, one agent, or whatever bids for a provider. It
 *	holds from the commit on for decisions, approvals and proposals; what
 *	it stops is looked at again later.
 *
 *	For administrators and the system, and for a provider their own agent.
 *	What staff has switched off a provider does not switch on.
 *
 * role: app, service, admin
 * args:
 *	scope: platform, category, agent or provider
 *	id: the category, or the provider; NULL for the platform, and for the
 *	  caller's own agent
 *	is_on: false stops them; must be given
 *	reason: up to 2000 characters, which the provider may read
 *	idempotency_key
 * returns: a row
 *	scope
 *	id: the category, or the provider; the nil UUID for the platform
 *	is_on
 *	reason: of the switch as it is now
 *	replayed: true when it was so already, or the call was made before
 *	  under its key
 * errors:
 *	WD402 WD401
 *	42501: a homeowner; a provider who switches anything but their own
 *	  agent, or switches on what staff has switched off
 *	22004 22001
 *	22023: a blank scope, an id for the platform, or a user who is no
 *	  provider
 *	22P02: no such scope
 *	P0002: no such category or user
 *	WD104
 * example: provider_1
 *	SELECT scope, is_on, reason
 *	  FROM dwello.switch_agents(scope => 'agent', is_on => false, reason => 'On holiday.');
 */
CREATE OR REPLACE FUNCTION dwello.switch_agents(
  INOUT scope text,
  INOUT id uuid DEFAULT NULL,
  INOUT is_on boolean DEFAULT NULL,
  INOUT reason text DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_switch_agents';
GRANT EXECUTE ON FUNCTION dwello.switch_agents
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.switch_agents IS
  'Stops agents, or lets them work again: all, those on jobs of a category and of those below it, one agent, or whatever bids for a provider. Errors: WD402, WD401, 42501, 22004, 22001, 22023, 22P02, P0002, WD104. See reference.md#switch_agents.';
-- ----------------------------------------------------------------------
-- The work of agents
-- ----------------------------------------------------------------------

/*
 * run_agents
 *	Has agents decide about jobs: new ones, new terms, and what was put
 *	off until now. One call is one transaction; call it again and again,
 *	by any number of workers side by side. Jobs that somebody works on are
 *	passed over. A row over which a server process died is decided in a
 *	call of its own, and given up after three.
 *
 * role: service
 * args:
 *	max_jobs: jobs to look at, at most, 1 to 1000
 *	run_for: how long it may go on, more than nothing and at most an hour;
 *	  what is left over is for the next call
 * returns: a row
 *	jobs: jobs that were looked at
 *	decisions: decisions of agents, those that follow among them
 *	bids: bids that were submitted
 *	proposals: decisions that a provider is asked to approve
 *	declines: decisions not to bid
 *	deferred: decisions that were put off
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004
 *	22023: an argument outside its limits
 * example: system
 *	SELECT bids >= 0 AS ran FROM dwello.run_agents(max_jobs => 10);
 */
CREATE OR REPLACE FUNCTION dwello.run_agents(
  max_jobs integer DEFAULT 100,
  run_for interval DEFAULT '5 s',
  OUT jobs integer,
  OUT decisions integer,
  OUT bids integer,
  OUT proposals integer,
  OUT declines integer,
  OUT deferred integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_run_agents';
GRANT EXECUTE ON FUNCTION dwello.run_agents
  TO dwello_service;
COMMENT ON FUNCTION dwello.run_agents IS
  'Has agents decide about jobs: new ones, new terms, and what was put off until now. Errors: WD401, 42501, 22004, 22023. See reference.md#run_agents.';

/*
 * purge_agent_answers
 *	Deletes answers of agents about jobs that are no longer open, and about
 *	terms that are past, given up or not; decisions stay in
 *	ai_agent_activity. What an outside model still has is left.
 *
 * role: service
 * args:
 *	max_rows: rows to delete at most, 1 to 10000
 * returns: how many were deleted
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004
 *	22023: max_rows is out of range
 * example: system
 *	SELECT dwello.purge_agent_answers(max_rows => 1000) AS deleted;
 */
CREATE OR REPLACE FUNCTION dwello.purge_agent_answers(
  max_rows integer DEFAULT 1000
) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_purge_agent_answers';
GRANT EXECUTE ON FUNCTION dwello.purge_agent_answers
  TO dwello_service;
COMMENT ON FUNCTION dwello.purge_agent_answers IS
  'Deletes answers of agents about jobs that are no longer open, and about terms that are past, given up or not; decisions stay in ai_agent_activity. Errors: WD401, 42501, 22004, 22023. See reference.md#purge_agent_answers.';

/*
 * open_proposals
 *	The proposals of a provider's agent that can still be approved, the
 *	oldest first.
 *
 *	What approve_proposal() would refuse now is not listed: a job that is
 *	over, has other terms or no invitation any more, an agent that is
 *	switched off or paused, a full day, a limit that was lowered.
 *
 *	For the provider, administrators and the system.
 *
 * role: app, service, admin
 * args:
 *	agent_id: the provider's user id; NULL for the caller
 *	after_id: the last decision_id of the page before
 *	max_results: 1 to 200
 * returns: rows, one a proposal
 *	job_id
 *	decision_id: of the proposal
 *	amount: what the agent would bid, in minor units
 *	currency
 *	win_probability: chance to win with it, 0 to 1
 *	confidence: how sure the agent is, 0 to 1
 *	reason: why it asks; NULL when it always does
 *	proposed_at: when it was proposed
 *	expires_at: until when it can be approved, if the job takes bids so long
 *	version: of the job's terms, the expected_version of approve_proposal()
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's agent
 *	22004
 *	22023: max_results out of range
 * example: provider_1
 *	SELECT count(*) FROM dwello.open_proposals();
 */
CREATE OR REPLACE FUNCTION dwello.open_proposals(
  agent_id uuid DEFAULT NULL,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 20
)
RETURNS TABLE (
  job_id uuid,
  decision_id uuid,
  amount bigint,
  currency text,
  win_probability float8,
  confidence numeric,
  reason text,
  proposed_at timestamptz,
  expires_at timestamptz,
  version integer
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_open_proposals';
GRANT EXECUTE ON FUNCTION dwello.open_proposals
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.open_proposals IS
  'The proposals of a provider''s agent that can still be approved, the oldest first. Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#open_proposals.';

/*
 * approve_proposal
 *	Makes the bid that the caller's agent has proposed, once. Every guard is
 *	asked anew, and the slot of the day is taken now; only working hours,
 *	pacing and the least chance to win are the provider's to pass over.
 *
 *	For the provider alone, through a role that is no member of
 *	dwello_service: no model approves what it has proposed.
 *
 * role: app, admin
 * args:
 *	job_id: the job
 *	decision_id: of the proposal
 *	expected_version: version of the job's terms
 *	idempotency_key
 * returns: a row
 *	job_id
 *	decision_id: of the proposal, which the bid names
 *	bid_id
 *	status: of the bid
 *	bid_amount: what was bid, in minor units
 *	currency
 *	expires_at: until when the bid stands
 *	version: version of the job's terms
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: no provider, one who is not verified any more, or was not
 *	  invited, or a role that is a member of dwello_service
 *	22004
 *	P0002: no such job, or no such decision of the caller's agent
 *	WD104
 *	WD103: the terms have changed
 *	WD101: no proposal, answered before, the job takes no bids, or a guard
 *	  (the constraint's name) stops it
 *	WD102: the job's time for bids, or the proposal's, is over
 *	WD201: the agent has got another currency
 *	WD301: a limit of settings, mandate, tier or day is reached
 *	23505: the provider has a bid on the job
 * example: provider_1
 *	SELECT count(*) FROM dwello.open_proposals() AS p, dwello.approve_proposal(p.job_id, p.decision_id);
 */
CREATE OR REPLACE FUNCTION dwello.approve_proposal(
  INOUT job_id uuid,
  INOUT decision_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT bid_id uuid,
  OUT status dwello.bid_status,
  OUT bid_amount bigint,
  OUT currency text,
  OUT expires_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_approve_proposal';
GRANT EXECUTE ON FUNCTION dwello.approve_proposal
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.approve_proposal IS
  'Makes the bid that the caller''s agent has proposed, once. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD102, WD201, WD301, 23505. See reference.md#approve_proposal.';

/*
 * reject_proposal
 *	Says that the caller does not want the bid that their agent has
 *	proposed. The agent does not propose it again.
 *
 *	For the provider alone.
 *
 * role: app, service, admin
 * args:
 *	job_id: the job
 *	decision_id: of the proposal
 *	expected_version: version of the job's terms
 *	idempotency_key
 * returns: a row
 *	job_id
 *	decision_id: of the proposal
 *	version: version of the job's terms
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no provider
 *	22004
 *	P0002: no such job, or no such decision of the caller's agent
 *	WD104 WD103
 *	WD101: no proposal, or answered before
 * example: provider_1
 *	SELECT count(*) FROM dwello.open_proposals() AS p, dwello.reject_proposal(p.job_id, p.decision_id);
 */
CREATE OR REPLACE FUNCTION dwello.reject_proposal(
  INOUT job_id uuid,
  INOUT decision_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_reject_proposal';
GRANT EXECUTE ON FUNCTION dwello.reject_proposal
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.reject_proposal IS
  'Says that the caller does not want the bid that their agent has proposed. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101. See reference.md#reject_proposal.';

/*
 * claim_agent_work
 *	Hands jobs that agents with uses_model look at to an outside model, each
 *	with a claim: whoever has it alone may answer, until the lease is
 *	over. After that it is handed out again, or the agent decides by
 *	itself.
 *
 *	For the system. Callers side by side get different work.
 *
 * role: service
 * args:
 *	max_rows: 1 to 1000
 *	lease_seconds: 1 to 86400; a lease ends at the latest with the time that
 *	  the agent leaves to its model
 * returns: rows, one an answer that is wanted
 *	job_id
 *	terms_version: version of the job's terms
 *	agent_id: the provider
 *	claim_id: to be named in propose_agent_bid()
 *	facts: job (what bidders may read of it), inputs (what the agent itself
 *	  decides from), and what that comes to: decision, reason, floor,
 *	  ceiling and amount in minor units, win_ppm. Nothing of rivals
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the system
 *	22004
 *	22023: max_rows or lease_seconds out of range
 * example: system
 *	SELECT count(*) FROM dwello.claim_agent_work(max_rows => 10, lease_seconds => 60);
 */
CREATE OR REPLACE FUNCTION dwello.claim_agent_work(
  max_rows integer DEFAULT 100,
  lease_seconds integer DEFAULT 60
)
RETURNS TABLE (
  job_id uuid,
  terms_version integer,
  agent_id uuid,
  claim_id uuid,
  facts jsonb
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_claim_agent_work';
GRANT EXECUTE ON FUNCTION dwello.claim_agent_work TO dwello_service;
COMMENT ON FUNCTION dwello.claim_agent_work IS
  'Hands jobs that agents with uses_model look at to an outside model, each with a claim: whoever has it alone may answer, until the lease is over. Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#claim_agent_work.';

/*
 * propose_agent_bid
 *	Answers a claim with an amount. Every guard of the agent is applied as
 *	if it had found the amount itself: a bid, a proposal or a shadow bid is
 *	made by the agent's mode, or the answer waits, or it is refused. What
 *	is refused is recorded with its reason, once a reason, and ends the
 *	claim when that was good; the agent does not bid on these terms any
 *	more.
 *
 *	For the system.
 *
 * role: service
 * args:
 *	job_id: the job
 *	agent_id: the provider
 *	claim_id: of claim_agent_work()
 *	amount: in minor units of the job's currency, all included
 *	timeline_days: days of work offered
 *	idempotency_key
 * returns: a row
 *	job_id
 *	agent_id: the provider
 *	amount: in minor units
 *	decision_id: row of ai_agent_activity; NULL for what was refused for the
 *	  same reason before
 *	action: bid_submitted, proposed, shadowed, deferred or refused
 *	reason: the guard that stops it, or MODEL_OFF, STALE_CLAIM, LEASE_OVER,
 *	  ALREADY_ANSWERED; NULL when none does
 *	bid_id: NULL when no bid was made
 *	currency
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the system
 *	22004 22003
 *	22023: an amount or days that are not above zero
 *	P0002: no such job, or the agent has never been asked about it
 *	WD104
 * example: system
 *	SELECT count(p.action) FROM dwello.claim_agent_work() AS w,
 *	  dwello.propose_agent_bid(w.job_id, w.agent_id, w.claim_id, amount => 90000, timeline_days => 3) AS p;
 */
CREATE OR REPLACE FUNCTION dwello.propose_agent_bid(
  INOUT job_id uuid,
  INOUT agent_id uuid,
  claim_id uuid,
  INOUT amount bigint,
  timeline_days integer,
  idempotency_key text DEFAULT NULL,
  OUT decision_id uuid,
  OUT action dwello.agent_action,
  OUT reason text,
  OUT bid_id uuid,
  OUT currency text,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_propose_agent_bid';
GRANT EXECUTE ON FUNCTION dwello.propose_agent_bid TO dwello_service;
COMMENT ON FUNCTION dwello.propose_agent_bid IS
  'Answers a claim with an amount. Errors: WD402, WD401, 42501, 22004, 22003, 22023, P0002, WD104. See reference.md#propose_agent_bid.';
