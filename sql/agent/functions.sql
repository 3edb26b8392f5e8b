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
 *	22004 22001
 *	22023: an argument outside its limits, least above greatest, or a user
 *	  who is no provider
 *	22P02: no such tier
 *	P0002: no such category or user
 *	WD104 WD103
 *	WD301: a provider asks for more bids a day than the tier has in a
 *	  month, or somebody for more than the provider's mandate allows
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
  'Sets how a provider''s agent bids, and makes the agent at the first call. Errors: WD402, WD401, 42501, 22004, 22001, 22023, 22P02, P0002, WD104, WD103, WD301. See reference.md#configure_agent.';

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
 *	that is NULL is none.
 *
 *	For the provider alone, by their own token, through a role that is no
 *	member of dwello_service.
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
 *	categories: up to 100, with all below them; empty for any
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
 *	22004
 *	22023: a limit that is zero or outside those of configure_agent(), or a
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
  'Signs the limits inside which the provider''s agent stays, whatever it is set to, and puts them in the place of those signed before. Errors: WD402, WD401, 42501, 22004, 22023, P0002, WD104, WD103. See reference.md#sign_mandate.';

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
 *	is_on: false stops them
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
 *	terms that are past; decisions stay in ai_agent_activity. What an
 *	outside model still has is left, and what was quarantined.
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
  'Deletes answers of agents about jobs that are no longer open, and about terms that are past; decisions stay in ai_agent_activity. Errors: WD401, 42501, 22004, 22023. See reference.md#purge_agent_answers.';
