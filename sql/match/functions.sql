/*
 * Open jobs for a provider, and providers for a new job.
 */

-- ----------------------------------------------------------------------
-- Open jobs for a provider, in the order of their scores.
-- ----------------------------------------------------------------------

/*
 * job_query
 *	Prepares what jobs are matched with by @@@ and <~>.
 *
 * role: app, service, support, admin
 * args:
 *	longitude: degrees east of the centre
 *	latitude: degrees north of the centre
 *	radius_miles: over 0 and at most 12450
 *	as_of: time to which ages are taken; jobs published later do not match
 *	category_ids: the categories wanted, those below them named, too; NULL
 *	  for all
 *	fits: from 0 to 1, one for each of them; NULL for 1
 *	others_fit: the fit of all other categories; NULL where they do not
 *	  match
 *	budget_min: in minor units, of a range that the job's must overlap;
 *	  NULL for no limit
 *	budget_max: in minor units, its other end; NULL for no limit
 *	currency: the job's
 *	capabilities: bits of the credentials held, as requirement_bits of
 *	  job_key()
 *	weights: of nearness, budget, category, urgency and freshness, not
 *	  negative and not all 0; NULL for 35, 20, 20, 10 and 15
 *	reference_budget: in minor units; a job that pays as much has the
 *	  budget term 1
 *	freshness_hours: age at which the freshness term is 1/2; at twice that
 *	  age and beyond it is 0
 *	ceiling: from 0 to 1, jobs with a higher score do not match; NULL for
 *	  none
 * returns: the query
 * errors:
 *	22004
 *	22023: a value out of range; the message names the argument
 * example: system
 *	SELECT count(*) AS jobs
 *	  FROM dwello.jobs AS j
 *	 WHERE j.key OPERATOR(dwello.@@@) dwello.job_query(longitude => -122.42, latitude => 37.77, radius_miles => 10,
 *	    as_of => '2031-03-03 09:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.job_query(
  longitude float8,
  latitude float8,
  radius_miles float8,
  as_of timestamptz,
  category_ids uuid[] DEFAULT NULL,
  fits float8[] DEFAULT NULL,
  others_fit float8 DEFAULT NULL,
  budget_min bigint DEFAULT NULL,
  budget_max bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  capabilities bigint DEFAULT 0,
  weights float8[] DEFAULT NULL,
  reference_budget float8 DEFAULT 500000,
  freshness_hours float8 DEFAULT 72,
  ceiling float8 DEFAULT NULL
)
RETURNS dwello.job_query
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_query';
GRANT EXECUTE ON FUNCTION dwello.job_query
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.job_query IS
  'Prepares what jobs are matched with by @@@ and <~>. Errors: 22004, 22023. See reference.md#job_query.';

/*
 * job_score
 *	How well a job suits, from 0 to 1: the sum of five terms times their
 *	weights. nearness = 1 - distance / radius; budget = budget_max (else
 *	budget_min) / reference_budget, at most 1; category = its fit; urgency
 *	= rank / 3; freshness = 1 - age / (2 * freshness_hours), at least 0.
 *
 * role: app, service, support, admin
 * args:
 *	key: key of a job
 *	query: what it is matched with
 * returns: the score
 * example: system
 *	SELECT round(dwello.job_score(key => j.key, query => dwello.job_query(-122.42, 37.77, 10, '2031-03-03 09:00+00'))::numeric, 4) AS score
 *	  FROM dwello.jobs AS j WHERE j.id = 'de000000-0000-7000-8000-000000000011';
 */
CREATE OR REPLACE FUNCTION dwello.job_score(key dwello.job_key, query dwello.job_query)
RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'dwello_job_score';
GRANT EXECUTE ON FUNCTION dwello.job_score
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.job_score IS
  'How well a job suits, from 0 to 1: the sum of five terms times their weights. nearness = 1 - distance / radius; budget = budget_max (else budget_min) / reference_budget, at most 1; category = its fit; urgency = rank / 3; freshness = 1 - age / (2 * freshness_hours), at least 0. See reference.md#job_score.';

/*
 * match_jobs
 *	The open jobs that suit a provider best, by falling score, then by
 *	job_id. Never shown are jobs that are not open and listed, that have
 *	expired, that were published after as_of, that ask for a credential of
 *	a type the provider does not hold verified, and the provider's own.
 *
 * role: app, service, admin
 * args:
 *	provider_id: NULL for the caller; another only for the service and
 *	  administrators
 *	as_of: time to which ages are taken, NULL for now; with after_score
 *	  and after_id from the last row of the page before, for the next page
 *	after_score: score of the last row of the page before
 *	after_id: job_id of the last row of the page before
 *	max_results: 1 to 500 rows
 *	radius_miles: round the provider's primary address (else any), over 0
 *	  and at most 12450; NULL for that of the agent, else the setting
 *	  match_radius_miles
 *	category_ids: with all categories below them, a level below fits 0.8
 *	  times as well; NULL for all, of which the provider's (the agent's)
 *	  fit, the others do not
 *	budget_min: in minor units, of a range that the job's must overlap
 *	budget_max: in minor units, its other end, and the budget that counts
 *	  in full (else the amount match_budget_reference of the currency; with
 *	  none the budget has no weight)
 *	currency: the job's
 *	weights: a JSON object of numbers by the names nearness, budget,
 *	  category, urgency, freshness; what is left out is 0; NULL for the
 *	  settings
 * returns: rows, one a job
 *	as_of: for the next page
 *	budget_min: the job's, in minor units
 *	budget_max: the job's, in minor units
 *	currency
 *	job_id
 *	score: from 0 to 1, see job_score()
 *	distance_miles: to the rounded place
 *	category_id: its category
 *	title: its title
 *	urgency: low, medium, high or urgent
 *	longitude: degrees east, rounded
 *	latitude: degrees north, rounded
 *	published_at: when it was published
 * errors:
 *	WD402 WD401
 *	42501: another provider, or a caller who is none
 *	22004 22001 22003
 *	22023: a number out of range or NaN, as_of in the future, a cursor
 *	  without one of its three parts, no element or an unknown category in
 *	  category_ids, no currency, weights that are negative or all 0, a
 *	  provider without an address
 *	P0002: no such provider
 * example: provider_1
 *	SELECT job_id, round(score::numeric, 4) AS score, round(distance_miles::numeric, 2) AS miles, title
 *	  FROM dwello.match_jobs(max_results => 5);
 */
CREATE OR REPLACE FUNCTION dwello.match_jobs(
  provider_id uuid DEFAULT NULL,
  INOUT as_of timestamptz DEFAULT NULL,
  after_score float8 DEFAULT NULL,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 20,
  radius_miles float8 DEFAULT NULL,
  category_ids uuid[] DEFAULT NULL,
  INOUT budget_min bigint DEFAULT NULL,
  INOUT budget_max bigint DEFAULT NULL,
  INOUT currency text DEFAULT 'USD',
  weights jsonb DEFAULT NULL,
  OUT job_id uuid,
  OUT score float8,
  OUT distance_miles float8,
  OUT category_id uuid,
  OUT title text,
  OUT urgency dwello.urgency,
  OUT longitude float8,
  OUT latitude float8,
  OUT published_at timestamptz
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER COST 2000 ROWS 20
AS 'MODULE_PATHNAME', 'dwello_match_jobs';
GRANT EXECUTE ON FUNCTION dwello.match_jobs
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.match_jobs IS
  'The open jobs that suit a provider best, by falling score, then by job_id. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002. See reference.md#match_jobs.';

/*
 * explain_match
 *	Why dwello.match_jobs() shows a job to a provider where it does, as of
 *	now and with nothing else asked for; or why it does not.
 *
 * role: app, service, admin
 * args:
 *	provider_id: NULL for the caller; another only for the service and
 *	  administrators
 *	job_id: the job; must be given
 * returns: rows, one each for nearness, budget, category, urgency and freshness
 *	term: the term
 *	value: from 0 to 1
 *	weight: its weight; they sum to 1
 *	points: weight times value
 *	score: sum of the points, the same on every row
 *	distance_miles: to the rounded place
 *	matches: the job is shown
 *	reasons: empty when it matches: NOT_OPEN, EXPIRED, OWN_JOB, TOO_FAR,
 *	  CREDENTIAL_MISSING
 * errors:
 *	WD402 WD401
 *	42501: another provider
 *	22004: no job_id, or no provider_id where the caller is none
 *	P0002: no such provider or job, or none that the caller may see
 *	22023: the provider has no address
 * example: provider_1
 *	SELECT term, round(value::numeric, 4) AS value, round(weight::numeric, 2) AS weight, matches
 *	  FROM dwello.explain_match(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.explain_match(
  provider_id uuid DEFAULT NULL,
  job_id uuid DEFAULT NULL,
  OUT term text,
  OUT value float8,
  OUT weight float8,
  OUT points float8,
  OUT score float8,
  OUT distance_miles float8,
  OUT matches boolean,
  OUT reasons text[]
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 5
AS 'MODULE_PATHNAME', 'dwello_explain_match';
GRANT EXECUTE ON FUNCTION dwello.explain_match
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.explain_match IS
  'Why dwello.match_jobs() shows a job to a provider where it does, as of now and with nothing else asked for; or why it does not. Errors: WD402, WD401, 42501, 22004, P0002, 22023. See reference.md#explain_match.';
