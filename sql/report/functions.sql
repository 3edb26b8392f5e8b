/*
 * What agents would do, and what their decisions came to.
 */

/*
 * decide_agent
 *	What an agent would do with a job, and why: the whole decision with
 *	every guard and the price, made as run_agents() makes it. Nothing is
 *	written, and what the agent has answered before does not count.
 *
 *	For the provider, staff and the system.
 *
 * role: app, service, support, admin
 * args:
 *	agent_id: the provider's user id; NULL for the caller
 *	job_id: the job; must be given
 *	settings: {"strategy": "premium", …}: what to use in place of the agent's
 *	  settings, by the names of configure_agent()'s arguments, but for tier and
 *	  currency; parameters_version is a version of agent_parameters. The mandate
 *	  holds over them
 *	as_of: the time at which it decides; NULL for now. Times, prices, fees
 *	  and the counts of its day are those of then, bids and jobs afoot
 *	  those of now
 * returns: a row
 *	agent_id
 *	job_id
 *	decision: bid, propose, shadow, defer or decline
 *	reason: the first guard that fails; PASSED when none does, and
 *	  OVER_THRESHOLD where that makes it ask
 *	amount: what it would bid, in minor units; NULL when no price was reached
 *	currency
 *	win_probability: the chance to win with it, 0 to 1
 *	confidence: how sure that is, 0 to 1
 *	trace: {"as_of", "core_version", "guards", "price", "inputs"}: each guard
 *	  and whether it passes, what the price is made of, and all that the
 *	  decision was made from
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's agent
 *	22004
 *	22P02: a category that is no uuid
 *	22023: what is no setting or outside its limits, or a time that is
 *	  not finite
 *	P0002: no such agent or version, or no job that the provider sees
 * example: provider_1
 *	SELECT decision, reason, amount, currency FROM dwello.decide_agent(
 *	  job_id => 'de000000-0000-7000-8000-000000000013');
 */
CREATE OR REPLACE FUNCTION dwello.decide_agent(
  INOUT agent_id uuid DEFAULT NULL,
  INOUT job_id uuid DEFAULT NULL,
  settings jsonb DEFAULT NULL,
  as_of timestamptz DEFAULT NULL,
  OUT decision text,
  OUT reason text,
  OUT amount bigint,
  OUT currency text,
  OUT win_probability double precision,
  OUT confidence numeric,
  OUT trace jsonb
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_decide_agent';
GRANT EXECUTE ON FUNCTION dwello.decide_agent
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.decide_agent IS
  'What an agent would do with a job, and why: the whole decision with every guard and the price, made as run_agents() makes it. Errors: WD402, WD401, 42501, 22004, 22P02, 22023, P0002. See reference.md#decide_agent.';

/*
 * compare_agent
 *	What an agent would do with a job under two settings, line by line. As
 *	decide_agent(), it writes nothing.
 *
 *	For the provider, staff and the system.
 *
 * role: app, service, support, admin
 * args:
 *	agent_id: the provider's user id; NULL for the caller
 *	job_id: the job; must be given
 *	a: settings as decide_agent() takes them; NULL for the agent's own
 *	b: the others
 *	as_of: the time at which it decides; NULL for now
 * returns: rows
 *	item: decision, reason, win_probability, confidence, amount,
 *	  expected_profit, cost, floor, ceiling, anchor, base_amount,
 *	  timeline_days, and each guard that lets one pass and not the other
 *	under_a: what a comes to; NULL when the decision does not come to it
 *	under_b: what b comes to
 *	differs: whether they differ
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's agent
 *	22004
 *	22P02: a category that is no uuid
 *	22023: what is no setting or outside its limits, or a time that is
 *	  not finite
 *	P0002: no such agent or version, or no job that the provider sees
 * example: provider_1
 *	SELECT item, under_a, under_b FROM dwello.compare_agent(
 *	  job_id => 'de000000-0000-7000-8000-000000000013', b => '{"strategy": "premium"}') WHERE differs;
 */
CREATE OR REPLACE FUNCTION dwello.compare_agent(
  agent_id uuid DEFAULT NULL,
  job_id uuid DEFAULT NULL,
  a jsonb DEFAULT NULL,
  b jsonb DEFAULT NULL,
  as_of timestamptz DEFAULT NULL,
  OUT item text,
  OUT under_a text,
  OUT under_b text,
  OUT differs boolean
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_compare_agent';
GRANT EXECUTE ON FUNCTION dwello.compare_agent
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.compare_agent IS
  'What an agent would do with a job under two settings, line by line. Errors: WD402, WD401, 42501, 22004, 22P02, 22023, P0002. See reference.md#compare_agent.';

/*
 * replay_decision
 *	Makes a decision again from what is stored of it, and compares: the
 *	same inputs give the same decision, bit by bit, on every machine. Another
 *	version of the rules may decide otherwise, and is_equal says whether it
 *	does.
 *
 *	For the provider, staff and the system.
 *
 * role: app, service, support, admin
 * args:
 *	decision_id: a row of ai_agent_activity that decides something, which
 *	  are those whose core_version is not NULL; must be given
 *	agent_id: the provider's user id; NULL for the caller. For staff and the
 *	  system NULL is any agent, for which all months are read
 * returns: a row
 *	decision_id
 *	agent_id
 *	job_id
 *	decision: bid, propose, shadow, defer or decline, as it comes out now
 *	reason: likewise, as all that follows
 *	amount: in minor units; NULL when no price was reached
 *	base_amount: the same without the strategy's multiplier
 *	currency
 *	win_probability: the chance to win, 0 to 1
 *	confidence: how sure that is, 0 to 1
 *	made_by: version of the rules that made it
 *	replayed_by: version of the rules that made it again
 *	is_equal: whether the row says the same
 *	differences: names of the columns of the row that differ. The row's amount
 *	  is what a model offered, if one did, also where no price was reached
 *	trace: how it was come to, as decide_agent() has it
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's agent
 *	22004
 *	22023: a row that decides nothing, or whose inputs cannot be read
 *	P0002: no such decision
 * example: provider_1
 *	SELECT count(*) AS replayed, count(*) FILTER (WHERE r.is_equal) AS equal
 *	  FROM dwello.ai_agent_activity AS a, dwello.replay_decision(decision_id => a.id) AS r;
 */
CREATE OR REPLACE FUNCTION dwello.replay_decision(
  INOUT decision_id uuid DEFAULT NULL,
  INOUT agent_id uuid DEFAULT NULL,
  OUT job_id uuid,
  OUT decision text,
  OUT reason text,
  OUT amount bigint,
  OUT base_amount bigint,
  OUT currency text,
  OUT win_probability double precision,
  OUT confidence numeric,
  OUT made_by integer,
  OUT replayed_by integer,
  OUT is_equal boolean,
  OUT differences text[],
  OUT trace jsonb
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_replay_decision';
GRANT EXECUTE ON FUNCTION dwello.replay_decision
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.replay_decision IS
  'Makes a decision again from what is stored of it, and compares: the same inputs give the same decision, bit by bit, on every machine. Errors: WD402, WD401, 42501, 22004, 22023, P0002. See reference.md#replay_decision.';

/*
 * agent_report
 *	What an agent's decisions in a period came to: how often it won, what
 *	the chances that it showed were worth, what its strategy costs, what
 *	each guard made it miss, and the one setting worth changing. It is made
 *	of the last decision about each version of a job's terms, at most the
 *	newest 2000, and of nobody else's amounts.
 *
 *	For the provider, staff and the system.
 *
 * role: app, service, support, admin
 * args:
 *	agent_id: the provider's user id; NULL for the caller
 *	from_time: NULL for 90 days before to_time
 *	to_time: NULL for now
 * returns: a row
 *	agent_id
 *	from_time
 *	to_time
 *	decisions: how many there were
 *	bids: bids that came of them
 *	won: bids that were accepted
 *	lost: bids of jobs that another bid won
 *	censored: bids of jobs that ended otherwise, or were taken back
 *	win_rate: won of all bids, those that wait among them
 *	win_rate_decided: won of won and lost
 *	brier: mean square of chance shown less outcome; 0 is best
 *	log_score: mean of minus the logarithm of the chance of what came; 0 is
 *	  best
 *	skill: 1 less brier over that of always showing the win rate: above 0
 *	  the chances say more than the rate does; NULL unless it won and lost
 *	calibration_error: how far chance and share won lie apart in the mean,
 *	  over ten bins by chance
 *	calibration: [{"from", "bids", "shown", "won"}], the bins that have bids:
 *	  the mean chance shown, and the share won
 *	strategy: as it was set at the newest decision
 *	strategy_cost: share of the expected profit that the prices gave up
 *	  against the best ones
 *	planned_margin: profit on cost at the prices asked, of all bids
 *	completed: jobs that were won and done
 *	completed_planned_margin: the same of those jobs
 *	completed_real_margin: profit on cost by what was paid for them
 *	reasons: [{"reason", "decisions", "missed_profit"}], what missed most
 *	  first; missed_profit is what was to be expected without that guard, in
 *	  minor units, 0 where the provider has no say in it
 *	advice: {"setting", "from", "to", "expected_gain"}: the change that would
 *	  have been expected to earn most, in minor units; NULL when none would
 *	currency
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's agent
 *	22004
 *	22023: from_time is not before to_time
 *	P0002: no such agent
 * example: provider_1
 *	SELECT decisions, bids, won, lost, advice FROM dwello.agent_report();
 */
CREATE OR REPLACE FUNCTION dwello.agent_report(
  INOUT agent_id uuid DEFAULT NULL,
  INOUT from_time timestamptz DEFAULT NULL,
  INOUT to_time timestamptz DEFAULT NULL,
  OUT decisions bigint,
  OUT bids bigint,
  OUT won bigint,
  OUT lost bigint,
  OUT censored bigint,
  OUT win_rate double precision,
  OUT win_rate_decided double precision,
  OUT brier double precision,
  OUT log_score double precision,
  OUT skill double precision,
  OUT calibration_error double precision,
  OUT calibration jsonb,
  OUT strategy text,
  OUT strategy_cost double precision,
  OUT planned_margin double precision,
  OUT completed bigint,
  OUT completed_planned_margin double precision,
  OUT completed_real_margin double precision,
  OUT reasons jsonb,
  OUT advice jsonb,
  OUT currency text
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_agent_report';
GRANT EXECUTE ON FUNCTION dwello.agent_report
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.agent_report IS
  'What an agent''s decisions in a period came to: how often it won, what the chances that it showed were worth, what its strategy costs, what each guard made it miss, and the one setting worth changing. Errors: WD402, WD401, 42501, 22004, 22023, P0002. See reference.md#agent_report.';

/*
 * backtest_agent
 *	Replays the jobs that were published in a period, as an agent with
 *	these settings would have met them, in the order of time and with a
 *	clock that shows it: what it would have bid on, won and earned. It writes
 *	nothing, and the same call gives the same digest. pg_stat_activity shows
 *	how far it is, and it can be cancelled at any time.
 *
 *	Whether a bid wins is drawn from the agent's own chances, the same draw
 *	for all settings; where the agent truly bid, what it asked then wins or
 *	loses as it did, less wins what it won, more loses what it lost.
 *	Nobody else's amount is read. Proposals count as approved, and what a
 *	shadow would have bid as bid.
 *
 *	For the provider, staff and the system.
 *
 * role: app, service, support, admin
 * args:
 *	agent_id: the provider's user id; NULL for the caller
 *	from_time: jobs published from then on; must be given
 *	to_time: until then, at most 200000 jobs; must be given
 *	settings: as decide_agent() takes them, over those of now; switches and
 *	  pauses are not replayed. Without parameters_version it uses what the
 *	  agent could have learned by from_time
 * returns: a row
 *	agent_id
 *	jobs: jobs that it would have decided about
 *	bids: bids on them
 *	wins: bids that win
 *	revenue: what the homeowners would have paid for those, in minor units
 *	cost: what the work and the fees would have cost
 *	profit: revenue less cost
 *	expected_profit: sum of what each bid was expected to bring
 *	currency
 *	brier: mean square of chance less outcome, of the agent's own bids that
 *	  were decided, on jobs that the replay bids on too; NULL when there are
 *	  none
 *	calibration_error: of the same, as agent_report() has it
 *	outcomes: how many they are
 *	parameters_version: with which it was replayed
 *	declines: {"guard": how many jobs it stopped}
 *	digest: SHA-256 over all decisions, in hexadecimal digits
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's agent
 *	22004
 *	22P02: a category that is no uuid
 *	22023: what is no setting or outside its limits, from_time not before
 *	  to_time, or too many jobs
 *	P0002: no such agent or version
 * example: provider_1
 *	SELECT jobs, bids, wins, currency, declines FROM dwello.backtest_agent(
 *	  from_time => '2026-01-01', to_time => '2026-02-01');
 */
CREATE OR REPLACE FUNCTION dwello.backtest_agent(
  INOUT agent_id uuid DEFAULT NULL,
  from_time timestamptz DEFAULT NULL,
  to_time timestamptz DEFAULT NULL,
  settings jsonb DEFAULT NULL,
  OUT jobs bigint,
  OUT bids bigint,
  OUT wins bigint,
  OUT revenue bigint,
  OUT cost bigint,
  OUT profit bigint,
  OUT expected_profit bigint,
  OUT currency text,
  OUT brier double precision,
  OUT calibration_error double precision,
  OUT outcomes bigint,
  OUT parameters_version integer,
  OUT declines jsonb,
  OUT digest text
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_backtest_agent';
GRANT EXECUTE ON FUNCTION dwello.backtest_agent
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.backtest_agent IS
  'Replays the jobs that were published in a period, as an agent with these settings would have met them, in the order of time and with a clock that shows it: what it would have bid on, won and earned. Errors: WD402, WD401, 42501, 22004, 22P02, 22023, P0002. See reference.md#backtest_agent.';
