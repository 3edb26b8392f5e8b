# agent_crash.pl
#	A row over which server processes die is tried alone and given up after
#	three, and the rest goes on meanwhile; so is one that fails each time.
#
# The deciding process is killed while it waits for a lock between the note
# that it wrote and the decision: the mandate of one agent cannot be read.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Agents;
use Dwello;
use Load qw(start_client);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = new_server('agent_crash', "restart_after_crash = on\n", holds => 'demo');
my $notes = $node->data_dir . '/dwello_notes';

# what the demo's own agents have to do is not of this test
$node->safe_psql('postgres', 'SELECT dwello.run_agents()');
make_agents($node, 3, 20);

# sign AGENT: gives the n-th agent a mandate.
sub sign
{
	my ($n) = @_;

	return $node->safe_psql('postgres', <<"END");
BEGIN;
SELECT dwello.login(dwello.issue_token(u.user_id)) FROM (
  SELECT a.user_id FROM dwello.ai_bidding_agents AS a WHERE a.is_active ORDER BY a.user_id DESC LIMIT 1 OFFSET $n) AS u \\g /dev/null
SELECT user_id FROM dwello.ai_bidding_agents WHERE user_id = dwello.current_user_id();
SELECT 1 FROM dwello.sign_mandate(max_amount => 500000) \\g /dev/null
COMMIT;
END
}

# waiting PATTERN: until a session with such a query waits for a lock; its pid.
sub waiting
{
	my ($pattern) = @_;

	foreach (1 .. 3000)
	{
		my $pid = $node->safe_psql('postgres', <<"END");
SELECT pid FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND query LIKE '$pattern'
END
		return $pid if $pid;
		usleep(10_000);
	}
	die "nobody waits: $pattern";
}

# run_killed N: a call of run_agents() whose process is killed over the row.
sub run_killed
{
	my ($n) = @_;
	my @clients = (
		start_client($node,
			[ qw(psql -XqAt -c),
				'BEGIN; LOCK TABLE dwello.mandates IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)', '-d' ],
			$node->basedir . "/lock_$n.out"));

	foreach (1 .. 3000)
	{
		last if $node->safe_psql('postgres',
			"SELECT count(*) FROM pg_locks WHERE relation = 'dwello.mandates'::regclass AND mode = 'AccessExclusiveLock' AND granted");
		usleep(10_000);
	}
	push @clients,
	  start_client($node,
		[ qw(psql -XqAt -c), 'SELECT * FROM dwello.run_agents()', '-d' ],
		$node->basedir . "/run_$n.out");
	kill 'KILL', waiting('SELECT * FROM dwello.run_agents()');
	waitpid $_, 0 foreach @clients;
	foreach (1 .. 3000)
	{
		return if eval { $node->safe_psql('postgres', 'SELECT 1') };
		usleep(10_000);
	}
	die 'the server does not come back';
}

# written: how many notes there are.
sub written
{
	return scalar grep { -s $_ } glob "$notes/*";
}

# answer AGENT: state and attempts of its answers.
sub answer
{
	my ($agent) = @_;

	return $node->safe_psql('postgres',
		"SELECT state, attempts FROM dwello.agent_answers WHERE agent_id = '$agent' ORDER BY job_id");
}

my $agent = sign(0);
publish_jobs($node, 1);

# What ends in order leaves nothing behind.
my ($status, $stdout, $stderr) = $node->psql('postgres', <<'END');
SET statement_timeout = '1ms';
SELECT count(*) FROM generate_series(1, 3), LATERAL dwello.run_agents();
END
is(written(), 0, 'a call that was cancelled leaves no note');

foreach my $crash (1 .. 3)
{
	run_killed($crash);
	is(written(), 1, "crash $crash leaves a note");
	is( $node->safe_psql('postgres', 'SELECT decisions FROM dwello.run_agents()'),
		$crash == 1 ? 2 : 0,
		"the call after crash $crash does all but that row");
	is(written(), 0, 'and the note is gone');
	is( answer($agent),
		$crash < 3 ? "waiting|$crash" : 'quarantined|3',
		"crash $crash is an attempt");
}
is( $node->safe_psql('postgres', <<"END"), "quarantined|CRASHED\n", 'it is given up');
SELECT action_type, reason || E'\\n' FROM dwello.ai_agent_activity WHERE user_id = '$agent'
END
like(
	$node->safe_psql('postgres', "SELECT detail FROM dwello.check() WHERE rule = 'agent_quarantined'"),
	qr/agent $agent: 3 server processes died over it/,
	'check() names it');
is( $node->safe_psql('postgres', 'SELECT count(*) FROM dwello.agent_work WHERE done_at IS NULL'),
	0, 'nothing of the job is left to do');
is($node->safe_psql('postgres', 'SELECT jobs FROM dwello.run_agents()'), 0, 'nor for anybody');

# Alone it may come through: then it is as if nothing had been.
publish_jobs($node, 1);
run_killed(4);
$node->safe_psql('postgres', 'SELECT dwello.run_agents()');
is( $node->safe_psql('postgres', 'SELECT jobs, decisions FROM dwello.run_agents()'),
	'1|1', 'the suspected row is decided alone');
is(answer($agent), "quarantined|3\nanswered|0", 'and answered');
is($node->safe_psql('postgres', 'SELECT jobs FROM dwello.run_agents()'), 0, 'nothing is left');

# A note of a job that was never committed, or of what was done in the end,
# goes, and keeps no suspected row from being decided.
my $database = $node->safe_psql('postgres', 'SELECT oid FROM pg_database WHERE datname = current_database()');
my ($job, $other) = split /\|/, $node->safe_psql('postgres', <<"END");
SELECT job_id, agent_id FROM dwello.agent_answers WHERE state = 'answered' AND agent_id <> '$agent' LIMIT 1
END
my $bytes = sub { return pack 'H*', shift =~ tr/-//dr };
publish_jobs($node, 1);
run_killed(5);
$node->safe_psql('postgres', 'SELECT dwello.run_agents()');
append_to_file("$notes/$database-999999-1", 'x' x 32 . pack('l', 1));
append_to_file("$notes/$database-999999-2", $bytes->($job) . $bytes->($other) . pack('l', 1));
append_to_file("$notes/$database-999999-3", $bytes->($job) . "\0" x 16 . pack('l', 1));
is( $node->safe_psql('postgres', 'SELECT jobs, decisions FROM dwello.run_agents()'),
	'1|1', 'the suspected row is decided beside notes that say nothing');
is(scalar(() = glob "$notes/$database-999999-*"), 0, 'which are gone');
is( $node->safe_psql('postgres', 'SELECT count(*) FROM dwello.agent_answers WHERE attempts > 0'), 1,
	'and raise no attempt');
is( $node->safe_psql('postgres', 'SELECT count(*) FROM dwello.agent_work WHERE attempts > 0'), 0,
	'not of the search either');

# A note whose job is locked stays, however often its transaction looks.
sub other_notes { return scalar(() = glob "$notes/$database-999999-*") }
my $holder = start_client($node,
	[ qw(psql -XqAt -c), "BEGIN; SELECT FROM dwello.jobs WHERE id = '$job' FOR UPDATE; SELECT pg_sleep(600)", '-d' ],
	$node->basedir . '/holder.out');
my $held = q(FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%FOR UPDATE; SELECT pg_sleep%');
$node->poll_query_until('postgres', "SELECT count(*) = 1 $held") or die 'the job is not locked';
append_to_file("$notes/$database-999999-1", 'x' x 32 . pack('l', 1));
append_to_file("$notes/$database-999999-2", $bytes->($job) . $bytes->($other) . pack('l', 1));
$node->safe_psql('postgres', 'BEGIN; SELECT FROM dwello.run_agents(); SELECT FROM dwello.run_agents(); COMMIT');
ok(-e "$notes/$database-999999-2", 'the note of a locked job is still there');
is(other_notes(), 1, 'the other is gone');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid, 60000) $held");
waitpid $holder, 0;
$node->safe_psql('postgres', 'SELECT FROM dwello.run_agents()');
is(other_notes(), 0, 'as this one is once nobody has the job');

# One transaction takes 64, and gives them back when it fails.
append_to_file("$notes/$database-999999-$_", 'x' x 32 . pack('l', 1)) foreach 1 .. 70;
$node->safe_psql('postgres', 'BEGIN; SELECT FROM dwello.run_agents(); SELECT FROM dwello.run_agents(); ROLLBACK');
is(other_notes(), 70, 'a transaction that is rolled back takes no note');
$node->safe_psql('postgres', 'BEGIN; SELECT FROM dwello.run_agents(); SELECT FROM dwello.run_agents(); COMMIT');
is(other_notes(), 6, 'a transaction takes 64 notes');
$node->safe_psql('postgres', 'SELECT FROM dwello.run_agents()');
is(other_notes(), 0, 'and the next takes the rest');

# A row that fails with an error stops no other, not even once.
sub outcome
{
	return $node->safe_psql('postgres', <<'END');
SELECT DISTINCT ON (a.state) a.state, count(*) OVER (PARTITION BY a.state) FROM dwello.agent_answers AS a
WHERE a.job_id = (SELECT id FROM dwello.jobs WHERE published_at IS NOT NULL ORDER BY published_at DESC LIMIT 1)
ORDER BY 1
END
}

# warned: what a call warns of; what it ends with is not looked at.
sub warned
{
	my ($code, $out, $error) = $node->psql('postgres', 'SELECT FROM dwello.run_agents()');

	is($code, 0, 'the call ends well');
	return $error;
}
$node->safe_psql('postgres', <<"END");
-- as a damaged disk does, which asks no CHECK
ALTER TABLE dwello.mandates DROP CONSTRAINT mandates_limits_check;
SET session_replication_role = replica;
UPDATE dwello.mandates SET limits = '5' WHERE user_id = '$agent';
END
foreach (1 .. 2)
{
	publish_jobs($node, 1);
	like(warned(), qr/left out: .*agent $agent/s, 'a damaged document is warned of');
	is(outcome(), "answered|2\nquarantined|1", 'its row is given up, the others have answered');
}
is( $node->safe_psql('postgres', <<"END"), 2, 'and is logged');
SELECT count(*) FROM dwello.ai_agent_activity WHERE user_id = '$agent' AND action_type = 'quarantined' AND reason = 'FAILED'
END
like(
	$node->safe_psql('postgres', "SELECT detail FROM dwello.check() WHERE rule = 'agent_quarantined'"),
	qr/agent $agent: it fails with an error/,
	'check() names it');

# Nor does a job whose bids cannot be made; nothing is counted of them.
$node->safe_psql('postgres', "DELETE FROM dwello.agent_answers WHERE agent_id = '$agent'");
my $counted = 'SELECT COALESCE(sum(bids), 0) FROM dwello.agent_day_counters';
my $before = $node->safe_psql('postgres', $counted);
publish_jobs($node, 2);
$node->safe_psql('postgres', <<'END');
SET session_replication_role = replica;
UPDATE dwello.jobs SET weights = NULL
 WHERE id = (SELECT id FROM dwello.jobs WHERE published_at IS NOT NULL ORDER BY published_at DESC LIMIT 1);
END
like(warned(), qr/left out: .*All bids of agents on job/s, 'a job without weights is warned of');
like(outcome(), qr/quarantined\|[23]$/, 'its bids are given up');
my $bids = $node->safe_psql('postgres', 'SELECT count(*) FROM dwello.bids WHERE decision_id IS NOT NULL');
is($node->safe_psql('postgres', $counted), $bids, 'as many slots are taken as there are bids');
cmp_ok($node->safe_psql('postgres', $counted), '>', $before, 'those of the other job are made');
is($node->safe_psql('postgres', 'SELECT jobs FROM dwello.run_agents()'), 0, 'nothing is left to do');

# Nor an agent with bids of more than any number holds.
$node->safe_psql('postgres', <<"END");
SET session_replication_role = replica;
UPDATE dwello.ai_bidding_agents SET mandate_id = NULL, max_exposure = 9223372036854775807 WHERE user_id = '$agent';
UPDATE dwello.bids SET bid_amount = 9223372036854775807, labor_cost = 9223372036854775807 - materials_cost
 WHERE provider_id = '$agent';
END
publish_jobs($node, 1);
is(warned(), '', 'what agents have afoot may be more than any number holds');
is(outcome(), 'answered|3', 'all have answered');

# Nor do models wait for an agent whose facts cannot be made.
$node->safe_psql('postgres', <<"END");
SET session_replication_role = replica;
UPDATE dwello.ai_bidding_agents SET uses_model = true;
UPDATE dwello.ai_bidding_agents SET mandate_id = gen_random_uuid() WHERE user_id = '$agent';
END
publish_jobs($node, 1);
$node->safe_psql('postgres', 'SELECT FROM dwello.run_agents()');
($status, $stdout, $stderr) = $node->psql('postgres', 'SELECT count(*) FROM dwello.claim_agent_work()');
is($stdout, 2, 'models get the work of the others');
like($stderr, qr/left out: .*agent $agent/s, 'and who calls is warned');
is(outcome(), "claimed|2\nquarantined|1", 'its answer is given up');

# Nor is an answer lost whose lease was over when a process died over it.
($job, $other) = split /\|/, $node->safe_psql('postgres', <<'END');
UPDATE dwello.agent_answers SET run_after = now() - interval '1 min', lease_until = now() - interval '1 min' WHERE state = 'claimed';
SELECT job_id, agent_id FROM dwello.agent_answers WHERE state = 'claimed' LIMIT 1
END
append_to_file("$notes/$database-999999-4", $bytes->($job) . $bytes->($other) . pack('l', 1));
foreach my $case ('the other one is decided', 'and then it, alone')
{
	is($node->safe_psql('postgres', 'SELECT decisions FROM dwello.run_agents()'), 1, $case);
}
is(outcome(), "answered|2\nquarantined|1", 'so that all have answered');
$node->safe_psql('postgres', 'UPDATE dwello.ai_bidding_agents SET uses_model = false');

# Files that are none of ours, or of another database, are left alone.
append_to_file("$notes/strange", 'x' x 36);
append_to_file("$notes/1-1-1", 'x' x 36);
is($node->safe_psql('postgres', 'SELECT jobs FROM dwello.run_agents()'), 0, 'strange files do no harm');
ok(-e "$notes/strange" && -e "$notes/1-1-1", 'and are left where they are');
unlink "$notes/strange", "$notes/1-1-1";

# A process takes its own file with it.
is(scalar(glob "$notes/*") // '', '', 'no file is left of processes that are gone');
my $mode = (stat $notes)[2] & 07777;
is(sprintf('%04o', $mode), sprintf('%04o', (stat $node->data_dir)[2] & 07777),
	'the directory is as closed as the data directory');
$node->stop;

done_testing();
