# audience.pl
#	The audience that the index gives a job is that of a look at everybody,
#	however the tree came about.
#
# A thousand random jobs ask three trees: one that was built, one that grew by
# inserts, one that was changed and vacuumed.  Each answer is held against
# that of every row by the same C, and that against naive SQL: its own formula
# of the distance, arrays, ranges and ST_Covers.  The rows are clustered, on
# both sides of the antimeridian and round the poles; some have a radius of
# their own, some the job's, some an area, also one cut at the antimeridian.
#
# Planted by hand, one at a time, and seen: a union that keeps the bbox of what
# it had (dw_audience_extend without dw_bbox_extend), one that forgets categories,
# a picksplit whose sides leave out their last key (split_side), a union that
# forgets that some go by the job's radius (has_points).
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
	ROWS => 12_000,
	JOBS => 1_000,
	NAIVE_JOBS => 400,
};

my $node = new_server('reach', <<'END', holds => 'extension', allows_streaming => 1);
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
# Rows and jobs
# ----------------------------------------------------------------------
install_places($node);
value(<<"END");
-- 60 clusters, a third of them at the edges of the map
CREATE TABLE cluster AS
SELECT n, CASE WHEN n < 7 THEN 179.9 WHEN n < 14 THEN -179.9 ELSE -180 + 360 * u(n, 1) END AS longitude,
       CASE WHEN n BETWEEN 14 AND 17 THEN 89.8 WHEN n BETWEEN 18 AND 20 THEN -89.8
            ELSE degrees(asin(-1 + 2 * u(n, 2))) END AS latitude
  FROM generate_series(0, 59) AS n;

-- a sixth of the rows lie close together, want everything within two miles or
-- go by the job's radius, which then goes beyond the bboxes of their nodes
CREATE TABLE plain AS
SELECT md5('agent' || i)::uuid AS id, longitude, latitude,
       CASE WHEN u(i, 10) < 0.2 THEN NULL
            WHEN i % 6 = 0 THEN 2
            WHEN u(i, 10) < 0.2005 THEN 12450
            WHEN u(i, 10) < 0.205 THEN 100 + 3000 * u(i, 11) ELSE 5 + trunc(45 * u(i, 11)) END::float8 AS radius_miles,
       -- triangles, and a band of two parts where 180 degrees are
       CASE WHEN u(i, 12) < 0.9 THEN NULL
            WHEN abs(longitude) > 179 THEN st_union(
              st_makeenvelope(178, greatest(latitude - 1, -90), 180, least(latitude + 1, 90), 4326),
              st_makeenvelope(-180, greatest(latitude - 1, -90), -179, least(latitude + 1, 90), 4326))
            WHEN abs(latitude) < 88 THEN st_setsrid(st_makepolygon(st_makeline(ARRAY[
              st_makepoint(longitude, latitude), st_makepoint(longitude - 1, latitude),
              st_makepoint(longitude, latitude + 1), st_makepoint(longitude, latitude)])), 4326) END AS area,
       ARRAY(SELECT DISTINCT category((30 * u(i * 8 + k, 13) ^ 2)::integer)
               FROM generate_series(1, (CASE WHEN i % 6 = 0 OR u(i, 14) < 0.1 THEN 0 ELSE 1 + 6 * u(i, 15) ^ 2 END)::integer) AS k)
         AS category_ids,
       (1000 * trunc(200 * u(i, 16) ^ 2))::bigint AS budget_min,
       (1000 * (200 + trunc(2000 * u(i, 17) ^ 2)))::bigint AS budget_max,
       CASE WHEN u(i, 18) < 0.7 THEN 'USD' WHEN u(i, 18) < 0.9 THEN 'EUR' END AS currency,
       CASE WHEN u(i, 19) < 0.8 THEN trunc(32 * u(i, 20)) END::bigint AS capability_bits
  FROM generate_series(1, @{[ROWS]}) AS i,
       LATERAL (SELECT round(around(c.longitude + 2 * (u(i, 3) - 0.5))::numeric, 7)::float8 AS longitude,
                       greatest(-90, least(90, round((c.latitude + 2 * (u(i, 4) - 0.5))::numeric, 7)))::float8 AS latitude
                  FROM cluster AS c WHERE c.n = CASE WHEN i % 6 = 0 THEN 30 ELSE trunc(60 * u(i, 5) ^ 1.5) END) AS p;
ALTER TABLE plain ADD PRIMARY KEY (id);

-- a tenth of the jobs lie among these and around them
CREATE TABLE job AS
SELECT i AS n, longitude, latitude, 2 + trunc(60 * u(i, 30)) AS radius_miles,
       ARRAY(SELECT category((30 * u(i * 8 + k, 31) ^ 2)::integer)
               FROM generate_series(1, 1 + (3 * u(i, 32))::integer) AS k) AS path,
       CASE WHEN u(i, 33) < 0.5 THEN (1000 * trunc(300 * u(i, 34)))::bigint END AS budget_min,
       CASE WHEN u(i, 35) < 0.7 THEN (1000 * (300 + trunc(1000 * u(i, 36))))::bigint END AS budget_max,
       CASE WHEN u(i, 37) < 0.8 THEN 'USD' WHEN u(i, 37) < 0.95 THEN 'EUR' ELSE 'CHF' END AS currency,
       CASE WHEN u(i, 38) < 0.6 THEN 0 ELSE trunc(32 * u(i, 39))::bigint & trunc(32 * u(i, 40))::bigint END AS requirement_bits
  FROM generate_series(1, @{[JOBS]}) AS i,
       LATERAL (SELECT CASE WHEN u(i, 41) < 0.05 THEN -180 WHEN u(i, 41) < 0.1 THEN 180
                            ELSE round(around(c.longitude + CASE i % 10 WHEN 0 THEN 3 ELSE 2 END * (u(i, 42) - 0.5))::numeric, 2) END::float8 AS longitude,
                       CASE WHEN u(i, 43) < 0.03 THEN 90 WHEN u(i, 43) < 0.06 THEN -90
                            ELSE greatest(-90, least(90, round((c.latitude + CASE i % 10 WHEN 0 THEN 3 ELSE 2 END * (u(i, 44) - 0.5))::numeric, 2)))
                            END::float8 AS latitude
                  FROM cluster AS c WHERE c.n = CASE i % 10 WHEN 0 THEN 30 ELSE trunc(60 * u(i, 45) ^ 1.5) END) AS p;
ALTER TABLE job ADD COLUMN query dwello.agent_query GENERATED ALWAYS AS (dwello.agent_query(longitude, latitude,
  radius_miles, path, budget_min, budget_max, currency, requirement_bits)) STORED;
ALTER TABLE job ADD PRIMARY KEY (n);
END

# ----------------------------------------------------------------------
# Three trees over the same rows
# ----------------------------------------------------------------------
my @trees = qw(sorted inserted updated);
my $columns = 'longitude, latitude, radius_miles, area, category_ids,'
  . ' budget_min, budget_max, currency, capability_bits';
my $table = '(LIKE plain, key dwello.agent_key GENERATED ALWAYS AS'
  . ' (dwello.agent_key(longitude, latitude, radius_miles, CASE WHEN area'
  . ' IS NOT NULL THEN ARRAY[st_xmin(area), st_ymin(area), st_xmax(area),'
  . ' st_ymax(area)] END, category_ids, budget_min, budget_max, currency,'
  . ' capability_bits)) STORED)';
my $become = "UPDATE updated SET ($columns) = (SELECT $columns FROM plain"
  . ' WHERE plain.id = updated.id)';

value(<<"END");
CREATE TABLE sorted $table;
INSERT INTO sorted SELECT * FROM plain;
CREATE INDEX ON sorted USING gist (key);

CREATE TABLE inserted $table;
CREATE INDEX ON inserted USING gist (key);
INSERT INTO inserted SELECT * FROM plain ORDER BY u(hashtext(id::text), 70);

-- each with what is another's, and some that go again
CREATE TABLE updated $table;
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
  'VACUUM ANALYZE updated', 'ANALYZE';

# And many trees that have just divided their first page (119 keys), where no
# later insert hides what a picksplit has forgotten.
my @small = map { "small_$_" } 110 .. 140;
value(<<"END") foreach @small;
CREATE TABLE $_ $table;
CREATE INDEX ON $_ USING gist (key);
INSERT INTO $_ SELECT * FROM plain WHERE radius_miles < 100 ORDER BY md5(id || '$_')
 LIMIT replace('$_', 'small_', '')::integer;
ANALYZE $_;
END

# What the row is asked besides, as audience_store.c does.
my $recheck = "(category_ids = '{}' OR category_ids && path)"
  . ' AND (area IS NULL OR st_covers(area, st_setsrid(st_makepoint('
  . 'j.longitude, j.latitude), 4326)) OR abs(j.longitude) = 180 AND'
  . ' st_covers(area, st_setsrid(st_makepoint(-j.longitude, j.latitude),'
  . ' 4326)))';
my $digest = q{count(*) AS rows, md5(coalesce(string_agg(s.id::text, ','}
  . q{ ORDER BY s.id), '')) AS digest};

value(<<"END");
CREATE TABLE every AS
SELECT j.n, r.* FROM job AS j,
       LATERAL (SELECT $digest FROM sorted AS s WHERE dwello.agent_matches(s.key, j.query) AND $recheck) AS r;
END

# wrong TREE, SERVER: the first jobs whose answer is another by the index.
sub wrong
{
	my ($tree, $server) = @_;

	return value(<<"END", $server);
SET enable_seqscan = off;
SELECT e.n, e.rows, r.rows FROM every AS e JOIN job AS j USING (n),
       LATERAL (SELECT $digest FROM $tree AS s WHERE s.key OPERATOR(dwello.@@@) j.query AND $recheck) AS r
 WHERE (e.rows, e.digest) <> (r.rows, r.digest) ORDER BY e.n LIMIT 5
END
}

my ($few, $some) = split /\|/, value(<<'END');
SELECT count(*) FILTER (WHERE rows < 10), count(*) FILTER (WHERE rows > 5) FROM every
END
cmp_ok(value('SELECT count(DISTINCT (longitude, latitude)) FROM job'),
	'>', JOBS / 2, 'jobs are in as many places');
cmp_ok($few, '>', 20, "$few jobs reach less than ten");
cmp_ok($some, '>', 200, "$some jobs reach more than five");
foreach my $tree (@trees)
{
	like(value("SET enable_seqscan = off; EXPLAIN SELECT FROM $tree WHERE key"
			  . ' OPERATOR(dwello.@@@) (SELECT query FROM job WHERE n = 1)'),
		qr/Scan (?:using|on) ${tree}_key_idx.*Index Cond/s,
		"$tree: by the index");
	is(wrong($tree), '', "$tree: the same as of every row");
}

# A job that is made for one row, at its place or in its area, finds it.
sub lost
{
	my ($tree) = @_;

	return value(<<"END");
SET enable_seqscan = off;
SELECT count(*) FROM $tree AS s,
       LATERAL (SELECT coalesce(st_pointonsurface(area), st_makepoint(longitude, latitude)) AS at) AS p,
       LATERAL (SELECT dwello.agent_query(st_x(at), st_y(at), 1,
                         CASE WHEN category_ids = '{}' THEN ARRAY[category(0)] ELSE category_ids END,
                         budget_min, budget_max, coalesce(currency, 'CHF'), capability_bits) AS query) AS q
 WHERE (SELECT count(*) FILTER (WHERE f.id = s.id) FROM $tree AS f WHERE f.key OPERATOR(dwello.@@@) query) = 0
END
}

is(lost($_), 0, "$_: no row is lost") foreach @trees, @small;

# ----------------------------------------------------------------------
# Naive SQL
# ----------------------------------------------------------------------
is(value(<<"END"), '', 'naive SQL reaches the same');
WITH naive AS (
  SELECT n, p.id, metres - p.radius * 1609.344 AS beyond
    FROM (SELECT * FROM job WHERE n <= @{[NAIVE_JOBS]}) AS j
    JOIN (SELECT * FROM plain) AS s ON coalesce(s.currency, j.currency) = j.currency
     AND s.budget_min <= coalesce(j.budget_max, 9e18) AND s.budget_max >= coalesce(j.budget_min, 0)
     AND coalesce(s.capability_bits, 31) & j.requirement_bits = j.requirement_bits
     AND (s.category_ids = '{}' OR s.category_ids && j.path),
         LATERAL (SELECT s.id, coalesce(s.radius_miles, j.radius_miles) AS radius) AS p,
         LATERAL (SELECT 2 * 6371008.7714 * asin(sqrt(least(1,
                    sin(radians(s.latitude - j.latitude) / 2) ^ 2
                    + cos(radians(s.latitude)) * cos(radians(j.latitude))
                      * sin(radians(s.longitude - j.longitude) / 2) ^ 2))) AS metres) AS d
   WHERE CASE WHEN s.area IS NULL THEN metres <= p.radius * 1609.344 + 1
              ELSE st_covers(s.area, st_setsrid(st_makepoint(j.longitude, j.latitude), 4326))
                OR abs(j.longitude) = 180
                   AND st_covers(s.area, st_setsrid(st_makepoint(-j.longitude, j.latitude), 4326)) END
), ours AS (
  SELECT j.n, s.id FROM job AS j JOIN sorted AS s ON s.key OPERATOR(dwello.@@@) j.query AND $recheck
   WHERE j.n <= @{[NAIVE_JOBS]}
)
-- on the very edge of a circle either may be right
SELECT n, id, f.beyond, o.id IS NOT NULL
  FROM naive AS f FULL JOIN ours AS o USING (n, id)
 WHERE CASE WHEN f.id IS NULL THEN true
            WHEN (SELECT area FROM plain WHERE plain.id = f.id) IS NOT NULL THEN o.id IS NULL
            WHEN o.id IS NULL THEN f.beyond < -1e-6 ELSE f.beyond > 1e-6 END
 LIMIT 5
END

# ----------------------------------------------------------------------
# What a tree must survive
# ----------------------------------------------------------------------
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('reach_standby');
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
