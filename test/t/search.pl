# search.pl
#	A search looks at a bounded number of jobs, and finds all that there are
#	wherever an index can tell: with more open jobs than it may look at.
#
# There are 260 000 jobs.  Each has "gamma" and "delta", but not next to each
# other; every other has "alpha", all others "beta".  Only the oldest has both
# and the two next to each other, so nothing but an index can find it.  The
# oldest 55 000 have "zeta", which is more than an index may give.
# Planted by hand, and seen: no way after the newest jobs, the answer of an
# index that came to its bound, a page out of a WITH, tiles joined with ranges,
# a limit of one page behind a cursor.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { JOBS => 260_000, FEW => 20_000 };

my $node = new_server('search', <<'END', holds => 'extension');
shared_buffers = 256MB
fsync = off
autovacuum = off
jit = off
END

# fill DATABASE, JOBS: the indexes are made afterwards, which is quicker.
sub fill
{
	my ($database, $jobs) = @_;

	$node->safe_psql($database, <<"END");
SET session_replication_role = replica;
SET client_min_messages = warning;
CREATE TEMP TABLE index_of_jobs AS
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index WHERE indrelid = 'dwello.jobs'::regclass AND NOT indisprimary;
SELECT format('DROP INDEX %s', name) FROM index_of_jobs \\gexec
INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, currency, is_listed, published_at, expires_at)
SELECT md5(n::text)::uuid, md5('owner')::uuid, 'd0000000-0000-7000-8000-000000000011', 'open',
       CASE n WHEN 1 THEN 'Oldest' ELSE 'Job' END,
       CASE n WHEN 1 THEN 'alpha beta gamma delta' ELSE CASE n % 2 WHEN 0 THEN 'alpha' ELSE 'beta' END || ' delta gamma' END
         || CASE WHEN n <= 55000 THEN ' zeta' ELSE '' END,
       st_makepoint(CASE WHEN n <= 100000 THEN -100 ELSE 100 END, 40), 'USD', true, now() - make_interval(secs => 600000 - n), now() + interval '1 day'
  FROM generate_series(1, $jobs) AS n;
SELECT definition FROM index_of_jobs \\gexec
END
	return;
}

# total SEARCH: how many jobs facets count, and whether these are all.
sub total
{
	my ($search) = @_;

	return $node->safe_psql('postgres', <<"END");
SELECT jobs || ' ' || is_complete FROM dwello.search_facets($search) WHERE facet = 'total'
END
}

# titles SEARCH: what is found, each title once.
sub titles
{
	my ($search) = @_;

	return $node->safe_psql('postgres', <<"END");
SELECT DISTINCT title FROM dwello.search_jobs($search, max_results => 200) ORDER BY 1
END
}

# same SEARCH, TOTAL, TITLES, WHY: both.
sub same
{
	my ($search, $total, $titles, $why) = @_;

	is(total($search), $total, "$search: $why");
	is(titles($search), $titles, "$search: these");
	return;
}

# ----------------------------------------------------------------------
# How many rows are looked at, in a database with few jobs
# ----------------------------------------------------------------------

$node->safe_psql('postgres', 'CREATE DATABASE few TEMPLATE postgres');
fill('few', FEW);
$node->safe_psql('few', 'ANALYZE dwello.jobs');

# Without words the index gives the best in their order: the first ones, and
# where the page before has ended.  So few are guessed to match that, where
# pages are dear, a bitmap and a sort of all would cost less than the whole
# walk: asked for in a WITH, they were read so.
my $noted = $node->safe_psql('few', 'SELECT now()');
my $cursor = $node->safe_psql('few', <<"SQL");
SELECT format('after_score => %s, after_id => %L', score, job_id)
  FROM dwello.search_jobs(as_of => '$noted', max_results => 100) ORDER BY score, job_id DESC LIMIT 1
SQL
my %page = (
	'the first page' => '',
	'the first page around a place' => 'longitude => -100, latitude => 40, ',
	'a page behind others' => "as_of => '$noted', $cursor, ");
foreach my $name (sort keys %page)
{
	my $rows = most_rows($node,
		"SET LOCAL random_page_cost = 40; SELECT job_id FROM dwello.search_jobs($page{$name} max_results => 20)",
		'few');

	ok($rows >= 20 && $rows <= 40, "$name reads few jobs") or diag($rows);
}

# Jobs of one score, more than a statement is asked for at first: by their ids.
$noted = $node->safe_psql('few', 'SELECT now()');
my $pages = $node->safe_psql('few', <<"SQL");
CREATE TABLE alike AS SELECT id FROM dwello.jobs ORDER BY published_at DESC LIMIT 300;
UPDATE dwello.jobs SET published_at = '$noted' WHERE id IN (SELECT id FROM alike);
CREATE TEMP TABLE found (id uuid, page integer, place bigint);
SELECT format('INSERT INTO found SELECT s.job_id, %s, s.n FROM (SELECT f.job_id, row_number() OVER () AS n, f.score'
         ' FROM dwello.search_jobs(as_of => %L, after_score => (SELECT 1 FROM found LIMIT 1),'
         ' after_id => (SELECT f.id FROM found AS f ORDER BY f.page DESC, f.place DESC LIMIT 1), max_results => 50) AS f) AS s'
         ' WHERE s.score = 1', page, '$noted')
  FROM generate_series(1, 8) AS page \\gexec
SELECT (SELECT array_agg(id ORDER BY page, place) FROM found) = (SELECT array_agg(id ORDER BY id) FROM alike);
SQL
is($pages, 't', 'pages go through jobs of one score by their ids');

# A page of them is found in one pass, however many were on the pages before:
# all of the score, the next one, and the page itself by its ids.
foreach my $shown (50, 150, 250)
{
	my $read = $node->safe_psql('few', <<"SQL");
BEGIN;
SELECT count(*) FROM dwello.search_jobs(as_of => '$noted', after_score => 1, max_results => 50,
  after_id => (SELECT id FROM alike ORDER BY id OFFSET $shown - 1 LIMIT 1)) \\gset
SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables WHERE relid = 'dwello.jobs'::regclass AND :count = 50;
SQL
	cmp_ok($read, '<=', 300 + 1 + 50, "the page behind $shown jobs of one score takes one pass");
}

# A map of a city is read tile by tile, also where those of a zoom are written
# here and there: the rest of the zoom is left alone.
$node->safe_psql('few', <<'END');
INSERT INTO dwello.job_tiles (zoom, tile, category_id, jobs, x_sum, y_sum)
SELECT zoom, tile, 'd0000000-0000-7000-8000-000000000011'::uuid, 2, 2, 2
  FROM (SELECT DISTINCT zoom, dwello.tile_cell(lon * 0.022, lat * 0.014) >> 62 - 2 * zoom AS tile
          FROM generate_series(1, 240) AS lon, generate_series(1, 240) AS lat, generate_series(8, 14) AS zoom) AS t
 ORDER BY md5(zoom || ' ' || tile);
ANALYZE dwello.job_tiles;
END
my $box = 'west => 2, south => 1, east => 2.4, north => 1.4, zoom => 11';
my $given = $node->safe_psql('few', "SELECT count(*) FROM dwello.cluster_jobs($box)");
cmp_ok($given, '>', 100, 'there are tiles in the box');
cmp_ok(most_rows($node, "SET LOCAL random_page_cost = 10; SELECT jobs FROM dwello.cluster_jobs($box)", 'few'),
	'<=', 10 * $given, 'cluster_jobs() reads the tiles of the box');
$node->safe_psql('postgres', 'DROP DATABASE few');

# ----------------------------------------------------------------------
# What is found among many
# ----------------------------------------------------------------------

fill('postgres', JOBS);

# Each is asked with statistics and without: they may cost time, not answers.
foreach my $known ('without statistics', 'with statistics')
{
	note($known);
	same(q('oldest'), '1 true', 'Oldest', 'a rare word');
	same(q('alpha'), '10000 false', 'Job', 'the newest of a common word');
	same(q('gamma delta'), '10000 false', 'Job', 'of two');
	same(q('-alpha'), '10000 false', 'Job', 'of those without one');
	same(q('alpha beta'), '1 true', 'Oldest',
		'common words that are hardly ever together');
	same(q('-delta'), '0 false', '',
		'what no index tells is looked for among the newest');
	same(q('gamma', 100, 40, 10), '10000 false', 'Job', 'around a place');
	same(q('oldest', -100, 40, 10), '1 true', 'Oldest', 'at another');
	same(q('oldest', 100, 40, 10), '0 true', '', 'but not there');
	$node->safe_psql('postgres', 'ANALYZE dwello.jobs');
}

same(q('zeta'), '0 false', '', 'too many, and all of them old');

# The phrase: by the index it would look at every job that has both words.
same(q('"gamma delta"'), '0 false', '', 'a phrase of common words');
same(q('"gamma delta" oldest'), '1 true', 'Oldest', 'and of a rare one');
same(q('"gamma delta"', -100, 40, 10), '0 false', '',
	'a place with too many jobs');
$node->safe_psql('postgres', <<'END');
UPDATE dwello.jobs SET status = 'cancelled', is_listed = false
 WHERE published_at < now() - make_interval(secs => 600000 - 100001) AND title <> 'Oldest'
END
same(q('"gamma delta"'), '1 true', 'Oldest',
	'all are looked at once there are few enough');
$node->stop;

done_testing();
