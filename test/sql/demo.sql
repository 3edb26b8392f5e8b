--
-- demo.sql
--	The demo data: complete, valid, and the same when asked for again.
--
BEGIN;
CREATE TEMP TABLE first_call AS SELECT * FROM dwello.load_demo();
SELECT name FROM first_call ORDER BY name;
SELECT count(*) AS differing
  FROM first_call AS f FULL JOIN dwello.load_demo() AS s USING (name)
 WHERE f.id IS DISTINCT FROM s.id;

-- two open jobs, and one that is done, paid and reviewed
SELECT f.name, j.status, j.urgency, j.is_emergency, j.budget_min, j.budget_max
  FROM first_call AS f JOIN dwello.jobs AS j ON j.id = f.id
 ORDER BY f.name;
SELECT f.name, b.status, b.bid_amount, b.timeline_days, b.warranty_months
  FROM first_call AS f JOIN dwello.bids AS b ON b.id = f.id
 ORDER BY f.name;
SELECT f.name, e.status, e.released, e.fee_taken
  FROM first_call AS f JOIN dwello.escrow_accounts AS e ON e.job_id = f.id
 ORDER BY f.name;
SELECT f.name, r.rating
  FROM first_call AS f JOIN dwello.reviews AS r ON r.job_id = f.id
 ORDER BY f.name, r.reviewer_id = r.homeowner_id;

-- the open bids are eligible, and the ledger is valid
SELECT r.rank, r.bid_amount, r.eligible
  FROM dwello.rank_bids((SELECT id FROM first_call
                          WHERE name = 'job_painting')) AS r
 ORDER BY r.rank;
SELECT count(*) AS differences FROM dwello.reconcile();
ROLLBACK;

-- who is not trusted with the whole database may not call it
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT t.try('SELECT * FROM dwello.load_demo()');
ROLLBACK;
-- nor may a user, even a superuser's session with a token
SELECT t.try('SELECT * FROM dwello.load_demo()', 'a1');
