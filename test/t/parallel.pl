# parallel.pl
#	What the catalogue says of parallel plans is true: every function that may
#	be called in one answers there as anywhere else, in a session that has
#	kept nothing yet, and again after a setting and a category have changed.
#
# The calls are the examples of the contracts.  Each is made beside a count
# that workers do, where the leader is in a parallel operation, and in a plan
# that is given to a worker as a whole if it may be.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = -e "$Bin/../source" ? "$Bin/../source" : "$Bin/../..";
my ($head, $examples) =
  split /^\\pset format unaligned\n/m, slurp_file("$source/test/sql/reference.sql");
my $node = new_server('parallel', <<'END', holds => 'extension');
max_worker_processes = 16
max_parallel_workers = 8
jit = off
END

# The demonstration, in a database of its own, and a table that workers count.
$node->safe_psql('postgres', "\\set ON_ERROR_STOP on\n$head" . <<'END');
CREATE TABLE r.big AS SELECT generate_series(1, 20000) AS i;
GRANT SELECT ON r.big TO PUBLIC;
ANALYZE r.big;
CREATE FUNCTION r.change() RETURNS void LANGUAGE sql AS $$
INSERT INTO dwello.system_settings AS s (name, value) VALUES ('match_radius_miles', '26')
  ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value;
INSERT INTO dwello.service_categories (name) VALUES ('Another');
$$;
END
my $database = 'dwello_reference';
my %parallel = map { /^(\w+)\|(\w)$/ } split /\n/, $node->safe_psql($database,
	"SELECT DISTINCT ON (proname) proname, proparallel FROM pg_proc"
	  . " WHERE pronamespace = 'dwello'::regnamespace AND proparallel <> 'u'");

# One test for each example of such a function.
my $version = $node->safe_psql($database, 'SHOW server_version_num');
my $force = $version >= 160000 ? 'debug_parallel_query' : 'force_parallel_mode';
my $settings = <<'END';
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
END
my $tried = 0;

while ($examples =~ /^\\echo (\w+)\nSELECT \* FROM r\.answer\('(\w+)', (NULL|'[^']*'),\n((?:'(?:[^']|'')*'(?:,\n)?)+)\);$/msg)
{
	my ($name, $who, $state, $list) = ($1, $2, $3, $4);

	next unless $parallel{$name};
	my @commands = map { s/''/'/gr } $list =~ /'((?:[^']|'')*)'/g;
	my $last = pop @commands;
	my $given = $state eq 'NULL' ? '' : "SELECT r.given($state);";
	my $before = join '', map { "$_;\n" } @commands;
	my $sum = "coalesce(md5(string_agg(x::text, ';' ORDER BY x::text)), 'none')";
	my $beside = "SELECT $sum AS answer FROM (SELECT count(*) AS c FROM r.big) AS b"
	  . " CROSS JOIN LATERAL (SELECT y.* FROM ($last) AS y OFFSET b.c * 0) AS x";
	my ($status, $out, $err) = $node->psql($database, <<"END");
SET TimeZone = 'UTC';
SET dwello.now = '2031-03-03 09:00+00';
BEGIN;
\\o /dev/null
$given
SELECT r.act('$who');
$settings
$before
\\o
EXPLAIN (COSTS OFF) $beside;
$beside;
\\o /dev/null
SAVEPOINT changed;
SELECT r.act('superuser');
SELECT r.change();
SELECT r.act('$who');
\\o
$beside;
ROLLBACK TO changed;
SELECT $sum FROM ($last) AS x;
SET LOCAL $force = on;
SELECT $sum FROM ($last) AS x;
ROLLBACK;
END
	my @answers = grep { /^(?:[0-9a-f]{32}|none)$/ } split /\n/, $out;

	$tried++;
	ok($status == 0 && $out =~ /Gather/ && @answers == 4 && $answers[0] eq $answers[2]
		  && $answers[2] eq $answers[3], "$name answers in a parallel plan ($parallel{$name})")
	  or diag($err, $out);
}
cmp_ok($tried, '>=', 30, 'examples of functions that may be called in parallel plans');

$node->stop;
done_testing();
