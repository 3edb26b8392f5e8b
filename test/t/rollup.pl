# rollup.pl
#	Entries are rolled up under a load of money: whatever the moment, balances,
#	rolled up or not, sum to zero; what is prepared, or in a session that does
#	not tell since when, is not rolled up over.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Load;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	SESSIONS => 4,
	JOBS => 20,
};

my $node = new_server('rollup', "max_prepared_transactions = 2\n",
	holds => 'demo');
install_commands($node);
$node->safe_psql('postgres',
	"SELECT dwello.set_setting('rollup_margin_seconds', '1')");

# query SQL: what it returns.
sub query
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

# rollup: what a call says that lets a second pass first.
sub rollup
{
	return query("SELECT pg_sleep(1.1) \\g /dev/null\n"
		  . 'SELECT accounts > 0, created, waits_for FROM dwello.rollup_balances()'
	);
}

# clients NAME, COUNT, SQL: as many that repeat it in the background; their
# process ids and outputs.
sub clients
{
	my ($name, $count, $sql) = @_;
	my (@pids, @outputs);

	foreach my $client (1 .. $count)
	{
		my $path = $node->basedir . "/$name-$client";

		append_to_file("$path.sql", $sql);
		push @outputs, "$path.out";
		push @pids,
		  start_client($node, [ qw(psql -XqAt -f), "$path.sql", '-d' ],
			"$path.out");
	}
	return (\@pids, \@outputs);
}

# What everybody has, in one snapshot, twice, with rollups in between.
$node->safe_psql('postgres', <<'END');
CREATE VIEW total AS
SELECT 'total ' || sum(b.balance) AS line FROM (
    SELECT held AS balance FROM dwello.escrow_accounts
    UNION ALL
    SELECT a.rolled_up_balance + coalesce((
        SELECT sum(n.amount) FROM dwello.ledger_entries n
        WHERE n.account_id = a.id AND n.account_id <> n.scope_id
          AND (a.rolled_up_through IS NULL OR n.transaction_id > a.rolled_up_through)), 0)
    FROM dwello.ledger_accounts a) b
END

# ----------------------------------------------------------------------
# Under load
# ----------------------------------------------------------------------

my @jobs = make_jobs($node, JOBS, 100_000);
my ($readers, $read) = clients('reader', 1, <<'END' x 12);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT line FROM total;
SELECT pg_sleep(0.2) \g /dev/null
SELECT line FROM total;
COMMIT;
SELECT 'faults ' || count(*) FROM dwello.reconcile();
END
my ($rollups, $rolled) = clients('rollup', 2, <<'END' x 60);
SELECT 'rolled up ' || (entries > 0) FROM dwello.rollup_balances(7);
SELECT pg_sleep(0.05) \g /dev/null
END
my ($done, $errors) = run_clients(
	$node,
	'release',
	map {
		my $session = $_;
		[
			map {
				my $part = $_;
				map {
					[
						homeowner =>
						  "release_escrow('$_', 300, idempotency_key => 's$session-$part')",
						"$_ $session $part"
					]
				  } @jobs
			} 1 .. 10
		]
	} 1 .. SESSIONS);
waitpid $_, 0 foreach @$readers, @$rollups;

is(scalar(keys %$done), SESSIONS * JOBS * 10, 'every release is paid');
is(join(' ', %$errors), '', 'none fails');
is_deeply(acknowledged(@$read), { 'total 0' => 24, 'faults 0' => 12 },
	'every reader finds the ledger balanced');
cmp_ok(acknowledged(@$rolled)->{'rolled up true'} // 0,
	'>', 10, 'while entries are rolled up');
is(join(' ', %{ errors(@$rolled, @$read) }), '', 'nobody has an error');
is(rollup(), 't|0|', 'what is left is rolled up in the end');
is(query('SELECT line FROM total'), 'total 0', 'and it balances');
is(invalid($node), '', 'the rolled up balances are the sums of their entries');

# ----------------------------------------------------------------------
# What is prepared, and who does not tell
# ----------------------------------------------------------------------

sub release
{
	my ($job) = @_;

	return "SELECT command('homeowner', \$\$release_escrow('$job', 100)\$\$, '') \\g /dev/null\n";
}

query("BEGIN;\n" . release($jobs[0]) . "PREPARE TRANSACTION 'old'");
query(release($jobs[1]));
is(rollup(), 'f|0|prepared_transaction', 'a prepared transaction is waited for');
query("COMMIT PREPARED 'old'");
is(rollup(), 't|0|', 'and rolled up when it has ended');
is(invalid($node), '', 'the ledger is valid');

my $silent = $node->background_psql('postgres');
$silent->query_safe('SET track_activities = off');
$silent->query_safe("BEGIN;\n" . release($jobs[2]));
query(release($jobs[3]));
is(rollup(), 'f|0|transaction', 'a session that does not tell is waited for');
$silent->query_safe('COMMIT');
$silent->quit;
is(rollup(), 't|0|', 'and rolled up when it has ended');
is(invalid($node), '', 'the ledger is valid');

# Another database's sessions are none of ours.
$node->safe_psql('postgres', 'CREATE DATABASE other');
my $elsewhere = $node->background_psql('other');
$elsewhere->query_safe('SET track_activities = off');
$elsewhere->query_safe('BEGIN; CREATE TABLE t ()');
query(release($jobs[4]));
is(rollup(), 't|0|', 'a transaction of another database is not waited for');
$elsewhere->quit;
$node->stop;

done_testing();
