# matching.pl
#	The index on open jobs gives what a sort of all of them gives, to the last
#	bit, however its tree came about.
#
# Answers are held against each other for a thousand random queries: the
# index's, in its own order; that of every row, filtered and scored by the
# same C; the same in parallel; and, for some, that of a formula of our own in
# SQL, so that both sides are not wrong together.  The rows are clustered,
# with exact ties, on both sides of the antimeridian and around the poles.
#
# Planted by hand, one at a time, and seen in every tree: a union that forgets
# the urgency of what is added (dw_job_key_extend), or its worth while old or
# while young, one that takes any requirement for what all ask, a picksplit
# whose sides leave out their last key (split_side).
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Places;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	ROWS => 24_000,
	QUERIES => 1_000,
	FORMULA_QUERIES => 120,
};

my $node = new_server('matching', <<'END', holds => 'extension', allows_streaming => 1);
shared_buffers = 256MB
fsync = off
autovacuum = off
jit = off
END

# value QUERY, SERVER: what it returns, as text; of the primary by default.
sub value
{
	my ($query, $server) = @_;

	return ($server // $node)->safe_psql('postgres', $query);
}

value(<<'END');
ALTER DATABASE postgres SET search_path = public, dwello;
END

# ----------------------------------------------------------------------
# Rows and queries
# ----------------------------------------------------------------------
install_places($node);
value(<<"END");
-- 90 clusters, a third of them at the edges of the map
CREATE TABLE cluster AS
SELECT n, CASE WHEN n < 10 THEN 179.9 WHEN n < 20 THEN -179.9 ELSE -180 + 360 * u(n, 1) END AS longitude,
       CASE WHEN n BETWEEN 20 AND 24 THEN 89.8 WHEN n BETWEEN 25 AND 29 THEN -89.8
            ELSE degrees(asin(-1 + 2 * u(n, 2))) END AS latitude
  FROM generate_series(0, 89) AS n;

-- half of the places are of 0.01 degree, as those of jobs, the others of what
-- a key can hold; a fifth of the rows is like fifty others but for the id
CREATE TABLE plain AS
SELECT md5('job' || i)::uuid AS id,
       CASE WHEN u(t, 3) < 0.01 THEN 180 WHEN u(t, 3) < 0.02 THEN -180
            ELSE round(around(longitude + spread * (u(t, 4) - 0.5))::numeric, digits) END::float8 AS longitude,
       CASE WHEN u(t, 3) > 0.995 THEN 90 WHEN u(t, 3) > 0.99 THEN -90
            ELSE greatest(-90, least(90, round((latitude + spread * (u(t, 5) - 0.5))::numeric, digits)))
            END::float8 AS latitude,
       category((40 * u(t, 6) ^ 2)::integer) AS category_id,
       '2026-06-01'::timestamptz - interval '30 days' * u(t, 7) ^ 2 AS published_at,
       CASE WHEN u(t, 8) < 0.5 THEN (1000 * (1 + trunc(500 * u(t, 9))))::bigint END AS budget_min,
       CASE WHEN u(t, 10) < 0.7 THEN (1000 * (501 + trunc(4000 * u(t, 11) ^ 3)))::bigint END AS budget_max,
       CASE WHEN u(t, 12) < 0.8 THEN 'USD' ELSE 'EUR' END AS currency,
       trunc(4 * u(t, 13))::integer AS urgency_rank,
       CASE WHEN u(t, 14) < 0.7 THEN 0 ELSE trunc(32 * u(t, 15)) END::bigint AS requirement_bits
  FROM (SELECT i, CASE WHEN u(i, 0) < 0.2 THEN i / 50 ELSE i END AS t FROM generate_series(1, @{[ROWS]}) AS i) AS r
  JOIN cluster ON n = trunc(90 * u(t, 16) ^ 1.5),
       LATERAL (SELECT CASE WHEN u(t, 17) < 0.1 THEN 30 ELSE 1 END AS spread,
                       CASE WHEN u(t, 18) < 0.5 THEN 2 ELSE 7 END AS digits) AS s;

-- what is asked: places, filters and weights of all kinds
CREATE TABLE asked AS
SELECT n, longitude, latitude,
       CASE WHEN u(n, 30) < 0.05 THEN 12450 WHEN u(n, 30) < 0.1 THEN 0.001
            ELSE exp(ln(2) + u(n, 31) * ln(CASE WHEN u(n, 32) < 0.7 THEN 100 ELSE 4000 END)) END AS radius_miles,
       '2026-06-01'::timestamptz - CASE WHEN u(n, 33) < 0.3 THEN interval '20 days' * u(n, 34) ELSE '0' END AS as_of,
       category_ids, fits,
       CASE WHEN category_ids IS NULL THEN NULL WHEN u(n, 35) < 0.3 THEN 0 WHEN u(n, 35) < 0.5 THEN 0.3 END AS others_fit,
       CASE WHEN u(n, 36) < 0.3 THEN (u(n, 37) * 1000000)::bigint END AS budget_min,
       CASE WHEN u(n, 38) < 0.3 THEN (CASE WHEN u(n, 36) < 0.3 THEN 1000000 ELSE 2000 END + u(n, 39) ^ 3 * 3000000)::bigint END
         AS budget_max,
       CASE WHEN u(n, 40) < 0.9 THEN 'USD' WHEN u(n, 40) < 0.98 THEN 'EUR' ELSE 'CHF' END AS currency,
       CASE WHEN u(n, 41) < 0.5 THEN 31 ELSE trunc(32 * u(n, 42)) END::bigint AS capabilities,
       CASE WHEN u(n, 43) < 0.5 THEN '{0.35, 0.2, 0.2, 0.1, 0.15}'::float8[]
            WHEN u(n, 43) < 0.6 THEN '{1, 0, 0, 0, 0}' WHEN u(n, 43) < 0.65 THEN '{0, 1, 0, 0, 0}'
            WHEN u(n, 43) < 0.7 THEN '{0, 0, 1, 0, 0}' WHEN u(n, 43) < 0.75 THEN '{0, 0, 0, 7, 0}'
            WHEN u(n, 43) < 0.8 THEN '{0, 0, 0, 0, 1e-9}'
            ELSE ARRAY[u(n, 44), u(n, 45), u(n, 46), u(n, 47), u(n, 48)] END AS weights,
       CASE WHEN u(n, 49) < 0.5 THEN 500000 ELSE 3000000 END::float8 AS reference_budget,
       CASE WHEN u(n, 50) < 0.5 THEN 72 ELSE 1 + 400 * u(n, 51) END::float8 AS freshness_hours,
       CASE WHEN u(n, 52) < 0.2 THEN u(n, 53) END AS ceiling
  FROM (SELECT i AS n, CASE WHEN u(i, 20) < 0.05 THEN -180 WHEN u(i, 20) < 0.1 THEN 180
                            WHEN u(i, 20) < 0.2 THEN -180 + 360 * u(i, 21)
                            ELSE around(longitude + u(i, 22) - 0.5) END AS longitude,
               CASE WHEN u(i, 23) < 0.04 THEN 90 WHEN u(i, 23) < 0.08 THEN -90
                    WHEN u(i, 20) < 0.2 THEN -90 + 180 * u(i, 24)
                    ELSE greatest(-90, least(90, latitude + u(i, 25) - 0.5)) END AS latitude
          FROM generate_series(1, @{[QUERIES]}) AS i JOIN cluster ON cluster.n = trunc(90 * u(i, 26))) AS p,
       LATERAL (SELECT array_agg(category(k)) AS category_ids,
                       array_agg(CASE WHEN u(n * 50 + k, 54) < 0.4 THEN 1
                                      WHEN u(n * 50 + k, 54) < 0.7 THEN 0.8 ^ trunc(12 * u(n * 50 + k, 55))
                                      ELSE u(n * 50 + k, 55) END::float8) AS fits
                  FROM generate_series(0, 40) AS k
                 WHERE CASE WHEN u(n, 56) < 0.3 THEN false
                            WHEN u(n, 56) < 0.5 THEN k = trunc(40 * u(n, 57) ^ 2)
                            ELSE u(n * 50 + k, 58) < u(n, 59) END) AS c;

CREATE TABLE wanted AS
SELECT n, dwello.job_query(longitude, latitude, radius_miles, as_of, category_ids => category_ids, fits => fits,
         others_fit => others_fit, budget_min => budget_min, budget_max => budget_max, currency => currency,
         capabilities => capabilities, weights => weights, reference_budget => reference_budget,
         freshness_hours => freshness_hours, ceiling => ceiling) AS query
  FROM asked;
ALTER TABLE wanted ADD PRIMARY KEY (n);
ANALYZE;
END

# ----------------------------------------------------------------------
# Three trees over the same rows
# ----------------------------------------------------------------------
my @trees = qw(sorted inserted updated);
my $columns = 'longitude, latitude, category_id, published_at, budget_min,'
  . ' budget_max, currency, urgency_rank, requirement_bits';
my $table = '(LIKE plain, key dwello.job_key GENERATED ALWAYS AS'
  . " (dwello.job_key($columns)) STORED)";
my $become = "UPDATE updated SET ($columns) = (SELECT $columns FROM plain"
  . ' WHERE plain.id = updated.id)';

value(<<"END");
CREATE TABLE sorted $table;
INSERT INTO sorted SELECT * FROM plain;
CREATE INDEX ON sorted USING gist (key);

CREATE TABLE inserted $table;
CREATE INDEX ON inserted USING gist (key);
INSERT INTO inserted SELECT * FROM plain ORDER BY u(hashtext(id::text), 70);

-- each with what is another's, and some that go again; then what is its own,
-- in two halves, so that the space of the first is used by the second
CREATE TABLE updated $table;
ALTER TABLE plain ADD PRIMARY KEY (id);
CREATE INDEX ON updated USING gist (key);
INSERT INTO updated
SELECT a.id, $columns
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM plain) AS a
  JOIN (SELECT *, row_number() OVER (ORDER BY md5(id::text)) AS n FROM plain) AS b USING (n);
INSERT INTO updated SELECT md5(id::text)::uuid, $columns FROM plain WHERE u(hashtext(id::text), 71) < 0.3;
DELETE FROM updated WHERE id NOT IN (SELECT id FROM plain);
END
value($_)
  foreach 'VACUUM updated',
  "$become WHERE u(hashtext(id::text), 72) < 0.5",
  'VACUUM updated',
  "$become WHERE u(hashtext(id::text), 72) >= 0.5",
  'VACUUM ANALYZE updated', 'ANALYZE sorted, inserted';

# How many rows, and a digest of (id, score) in the order that is promised.
my $digest = q{count(*), md5(coalesce(string_agg(id || ' ' || score, ','}
  . q{ ORDER BY score DESC, id), ''))};

value(<<"END");
-- every row, filtered and scored
CREATE FUNCTION naive(q dwello.job_query, OUT rows bigint, OUT digest text)
LANGUAGE plpgsql STABLE SET enable_indexscan = off SET enable_bitmapscan = off
AS \$\$
BEGIN
  SELECT $digest INTO rows, digest
    FROM (SELECT id, dwello.job_score(key, q) AS score FROM sorted WHERE dwello.job_matches(key, q)) AS s;
END;
\$\$;
CREATE TABLE naive AS SELECT n, a.* FROM wanted, naive(query) AS a;

-- a tree's answer; in_order: never a better one after a worse one
CREATE FUNCTION by_index(tree regclass, q dwello.job_query, OUT rows bigint, OUT digest text, OUT in_order boolean)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off
AS \$\$
BEGIN
  EXECUTE format(
    \$q\$SELECT $digest, coalesce(bool_and(rest >= before), true)
          FROM (SELECT id, rest, 1 - rest AS score, lag(rest, 1, 0::float8) OVER () AS before
                  FROM (SELECT id, key <~> \$1 AS rest FROM %s WHERE key @@@ \$1 ORDER BY key <~> \$1) AS s) AS s\$q\$,
    tree) INTO rows, digest, in_order USING q;
END;
\$\$;
END

# wrong TREE, SERVER: the first queries that it answers otherwise.
sub wrong
{
	my ($tree, $server) = @_;

	return value(<<"END", $server);
SELECT n, w.rows, i.rows, i.in_order FROM naive AS w JOIN wanted USING (n), by_index('$tree', query) AS i
 WHERE (w.rows, w.digest, true) IS DISTINCT FROM (i.rows, i.digest, i.in_order) ORDER BY n LIMIT 5
END
}

my ($empty, $some, $largest) = split /\|/, value(<<'END');
SELECT count(*) FILTER (WHERE rows = 0), count(*) FILTER (WHERE rows > 100), max(rows) FROM naive
END
cmp_ok(value('SELECT count(DISTINCT (longitude, latitude)) FROM asked'),
	'>', QUERIES / 2, 'queries are of as many places');
cmp_ok($empty, '>', 20, "$empty queries have an empty answer");
cmp_ok($some, '>', 200, "$some queries have more than 100 rows");
cmp_ok($largest, '>', ROWS / 4, "one has $largest rows");
cmp_ok(value(<<'END'), '>', 500, 'there are exact ties');
SELECT count(*) FROM (SELECT FROM sorted, wanted WHERE n BETWEEN 1 AND 50 AND dwello.job_matches(key, query)
                       GROUP BY n, dwello.job_score(key, query) HAVING count(*) > 1) AS t
END
foreach my $tree (@trees)
{
	like(value("SET enable_seqscan = off; SET enable_sort = off; EXPLAIN SELECT FROM $tree"
			  . ' WHERE key @@@ (SELECT query FROM wanted WHERE n = 1)'
			  . ' ORDER BY key <~> (SELECT query FROM wanted WHERE n = 1)'),
		qr/^Index (?:Only )?Scan using ${tree}_key_idx.*Index Cond.*Order By/s,
		"$tree: by the index");
	is(wrong($tree), '', "$tree: as the sort of all rows");
}

# ----------------------------------------------------------------------
# A formula of our own, and parallel workers
# ----------------------------------------------------------------------
my $asked = 'n <= ' . FORMULA_QUERIES . ' AND ceiling IS NULL';

cmp_ok(value("SELECT sum(rows) FROM naive JOIN asked USING (n) WHERE $asked"),
	'>', 10_000, 'there is enough to compare with a formula');
is(value(<<"END"), '', 'a formula in SQL gives the same scores');
WITH formula AS (
  SELECT n, p.id, metres, radius_miles * 1609.344 AS radius_m,
         (w[1] * (1 - metres / 1609.344 / radius_miles)
          + w[2] * least(1, coalesce(p.budget_max, p.budget_min, 0)::float8 / reference_budget)
          + w[3] * fit + w[4] * urgency_rank / 3.0::float8
          + w[5] * greatest(0, 1 - extract(epoch FROM as_of - published_at)::float8 / 3600 / (2 * freshness_hours)))
         / (w[1] + w[2] + w[3] + w[4] + w[5]) AS score
    FROM (SELECT *, weights AS w FROM asked WHERE $asked) AS a
    JOIN plain AS p ON p.currency = a.currency AND p.published_at <= a.as_of
     AND p.requirement_bits & ~ a.capabilities = 0
     AND coalesce(p.budget_max, 9e18) >= coalesce(a.budget_min, 0)
     AND coalesce(p.budget_min, 0) <= coalesce(a.budget_max, 9e18),
         LATERAL (SELECT CASE WHEN a.category_ids IS NULL THEN 1
                              ELSE coalesce(fits[array_position(category_ids, p.category_id)], others_fit) END AS fit) AS f,
         LATERAL (SELECT 2 * 6371008.7714 * asin(sqrt(least(1,
                    sin(radians(p.latitude - a.latitude) / 2) ^ 2
                    + cos(radians(p.latitude)) * cos(radians(a.latitude))
                      * sin(radians(p.longitude - a.longitude) / 2) ^ 2))) AS metres) AS d
   WHERE fit IS NOT NULL AND metres <= radius_miles * 1609.344 + 1
), ours AS (
  SELECT n, id, dwello.job_score(key, query) AS score
    FROM wanted JOIN asked USING (n) JOIN sorted ON dwello.job_matches(key, query) WHERE $asked
)
-- on the very edge either may be right
SELECT n, id, f.score, o.score, f.metres, f.radius_m
  FROM formula AS f FULL JOIN ours AS o USING (n, id)
 WHERE CASE WHEN f.id IS NULL THEN true
            WHEN o.id IS NULL THEN f.metres < f.radius_m - 1e-6
            WHEN f.metres > f.radius_m + 1e-6 THEN true
            ELSE abs(f.score - o.score) > 1e-9 END
 LIMIT 5
END

my $one = '(SELECT query FROM naive JOIN wanted USING (n) ORDER BY rows DESC, n LIMIT 1)';
my $every = "SELECT $digest FROM (SELECT id, dwello.job_score(key, $one) AS"
  . " score FROM sorted WHERE dwello.job_matches(key, $one)) AS s";
my $parallel = 'SET max_parallel_workers_per_gather = 3;'
  . ' SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;'
  . ' SET min_parallel_table_scan_size = 0;';

like(value("$parallel EXPLAIN $every"), qr/Parallel Seq Scan on sorted/,
	'workers can score');
is(value("$parallel $every"),
	value("SET max_parallel_workers_per_gather = 0; $every"),
	'and do it as one process does');

# ----------------------------------------------------------------------
# What a tree must survive
# ----------------------------------------------------------------------
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('matching_standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
value("$become WHERE u(hashtext(id::text), 73) < 0.3");
value('UPDATE updated SET longitude = 0 WHERE u(hashtext(id::text), 74) < 0.3');
value("$become WHERE u(hashtext(id::text), 74) < 0.3");
$node->wait_for_catchup($standby);
is(wrong('updated', $standby), '', 'a standby answers the same');
$standby->stop;

$node->stop('immediate');
$node->start;
is(wrong('updated'), '', 'so does the server after a crash');
value('VACUUM updated');
value('REINDEX INDEX CONCURRENTLY updated_key_idx');
is(wrong('updated'), '', 'and a tree that was made anew');

# ----------------------------------------------------------------------
# match_jobs(): what it asks the index, what it hides, its pages
# ----------------------------------------------------------------------
my $now = '2026-06-01 12:00+00';

value(<<"END");
SET session_replication_role = replica;
INSERT INTO dwello.service_categories (id, parent_id, name)
SELECT category(n), CASE WHEN n < 4 THEN 'd0000000-0000-7000-8000-000000000011'::uuid ELSE category(n / 4) END, 'C' || n
  FROM generate_series(1, 30) AS n;
CREATE TABLE leaf AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM dwello.service_categories;

INSERT INTO dwello.users (id, user_type, status, email, email_index, first_name, last_name, email_verified, provider_verified)
SELECT md5(kind || n)::uuid, kind::dwello.user_type, 'active', '', sha256((kind || n)::bytea), 'A', 'B', true, true
  FROM unnest(ARRAY['homeowner', 'service_provider']) AS kind, generate_series(1, 60) AS n;
CREATE FUNCTION rounded(degrees float8) RETURNS float8 LANGUAGE sql IMMUTABLE
AS \$\$ SELECT round(degrees::numeric, 2)::float8 \$\$;

INSERT INTO dwello.user_addresses (user_id, address_type, street, city, state, postal_code, country, point, place, is_primary)
SELECT md5('service_provider' || i)::uuid, 'business', '', 'C', 'S', '1', 'US', '',
       ST_MakePoint(rounded(longitude), rounded(latitude))::geography, true
  FROM generate_series(1, 60) AS i JOIN asked ON asked.n = 100 + i;
INSERT INTO dwello.provider_credentials (user_id, credential_type, name, verified_at, valid_until)
SELECT md5('service_provider' || n)::uuid, t::dwello.credential_type, 'x',
       CASE WHEN u(n, 83) < 0.8 THEN now() END, CASE WHEN u(n, 84) < 0.3 THEN '2026-05-31'::date END
  FROM generate_series(1, 60) AS n, unnest('{license, insurance, equipment}'::text[]) AS t WHERE u(n, length(t)) < 0.7;
INSERT INTO dwello.ai_bidding_agents (user_id, max_bid_radius_miles, preferred_categories)
SELECT md5('service_provider' || i)::uuid, 50,
       CASE WHEN u(i, 85) < 0.7 THEN ARRAY(SELECT id FROM leaf WHERE u(i * 50 + leaf.n, 86) < 0.1) ELSE '{}' END
  FROM generate_series(1, 60, 2) AS i;
INSERT INTO dwello.user_profiles (user_id) SELECT id FROM dwello.users;
SELECT dwello.refresh_matching();
-- the budget that counts in full, below, is the same in both currencies
SELECT dwello.set_setting_amount('match_budget_reference', c, 500000) FROM unnest(ARRAY['USD', 'EUR']) AS c;

-- hidden = 0: may be shown
CREATE TABLE posted AS
SELECT *, CASE WHEN u(hashtext(id::text), 80) < 0.8 THEN 0 ELSE 1 + trunc(6 * u(hashtext(id::text), 81))::integer END AS hidden,
       1 + trunc(60 * u(hashtext(id::text), 82))::integer AS owner
  FROM plain WHERE u(hashtext(id::text), 87) < 0.5;
INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, budget_min, budget_max,
                         currency, urgency, is_listed, published_at, expires_at, deleted_at, requirement_bits)
SELECT id, CASE WHEN u(hashtext(id::text), 88) < 0.05 THEN md5('service_provider' || owner)::uuid
                ELSE md5('homeowner' || owner)::uuid END,
       (SELECT leaf.id FROM leaf WHERE n = 1 + abs(hashtext(category_id::text)) % (SELECT count(*) FROM leaf)),
       CASE hidden WHEN 1 THEN 'draft' WHEN 2 THEN 'cancelled' ELSE 'open' END::dwello.job_status, 'J', 'J',
       ST_MakePoint(longitude, latitude)::geography, budget_min, budget_max, currency,
       (enum_range(NULL::dwello.urgency))[1 + urgency_rank], hidden NOT IN (1, 2, 3),
       CASE WHEN hidden = 1 THEN NULL WHEN hidden = 6 THEN '$now'::timestamptz + interval '1 second' ELSE published_at END,
       CASE WHEN hidden = 4 THEN '$now'::timestamptz ELSE '2026-07-15' END,
       CASE WHEN hidden = 5 THEN now() END, requirement_bits
  FROM posted;
ANALYZE;

-- a call for every provider, and who it is
CREATE TABLE call AS
SELECT n, md5('service_provider' || 1 + n % 60)::uuid AS provider_id,
       CASE WHEN u(n, 90) < 0.6 THEN radius_miles END AS radius_miles,
       CASE WHEN u(n, 91) < 0.5 THEN ARRAY(SELECT id FROM leaf WHERE u(asked.n * 50 + leaf.n, 92) < 0.1
                                            UNION SELECT id FROM leaf WHERE leaf.n = 1 + asked.n % 12) END AS category_ids,
       CASE WHEN budget_min > 0 THEN budget_min END AS budget_min, budget_max,
       CASE WHEN u(n, 93) < 0.9 THEN 'USD' ELSE 'EUR' END AS currency,
       CASE WHEN u(n, 94) < 0.3 THEN weights END AS weights
  FROM asked WHERE n <= 240;

-- the same by what the documents say, over every row
CREATE FUNCTION by_hand(c call) RETURNS TABLE (id uuid, score float8)
LANGUAGE sql STABLE SET enable_indexscan = off SET enable_bitmapscan = off
AS \$\$
  WITH RECURSIVE named (id, depth) AS (
    SELECT unnest(coalesce(c.category_ids, (SELECT preferred_categories FROM dwello.ai_bidding_agents
                                             WHERE user_id = c.provider_id))), 0
    UNION ALL
    SELECT k.id, depth + 1 FROM named JOIN dwello.service_categories AS k ON k.parent_id = named.id
  ), fit AS (
    SELECT array_agg(f.id) AS ids, array_agg((0.8 ^ depth)::float8) AS fits
      FROM (SELECT named.id, min(depth) AS depth FROM named GROUP BY named.id) AS f
  )
  SELECT j.id, dwello.job_score(j.key, q.query)
    FROM fit, dwello.user_addresses AS a,
         LATERAL (SELECT dwello.job_query(ST_X(a.place::geometry), ST_Y(a.place::geometry),
                    coalesce(c.radius_miles, (SELECT max_bid_radius_miles FROM dwello.ai_bidding_agents AS g
                                               WHERE g.user_id = c.provider_id), 25),
                    '$now', category_ids => ids, fits => fits,
                    others_fit => CASE WHEN ids IS NOT NULL AND c.category_ids IS NULL THEN 0 END::float8,
                    budget_min => c.budget_min, budget_max => c.budget_max, currency => c.currency,
                    capabilities => coalesce((SELECT bit_or(CASE credential_type WHEN 'license' THEN 1 WHEN 'insurance' THEN 2
                                                              ELSE 16 END) FROM dwello.provider_credentials AS p
                                               WHERE p.user_id = c.provider_id AND verified_at IS NOT NULL
                                                 AND valid_until IS NULL), 0),
                    weights => c.weights, reference_budget => coalesce(c.budget_max, 500000)) AS query) AS q,
         dwello.jobs AS j
    JOIN posted AS p USING (id)
   WHERE a.user_id = c.provider_id AND p.hidden = 0 AND j.homeowner_id <> c.provider_id
     AND dwello.job_matches(j.key, q.query)
\$\$;
CREATE FUNCTION by_call(c call, most integer, as_of timestamptz DEFAULT '$now', after_score float8 DEFAULT NULL,
                        after_id uuid DEFAULT NULL)
RETURNS TABLE (id uuid, score float8, row_number bigint)
LANGUAGE sql STABLE
AS \$\$
  SELECT job_id, score, row_number() OVER ()
    FROM dwello.match_jobs(provider_id => c.provider_id, as_of => as_of, after_score => after_score,
           after_id => after_id, max_results => most, radius_miles => c.radius_miles, category_ids => c.category_ids,
           budget_min => c.budget_min, budget_max => c.budget_max, currency => c.currency,
           weights => CASE WHEN c.weights IS NOT NULL THEN jsonb_build_object('nearness', c.weights[1],
             'budget', c.weights[2], 'category', c.weights[3], 'urgency', c.weights[4], 'freshness', c.weights[5]) END)
\$\$;

-- pages of so many until one is not full, as one list
CREATE FUNCTION by_pages(c call, size integer, OUT ids uuid[], OUT pages integer)
LANGUAGE plpgsql
AS \$\$
DECLARE
  page record;
  last_score float8;
  last_id uuid;
  got integer;
BEGIN
  ids := '{}';
  pages := 0;
  LOOP
    got := 0;
    FOR page IN SELECT * FROM by_call(c, size, '$now', last_score, last_id) ORDER BY row_number LOOP
      ids := ids || page.id;
      last_score := page.score;
      last_id := page.id;
      got := got + 1;
    END LOOP;
    pages := pages + 1;
    EXIT WHEN got < size OR pages >= 100;
  END LOOP;
END;
\$\$;
END
my $pin = "SET dwello.now = '$now';";

# differing CALLS: of so many the first that give something else than the
# documents say.
sub differing
{
	my ($calls) = @_;

	return value("$pin " . <<"END");
SELECT c.n, cardinality(h.ids), cardinality(m.ids)
  FROM call AS c,
       LATERAL (SELECT array_agg((id, score) ORDER BY score DESC, id) AS ids
                  FROM (SELECT * FROM by_hand(c) ORDER BY score DESC, id LIMIT 500) AS s) AS h,
       LATERAL (SELECT array_agg((id, score) ORDER BY row_number) AS ids FROM by_call(c, 500)) AS m
 WHERE c.n <= $calls AND h.ids IS DISTINCT FROM m.ids LIMIT 5
END
}

cmp_ok(value('SELECT count(DISTINCT category_ids) FROM call'),
	'>', 80, 'calls name different categories');
cmp_ok(value('SELECT count(DISTINCT preferred_categories) FROM dwello.ai_bidding_agents'),
	'>', 15, 'agents prefer different ones');
is(differing(240), '', 'match_jobs() gives what the documents say');
cmp_ok(value("$pin SELECT count(*) FROM call, by_call(call, 500)"),
	'>', 5_000, 'and that is not little');
is(value("$pin " . <<'END'), '0', 'nothing that is hidden is among it');
SELECT count(*) FROM call, by_call(call, 500) AS m JOIN posted USING (id) WHERE hidden <> 0
END
is(value("$pin " . <<'END'), '', 'pages put together are the whole');
SELECT c.n, cardinality(whole.ids), cardinality(p.ids), p.pages
  FROM call AS c, LATERAL (SELECT coalesce(array_agg(id ORDER BY row_number), '{}') AS ids FROM by_call(c, 500)) AS whole,
       LATERAL by_pages(c, 3 + c.n % 7) AS p
 WHERE c.n <= 100 AND cardinality(whole.ids) < 200 AND p.ids <> whole.ids LIMIT 5
END
cmp_ok(value("$pin SELECT max((by_pages(c, 5)).pages) FROM call AS c WHERE n <= 50"),
	'>', 20, 'and there are many');

# While pages are read, others post and close: what comes later is not seen,
# what has gone is not either, and nothing else moves.
my $session = "$pin SET session_replication_role = replica;";
my ($n, $rows) = split /\|/, value("$pin " . <<'END');
SELECT c.n, count(*) FROM call AS c, by_call(c, 500) GROUP BY c.n HAVING count(*) BETWEEN 150 AND 450 ORDER BY count(*) DESC LIMIT 1
END
cmp_ok($rows // 0, '>=', 150, 'a list to read while it changes');
my @whole = map { [ split /\|/ ] }
  split /\n/, value("$pin SELECT id, score FROM call AS c, by_call(c, 500) WHERE n = $n ORDER BY row_number");
my (@read, %closed);
foreach my $page (0 .. 40)
{
	my $after = @read ? ", '$read[-1][1]', '$read[-1][0]'" : '';
	my @more = map { [ split /\|/ ] } split /\n/,
	  value("$pin SELECT id, score FROM call AS c, by_call(c, 20, '$now'$after) WHERE n = $n ORDER BY row_number");
	my ($gone) = grep { !$closed{ $_->[0] } } @whole[ map { ($page * 37 + $_) % @whole } 0 .. 40 ];

	push @read, @more;
	last if @more < 20;
	# the best of all, but after as_of; and one that goes
	value(<<"END");
$session
INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, budget_max, currency,
                         urgency, is_listed, published_at, expires_at)
SELECT md5('late$page')::uuid, j.homeowner_id, j.category_id, 'open', 'J', 'J', j.location, 100000000, j.currency,
       'urgent', true, '$now'::timestamptz + interval '1 second', '2026-07-15' FROM dwello.jobs AS j WHERE id = '$whole[0][0]';
UPDATE dwello.jobs SET status = 'cancelled', is_listed = false WHERE id = '$gone->[0]';
END
	$closed{ $gone->[0] } = 1 unless grep { $_->[0] eq $gone->[0] } @read;
}
is(join(' ', map { $_->[0] } @read),
	join(' ', map { $_->[0] } grep { !$closed{ $_->[0] } } @whole),
	'pages of a list that changes are the list without what has gone');
cmp_ok(scalar(keys %closed), '>', 3, keys(%closed) . ' went before they were read');

# ----------------------------------------------------------------------
# The index on open jobs itself, after the life of jobs, a crash and a
# rebuilding beside writers
# ----------------------------------------------------------------------

# live ASPECT: a fifth of the open jobs close, the drafts and those closed
# before are published, a third moves or pays otherwise; posted says so, too.
sub live
{
	my ($aspect) = @_;

	value(<<"END");
$session
UPDATE posted SET hidden = CASE WHEN hidden = 0 AND u(hashtext(id::text), $aspect) < 0.2 THEN 2
                                WHEN hidden IN (1, 2) THEN 0 ELSE hidden END
 WHERE hidden < 3;
UPDATE dwello.jobs AS j
   SET status = CASE p.hidden WHEN 2 THEN 'cancelled' ELSE 'open' END::dwello.job_status, is_listed = p.hidden = 0,
       published_at = p.published_at
  FROM posted AS p WHERE p.id = j.id AND p.hidden < 3 AND j.is_listed <> (p.hidden = 0);
UPDATE dwello.jobs AS j
   SET location = ST_MakePoint(around(ST_X(location::geometry) + u(hashtext(id::text), $aspect + 1) - 0.5),
                               greatest(-90, least(90, ST_Y(location::geometry) + u(hashtext(id::text), $aspect + 2) - 0.5)))::geography,
       budget_max = CASE WHEN u(hashtext(id::text), $aspect + 3) < 0.5 THEN budget_max ELSE greatest(budget_max, budget_min) + 1000 END,
       urgency = (enum_range(NULL::dwello.urgency))[1 + trunc(4 * u(hashtext(id::text), $aspect + 4))::integer]
 WHERE u(hashtext(id::text), $aspect + 5) < 0.3;
END
	return;
}

value("$session UPDATE posted SET hidden = 2 WHERE hidden = 0 AND id IN (SELECT id FROM dwello.jobs WHERE status = 'cancelled')");
live(300);
is(differing(80), '', 'match_jobs() after jobs were published, moved and closed');
value('VACUUM dwello.jobs');
live(310);
$node->stop('immediate');
$node->start;
is(differing(80), '', 'and after a crash');

# two writers while the index is rebuilt
my @writers = map {
	my $writer = $node->background_psql('postgres');
	$writer->query_until(qr/go/, <<"END");
\\echo go
$session
DO \$\$ BEGIN
  FOR i IN 1..60 LOOP
    UPDATE dwello.jobs SET budget_max = coalesce(budget_max, budget_min, 1000) + 1000
     WHERE u(hashtext(id::text), 330 + i) < 0.005 AND hashtext(id::text) % 2 = $_;
    COMMIT;
  END LOOP;
END \$\$;
\\echo done
END
	$writer;
} (0, 1);
value('REINDEX INDEX CONCURRENTLY dwello.jobs_key_idx');
$_->query_until(qr/done/, "\n"), $_->quit foreach @writers;
is(differing(80), '', 'and after the index was rebuilt beside writers');

$node->stop;
done_testing();
