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
  SELECT g.user_type, g.country, g.city, g.registered_in, g.people
    FROM dwello.count_users() AS g;
COMMENT ON VIEW dwello.analyst_users IS
  'People by city and quarter of registration; groups of fewer than the setting k_anonymity are left out.';
COMMENT ON COLUMN dwello.analyst_users.user_type IS 'What they are: homeowner or service_provider.';
COMMENT ON COLUMN dwello.analyst_users.country IS 'Of the primary address; NULL = of those without one.';
COMMENT ON COLUMN dwello.analyst_users.city IS 'Of the primary address; NULL = of those without one.';
COMMENT ON COLUMN dwello.analyst_users.registered_in IS 'First day of the quarter in which they registered.';
COMMENT ON COLUMN dwello.analyst_users.people IS 'How many.';

CREATE VIEW dwello.analyst_jobs WITH (security_barrier = true) AS
  SELECT g.category_id, g.published_in, g.urgency, g.currency, g.budget_from, g.jobs, g.homeowners
    FROM dwello.count_jobs() AS g;
COMMENT ON VIEW dwello.analyst_jobs IS
  'Published jobs by category, quarter, urgency and budget; groups of fewer homeowners than the setting k_anonymity are left out.';
COMMENT ON COLUMN dwello.analyst_jobs.published_in IS 'First day of the quarter in which they were published.';
COMMENT ON COLUMN dwello.analyst_jobs.urgency IS 'How urgent they are.';
COMMENT ON COLUMN dwello.analyst_jobs.budget_from IS 'The most that is to be spent, rounded down to 1, 2 or 5 times a power of ten; minor units; NULL = nothing was said.';
COMMENT ON COLUMN dwello.analyst_jobs.jobs IS 'How many.';
COMMENT ON COLUMN dwello.analyst_jobs.homeowners IS 'Of how many people.';

CREATE VIEW dwello.analyst_bids WITH (security_barrier = true) AS
  SELECT g.category_id, g.submitted_in, g.currency, g.amount_from, g.bids, g.providers, g.homeowners
    FROM dwello.count_bids() AS g;
COMMENT ON VIEW dwello.analyst_bids IS
  'Bids on jobs that are awarded or over, by category, quarter and amount; groups of fewer providers, or homeowners, than the setting k_anonymity are left out.';
COMMENT ON COLUMN dwello.analyst_bids.submitted_in IS 'First day of the quarter in which they were submitted.';
COMMENT ON COLUMN dwello.analyst_bids.amount_from IS 'What was asked, rounded down to 1, 2 or 5 times a power of ten; minor units.';
COMMENT ON COLUMN dwello.analyst_bids.bids IS 'How many.';
COMMENT ON COLUMN dwello.analyst_bids.providers IS 'Of how many people.';
COMMENT ON COLUMN dwello.analyst_bids.homeowners IS 'For how many people''s jobs.';

CREATE VIEW dwello.analyst_contracts WITH (security_barrier = true) AS
  SELECT g.category_id, g.made_in, g.outcome, g.currency, g.amount_from, g.contracts, g.providers, g.homeowners
    FROM dwello.count_contracts() AS g;
COMMENT ON VIEW dwello.analyst_contracts IS
  'Contracts that are over, by category, quarter, outcome and amount; groups of fewer providers, or homeowners, than the setting k_anonymity are left out.';
COMMENT ON COLUMN dwello.analyst_contracts.made_in IS 'First day of the quarter in which they were made.';
COMMENT ON COLUMN dwello.analyst_contracts.outcome IS 'completed or cancelled.';
COMMENT ON COLUMN dwello.analyst_contracts.amount_from IS 'The contract''s amount, rounded down to 1, 2 or 5 times a power of ten; minor units.';
COMMENT ON COLUMN dwello.analyst_contracts.contracts IS 'How many.';
COMMENT ON COLUMN dwello.analyst_contracts.providers IS 'Of how many people.';
COMMENT ON COLUMN dwello.analyst_contracts.homeowners IS 'Of how many people.';

CREATE VIEW dwello.analyst_reviews WITH (security_barrier = true) AS
  SELECT g.category_id, g.revealed_in, g.rating, g.reviews, g.reviewers, g.reviewees
    FROM dwello.count_reviews() AS g;
COMMENT ON VIEW dwello.analyst_reviews IS
  'Public reviews by category, quarter and stars; groups of fewer reviewers, or reviewees, than the setting k_anonymity are left out.';
COMMENT ON COLUMN dwello.analyst_reviews.revealed_in IS 'First day of the quarter in which they were shown.';
COMMENT ON COLUMN dwello.analyst_reviews.rating IS 'Stars, 1 to 5.';
COMMENT ON COLUMN dwello.analyst_reviews.reviews IS 'How many.';
COMMENT ON COLUMN dwello.analyst_reviews.reviewers IS 'By how many people.';
COMMENT ON COLUMN dwello.analyst_reviews.reviewees IS 'Of how many people.';

GRANT SELECT ON dwello.analyst_users, dwello.analyst_jobs, dwello.analyst_bids, dwello.analyst_contracts, dwello.analyst_reviews
  TO dwello_analyst;
