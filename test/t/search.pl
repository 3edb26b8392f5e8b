# search.pl
#	A search looks at a bounded number of jobs, and finds all that there are
#	wherever an index can tell: with more open jobs than it may look at.
#
# There are 260 000 jobs.  Each has "gamma" and "delta", but not next to each
# other; every other has "alpha", all others "beta".  Only the oldest has both
# and the two next to each other, so nothing but an index can find it.  The
# oldest 55 000 have "zeta", which is more than an index may give.
# Planted by hand, and seen: no way after the newest jobs, the answer of an
# index that came to its bound.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant JOBS => 260_000;

my $node = new_server('search', <<'END', holds => 'extension');
shared_buffers = 256MB
fsync = off
autovacuum = off
jit = off
END

# The indexes are made afterwards, which is quicker.
my $jobs = JOBS;
$node->safe_psql('postgres', <<"END");
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

# rows_read TABLE, CALL: how many rows a call reads of a table, and gives.
sub rows_read
{
	my ($table, $call) = @_;

	return split /\|/, $node->safe_psql('postgres', <<"END");
BEGIN;
SELECT count(*) AS given FROM dwello.$call \\gset
SELECT sum(seq_tup_read + idx_tup_fetch), :given
  FROM pg_stat_xact_user_tables WHERE relid = 'dwello.$table'::regclass;
COMMIT;
END
}

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

# Without words the index gives the best in their order: the first ones, and
# where the page before has ended.  Asked for what it need not, a bitmap of all
# is made, and sorted.
foreach my $page ('max_results => 20', 'longitude => 100, latitude => 40, max_results => 20',
	'as_of => now(), after_score => 0.9, after_id => md5(\'1\')::uuid, max_results => 20')
{
	my ($read, $given) = rows_read('jobs', "search_jobs($page)");

	ok($given == 20 && $read <= 200, "search_jobs($page) reads few jobs")
	  or diag("$read read, $given given");
}

# Jobs of one score, more than a statement is asked for at first: by their ids.
my $pages = $node->safe_psql('postgres', <<'SQL');
SELECT now() AS noted \gset
CREATE TEMP TABLE alike AS SELECT id FROM dwello.jobs ORDER BY published_at DESC LIMIT 300;
UPDATE dwello.jobs SET published_at = :'noted' WHERE id IN (SELECT id FROM alike);
CREATE TEMP TABLE found (id uuid, page integer, place bigint);
SELECT format('INSERT INTO found SELECT s.job_id, %s, s.n FROM (SELECT f.job_id, row_number() OVER () AS n, f.score'
         ' FROM dwello.search_jobs(as_of => %L, after_score => (SELECT 1 FROM found LIMIT 1),'
         ' after_id => (SELECT f.id FROM found AS f ORDER BY f.page DESC, f.place DESC LIMIT 1), max_results => 50) AS f) AS s'
         ' WHERE s.score = 1', page, :'noted')
  FROM generate_series(1, 8) AS page \gexec
SELECT (SELECT array_agg(id ORDER BY page, place) FROM found) = (SELECT array_agg(id ORDER BY id) FROM alike);
SQL
is($pages, 't', 'pages go through jobs of one score by their ids');

# A map of a city is read tile by tile: the rest of the zoom is left alone.
$node->safe_psql('postgres', <<'END');
INSERT INTO dwello.job_tiles (zoom, tile, category_id, jobs, x_sum, y_sum)
SELECT DISTINCT 14, dwello.tile_cell(lon * 0.022, lat * 0.014) >> 34, 'd0000000-0000-7000-8000-000000000011'::uuid, 2, 2, 2
  FROM generate_series(1, 240) AS lon, generate_series(1, 240) AS lat;
ANALYZE dwello.job_tiles;
END
my ($read, $given) = rows_read('job_tiles',
	'cluster_jobs(west => 2, south => 1, east => 2.4, north => 1.4, zoom => 11)');
ok($given > 100 && $read <= 10 * $given, 'cluster_jobs() reads the tiles of the box')
  or diag("$read read, $given given");

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
