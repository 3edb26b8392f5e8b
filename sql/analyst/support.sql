/*
 * What the views of analysts show: they are functions, so that no condition of
 * a reader's is taken below their groups, and no plan that they are shown
 * counts what is left out.
 */

/*
 * count_users
 *	What the view analyst_users shows.
 *
 * role: analyst
 * args: none
 * returns: rows, one a group
 *	user_type: what they are: homeowner or service_provider
 *	country: of the primary address; NULL = of those without one
 *	city: of the primary address; NULL = of those without one
 *	registered_in: first day of the quarter in which they registered
 *	people: how many
 * errors: none
 * example: superuser
 *	SELECT count(*) FROM dwello.count_users();
 */
CREATE OR REPLACE FUNCTION dwello.count_users(
  OUT user_type dwello.user_type,
  OUT country text,
  OUT city text,
  OUT registered_in date,
  OUT people bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1000
AS 'MODULE_PATHNAME', 'dwello_count_users';
GRANT EXECUTE ON FUNCTION dwello.count_users
  TO dwello_analyst;
COMMENT ON FUNCTION dwello.count_users IS
  'What the view analyst_users shows. See reference.md#count_users.';

/*
 * count_jobs
 *	What the view analyst_jobs shows.
 *
 * role: analyst
 * args: none
 * returns: rows, one a group
 *	category_id: category of the job
 *	published_in: first day of the quarter in which they were published
 *	urgency: how urgent they are
 *	currency: ISO 4217
 *	budget_from: the most that is to be spent, rounded down to 1, 2 or 5 times
 *	  a power of ten; minor units; NULL = nothing was said
 *	jobs: how many
 *	homeowners: of how many people
 * errors: none
 * example: superuser
 *	SELECT count(*) FROM dwello.count_jobs();
 */
CREATE OR REPLACE FUNCTION dwello.count_jobs(
  OUT category_id uuid,
  OUT published_in date,
  OUT urgency dwello.urgency,
  OUT currency text,
  OUT budget_from bigint,
  OUT jobs bigint,
  OUT homeowners bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1000
AS 'MODULE_PATHNAME', 'dwello_count_jobs';
GRANT EXECUTE ON FUNCTION dwello.count_jobs
  TO dwello_analyst;
COMMENT ON FUNCTION dwello.count_jobs IS
  'What the view analyst_jobs shows. See reference.md#count_jobs.';

/*
 * count_bids
 *	What the view analyst_bids shows.
 *
 * role: analyst
 * args: none
 * returns: rows, one a group
 *	category_id: category of the job
 *	submitted_in: first day of the quarter in which they were submitted
 *	currency: ISO 4217
 *	amount_from: what was asked, rounded down to 1, 2 or 5 times a power of
 *	  ten; minor units
 *	bids: how many
 *	providers: of how many people
 *	homeowners: for how many people's jobs
 * errors: none
 * example: superuser
 *	SELECT count(*) FROM dwello.count_bids();
 */
CREATE OR REPLACE FUNCTION dwello.count_bids(
  OUT category_id uuid,
  OUT submitted_in date,
  OUT currency text,
  OUT amount_from bigint,
  OUT bids bigint,
  OUT providers bigint,
  OUT homeowners bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1000
AS 'MODULE_PATHNAME', 'dwello_count_bids';
GRANT EXECUTE ON FUNCTION dwello.count_bids
  TO dwello_analyst;
COMMENT ON FUNCTION dwello.count_bids IS
  'What the view analyst_bids shows. See reference.md#count_bids.';

/*
 * count_contracts
 *	What the view analyst_contracts shows.
 *
 * role: analyst
 * args: none
 * returns: rows, one a group
 *	category_id: category of the job
 *	made_in: first day of the quarter in which they were made
 *	outcome: completed or cancelled
 *	currency: ISO 4217
 *	amount_from: the contract's amount, rounded down to 1, 2 or 5 times a
 *	  power of ten; minor units
 *	contracts: how many
 *	providers: of how many people
 *	homeowners: of how many people
 * errors: none
 * example: superuser
 *	SELECT count(*) FROM dwello.count_contracts();
 */
CREATE OR REPLACE FUNCTION dwello.count_contracts(
  OUT category_id uuid,
  OUT made_in date,
  OUT outcome dwello.job_status,
  OUT currency text,
  OUT amount_from bigint,
  OUT contracts bigint,
  OUT providers bigint,
  OUT homeowners bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1000
AS 'MODULE_PATHNAME', 'dwello_count_contracts';
GRANT EXECUTE ON FUNCTION dwello.count_contracts
  TO dwello_analyst;
COMMENT ON FUNCTION dwello.count_contracts IS
  'What the view analyst_contracts shows. See reference.md#count_contracts.';

/*
 * count_reviews
 *	What the view analyst_reviews shows.
 *
 * role: analyst
 * args: none
 * returns: rows, one a group
 *	category_id: category of the job
 *	revealed_in: first day of the quarter in which they were shown
 *	rating: stars, 1 to 5
 *	reviews: how many
 *	reviewers: by how many people
 *	reviewees: of how many people
 * errors: none
 * example: superuser
 *	SELECT count(*) FROM dwello.count_reviews();
 */
CREATE OR REPLACE FUNCTION dwello.count_reviews(
  OUT category_id uuid,
  OUT revealed_in date,
  OUT rating integer,
  OUT reviews bigint,
  OUT reviewers bigint,
  OUT reviewees bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1000
AS 'MODULE_PATHNAME', 'dwello_count_reviews';
GRANT EXECUTE ON FUNCTION dwello.count_reviews
  TO dwello_analyst;
COMMENT ON FUNCTION dwello.count_reviews IS
  'What the view analyst_reviews shows. See reference.md#count_reviews.';
