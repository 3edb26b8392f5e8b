# kill.pl
#	The postmaster is killed, again and again, under a mixed load of money:
#	releases, refunds and what companies have sent of them, payments that
#	arrive as asked for, over, under and without being asked for, deliveries,
#	disputes and their mediator, chargebacks, payouts that are paid and fail in
#	any order, reversals, a company's fees and settlements.  After each restart
#	the ledger is valid and what was acknowledged is there once; sent again it
#	changes nothing.
#
# DW_SEED repeats the calls and the times of the kills, DW_CYCLES is how many
# there are.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../t";
use Dwello;
use List::Util qw(sum0);
use Load;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	JOBS => 6,
	WORKERS => 6,
	CALLS => 4000,        # of each worker: more than it gets to make
	HELD => 10_000_000,   # in cents, by half of the jobs at first
};

my $cycles = $ENV{DW_CYCLES} // 25;
my $seed = $ENV{DW_SEED} // time;
srand $seed;
diag "DW_SEED=$seed DW_CYCLES=$cycles";

# what a test server logs by itself would have passwords and addresses in it
my $node = new_server('kill', "log_statement = none\n", holds => 'demo');
install_commands($node);
my %person = people($node);

# Half of the jobs are all paid, the others are paid bit by bit.
my @jobs = (
	make_jobs($node, JOBS / 2, HELD),
	make_jobs($node, JOBS / 2, HELD, 1000));

# query SQL: what it returns.
sub query
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

# random_commands KEY: one or two calls.  A payment is asked for and arrives;
# its event is its key, as the others have theirs.
sub random_commands
{
	my ($key) = @_;
	my $job = $jobs[ int rand @jobs ];
	my $amount = 100 + int rand 400;
	my $about = "'$job', idempotency_key => '$key'";
	my @made = (
		[ [ homeowner => "release_escrow($about, amount => $amount)" ] ],
		[ [ provider_1 => "refund_escrow($about, amount => $amount)" ] ],
		[
			[ homeowner => "fund_escrow($about, amount => $amount)" ],
			[ system => sprintf "confirm_payment('$job', 'stripe', '$key', %d, 'USD')",
				$amount + (0, 0, 37, -23)[ int rand 4 ] ]
		],
		[ [ system => "confirm_payment('$job', 'stripe', '$key', $amount, 'USD')" ] ],
		[
			[ system => "confirm_refund('$job', 'stripe', '$key', refund_id => (SELECT id
				FROM dwello.refunds WHERE job_id = '$job' AND status = 'pending'
				ORDER BY id LIMIT 1))" =~ s/\s+/ /gr ]
		],
		[ [ system => "record_psp_fee('stripe', '$key', $amount, 'USD')" ] ],
		[ [ system => "record_settlement('stripe', '$key', $amount, 'USD')" ] ],
		[
			[ provider_1 => "submit_milestone($about)" ],
			[ homeowner => "request_changes('$job', idempotency_key => 'back-$key')" ]
		],
		[
			[ homeowner => "open_dispute($about, amount => 0, reason => 'Stains.')" ],
			[ admin => "resolve_dispute('$job', homeowner_amount => 1,
				idempotency_key => 'back-$key')" =~ s/\s+/ /gr ]
		],
		[
			[ system => "open_chargeback('$job', 'stripe', '$key', $amount, 'USD')" ],
			[ system => "close_chargeback('$job', 'stripe', 'back-$key', true)" ]
		],
		[
			[ admin => "reverse_transaction($about, amount => 7,
				transaction_id => (SELECT id FROM dwello.transactions
				WHERE scope_id = '$job' AND transaction_type = 'release'
				ORDER BY id DESC LIMIT 1))" =~ s/\s+/ /gr ]
		],
		[
			[ provider_1 => "request_payout($amount, idempotency_key => '$key')" ],
			[ system => "confirm_payout('$person{provider_1}', (SELECT id
				FROM dwello.payouts WHERE status = 'pending' ORDER BY id
				LIMIT 1), 'stripe', 'back-$key')" =~ s/\s+/ /gr ]
		],
		map {
			my $call = $_;
			[ [ system => "${call}('$person{provider_1}', (SELECT id
				FROM dwello.payouts ORDER BY md5(id || '$key') LIMIT 1),
				'stripe', '$key')" =~ s/\s+/ /gr ] ]
		} qw(confirm_payout fail_payout));
	my $commands = $made[ int rand @made ];

	return map {
		my ($name) = $_->[1] =~ /^(\w+)/;
		my $scope = $name =~ /payout$/ ? $person{provider_1}
		  : $name =~ /^record/ ? '-' : $job;
		[ @$_, "$name $scope " . ($_->[1] =~ /'back-/ ? 'back-' : '') . $key ]
	} @$commands;
}

# stored: how often each call left its mark, by the name of its command.
sub stored
{
	return map { split /\|/ } split /\n/, query(<<'END');
SELECT function_name || ' ' || scope_id || ' ' || key, count(*)
  FROM dwello.idempotency_keys GROUP BY 1
UNION ALL
SELECT CASE event_type WHEN 'payout_confirmed' THEN 'confirm_payout'
            WHEN 'payout_failed' THEN 'fail_payout'
            WHEN 'chargeback_opened' THEN 'open_chargeback'
            WHEN 'chargeback_won' THEN 'close_chargeback'
            WHEN 'refund_confirmed' THEN 'confirm_refund'
            WHEN 'payment_confirmed' THEN 'confirm_payment'
            ELSE 'record_' || event_type END
       || ' ' || coalesce(job_id::text, user_id::text, '-') || ' ' || event_id, count(*)
  FROM dwello.payment_events GROUP BY 1
END
}

# twice: keys that moved money more than once.
sub twice
{
	return query(<<'END');
SELECT scope_id, request_id, count(*) FROM dwello.transactions
WHERE request_id IS NOT NULL
GROUP BY scope_id, request_id HAVING count(*) > 1
END
}

# footprint: what a call that is sent again must not change.
sub footprint
{
	return query(<<'END');
SELECT (SELECT count(*) FROM dwello.transactions),
       (SELECT count(*) FROM dwello.ledger_entries),
       (SELECT count(*) FROM dwello.escrow_events),
       (SELECT sum(version) FROM dwello.escrow_accounts),
       (SELECT sum(version) FROM dwello.job_milestones)
END
}

# start_workers CYCLE: all of them; their process ids, outputs and commands.
sub start_workers
{
	my ($cycle) = @_;
	my (@pids, @outputs, %command);

	foreach my $worker (1 .. WORKERS)
	{
		my $name = "cycle-$cycle-$worker";
		my @commands = map { random_commands("c$cycle-w$worker-$_") } 1 .. CALLS;

		push @outputs, $node->basedir . "/$name.out";
		$command{ $_->[2] } = $_ foreach @commands;
		push @pids,
		  start_client($node,
			[ qw(psql -XqAt -f), script($node, $name, @commands), '-d' ],
			$outputs[-1]);
	}
	return (\@pids, \@outputs, \%command);
}

# cycle NUMBER: load, kill, restart, look.
my %acknowledged;

sub cycle
{
	my ($cycle) = @_;
	my ($pids, $outputs, $command) = start_workers($cycle);
	my $wait = 150 + int rand 600;

	wait_for_lines($wait, @$outputs);
	crash($node);
	# psql's word for a server that went away
	my @gone = grep { waitpid($_, 0) && $? >> 8 == 2 } @$pids;
	my $now = acknowledged(@$outputs);
	my $errors = errors(@$outputs);
	is(scalar(@gone), WORKERS, "cycle $cycle: killed under load");
	my $refused = sum0(values %$errors);
	# 22004: nothing to pay out yet, or to undo
	delete @$errors{qw(WD101 WD202 22004 22023)};
	is(join(' ', %$errors), '', "cycle $cycle: no error of another kind");
	ok(restart($node), "cycle $cycle: the server recovers") or BAIL_OUT('it does not');
	is(invalid($node), '', "cycle $cycle: the ledger is valid");

	$acknowledged{$_} += $now->{$_} foreach keys %$now;
	my %stored = stored();
	is(scalar(grep { ($stored{$_} // 0) != 1 } keys %acknowledged),
		0, "cycle $cycle: what was acknowledged is stored once");
	is(twice(), '', "cycle $cycle: and moved money once");

	my $before = footprint();
	# what looks for its object would find another one now
	my @again = grep { $_->[1] !~ /SELECT/ } map { $command->{$_} } keys %$now;
	my ($done, $failed) = run_clients($node, 'again', \@again);
	is( footprint() . ' ' . scalar(keys %$done) . ' ' . join(' ', %$failed),
		"$before " . scalar(@again) . ' ',
		"cycle $cycle: sent again it changes nothing");
	unlink map { ($_, "$_.err", s/out$/sql/r) } @$outputs;
	diag sprintf 'cycle %2d: %4d acknowledged, %d refused', $cycle,
	  scalar(keys %$now), $refused;
	return;
}

cycle($_) foreach 1 .. $cycles;
is(query('SELECT * FROM dwello.check()'), '', 'nothing else is wrong in the end');
$node->stop;

done_testing();
