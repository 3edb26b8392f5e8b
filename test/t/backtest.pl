# backtest.pl
#	A long backtest, on the primary and on a hot standby: how far it is can be
#	seen, whoever cancels it has it stopped within a second, a conflict with
#	recovery is an error that can be tried again, and nothing is left of it.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Load qw(start_client);
use File::Copy 'copy';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $jobs = 48_000;
my $long = q(NULL, '2025-01-01', '2026-01-01');
my $short = q(NULL, '2025-01-01', '2025-01-03');

# a snapshot of its autovacuum would keep the row that recovery is to take away
my $primary = new_server('primary', 'autovacuum = off', holds => 'demo', allows_streaming => 1);
my %id = people($primary);
my $token = $primary->safe_psql('postgres',
	"SELECT dwello.issue_token('$id{provider_1}', '1 day')");

# a year that was given up job by job
$primary->safe_psql('postgres', <<"END");
SET session_replication_role = replica;
INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, budget_max, currency,
  estimated_duration_hours, weights, reference_amount, reference_source, published_at, expires_at, created_at, updated_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, j.homeowner_id, j.category_id, 'cancelled', 'Room ' || n,
       'White.', j.location, 50000 + n % 1000 * 100, j.currency, 8, j.weights, j.reference_amount, j.reference_source,
       t.at, t.at + interval '7 days', t.at, t.at + interval '7 days'
  FROM dwello.jobs AS j, generate_series(1, $jobs) AS n,
       LATERAL (SELECT timestamptz '2025-01-01 00:00+00' + n * interval '10 minutes') AS t(at)
 WHERE j.id = '$id{job_painting}';
END

# A standby that waits for nobody.
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
my $keyring = keyring_directory($standby);
mkdir $keyring, 0700 or die "mkdir $keyring: $!";
copy(keyring_directory($primary) . '/keyring', "$keyring/keyring")
  or die "copy: $!";
chmod 0600, "$keyring/keyring";
$standby->append_conf('postgresql.conf', <<"END");
dwello.keyring_file = '$keyring/keyring'
max_standby_streaming_delay = 0
END
$standby->start;
$primary->wait_for_catchup($standby);

# script NODE, NAME, SETTING: a file that psql runs: a long backtest between
# two short ones, what the session shows as its statement, and what it has left.
sub script
{
	my ($node, $name, $setting) = @_;
	my $path = $node->basedir . "/$name.sql";
	my $begin = <<"END";
BEGIN;
SELECT dwello.login('$token') \\g /dev/null
SET LOCAL ROLE dwello_app;
END

	open my $out, '>', $path or die "$path: $!";
	print {$out} <<"END";
\\set VERBOSITY sqlstate
$begin
SELECT 'before ' || digest FROM dwello.backtest_agent($short);
ROLLBACK;
$begin
$setting
SELECT clock_timestamp() AS began \\gset
SELECT 'long ' || digest FROM dwello.backtest_agent($long);
\\echo state :SQLSTATE
ROLLBACK;
SELECT 'took ' || extract(epoch FROM clock_timestamp() - :'began');
SELECT 'shown ' || query FROM pg_stat_activity WHERE pid = pg_backend_pid();
SELECT 'locks ' || count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype IN ('relation', 'advisory') AND relation > 16384;
$begin
SELECT 'after ' || digest FROM dwello.backtest_agent($short);
SELECT 'now ' || (abs(extract(epoch FROM now()) / 60 - (trace #>> '{inputs,provider.clock.now}')::bigint) <= 1) FROM dwello.decide_agent(NULL, '$id{job_deck}');
ROLLBACK;
END
	close $out or die "$path: $!";
	return $path;
}

# progress NODE: pid, and how many jobs the backtest that runs there has behind it.
sub progress
{
	my ($node) = @_;

	return split /\|/, $node->safe_psql('postgres', <<'END');
SELECT pid, substring(query FROM '^dwello\.backtest_agent: (\d+) of \d+ jobs$')
  FROM pg_stat_activity WHERE query LIKE 'dwello.backtest\_agent: %' AND pid <> pg_backend_pid()
END
}

# backtest NODE, NAME, SETTING, STOP: what such a script prints; STOP is called
# with the pid once the backtest gets on.  Also how long it ran on from there.
# Without STOP nobody looks.
sub backtest
{
	my ($node, $name, $setting, $stop) = @_;
	my $output = $node->basedir . "/$name.out";
	my $client = start_client($node,
		[ qw(psql -XqAt -f), script($node, $name, $setting), '-d' ], $output);
	my ($pid, $first, $next);

	foreach (1 .. 3000)
	{
		last unless $stop;
		($pid, $next) = progress($node);
		$first //= $next;
		last if defined $next && $next > $first;
		usleep(10_000);
	}

	my $asked = time;

	if ($stop)
	{
		cmp_ok($next // 0, '>', $first // 0, "$name: it gets on, and says so");
		$stop->($pid);
		foreach (1 .. 3000)
		{
			last unless (progress($node))[0];
			usleep(10_000);
		}
	}

	my $took = time - $asked;

	waitpid $client, 0;
	return ({ slurp_file($output) =~ /^(\w+) (.*)$/mg }, $took);
}

# left NODE: files of sorts and hashes, and prepared or open transactions.
sub left
{
	my ($node) = @_;

	return $node->safe_psql('postgres', <<'END');
SELECT (SELECT count(*) FROM pg_ls_tmpdir()) + (SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL
  AND backend_type = 'client backend' AND pid <> pg_backend_pid())
END
}

my $before = contents($primary, 'postgres');
my ($whole) = backtest($primary, 'whole', '');

is($whole->{state}, '00000', 'uninterrupted, it ends');
like($whole->{long} // '', qr/^[0-9a-f]{64}$/, 'and has decided');

# milliseconds, a third of what it takes, whatever machine this is
my $limit = 1 + int($whole->{took} * 1000 / 3);

foreach my $node ($primary, $standby)
{
	my $where = $node->name;
	my %stopped = (
		cancelled => [ '', sub { $node->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])") } ],
		'timed out' => ["SET LOCAL statement_timeout = $limit;"]);

	foreach my $way (sort keys %stopped)
	{
		my ($said, $took) = backtest($node, "$where $way" =~ tr/ /_/r, @{ $stopped{$way} });

		is($said->{state}, '57014', "$where: $way, it is an error");
		$took = $said->{took} if $way eq 'timed out';
		# a second on a machine that does nothing else
		cmp_ok($took, '<', 3, "$where: $way, it stops at once");
		is($said->{after}, $whole->{before}, "$where: $way, the session replays as before");
		is($said->{before}, $whole->{before}, "$where: as on the primary");
		like($said->{shown}, qr/^SELECT 'shown '/, "$where: $way, it is no longer shown");
		is($said->{locks}, 0, "$where: $way, no lock is left");
		is($said->{now}, 'true', "$where: $way, the clock is the server's");
		is(left($node), 0, "$where: $way, nothing is left");
	}
}

# Recovery wants rows, or a table, that the backtest reads.
my $at = 0;
foreach my $change (
	[ 'rows go' => "DELETE FROM dwello.jobs WHERE id = ('00000000-0000-7000-8000-' || lpad(to_hex($jobs), 12, '0'))::uuid; VACUUM dwello.jobs" ],
	[ 'a table is locked' => 'BEGIN; LOCK TABLE dwello.jobs IN ACCESS EXCLUSIVE MODE; SELECT pg_current_xact_id(); COMMIT' ])
{
	my ($what, $statements) = @$change;
	my ($said, $took) = backtest($standby, 'conflict_' . ++$at, '',
		sub { $primary->safe_psql('postgres', "SET session_replication_role = replica; $statements") });

	is($said->{state}, '40001', "$what: a conflict with recovery is one to try again");
	$primary->wait_for_catchup($standby);
	# recovery ends a session that has not let go of the table in time
	$said->{after} //= (backtest($standby, "conflict_${at}_again", ''))[0]->{before};
	is($said->{after}, $whole->{before}, "$what: it replays as before");
	is(left($standby), 0, "$what: nothing is left");
}
is(differing($before, contents($primary, 'postgres')), 'dwello.jobs', 'nothing was written but what the test took away');

$standby->stop;
$primary->stop;
done_testing();
