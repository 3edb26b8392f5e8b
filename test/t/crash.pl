# crash.pl
#	The postmaster is killed in the middle of concurrent releases.  After
#	each restart the ledger is valid, what was acknowledged is there once,
#	and a retry of every request ends where no crash would have.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Load qw(crash restart start_client invalid wait_for_lines);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	JOBS => 6,
	WORKERS => 4,
	CRASHES => 3,
	PARTS => 150,    # releases that each worker makes of each job
	PART => 100,     # in cents
};
use constant TOTAL => JOBS * WORKERS * PARTS;

my $node = new_server('crash', '', holds => 'demo');
my %person = people($node);
my @jobs = make_jobs($node, JOBS, WORKERS * PARTS * PART);
my $token = $node->safe_psql('postgres',
	"SELECT dwello.issue_token('$person{homeowner}', '1 day')");

# script WORKER: every release of one worker, each acknowledged by a line
# after its commit.  All workers want the same jobs.
sub script
{
	my ($worker) = @_;
	my $path = $node->basedir . "/worker_$worker.sql";
	my $text = '';

	foreach my $part (1 .. PARTS)
	{
		foreach my $n (0 .. $#jobs)
		{
			my $job = $jobs[ ($n + $worker) % @jobs ];
			my $key = "w$worker-p$part";

			$text .= <<"END";
BEGIN;
SELECT dwello.login('$token') \\g /dev/null
SELECT 1 FROM dwello.release_escrow(job_id => '$job', amount => ${\PART},
    idempotency_key => '$key') \\g /dev/null
COMMIT;
\\echo $job $key
END
		}
	}
	open my $out, '>', $path or die "$path: $!";
	print {$out} $text;
	close $out or die "$path: $!";
	return $path;
}

# start_worker SCRIPT, OUTPUT: it stops at the first error.
sub start_worker
{
	my ($script, $output) = @_;

	return start_client($node,
		[ qw(psql -XqAt -v ON_ERROR_STOP=1 -f), $script, '-d' ], $output);
}

my @scripts = map { script($_) } 1 .. WORKERS;
my %acknowledged;

foreach my $crash (1 .. CRASHES)
{
	my @outputs = map { $node->basedir . "/crash_${crash}_$_.out" } 1 .. WORKERS;
	my @pids = map { start_worker($scripts[$_], $outputs[$_]) } 0 .. $#scripts;

	wait_for_lines(TOTAL * $crash / (CRASHES + 1), @outputs);
	crash($node);
	waitpid $_, 0 foreach @pids;
	my @lines = map { grep { /^\S+ \S+\n/ } split /^/, slurp_file($_) } @outputs;
	chomp @lines;
	$acknowledged{$_} = 1 foreach @lines;
	cmp_ok(scalar(@lines), '>', 0, "crash $crash came in the middle of work");
	cmp_ok(scalar(keys %acknowledged), '<', TOTAL,
		"crash $crash came before its end");
	ok(restart($node), "the server recovers from crash $crash");
	is(invalid($node), '', "the ledger is valid after crash $crash");

	my %stored = map { $_ => 1 } split /\n/,
	  $node->safe_psql('postgres', <<'END');
SELECT scope_id || ' ' || key FROM dwello.idempotency_keys
WHERE function_name = 'release_escrow'
END
	is(scalar(grep { !$stored{$_} } keys %acknowledged),
		0, "what was acknowledged before crash $crash is stored");
	is( $node->safe_psql('postgres', <<'END'), '', 'and happened once');
SELECT scope_id, request_id, count(*) FROM dwello.transactions
WHERE request_id IS NOT NULL
GROUP BY scope_id, request_id HAVING count(*) > 1
END
}

# Everybody sends everything again, undisturbed.
my @pids =
  map { start_worker($scripts[$_], $node->basedir . "/final_$_.out") }
  0 .. $#scripts;
my $failures = 0;
foreach my $pid (@pids)
{
	waitpid $pid, 0;
	$failures++ if $? != 0;
}
is($failures, 0, 'every request can be sent again');
is( $node->safe_psql('postgres', <<"END"), JOBS, 'each job is paid exactly');
SELECT count(*) FROM dwello.escrow_accounts
WHERE job_id IN (${\join(', ', map { "'$_'" } @jobs)})
  AND status = 'released' AND held = 0
  AND released = ${\(WORKERS * PARTS * PART)}
END
is(invalid($node), '', 'the ledger is valid in the end');
$node->stop;

done_testing();
