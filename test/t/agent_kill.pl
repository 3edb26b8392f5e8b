# agent_kill.pl
#	Workers of agents are killed, and the server under them, again and again:
#	each agent has answered each job once, no cap is passed, and nothing is
#	stuck.
#
# The suite has a short one, scripts/soak.sh a long one.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Agents;
use Dwello;
use Load qw(crash restart start_client);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $jobs = $ENV{DW_AGENT_JOBS} // 60;
my $workers = $ENV{DW_AGENT_WORKERS} // 3;
my $kills = $ENV{DW_AGENT_KILLS} // 4;
my $crashes = $ENV{DW_AGENT_CRASHES} // 2;
my $agents = 10;
my $cap = 20;
my $node = new_server('agent_kill', "restart_after_crash = on\n", holds => 'demo');

$node->safe_psql('postgres', 'SELECT dwello.run_agents()');
make_agents($node, $agents, $cap);
publish_jobs($node, $jobs);

my $script = $node->basedir . '/worker.sql';
# a call is open for a while, so that who dies most often dies in the middle
append_to_file($script, "SET application_name = 'worker';\n" . <<'END' x ($jobs * 4));
BEGIN;
SELECT jobs FROM dwello.run_agents(2, '1 s');
SELECT pg_sleep(0.02);
COMMIT;
END

# worker: a client that calls until it is killed or has called often enough.
my $started = 0;
sub worker
{
	return start_client($node, [ qw(psql -XqAt -f), $script, '-d' ],
		$node->basedir . '/worker_' . $started++ . '.out');
}

# left: what is still to be done, or -1 while the server is not there.
sub left
{
	my ($code, $count) = $node->psql('postgres', <<'END');
SELECT (SELECT count(*) FROM dwello.agent_work WHERE claimed_at IS NULL)
     + (SELECT count(*) FROM dwello.agent_answers WHERE state = 'waiting')
END
	return $code == 0 ? $count : -1;
}

my %running = map { worker() => 1 } 1 .. $workers;
my ($killed, $crashed, $begun) = (0, 0, 0);
my $events = $kills + $crashes;

foreach my $turn (1 .. 100 * $jobs)
{
	my $left = left();

	last if $left == 0;
	next if $left < 0;
	# kills come evenly over the work, a crash after every few of them
	my $due = $events * ($jobs - $left) / $jobs;
	if ($killed + $crashed < $events && $due >= $killed + $crashed)
	{
		if ($crashed < $crashes && $crashed * $kills <= $killed * $crashes)
		{
			crash($node);
			$crashed++;
			restart($node) or die 'the server does not start';
		}
		else
		{
			my $ended = $node->safe_psql('postgres', <<'END');
SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity
 WHERE application_name = 'worker' ORDER BY random() LIMIT 1) AS a
END
			$killed += $ended;
		}
	}
	# whoever has lost their server is replaced
	foreach my $pid (keys %running)
	{
		next if waitpid($pid, 1) == 0;
		delete $running{$pid};
		$running{ worker() } = 1;
	}
	usleep(20_000);
}
kill 'TERM', keys %running;
waitpid $_, 0 foreach keys %running;

note("$killed workers and $crashed servers were killed, $started workers started");
cmp_ok($killed, '>=', $kills / 2, 'workers were killed');
is($crashed, $crashes, 'and the server under them');
# what was suspected and is due is decided by a few more calls
$node->safe_psql('postgres', 'SELECT dwello.run_agents()') foreach 1 .. 20 * ($crashes + 1) * $workers;
is(unanswered($node), '', 'each agent has answered each job once');
is( $node->safe_psql('postgres', <<"END"), $jobs * $agents, 'all of them');
SELECT count(*) FROM dwello.agent_answers AS a
JOIN dwello.ai_bidding_agents AS g ON g.user_id = a.agent_id AND g.is_active
END
is( $node->safe_psql('postgres', <<"END"), '', 'no cap was passed');
SELECT provider_id, count(*) FROM dwello.bids WHERE decision_id IS NOT NULL
GROUP BY 1 HAVING count(*) > $cap
END
is( $node->safe_psql('postgres', <<"END"), 0, 'no bid is there without its event');
SELECT count(*) FROM dwello.bids AS b WHERE b.decision_id IS NOT NULL AND NOT EXISTS (
  SELECT FROM dwello.outbox AS o WHERE o.scope_id = b.job_id AND o.type = 'bid_submitted' AND o.aggregateid = b.id::text)
END
is($node->safe_psql('postgres', 'SELECT jobs FROM dwello.run_agents()'), 0, 'nothing is left to do');
is(scalar(grep { -s $_ } glob $node->data_dir . '/dwello_notes/*'), 0, 'no note is left');
$node->stop;

done_testing();
