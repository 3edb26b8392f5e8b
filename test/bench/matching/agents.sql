--
-- agents.sql
--	:questions open jobs that ask for agents, and the agents as a table that
--	the peers can have indexes of their own on, its rows as wide as ours.
--	Comes after generate.sql.
--
SET client_min_messages = warning;
SELECT dwello.refresh_matching(100000) AS repaired \gset
VACUUM (ANALYZE) dwello.ai_bidding_agents, dwello.user_profiles;
REINDEX INDEX dwello.ai_bidding_agents_key_idx;

DROP TABLE IF EXISTS bench.agent;
CREATE TABLE bench.agent AS
SELECT a.*, l.place AS location, a.max_bid_radius_miles * 1609.344 AS radius_m,
       a.min_project_value AS budget_min, a.max_project_value AS budget_max,
       ST_MakeEnvelope(ST_X(p) - w, ST_Y(p) - h, ST_X(p) + w, ST_Y(p) + h, 4326) AS envelope
  FROM dwello.ai_bidding_agents AS a
  JOIN dwello.user_addresses AS l ON l.user_id = a.user_id AND l.is_primary,
       LATERAL (SELECT l.place::geometry AS p, a.max_bid_radius_miles * 1609.344 / 6371008.7714 AS angle) AS g,
       LATERAL (SELECT degrees(angle) + 1e-6 AS h,
                       degrees(asin(sin(angle) / cosd(ST_Y(p)))) + 1e-6 AS w) AS s
 WHERE a.is_active AND a.account_status > 0;
CREATE INDEX ON bench.agent USING gist (envelope);
ALTER TABLE bench.agent ADD PRIMARY KEY (user_id);
VACUUM (ANALYZE) bench.agent;

DROP TABLE IF EXISTS bench.agent_question;
CREATE TABLE bench.agent_question AS
SELECT j.id AS job_id, ST_X(j.location::geometry) AS longitude, ST_Y(j.location::geometry) AS latitude, c.path,
       coalesce(j.budget_min, 0) AS least, coalesce(j.budget_max, 9223372036854775807) AS most, j.currency,
       j.requirement_bits, '{}'::uuid[] AS ids
  FROM (SELECT j.* FROM dwello.jobs AS j
         WHERE j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL AND j.expires_at > bench.now()
         ORDER BY md5(j.id::text) LIMIT :questions) AS j,
       LATERAL (WITH RECURSIVE up (id, parent_id) AS (
                  SELECT s.id, s.parent_id FROM dwello.service_categories AS s WHERE s.id = j.category_id
                  UNION ALL
                  SELECT s.id, s.parent_id FROM up JOIN dwello.service_categories AS s ON s.id = up.parent_id)
                SELECT array_agg(id) AS path FROM up) AS c;
UPDATE bench.agent_question AS q
   SET ids = coalesce((SELECT array_agg(m.agent_id ORDER BY m.agent_id) FROM dwello.match_agents(q.job_id) AS m), '{}');
