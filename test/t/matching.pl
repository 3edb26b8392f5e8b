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
# the urgency of what is added (dw_job_key_extend), one that takes any
# requirement for what all ask, a picksplit whose sides leave out their last
# key (split_side).
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	ROWS => 24_000,
	QUERIES => 1_000,
	FORMULA_QUERIES => 120,
};

my $node = new_server('matching', <<'END', allows_streaming => 1);
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
SET client_min_messages = warning;
CREATE EXTENSION dwello CASCADE;
SELECT dwello.create_keyring();
ALTER DATABASE postgres SET search_path = public, dwello;
END

# ----------------------------------------------------------------------
# Rows and queries
# ----------------------------------------------------------------------
value(<<"END");
-- an even number in [0, 1), the same in every run
CREATE FUNCTION u(i bigint, aspect integer) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT (hashint8extended(i, aspect) & 4294967295) / 4294967296.0::float8';

CREATE FUNCTION category(n integer) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT md5(''category'' || n)::uuid';

-- a longitude from -180 to 180
CREATE FUNCTION around(longitude float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT mod(longitude::numeric + 540, 360)::float8 - 180';

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
       CASE WHEN u(n, 38) < 0.3 THEN (1000000 + u(n, 39) * 3000000)::bigint END AS budget_max,
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
          + w[5] / (1 + extract(epoch FROM as_of - published_at)::float8 / 3600 / freshness_hours))
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

$node->stop;
done_testing();
