# restore_ways.pl
#	docs/backup.md, line by line: the ways of dumping and restoring that are
#	supported end with equal rows, the others do what the page says of them.
#
# PostGIS is in a schema of its own here.  All restores go to databases of
# one cluster: the first one finds no role of dwello, the others find all.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = new_server('source');
$source->safe_psql('postgres',
	'CREATE SCHEMA gis; CREATE EXTENSION postgis SCHEMA gis');
install_dwello($source);
make_jobs($source, 1, 30000);

# An operator's categories: the parent was changed after its child was made,
# so that its row stands behind the child's.
$source->safe_psql('postgres', <<'END');
SELECT dwello.ensure_partitions();
INSERT INTO dwello.user_activity_logs (user_id, action, created_at)
SELECT id, 'login', now() FROM person WHERE name = 'homeowner';
BEGIN;
SELECT dwello.login(dwello.issue_token(id)) FROM person WHERE name = 'admin';
SELECT parent.category_id AS parent
FROM dwello.add_category('Boats') AS parent \gset
SELECT dwello.add_category('Sails', parent_id => :'parent');
SELECT dwello.edit_category(:'parent', description => 'Afloat.');
COMMIT;
CREATE ROLE dumper LOGIN BYPASSRLS;
CREATE ROLE reader LOGIN;
GRANT pg_read_all_data TO dumper, reader;
END
my $before = contents($source, 'postgres');

# room for as many locks as a server of 100 connections has by default
my $target = new_server('target', 'max_locks_per_transaction = 160');
my $dump = $source->basedir . '/dump';
my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1');

# connection NODE: the arguments by which programs reach it.
sub connection
{
	my ($node) = @_;

	return ('-h', $node->host, '-p', $node->port);
}

# dumped FILE, ARGUMENTS...: a file of pg_dump's; it must pass.
sub dumped
{
	my ($file, @arguments) = @_;

	$source->command_ok(
		[
			'pg_dump', connection($source), @arguments, '-f',
			"$dump.$file", 'postgres'
		],
		"pg_dump @arguments");
	return "$dump.$file";
}

# restore DATABASE, COMMAND...: run it in a database of the target, which is
# made if it is missing; true if it passes.
sub restore
{
	my ($database, $program, @arguments) = @_;
	my $exists = $target->safe_psql('postgres',
		"SELECT count(*) FROM pg_database WHERE datname = '$database'");

	$target->safe_psql('postgres', "CREATE DATABASE $database")
	  unless $exists;
	my ($out, $err) = run_command(
		[ $program, connection($target), '-d', $database, @arguments ]);
	note $err if $err;
	return $? == 0;
}

# equal DATABASE, NAME: every row of it is as it was.
sub equal
{
	my ($database, $name) = @_;

	is(differing(contents($target, $database), $before),
		'', "$name: every row is equal");
	return;
}

# ----------------------------------------------------------------------
# Supported
# ----------------------------------------------------------------------
my $plain = dumped('plain');
my $custom = dumped('custom', '-Fc');

is( $target->safe_psql('postgres',
		q(SELECT count(*) FROM pg_roles WHERE rolname LIKE 'dwello%')),
	0,
	'the cluster knows no role of dwello');
ok(restore('plain', @psql, '-f', $plain), 'plain: restored by psql');
equal('plain', 'plain');
is( $target->safe_psql('plain', <<'END'), 'gis', 'PostGIS has its schema');
SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'postgis'
END

ok(restore('custom', 'pg_restore', '-1', '--exit-on-error', $custom),
	'custom: restored in one transaction, by roles that are there');
equal('custom', 'custom');

{
	local $ENV{PGOPTIONS} = "$ENV{PGOPTIONS} -c dwello.allow_drop=on";
	ok( restore(
			'custom', 'pg_restore', '--clean', '-1', '--exit-on-error',
			$custom),
		'clean: restored over a database, where dropping is allowed');
}
equal('custom', 'clean');
ok( !restore(
		'custom', 'pg_restore', '--clean', '-1', '--exit-on-error', $custom),
	'clean: refused where it is not');
equal('custom', 'clean, refused');

my $dumper = dumped('dumper', '-Fc', '-U', 'dumper');
ok(restore('dumper', 'pg_restore', '-1', '--exit-on-error', $dumper),
	'dumped by a role with BYPASSRLS and pg_read_all_data');
equal('dumper', 'dumper');

my $extension =
  dumped('extension', map { ('-e', $_) } qw(dwello postgis btree_gist));
ok(restore('extension', @psql, '-f', $extension),
	'-e dwello, with what it requires: restored');
equal('extension', '-e dwello');

foreach my $step (
	[ 'pre-data' ],
	[ 'data', '--disable-triggers', '-j', 3 ],
	[ 'post-data' ])
{
	my ($section, @more) = @$step;

	ok( restore(
			'steps', 'pg_restore', '--exit-on-error',
			"--section=$section", @more, $custom),
		"in three steps: $section @more");
}
equal('steps', 'in three steps');

# ----------------------------------------------------------------------
# Not supported, and what happens
# ----------------------------------------------------------------------
my $schema = dumped('schema', '-n', 'dwello');
ok( slurp_file($schema) !~ /^(COPY|CREATE TABLE) dwello\.(?!\w+_\d{4}_\d\d )/m,
	'-n dwello: holds nothing but months of logs');
ok(!restore('nothing', @psql, '-f', $schema), '-n dwello: does not restore');

$source->command_fails(
	[ 'pg_dump', connection($source), '-U', 'reader', 'postgres' ],
	'without BYPASSRLS: the dump fails');
my $visible = $source->basedir . '/visible';
$source->command_ok(
	[
		'pg_dump', connection($source), '-U', 'reader',
		'--enable-row-security', '-f', $visible, 'postgres'
	],
	'--enable-row-security: the dump is made');
unlike(slurp_file($visible), qr/^COPY dwello\.[^\n]*\n(?!\\\.)/m,
	'--enable-row-security: and holds no row of anybody');

my $inserts = dumped('inserts', '--inserts');
ok(!restore('inserts', @psql, '-f', $inserts),
	'--inserts: a row that refers to a later one of its table fails');

# which table's rows come first is chance, so it may go well
my $parallel = restore('parallel', 'pg_restore', '-j', 3, $custom);
is(differing(contents($target, 'parallel'), $before) eq '',
	$parallel, '-j in one step: fails where rows are lost');

$source->safe_psql('postgres',
	'CREATE INDEX extra_idx ON dwello.bids (status)');
my $index = dumped('index');
ok(restore('added', @psql, '-f', $index), 'an index more: restored');
equal('added', 'an index more');
is( $target->safe_psql('added',
		q(SELECT to_regclass('dwello.extra_idx') IS NULL)),
	't', 'an index more: it is lost');
$source->safe_psql('postgres', 'ALTER TABLE dwello.jobs ADD colour text');
my $column = dumped('column');
ok(!restore('wider', @psql, '-f', $column), 'a column more: fails');
is( $source->safe_psql('postgres', <<'END'), 'bids jobs', 'check() tells');
SELECT string_agg(object, ' ' ORDER BY object) FROM dwello.check()
WHERE rule = 'added_to_member'
END

done_testing();
