# payout_race.pl
#	What the whole platform shares: payouts that exchange currencies in both
#	directions while their accounts are made anew, at every isolation level;
#	and consumers of the outbox, who get each event once.  Nothing deadlocks.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Load;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { CLIENTS => 6, TURNS => 25, JOBS => 12, HELD => 10_000_000 };

my $node = new_server('payout_race', "deadlock_timeout = '20ms'\n", holds => 'demo');
install_commands($node);
my %person = people($node);

# query SQL: what it returns.
sub query
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

# pgbench NAME, SCRIPT, OPTION...: whether all its turns succeed.
sub pgbench
{
	my ($name, $script, %option) = @_;
	my $path = $node->basedir . '/script.sql';
	my $clients = $option{clients} // CLIENTS;
	my $said = '';

	open my $file, '>', $path or die "$path: $!";
	print {$file} $script;
	close $file or die "$path: $!";
	local $ENV{PGOPTIONS} =
	  "$ENV{PGOPTIONS} -c default_transaction_isolation="
	  . ($option{level} // 'read committed') =~ s/ /\\ /r;
	IPC::Run::run(
		[
			qw(pgbench -n --max-tries=10000 -D n=0 -c), $clients, '-t', TURNS,
			'-f', $path, $node->connstr('postgres')
		],
		'>&', \$said);
	my $all = $clients * TURNS;
	like($said, qr{processed: $all/$all$}m, "$name: every turn succeeds")
	  or diag $said =~ /(^pgbench: error.*(?:\n.*){0,5})/m;
	return;
}

# deadlocks: how many there were.
sub deadlocks
{
	return query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
}

# ----------------------------------------------------------------------
# Dollars for euros and euros for dollars
# ----------------------------------------------------------------------

# Each provider has money of a currency of their own, wanted in the
# other's: two users, so nothing but accounts is shared.
query(<<'END');
SELECT dwello.set_fx_rate('USD', 'EUR', 9, 10);
SELECT dwello.set_fx_rate('EUR', 'USD', 11, 10);
SELECT dwello.verify_payment_method(m.user_id, m.payment_method_id)
  FROM person AS p, dwello.add_payment_method('bank_account', 'stripe', 'ba_2',
       user_id => p.id) AS m WHERE p.name = 'provider_2';
CREATE TABLE purse AS
SELECT p.id, p.name, v.currency, v.wanted, dwello.uuidv7() AS job, dwello.uuidv7() AS bid
  FROM (VALUES ('provider_1', 'USD', 'EUR'), ('provider_2', 'EUR', 'USD'))
       AS v (name, currency, wanted) JOIN person AS p USING (name);
END
foreach my $step (
	[ homeowner => q('post_job(%L, ''A room'', ''White.'', -122.4194, 37.7749,
		budget_max => 20000000, currency => %L, job_id => %L)',
		(SELECT id FROM dwello.service_categories WHERE name = 'Painting & Decorating'),
		currency, job) ],
	[ homeowner => q('publish_job(%L)', job) ],
	[ '' => q('submit_bid(%L, 10000000, bid_id => %L)', job, bid) ],
	[ homeowner => q('accept_bid(%L, %L)', job, bid) ],
	[ '' => q('confirm_award(%L)', job) ],
	[ homeowner => q('fund_escrow(%L)', job) ],
	[ system => q('confirm_payment(%L, ''stripe'', %L, 10000000, %L)', job, job, currency) ],
	[ homeowner => q('release_escrow(%L)', job) ])
{
	my ($who, $call) = @$step;

	query("SELECT command(" . ($who ? "'$who'" : 'name') . ", format($call), '') FROM purse");
}

# Payouts of half of the clients against those of the others, while one of
# them takes the rows of the accounts away: they are made anew again and again,
# by who sells one currency and by who sells the other.  A new row takes its
# time, so that in a wrong order they would meet.
query(<<'END');
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.005); RETURN NULL; END $$;
CREATE TRIGGER linger AFTER INSERT ON dwello.ledger_accounts
FOR EACH ROW EXECUTE FUNCTION linger();
END

sub exchange
{
	my ($level) = @_;

	return <<"END";
\\set n :n + 1
DELETE FROM dwello.ledger_accounts
 WHERE :client_id = 0 AND kind IN ('fx_liquidity', 'rounding');
SELECT command('system', format('confirm_payout(%L, (SELECT payout_id
    FROM dwello.request_payout(10 + :n, %L, user_id => %L, paid_currency => %L)),
    ''stripe'', %L)', p.id, p.currency, p.id, p.wanted,
    '$level ' || :client_id || ' ' || :n), '')
  FROM purse AS p
 WHERE :client_id > 0 AND p.name = format('provider_%s', :client_id % 2 + 1);
END
}

foreach my $level ('read committed', 'repeatable read', 'serializable')
{
	my $before = query('SELECT count(*) FROM dwello.payouts');

	pgbench("payouts both ways, $level", exchange($level), level => $level);
	is(query('SELECT count(*) FROM dwello.payouts') - $before,
		(CLIENTS - 1) * TURNS, "$level: each was asked for once");
	is(query(<<'END'), 't', "$level: and paid once, in two halves");
SELECT count(*) * 2 = (SELECT count(*) FROM dwello.transactions
                        WHERE transaction_type = 'payout')
  FROM dwello.payouts WHERE status = 'completed'
END
}
query('DROP TRIGGER linger ON dwello.ledger_accounts');

# the rows may have been taken away after the last payout that made them: each
# amount once more each way, for some leave a remainder and some do not
query(<<"END");
SELECT command('system', format('confirm_payout(%L, (SELECT payout_id
    FROM dwello.request_payout(%s, %L, user_id => %L, paid_currency => %L)),
    ''stripe'', %L)', p.id, 10 + n, p.currency, p.id, p.wanted, format('last %s %s', p.name, n)), '')
  FROM purse AS p CROSS JOIN generate_series(1, ${\TURNS}) AS n
END
is(deadlocks(), 0, 'no two that make accounts wait for each other');

# ----------------------------------------------------------------------
# Consumers of the outbox
# ----------------------------------------------------------------------

query(<<'END');
CREATE TABLE handled (event_id uuid PRIMARY KEY, scope_id uuid NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY);
CREATE FUNCTION work() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    leases uuid[];
    events uuid[];
    failed uuid[];
BEGIN
    SELECT array_agg(c.lease_id), array_agg(c.id),
           array_agg(c.id) FILTER (WHERE random() < 0.1)
      INTO leases, events, failed
      FROM dwello.claim_events('race', 7, lease => '10 minutes') AS c;
    IF events IS NULL THEN
        RETURN 0;
    END IF;
    INSERT INTO handled (event_id, scope_id)
    SELECT o.id, o.scope_id FROM dwello.outbox AS o
     WHERE o.id = ANY (events) AND o.id <> ALL (coalesce(failed, '{}')) ORDER BY o.id;
    PERFORM dwello.ack_events('race', leases[1],
        ARRAY(SELECT e FROM unnest(events) AS e WHERE e <> ALL (coalesce(failed, '{}'))),
        coalesce(failed, '{}'), 'Try again.');
    RETURN cardinality(events);
END $$;
SELECT dwello.set_setting('event_retry_seconds', '1');
END
my @jobs = make_jobs($node, JOBS, HELD);
pgbench('consumers beside releases', <<"END");
\\set n :n + 1
\\set r random(1, ${\JOBS})
SELECT CASE WHEN :client_id % 2 = 0 THEN work()::text
    ELSE command('homeowner', format('release_escrow(%L, amount => 10, idempotency_key => %L)',
        ('{${\join ',', @jobs}}'::uuid[])[:r], 'w' || :client_id || '-' || :n), '') END;
END
# All payouts above were paid before anybody was given their intents, which
# therefore nobody is.
my $wanted = q(SELECT count(*) FROM dwello.outbox WHERE type <> 'payout_requested');
foreach (1 .. 600)
{
	query('SELECT work() FROM generate_series(1, 40)');
	last if query($wanted) == query('SELECT count(*) FROM handled');
	sleep 1;
}
is(query(<<'END'), '', 'every event is handled, each once');
SELECT o.id FROM dwello.outbox AS o FULL JOIN handled AS h ON h.event_id = o.id
 WHERE (o.type <> 'payout_requested') IS DISTINCT FROM (h.event_id IS NOT NULL)
END

is(deadlocks(), 0, 'no call ever deadlocked with another');
is(invalid($node), '', 'the ledger is valid in the end');
$node->stop;

done_testing();
