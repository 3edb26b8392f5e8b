/*
 * What analysts see: counts of many people, by coarse attributes, of quarters
 * that are over.  A group of fewer people than the setting k_anonymity is
 * left out, and there are no totals that it could be reckoned from.
 *
 * These views run as the owner of the tables, past row-level security, so
 * that the one role which may read nothing else has them; each of their
 * columns is an attribute of a group, or a count.
 */
CREATE VIEW dwello.analyst_users WITH (security_barrier = true) AS
  SELECT g.user_type, g.country, g.city, g.registered_in,
         pg_catalog.count(*) AS people
    FROM (SELECT u.user_type, a.country, a.city,
                 pg_catalog.date_trunc('quarter', u.created_at, 'UTC')::date AS registered_in
            FROM dwello.users AS u
            LEFT JOIN dwello.user_addresses AS a ON a.user_id = u.id AND a.is_primary
           WHERE u.deleted_at IS NULL AND u.user_type IN ('homeowner', 'service_provider')
             AND u.created_at < pg_catalog.date_trunc('quarter', pg_catalog.now(), 'UTC')) AS g
   GROUP BY g.user_type, g.country, g.city, g.registered_in
  HAVING pg_catalog.count(*) >= (SELECT COALESCE(s.value, d.value)::integer
    FROM dwello.system_settings_defaults AS d LEFT JOIN dwello.system_settings AS s USING (name) WHERE d.name = 'k_anonymity');
COMMENT ON VIEW dwello.analyst_users IS
  'People by city and quarter of registration; groups of fewer than the setting k_anonymity are left out.';
COMMENT ON COLUMN dwello.analyst_users.user_type IS 'What they are: homeowner or service_provider.';
COMMENT ON COLUMN dwello.analyst_users.country IS 'Of the primary address; NULL = of those without one.';
COMMENT ON COLUMN dwello.analyst_users.city IS 'Of the primary address; NULL = of those without one.';
COMMENT ON COLUMN dwello.analyst_users.registered_in IS 'First day of the quarter in which they registered.';
COMMENT ON COLUMN dwello.analyst_users.people IS 'How many.';

CREATE VIEW dwello.analyst_jobs WITH (security_barrier = true) AS
  SELECT g.category_id, g.published_in, g.urgency, g.currency, g.budget_from,
         pg_catalog.count(*) AS jobs,
         pg_catalog.count(DISTINCT g.homeowner_id) AS homeowners
    FROM (SELECT j.homeowner_id, j.category_id, j.urgency, j.currency,
                 pg_catalog.date_trunc('quarter', j.published_at, 'UTC')::date AS published_in,
                 (b.decade * CASE WHEN j.budget_max / b.decade >= 5 THEN 5 WHEN j.budget_max / b.decade >= 2 THEN 2 ELSE 1 END)::bigint AS budget_from
            FROM dwello.jobs AS j,
                 LATERAL (SELECT pg_catalog.power(10::numeric, pg_catalog.length(j.budget_max::text) - 1)::bigint AS decade) AS b
           WHERE j.deleted_at IS NULL
             AND j.published_at < pg_catalog.date_trunc('quarter', pg_catalog.now(), 'UTC')) AS g
   GROUP BY g.category_id, g.published_in, g.urgency, g.currency, g.budget_from
  HAVING pg_catalog.count(DISTINCT g.homeowner_id) >= (SELECT COALESCE(s.value, d.value)::integer
    FROM dwello.system_settings_defaults AS d LEFT JOIN dwello.system_settings AS s USING (name) WHERE d.name = 'k_anonymity');
COMMENT ON VIEW dwello.analyst_jobs IS
  'Published jobs by category, quarter, urgency and budget; groups of fewer homeowners than the setting k_anonymity are left out.';
COMMENT ON COLUMN dwello.analyst_jobs.published_in IS 'First day of the quarter in which they were published.';
COMMENT ON COLUMN dwello.analyst_jobs.urgency IS 'How urgent they are.';
COMMENT ON COLUMN dwello.analyst_jobs.budget_from IS 'The most that is to be spent, rounded down to 1, 2 or 5 times a power of ten; minor units. NULL = nothing was said.';
COMMENT ON COLUMN dwello.analyst_jobs.jobs IS 'How many.';
COMMENT ON COLUMN dwello.analyst_jobs.homeowners IS 'Of how many people.';

CREATE VIEW dwello.analyst_bids WITH (security_barrier = true) AS
  SELECT g.category_id, g.submitted_in, g.currency, g.amount_from,
         pg_catalog.count(*) AS bids,
         pg_catalog.count(DISTINCT g.provider_id) AS providers,
         pg_catalog.count(DISTINCT g.homeowner_id) AS homeowners
    FROM (SELECT b.provider_id, b.homeowner_id, j.category_id, b.currency,
                 pg_catalog.date_trunc('quarter', b.submitted_at, 'UTC')::date AS submitted_in,
                 (d.decade * CASE WHEN b.bid_amount / d.decade >= 5 THEN 5 WHEN b.bid_amount / d.decade >= 2 THEN 2 ELSE 1 END)::bigint AS amount_from
            FROM dwello.bids AS b
            JOIN dwello.jobs AS j ON j.id = b.job_id,
                 LATERAL (SELECT pg_catalog.power(10::numeric, pg_catalog.length(b.bid_amount::text) - 1)::bigint AS decade) AS d
           WHERE b.deleted_at IS NULL AND j.status NOT IN ('draft', 'open')
             AND b.submitted_at < pg_catalog.date_trunc('quarter', pg_catalog.now(), 'UTC')) AS g
   GROUP BY g.category_id, g.submitted_in, g.currency, g.amount_from
  HAVING LEAST(pg_catalog.count(DISTINCT g.provider_id), pg_catalog.count(DISTINCT g.homeowner_id)) >=
    (SELECT COALESCE(s.value, d.value)::integer
    FROM dwello.system_settings_defaults AS d LEFT JOIN dwello.system_settings AS s USING (name) WHERE d.name = 'k_anonymity');
COMMENT ON VIEW dwello.analyst_bids IS
  'Bids on jobs that are awarded or over, by category, quarter and amount; groups of fewer providers, or homeowners, than the setting k_anonymity are left out.';
COMMENT ON COLUMN dwello.analyst_bids.submitted_in IS 'First day of the quarter in which they were submitted.';
COMMENT ON COLUMN dwello.analyst_bids.amount_from IS 'What was asked, rounded down to 1, 2 or 5 times a power of ten; minor units.';
COMMENT ON COLUMN dwello.analyst_bids.bids IS 'How many.';
COMMENT ON COLUMN dwello.analyst_bids.providers IS 'Of how many people.';
COMMENT ON COLUMN dwello.analyst_bids.homeowners IS 'For how many people''s jobs.';

CREATE VIEW dwello.analyst_contracts WITH (security_barrier = true) AS
  SELECT g.category_id, g.made_in, g.outcome, g.currency, g.amount_from,
         pg_catalog.count(*) AS contracts,
         pg_catalog.count(DISTINCT g.provider_id) AS providers,
         pg_catalog.count(DISTINCT g.homeowner_id) AS homeowners
    FROM (SELECT e.provider_id, e.homeowner_id, j.category_id, e.currency, j.status AS outcome,
                 pg_catalog.date_trunc('quarter', e.created_at, 'UTC')::date AS made_in,
                 (d.decade * CASE WHEN e.contract_amount / d.decade >= 5 THEN 5 WHEN e.contract_amount / d.decade >= 2 THEN 2 ELSE 1 END)::bigint AS amount_from
            FROM dwello.escrow_accounts AS e
            JOIN dwello.jobs AS j ON j.id = e.job_id,
                 LATERAL (SELECT pg_catalog.power(10::numeric, pg_catalog.length(e.contract_amount::text) - 1)::bigint AS decade) AS d
           WHERE j.status IN ('completed', 'cancelled')
             AND e.created_at < pg_catalog.date_trunc('quarter', pg_catalog.now(), 'UTC')) AS g
   GROUP BY g.category_id, g.made_in, g.outcome, g.currency, g.amount_from
  HAVING LEAST(pg_catalog.count(DISTINCT g.provider_id), pg_catalog.count(DISTINCT g.homeowner_id)) >=
    (SELECT COALESCE(s.value, d.value)::integer
    FROM dwello.system_settings_defaults AS d LEFT JOIN dwello.system_settings AS s USING (name) WHERE d.name = 'k_anonymity');
COMMENT ON VIEW dwello.analyst_contracts IS
  'Contracts that are over, by category, quarter, outcome and amount; groups of fewer providers, or homeowners, than the setting k_anonymity are left out.';
COMMENT ON COLUMN dwello.analyst_contracts.made_in IS 'First day of the quarter in which they were made.';
COMMENT ON COLUMN dwello.analyst_contracts.outcome IS 'completed or cancelled.';
COMMENT ON COLUMN dwello.analyst_contracts.amount_from IS 'The contract''s amount, rounded down to 1, 2 or 5 times a power of ten; minor units.';
COMMENT ON COLUMN dwello.analyst_contracts.contracts IS 'How many.';
COMMENT ON COLUMN dwello.analyst_contracts.providers IS 'Of how many people.';
COMMENT ON COLUMN dwello.analyst_contracts.homeowners IS 'Of how many people.';

CREATE VIEW dwello.analyst_reviews WITH (security_barrier = true) AS
  SELECT g.category_id, g.revealed_in, g.rating,
         pg_catalog.count(*) AS reviews,
         pg_catalog.count(DISTINCT g.reviewer_id) AS reviewers,
         pg_catalog.count(DISTINCT g.reviewee_id) AS reviewees
    FROM (SELECT r.reviewer_id, r.reviewee_id, r.rating, j.category_id,
                 pg_catalog.date_trunc('quarter', r.reveal_at, 'UTC')::date AS revealed_in
            FROM dwello.reviews AS r
            JOIN dwello.jobs AS j ON j.id = r.job_id
           WHERE r.deleted_at IS NULL AND r.is_public
             AND r.reveal_at < pg_catalog.date_trunc('quarter', pg_catalog.now(), 'UTC')) AS g
   GROUP BY g.category_id, g.revealed_in, g.rating
  HAVING LEAST(pg_catalog.count(DISTINCT g.reviewer_id), pg_catalog.count(DISTINCT g.reviewee_id)) >=
    (SELECT COALESCE(s.value, d.value)::integer
    FROM dwello.system_settings_defaults AS d LEFT JOIN dwello.system_settings AS s USING (name) WHERE d.name = 'k_anonymity');
COMMENT ON VIEW dwello.analyst_reviews IS
  'Public reviews by category, quarter and stars; groups of fewer reviewers, or reviewees, than the setting k_anonymity are left out.';
COMMENT ON COLUMN dwello.analyst_reviews.revealed_in IS 'First day of the quarter in which they were shown.';
COMMENT ON COLUMN dwello.analyst_reviews.rating IS 'Stars, 1 to 5.';
COMMENT ON COLUMN dwello.analyst_reviews.reviews IS 'How many.';
COMMENT ON COLUMN dwello.analyst_reviews.reviewers IS 'By how many people.';
COMMENT ON COLUMN dwello.analyst_reviews.reviewees IS 'Of how many people.';

GRANT SELECT ON dwello.analyst_users, dwello.analyst_jobs, dwello.analyst_bids, dwello.analyst_contracts, dwello.analyst_reviews
  TO dwello_analyst;
