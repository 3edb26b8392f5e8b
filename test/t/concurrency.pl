# concurrency.pl
#	Sixteen sessions at once: the same escrows are paid exactly once, commands
#	that exclude each other do, every isolation level ends in the same ledger,
#	a reader sees a total of zero at any moment, and no call of the API ever
#	deadlocks with another.
#
# DW_SEED repeats the order of the calls; what sessions make of it is up to
# the machine.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Load;
use List::Util qw(shuffle sum0);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	SESSIONS => 16,
	JOBS => 4,
	HELD => 100_000,    # in cents, by the escrow of a job
};

my $seed = $ENV{DW_SEED} // time;
srand $seed;
note "DW_SEED=$seed";

my $node = new_server('concurrency', "deadlock_timeout = '50ms'\n",
	holds => 'demo');
install_commands($node);
my %person = people($node);

# query SQL: what it returns.
sub query
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

# among LIST: for SQL.
sub among
{
	return '(' . join(', ', map { "'$_'" } @_) . ')';
}

# missing NAME...: those of dwello's functions that do not exist.
sub missing
{
	return join ' ', grep {
		query("SELECT count(*) FROM pg_proc WHERE proname = '$_'
			AND pronamespace = 'dwello'::regnamespace") == 0
	} @_;
}

# only ERRORS, SQLSTATE...: the errors, without those that may occur.
sub only
{
	my ($errors, @allowed) = @_;
	my %left = %$errors;

	delete @left{@allowed};
	return join ' ', map { "$_ ($left{$_} times)" } sort keys %left;
}

# ----------------------------------------------------------------------
# A reader beside all of it
# ----------------------------------------------------------------------

use constant READS => 25;

# In one snapshot, twice: all escrows and accounts sum to zero, what was
# released is what left for somebody, and reconcile() finds nothing.
my $read = <<'END';
SELECT 'total ' || (SELECT sum(held) FROM dwello.escrow_accounts)
    + (SELECT sum(amount) FROM dwello.ledger_entries l WHERE NOT EXISTS
        (SELECT FROM dwello.escrow_accounts e WHERE e.job_id = l.account_id))
    || ', released ' || (SELECT sum(released) FROM dwello.escrow_accounts)
    - (SELECT sum((platform_fee + tax + net_amount) * CASE transaction_type WHEN 'reversal' THEN -1 ELSE 1 END)
         FROM dwello.transactions
        WHERE transaction_type IN ('release', 'dispute', 'reversal') AND status = 'completed')
    || ', faults ' || (SELECT count(*) FROM dwello.reconcile());
END

# start_reader: psql in the background; its process id and output.
sub start_reader
{
	my $path = $node->basedir . '/reader.sql';
	my $output = $node->basedir . '/reader.out';

	open my $file, '>', $path or die "$path: $!";
	print {$file} <<"END" foreach 1 .. READS;
BEGIN ISOLATION LEVEL REPEATABLE READ;
$read
SELECT pg_sleep(0.1) \\g /dev/null
$read
COMMIT;
END
	close $file or die "$path: $!";
	return (start_client($node, [ qw(psql -XqAt -f), $path, '-d' ], $output),
		$output);
}

my ($reader, $reader_output) = start_reader();

# ----------------------------------------------------------------------
# The same escrows, different keys: each is paid exactly once
# ----------------------------------------------------------------------

# release JOB, KEY, AMOUNT: by the homeowner; without an amount all of it.
sub release
{
	my ($job, $key, $amount) = @_;
	my $part = $amount ? "amount => $amount, " : '';

	return [ homeowner =>
		  "release_escrow(job_id => '$job', ${part}idempotency_key => '$key')",
		"$job $key" ];
}

# sent_by SESSION: parts, more than there is money for, then all the rest.
sub sent_by
{
	my ($session, @jobs) = @_;

	return [ map {
			my $part = $_;
			map { release($_, "s$session-p$part", $part < 6 ? 1500 : 0) }
			  shuffle(@jobs)
		} 1 .. 6 ];
}

my @jobs = make_jobs($node, JOBS, HELD);
my ($done, $errors) =
  run_clients($node, 'once', map { sent_by($_, @jobs) } 1 .. SESSIONS);
my $paid = query(<<"END");
SELECT k.scope_id || ' ' || k.key FROM dwello.transactions t
JOIN dwello.idempotency_keys k
  ON k.scope_id = t.scope_id AND (k.result->>'transaction_id')::uuid = t.id
WHERE t.transaction_type = 'release' AND t.scope_id IN ${\among(@jobs)}
ORDER BY 1
END

is(query(<<"END"), JOBS, 'sixteen sessions pay each escrow exactly once');
SELECT count(*) FROM dwello.escrow_accounts e
WHERE e.job_id IN ${\among(@jobs)} AND e.held = 0 AND e.status = 'released'
  AND e.released = ${\HELD} AND e.released =
      (SELECT sum(t.amount) FROM dwello.transactions t
        WHERE t.scope_id = e.job_id AND t.transaction_type = 'release')
END
is($paid, join("\n", sort keys %$done), 'each to who was told so');
is(sum0(values %$done) + sum0(values %$errors),
	SESSIONS * JOBS * 6, 'and every session had an answer');
is(only($errors, 'WD101', 'WD202'), '', 'losers are told what is the matter');
cmp_ok($errors->{WD101} // 0, '>', 0, 'there were losers');

# The same keys: everybody is told of the one release.
@jobs = make_jobs($node, JOBS, HELD);
($done, $errors) = run_clients(
	$node, 'key',
	map {
		[ map { my $key = "k$_"; map { release($_, $key, 5000) } shuffle(@jobs) }
			  1 .. 4 ]
	} 1 .. SESSIONS);
is(only($errors), '', 'no session with the same key is refused');
is(sum0(values %$done), SESSIONS * JOBS * 4, 'each has its answer');
is(query(<<"END"), JOBS . '|20000|20000', 'and a key pays once');
SELECT count(*), min(released), max(released) FROM dwello.escrow_accounts
WHERE job_id IN ${\among(@jobs)}
END

# ----------------------------------------------------------------------
# Commands that exclude each other
# ----------------------------------------------------------------------

# Of each: what it needs, how much of HELD is paid, what each job goes
# through first, the calls (JOB and KEY are put in), and what must hold of
# an escrow e in the end besides the ledger.
my $release = [
	homeowner => q(release_escrow('JOB', amount => 700, idempotency_key => 'KEY'))
];
my $confirm = [ system => q(confirm_payment('JOB', 'stripe', 'pay JOB', 100000, 'USD')) ];
my $fund = [ homeowner => q(fund_escrow('JOB')) ];
my $submit = [ provider_1 => q(submit_milestone('JOB')) ];
my @races = (
	{
		name => 'release against refund',
		calls => [
			$release,
			[ provider_1 => q(refund_escrow('JOB', amount => 900, idempotency_key => 'KEY')) ]
		],
		holds => 'e.released > 0 AND e.refunded > 0',
	},
	{
		name => 'release against all given back',
		calls => [ $release, [ provider_1 => q(refund_escrow('JOB')) ] ],
		holds => 'e.held = 0',
	},
	{
		name => 'release against delivery sent back',
		calls => [ $release, $submit, [ homeowner => q(request_changes('JOB')) ] ],
		holds => 'e.released > 0',
	},
	{
		name => 'release against completion',
		calls => [
			$release,
			[ homeowner => q(release_escrow('JOB')) ],
			[ homeowner => q(complete_job('JOB')) ]
		],
		holds => 'e.held = 0',
	},
	{
		name => 'payment against cancel_escrow',
		paid => 0,
		first => [$fund],
		calls => [ $confirm, [ homeowner => q(cancel_escrow('JOB')) ] ],
		holds => q((e.status, e.held) IN (('held', 100000), ('cancelled', 0))),
	},
	{
		name => 'payment against its failure',
		paid => 0,
		first => [$fund],
		calls =>
		  [ $confirm, [ system => q(fail_payment('JOB', 'stripe', 'no JOB', is_final => true)) ] ],
		holds => q((e.status, e.held) IN (('held', 100000), ('failed', 0))),
	},
	{
		name => 'payment against cancel_job',
		paid => 0,
		first => [$fund],
		calls => [ $confirm, [ homeowner => q(cancel_job('JOB')) ] ],
		holds => q((e.status, e.held, e.refunded) IN (('cancelled', 0, 0), ('refunded', 0, 100000))),
	},
	{
		name => 'top-up against release and refund',
		paid => 20_000,
		calls => [
			[ homeowner => q(fund_escrow('JOB', amount => 1000)) ],
			[ system => q(confirm_payment('JOB', 'stripe', 'JOB KEY', 1000, 'USD')) ],
			$release,
			[ provider_1 => q(refund_escrow('JOB', amount => 100)) ]
		],
		holds => 'e.funded >= 20000',
	},
	{
		name => 'release against dispute',
		needs => [qw(open_dispute answer_dispute withdraw_dispute)],
		calls => [
			$release,
			[ homeowner => q(open_dispute('JOB', 0, 'Stains.')) ],
			[ provider_1 => q(answer_dispute('JOB', 50000)) ],
			[ homeowner => q(withdraw_dispute('JOB')) ]
		],
		holds => 'true',
	},
	{
		name => 'release against what is due',
		needs => ['release_due_escrows'],
		first => [$submit],
		calls => [ $release, [ system => 'release_due_escrows()' ] ],
		due => 1,
		holds => 'e.held = 0',
	},
	{
		name => 'batches of what is due against all that stops them',
		needs => [qw(release_due_escrows open_dispute open_chargeback)],
		first => [$submit],
		jobs => 24,
		calls => [
			[ system => 'release_due_escrows()' ],
			[ system => 'release_due_escrows(3)' ],
			[ provider_1 => q(refund_escrow('JOB', amount => 100)) ],
			[ homeowner => q(open_dispute('JOB', 0, 'Stains.')) ],
			[ system => 'release_due_escrows(7)' ],
			[ system => q(open_chargeback('JOB', 'stripe', 'open JOB KEY', 3000, 'USD')) ],
			[ homeowner => q(request_changes('JOB')) ],
			$release
		],
		due => 1,
		holds => 'true',
	},
	{
		name => 'release against chargeback',
		needs => [qw(open_chargeback close_chargeback)],
		calls => [
			$release,
			[ system => q(open_chargeback('JOB', 'stripe', 'open JOB KEY', 3000, 'USD')) ],
			[ system => q(close_chargeback('JOB', 'stripe', 'close JOB KEY', true)) ]
		],
		holds => 'true',
	},
	{
		name => 'a mediator against the sides and the clock',
		needs => [qw(resolve_dispute expire_disputes)],
		first => [
			[ homeowner => q(open_dispute('JOB', 10000, 'Stains.')) ],
			[ provider_1 => q(answer_dispute('JOB', 90000)) ]
		],
		calls => [
			[ admin => q(resolve_dispute('JOB', 40000, idempotency_key => 'KEY')) ],
			[ homeowner => q(answer_dispute('JOB', 95000, idempotency_key => 'KEY')) ],
			[ provider_1 => q(answer_dispute('JOB', 5000)) ],
			[ homeowner => q(withdraw_dispute('JOB')) ],
			[ system => 'expire_disputes()' ]
		],
		holds => q(e.disputed = 0 AND e.held IN (0, 100000)
			AND (SELECT count(*) FROM dwello.transactions AS t
				WHERE t.scope_id = e.job_id AND t.transaction_type = 'dispute')
				= (e.held = 0)::int),
	},
	{
		name => 'reversal against release, refund and chargeback',
		needs => [qw(reverse_transaction open_chargeback close_chargeback)],
		first => [ [ homeowner => q(release_escrow('JOB', 30000)) ] ],
		calls => [
			[ admin => q(reverse_transaction('JOB', (SELECT t.id
				FROM dwello.transactions AS t WHERE t.scope_id = 'JOB'
				AND t.transaction_type = 'release' ORDER BY t.id LIMIT 1),
				7000, idempotency_key => 'KEY')) ],
			$release,
			[ provider_1 => q(refund_escrow('JOB', amount => 100)) ],
			[ system => q(open_chargeback('JOB', 'stripe', 'open JOB KEY', 3000, 'USD')) ],
			[ system => q(close_chargeback('JOB', 'stripe', 'close JOB KEY', false)) ]
		],
		holds => q((SELECT COALESCE(sum(t.amount), 0) FROM dwello.transactions AS t
			WHERE t.scope_id = e.job_id AND t.reverses IS NOT NULL
			AND t.transaction_type = 'reversal') IN (0, 7000, 14000, 21000, 28000)),
	},
	{
		name => 'payouts against releases and chargebacks',
		needs => [qw(request_payout cancel_payout confirm_payout fail_payout)],
		first => [ [ homeowner => q(release_escrow('JOB', 40000)) ] ],
		calls => [
			[ provider_1 => q(request_payout(900, idempotency_key => 'JOB KEY')) ],
			[ provider_1 => q(request_payout()) ],
			[ system => q(confirm_payout('PROVIDER', (SELECT p.id
				FROM dwello.payouts AS p WHERE p.status = 'pending'
				ORDER BY p.id LIMIT 1), 'stripe', 'paid JOB KEY')) ],
			[ system => q(fail_payout('PROVIDER', (SELECT p.id
				FROM dwello.payouts AS p WHERE p.status = 'pending'
				ORDER BY p.id LIMIT 1), 'stripe', 'failed JOB KEY')) ],
			[ system => q(confirm_payout('PROVIDER', (SELECT p.id
				FROM dwello.payouts AS p WHERE p.status IN ('failed', 'cancelled')
				ORDER BY p.id LIMIT 1), 'stripe', 'late JOB KEY')) ],
			[ provider_1 => q(cancel_payout((SELECT p.id
				FROM dwello.payouts AS p WHERE p.status = 'pending'
				ORDER BY p.id DESC LIMIT 1))) ],
			$release,
			[ system => q(open_chargeback('JOB', 'stripe', 'open JOB KEY', 20000, 'USD')) ],
			[ system => q(close_chargeback('JOB', 'stripe', 'close JOB KEY', true)) ]
		],
		allowed => ['22004'],    # nothing is pending
		# each that is paid was paid once more than it came back
		holds => q((SELECT count(*) FROM dwello.payouts WHERE status = 'completed')
			= (SELECT count(*) FILTER (WHERE reverses IS NULL) - count(reverses)
				FROM dwello.transactions WHERE transaction_type = 'payout')),
	},);

# command_for CALL, JOB, KEY: with both put in.
sub command_for
{
	my ($call, $job, $key) = @_;
	my $text = $call->[1] =~ s/JOB/$job/gr =~ s/KEY/$key/gr =~
	  s/PROVIDER/$person{provider_1}/gr;

	return [ $call->[0], $text, "$key $text" =~ s/'|\s*\n\s*/ /gr ];
}

# race RACE: every session makes one of the calls, again and again.
sub race
{
	my ($race) = @_;
	my @calls = @{ $race->{calls} };
	my @jobs = make_jobs($node, $race->{jobs} // 3, HELD, $race->{paid});

	foreach my $call (@{ $race->{first} // [] })
	{
		query("SELECT command('$call->[0]', \$\$"
			  . ($call->[1] =~ s/JOB/$_/gr)
			  . "\$\$, '')")
		  foreach @jobs;
	}
	query("UPDATE dwello.job_milestones SET auto_release_at = now() - interval '1 day'
		WHERE job_id IN ${\among(@jobs)}") if $race->{due};
	my ($done, $errors) = run_clients(
		$node, 'race',
		map {
			my $session = $_;
			[ map { my $turn = $_;
				  map { command_for($calls[ $session % @calls ], $_, "s$session-$turn") }
					shuffle(@jobs)
			  } 1 .. 3 ]
		} 1 .. SESSIONS);
	is(only($errors, qw(WD101 WD202 22023 P0002), @{ $race->{allowed} // [] }),
		'', "$race->{name}: nobody meets an error of another kind");
	is(query("SELECT string_agg(e::text, '; ') FROM dwello.escrow_accounts e
		WHERE e.job_id IN ${\among(@jobs)} AND NOT ($race->{holds})"),
		'', "$race->{name}: every escrow ends as it may");
	is(invalid($node), '', "$race->{name}: the ledger is valid");
	return;
}

foreach my $race (@races)
{
  SKIP:
	{
		my $missing = missing(@{ $race->{needs} // [] });

		skip "$race->{name}: there is no $missing yet", 1 if $missing;
		race($race);
	}
}

# ----------------------------------------------------------------------
# Every isolation level
# ----------------------------------------------------------------------

# pgbench NAME, LEVEL, TURNS, SCRIPT, CLIENTS: so many turns of each client,
# sixteen if nothing else is said; what could not be serialized is sent
# again.  What else goes wrong ends a client, and is told.
sub pgbench
{
	my ($name, $level, $turns, $script, $clients) = @_;
	my $path = $node->basedir . "/$name.sql";
	my $said = '';

	open my $file, '>', $path or die "$path: $!";
	print {$file} $script;
	close $file or die "$path: $!";
	local $ENV{PGOPTIONS} =
	  "$ENV{PGOPTIONS} -c default_transaction_isolation=$level";
	IPC::Run::run(
		[
			qw(pgbench -n --max-tries=10000 --failures-detailed -D n=0),
			'-c', $clients // SESSIONS, '-t', $turns,
			"--random-seed=$seed", '-f', $path, $node->connstr('postgres')
		],
		'>&', \$said);
	return $said;
}

# complete NAME, SAID, ALL: whether pgbench got through so many turns.
sub complete
{
	my ($name, $said, $all) = @_;

	note join ', ', $name, $said =~ /^(number of transactions retried: \d+)/m;
	like($said, qr{processed: $all/$all$}m, "$name: every call succeeds")
	  or diag $said =~ /(^pgbench: error.*(?:\n.*){0,5})/m;
	return;
}

use constant { TURNS => 8, KEYS => 5 };
use constant ALL => SESSIONS * TURNS;

foreach my $level ('read committed', 'repeatable read', 'serializable')
{
	my ($one, $other) = my @some = make_jobs($node, 2, HELD);
	my $option = $level =~ s/ /\\ /r;
	my $either = "CASE :r WHEN 1 THEN '$one' ELSE '$other' END";

	# keys of one's own: all are paid
	complete($level, pgbench('own_keys', $option, TURNS, <<"END"), ALL);
\\set n :n + 1
\\set r random(1, 2)
SELECT command('homeowner', format('release_escrow(%L, amount => 100,
    idempotency_key => %L)', $either, 'c' || :client_id || '-' || :n), '');
END
	is(query("SELECT sum(released) FROM dwello.escrow_accounts
		WHERE job_id IN ${\among(@some)}"),
		100 * ALL, "$level: each release is paid once");

	# the same few keys: one of all is paid; a random number, unlike a
	# variable, stays the same when it is sent again
	complete("$level, same keys",
		pgbench('same_keys', $option, TURNS, <<"END"), ALL);
\\set n random(1, ${\KEYS})
SELECT command('homeowner', format('release_escrow(%L, amount => 50,
    idempotency_key => %L)', '$one', 'same-' || :n), '');
END
	is(query("SELECT count(*) FROM dwello.transactions
		WHERE scope_id = '$one' AND amount = 50"),
		KEYS, "$level: the same key pays once");
	is(invalid($node), '', "$level: the ledger is valid");
}

# ----------------------------------------------------------------------
# Any call, of anybody, in any order
# ----------------------------------------------------------------------

my @funded = make_jobs($node, 3, HELD, 20_000);
my $category = query(q(SELECT id FROM dwello.service_categories
	WHERE name = 'Painting & Decorating'));
my @open = map { query(<<"END") } 1 .. 3;
SELECT command('homeowner', format('post_job(%L, %L, %L, -122.4194, 37.7749,
    budget_max => 200000, job_id => %L)', '$category', 'A room', 'White.', i), '')
    || command('homeowner', format('publish_job(%L)', i), '') || i
  FROM dwello.uuidv7() AS i
END

# what one side proposes and the other answers
my $bid = "(SELECT b.id FROM dwello.bids AS b WHERE b.job_id = 'OPEN' "
  . "AND b.provider_id = '$person{provider_1}' AND b.status = 'pending')";
my $counter = q((SELECT c.id FROM dwello.counter_offers AS c
	WHERE c.job_id = 'OPEN' AND c.status = 'pending' LIMIT 1));
my $order = q((SELECT c.id FROM dwello.change_orders AS c
	WHERE c.job_id = 'JOB' AND c.status = 'pending'));
my @offers = (
	[ homeowner => "counter_bid('OPEN', $bid, 70000 + (10000 * random())::bigint)" ],
	[ provider_1 => "counter_bid('OPEN', $bid, 80000 + (10000 * random())::bigint)" ],
	[ provider_1 => "answer_counter('OPEN', $counter, random() < 0.5)" ],
	[ homeowner => "answer_counter('OPEN', $counter, random() < 0.5)" ],
	[ provider_1 => q(propose_change_order('JOB', 'More', 100)) ],
	[ homeowner => q(propose_change_order('JOB', 'Less', -200)) ],
	[ provider_1 => "answer_change_order('JOB', $order, random() < 0.8)" ],
	[ homeowner => "answer_change_order('JOB', $order, random() < 0.8)" ],
	[ homeowner => "invite_provider('OPEN', '$person{provider_2}')" ],
	[ homeowner => "hire_provider('OPEN', '$person{provider_2}', 90000)" ],
	[ homeowner => "answer_invite('OPEN', false, '$person{provider_2}')" ],
	[ provider_2 => q(answer_invite('OPEN', random() < 0.1)) ]);
my @calls = (
	@{ $races[0]{calls} },
	@{ $races[7]{calls} },
	@{ $races[-1]{calls} },
	@{ $races[-2]{calls} },
	@{ $races[-3]{calls} },
	[ homeowner => q(submit_milestone('JOB')) ],
	$submit,
	[ homeowner => q(request_changes('JOB')) ],
	[ homeowner => q(send_message('JOB', content => 'When?')) ],
	[ provider_1 => q(send_message('JOB', content => 'Now.')) ],
	[ provider_1 => q(report_progress('JOB', 10)) ],
	[ homeowner => q(edit_job('OPEN', title => 'KEY')) ],
	[ homeowner => q(edit_job('OPEN', description => 'KEY')) ],
	[ provider_1 => q(submit_bid('OPEN', 90000)) ],
	[ provider_2 => q(submit_bid('OPEN', 95000)) ],
	[ provider_2 => q(send_message('OPEN', content => 'Where?')) ],
	@offers,
	[ homeowner => q(update_profile(bio => 'KEY')) ],
	[ provider_1 => q(update_profile(bio => 'KEY')) ],
	[ provider_2 => q(update_profile(bio => 'KEY')) ],
	[ provider_1 => q(add_payment_method('credit_card', 'acme', 'KEY', is_default => true)) ],
	[ homeowner => q(add_payment_method('credit_card', 'acme', 'KEY', is_default => true)) ],
	[ admin => "suspend_user('$person{provider_2}', 'Late.')" ],
	[ admin => "reinstate_user('$person{provider_2}')" ],
	[ admin => q(set_setting('job_invites_max', '100')) ],
	[ admin => q(set_setting_amount('min_bid_amount', 'USD', 100)) ],
	[ admin => q(set_setting('platform_name', '"KEY"')) ],
	[ homeowner => "post_job('$category', 'KEY', 'Any.', -122.4194, 37.7749)" ],
	[ system => 'deliver_events(10)' ],
	[ system => 'deliver_events(50)' ],
	[ system => 'expire_bids()' ],
	[ system => 'expire_jobs()' ],);

# random_command KEY: of anybody, about any job.
sub random_command
{
	my ($key) = @_;
	my $call = $calls[ int rand @calls ];
	my $open = $open[ int rand @open ];

	return command_for([ $call->[0], $call->[1] =~ s/OPEN/$open/gr ],
		$funded[ int rand @funded ], $key);
}

($done, $errors) = run_clients(
	$node, 'any',
	map {
		my $session = $_;
		[ map { random_command("any-$session-$_") } 1 .. 40 ]
	} 1 .. SESSIONS);
note "any order: ${\scalar(keys %$done)} done, refused: ", only($errors);
cmp_ok(scalar(keys %$done), '>', SESSIONS * 10, 'calls in any order get on');
# suspension ends the tokens of who is suspended: WD402
is(only($errors,
		qw(WD101 WD102 WD202 WD301 WD402 22004 22023 42501 P0002 23505)),
	'', 'and are refused for their own reasons only');

# ----------------------------------------------------------------------
# In the end
# ----------------------------------------------------------------------

waitpid $reader, 0;
is( join(', ', %{ acknowledged($reader_output) }),
	'total 0, released 0, faults 0, ' . 2 * READS,
	'a reader sees a total of zero at any moment');
is(query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'),
	0, 'no call ever deadlocked with another');
is(invalid($node), '', 'the ledger is valid in the end');
is(query('SELECT * FROM dwello.check()'), '', 'and so is everything else');

# Two jobs in one transaction, in either order: now a client is to blame for
# a deadlock.  The server ends it, and sent again all is paid once.
my ($one, $other) = @jobs = make_jobs($node, 2, HELD);
complete('two jobs a transaction',
	pgbench('two_jobs', 'read\\ committed', TURNS, <<"END", 4), 4 * TURNS);
\\set n :n + 1
BEGIN;
SELECT command('homeowner', format('release_escrow(%L, amount => 100, idempotency_key => %L)',
    CASE WHEN (:n + :client_id) % 2 = 0 THEN '$one' ELSE '$other' END,
    'c' || :client_id || '-' || :n), '');
SELECT command('homeowner', format('release_escrow(%L, amount => 100, idempotency_key => %L)',
    CASE WHEN (:n + :client_id) % 2 = 1 THEN '$one' ELSE '$other' END,
    'c' || :client_id || '-' || :n), '');
COMMIT;
END
cmp_ok(query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'),
	'>', 0, 'two jobs a transaction: there were deadlocks to be counted');
is(query("SELECT min(released) || '|' || max(released) FROM dwello.escrow_accounts
	WHERE job_id IN ${\among(@jobs)}"),
	join('|', (100 * 4 * TURNS) x 2),
	'two jobs a transaction: each release is paid once');
is(invalid($node), '', 'two jobs a transaction: the ledger is valid');
$node->stop;

done_testing();
