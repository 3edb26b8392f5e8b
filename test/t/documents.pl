# documents.pl
#	Documents have numbers without a gap, in the order of days, and none is left
#	out, while sixteen sessions release and issue over midnight, backends are
#	terminated and the server crashes; and reports of a day that is closed with
#	bookings in flight are the same, byte for byte, for ever.
#
# Every transaction goes by the real clock and an offset, which is such that
# midnight comes in the middle of each turn.  DW_DOCUMENT_DAYS=N makes N turns,
# some seconds each, for a longer run by hand.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Load qw(start_client crash restart invalid);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

use constant {
	DAYS => $ENV{DW_DOCUMENT_DAYS} || 2,
	RELEASERS => 12,
	ISSUERS => 4,
	BEFORE => 1.0,    # seconds from the start of a turn to midnight
	AFTER => 1.7,     # and from there to its end
};

my $node = new_server('documents', 'max_connections = 40', holds => 'demo');
my %person = people($node);
my @jobs = make_jobs($node, RELEASERS, 100_000_000);
my $token = $node->safe_psql('postgres',
	"SELECT dwello.issue_token('$person{homeowner}', '1 day')");

# query SQL: what it returns.
sub query
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

query("SELECT dwello.set_setting('rollup_margin_seconds', '1')");
query('CREATE TABLE reported (day date PRIMARY KEY, digest text)');
# what the reports of all days up to one say, but for what tells of its time
query(<<'END');
CREATE FUNCTION reports(day date) RETURNS text
LANGUAGE sql AS $$
  SELECT md5(concat_ws('|', (SELECT string_agg(b::text, ',') FROM dwello.trial_balance(day) AS b),
    (SELECT string_agg(l::text, ',') FROM dwello.account_statement('platform_fee', 'USD', '2030-01-01', day) AS l),
    (SELECT string_agg(x::text, ',') FROM dwello.export_ledger('2030-01-01', day) AS x)))
$$;
END

# now OFFSET: sets the clock of a transaction.
sub now
{
	my ($offset) = @_;

	return "SELECT set_config('dwello.now', (clock_timestamp() + interval '$offset s')::text, true) \\g /dev/null";
}

# script NAME, COUNT, STATEMENTS: a file with the same transaction many times.
sub script
{
	my ($name, $count, $text) = @_;
	my $path = $node->basedir . "/$name.sql";

	open my $out, '>', $path or die "$path: $!";
	print {$out} $text x $count;
	close $out or die "$path: $!";
	return $path;
}

# start_sessions TURN, OFFSET: all of them; their process ids and outputs.
sub start_sessions
{
	my ($turn, $offset) = @_;
	my (@pids, @outputs);

	foreach my $n (0 .. RELEASERS + ISSUERS - 1)
	{
		my $output = $node->basedir . "/turn_${turn}_$n.out";
		my $text = $n < RELEASERS ? <<"END" : <<"END2";
BEGIN;
${\now($offset)}
SELECT dwello.login('$token') \\g /dev/null
SELECT 1 FROM dwello.release_escrow(job_id => '$jobs[$n]', amount => 100) \\g /dev/null
SELECT pg_sleep(CASE WHEN random() < 0.005 THEN 0.4 ELSE random() * 0.05 END) \\g /dev/null
COMMIT;
\\echo released
END
BEGIN;
${\now($offset)}
SELECT documents FROM dwello.issue_documents(max_rows => 20);
COMMIT;
SELECT pg_sleep(0.02) \\g /dev/null
END2

		push @outputs, $output;
		push @pids,
		  start_client($node,
			[ qw(psql -XqAt -v ON_ERROR_STOP=1 -f),
				script("turn_${turn}_$n", 400, $text), '-d' ], $output);
	}
	return (\@pids, \@outputs);
}

# terminate: some backend of those at work, in whatever it is doing.
sub terminate
{
	return query(<<'END');
SELECT count(pg_terminate_backend(a.pid)) FROM (
  SELECT x.pid FROM pg_stat_activity AS x WHERE x.backend_type = 'client backend' AND x.pid <> pg_backend_pid()
   ORDER BY x.query LIKE '%issue_documents%' DESC, random() LIMIT 1) AS a
END
}

# close_day DAY, OFFSET: closes it in the middle of bookings, and reports.
sub close_day
{
	my ($day, $offset) = @_;

	query(<<"END");
BEGIN;
${\now($offset)}
SELECT until FROM dwello.close_period('$day') \\g /dev/null
COMMIT;
INSERT INTO reported SELECT '$day', reports('$day');
END
	return;
}

my @day = split /\n/, query("SELECT date '2031-05-01' + n FROM generate_series(0, ${\DAYS}) AS n");
my $killed = 0;
my $in_turns = 0;

foreach my $turn (1 .. DAYS)
{
	# midnight at the end of the turn's day comes BEFORE seconds from now
	my $offset = query("SELECT extract(epoch FROM timestamptz '$day[$turn] 00:00Z' - clock_timestamp()) - ${\BEFORE}");
	my $midnight = time() + BEFORE;
	my ($pids) = start_sessions($turn, $offset);

	while (time() < $midnight + 0.6)
	{
		sleep 0.3;
		$killed += terminate();
	}
	if ($turn == 2)
	{
		crash($node);
		waitpid $_, 0 foreach @$pids;
		ok(restart($node), 'the server recovers from a crash in the middle');
		($pids) = start_sessions("${turn}b", $offset);
		sleep 0.5;
	}
	close_day($day[ $turn - 1 ], $offset);
	sleep 0.2 while time() < $midnight + AFTER;
	$in_turns = query('SELECT count(*) FROM dwello.invoices');
	query(<<'END');
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
END
	waitpid $_, 0 foreach @$pids;
}
cmp_ok($killed, '>=', DAYS, "$killed backends were terminated at work");
cmp_ok($in_turns, '>', 20 * DAYS, "$in_turns documents were issued meanwhile");

# what is left
my $left = 1;
$left = query(<<"END") while $left > 0;
SELECT set_config('dwello.now', '$day[-1] 12:00Z'::timestamptz + interval '3 days' || '', false) \\g /dev/null
SELECT transactions FROM dwello.issue_documents(max_rows => 10000);
END
my $releases = query("SELECT count(*) FROM dwello.transactions WHERE transaction_type = 'release' AND booked_on > '2031-04-30'");
cmp_ok(query("SELECT count(DISTINCT booked_on) FROM dwello.transactions WHERE booked_on > '2031-04-30'"),
	'>', DAYS, "$releases releases on both sides of each midnight");

is(query(<<'END'), '', 'no series has a gap, or a number twice');
SELECT s.kind, s.year, s.last_number, count(v.series_number), count(DISTINCT v.series_number), min(v.series_number), max(v.series_number)
  FROM dwello.invoice_series AS s LEFT JOIN dwello.invoices AS v USING (issuer_id, kind, year)
 GROUP BY s.issuer_id, s.kind, s.year, s.last_number
HAVING (count(v.series_number), count(DISTINCT v.series_number), coalesce(max(v.series_number), 0)) IS DISTINCT FROM (s.last_number, s.last_number, s.last_number)
    OR min(v.series_number) <> 1
END
is(query(<<'END'), '0', 'no number is of an earlier day than the one before it');
SELECT count(*) FROM (
  SELECT v.supplied_on < lag(v.supplied_on) OVER series OR v.issued_on < lag(v.issued_on) OVER series AS is_back
    FROM dwello.invoices AS v
  WINDOW series AS (PARTITION BY v.issuer_id, v.kind, v.year ORDER BY v.series_number)) AS v
 WHERE v.is_back
END
is(query(<<'END'), '', 'every release has its two documents, and once');
SELECT t.id, t.booked_on, count(v.id)
  FROM dwello.transactions AS t LEFT JOIN dwello.invoices AS v ON v.scope_id = t.scope_id AND v.transaction_id = t.id
 WHERE t.transaction_type = 'release' GROUP BY t.id, t.booked_on, t.platform_fee
HAVING count(v.id) <> CASE WHEN t.platform_fee > 0 THEN 2 ELSE 1 END OR count(DISTINCT v.kind) <> count(v.id)
END
is(query("SELECT rule, object FROM dwello.check() WHERE rule LIKE 'document%' OR rule LIKE 'period%'"),
	'', 'check() finds the same');
is(query('SELECT count(*) FROM reported'), DAYS, 'each day was closed and reported with bookings in flight');
is(query("SELECT day FROM reported WHERE digest <> reports(day)"), '', 'its reports are the same byte for byte');
is(invalid($node), '', 'and the ledger is valid');

# that the digest bites, and an order that is not by days is seen
isnt(query("SELECT reports('$day[0]')"), query("SELECT reports('$day[1]')"), 'another day has other reports');

$node->stop;
done_testing();
