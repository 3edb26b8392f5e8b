--
-- peer.sql
--	The peer's accounts: an escrow, a provider and fees for each of :jobs, and
--	a provider and fees (number 0) that all share.
--
CREATE SCHEMA bench;
CREATE TABLE bench.peer_account (kind text, n integer, id text NOT NULL, PRIMARY KEY (kind, n));
INSERT INTO bench.peer_account
SELECT k.kind, n, a.id
  FROM generate_series(0, :jobs) AS n, unnest(ARRAY['escrow', 'provider', 'fee']) AS k (kind),
       pgledger_create_account(k.kind || n, 'USD') AS a;
CREATE FUNCTION bench.peer(kind text, n integer) RETURNS text
LANGUAGE sql STABLE
AS $$ SELECT p.id FROM bench.peer_account AS p WHERE p.kind = $1 AND p.n = $2 $$;
VACUUM ANALYZE;
