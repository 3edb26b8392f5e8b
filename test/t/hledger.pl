# hledger.pl
#	What export_ledger() gives is a journal that hledger checks, and whose
#	balances are those of trial_balance() to the last unit of each currency,
#	from the beginning and from a day on, with a period carried forward too.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('hledger', '', holds => 'demo');

# query SQL: what it returns.
sub query
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

# hledger JOURNAL, ARGUMENT...: its status and what it says.
sub hledger
{
	my ($journal, @arguments) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ qw(hledger -f -), @arguments ], '<', \$journal, '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

# balances_of JOURNAL: "account currency amount" of each, as hledger has it.
sub balances_of
{
	my ($journal) = @_;
	my %seen = map { $_ => 1 } $journal =~ /^commodity (\w+)/mg;
	my @found;

	foreach my $currency (sort keys %seen)
	{
		my (undef, $out) = hledger($journal, qw(balance --flat -N -E -O csv), "cur:$currency");

		push @found, "$1 $currency $2"
		  while $out =~ /^"([^"]+)","(?:$currency )?(-?[\d.]+)"/mg;
	}
	return join "\n", sort map { s/ 0(?:\.0*)?$/ 0/r } @found;
}

# trial DAY: the same of trial_balance().
sub trial
{
	my ($day) = @_;
	my $names = query(<<"END");
SELECT b.kind || coalesce(':' || nullif(regexp_replace(b.psp, '[^[:alnum:]._-]+', '_', 'g'), ''), '')
       || ' ' || b.currency || ' ' || CASE sum(b.balance) WHEN 0 THEN '0'
       ELSE dwello.from_minor(sum(b.balance)::bigint, b.currency)::text END
  FROM dwello.trial_balance('$day') AS b GROUP BY b.kind, b.psp, b.currency
END
	return join "\n", sort split /\n/, $names;
}

# agree NAME, FROM, TO: the journal is sound, and its balances are the ledger's.
sub agree
{
	my ($name, $from, $to) = @_;
	my $journal = query("SELECT text FROM dwello.export_ledger('$from', '$to')");
	my ($status, $out, $err) = hledger($journal, qw(check --strict ordereddates));
	my @lines = grep { !/ 0$/ } split /\n/, balances_of($journal);

	is("$status$out$err", '0', "$name: hledger check has nothing to say");
	is(join("\n", @lines), join("\n", grep { !/ 0$/ } split /\n/, trial($to)),
		"$name: the balances are those of trial_balance()");
	return $journal;
}

# facts of companies in currencies of 0, 2 and 3 digits, on three days
my @day = split /\n/, query(
	"SELECT (now() AT TIME ZONE 'UTC')::date - n FROM generate_series(2, 0, -1) AS n");
foreach my $n (0 .. 2)
{
	query(<<"END");
SET dwello.now = '$day[$n] 12:00Z';
SELECT dwello.record_psp_fee('acme; pay  co', 'fee $n', 1230 + $n, 'JPY');
SELECT dwello.record_psp_fee('stripe', 'fee $n', 7, 'USD');
SELECT dwello.record_settlement('stripe', 'settled $n', 1000001, 'KWD');
SELECT dwello.record_bank_fee('bank:one', 'bank fee $n', 5, 'KWD');
END
}

# a release of which a part is kept back, a tip, money in suspense, and journals
# about all of that
my %person = people($node);
my ($job) = make_jobs($node, 1, 100_000);
my %token = map { $_ => query("SELECT dwello.issue_token('$person{$_}')") } qw(homeowner admin);
query(<<"END");
BEGIN;
SELECT dwello.set_setting('reserve_ppm', '100000');
SELECT dwello.login('$token{homeowner}');
SELECT dwello.release_escrow('$job');
SELECT dwello.tip('$job', 2500);
SELECT dwello.login(NULL);
SELECT dwello.confirm_payment('$job', 'stripe', 'tip', 2500, 'USD');
SELECT dwello.confirm_payment(NULL, 'stripe', 'stray', 4321, 'EUR');
SELECT dwello.login('$token{admin}');
SELECT dwello.post_journal(jsonb_build_array(
  jsonb_build_object('kind', 'suspense', 'owner', (SELECT r.receipt_id FROM dwello.receipts(max_results => 1) AS r), 'currency', 'EUR', 'amount', -1000),
  '{"kind": "platform_fee", "currency": "EUR", "amount": 1000}'::jsonb), 'Nobody asked for it.');
SELECT dwello.reverse_journal(j.journal_id, 'They did.') FROM dwello.post_journal(jsonb_build_array(
  jsonb_build_object('kind', 'provider_available', 'owner', '$person{provider_1}', 'currency', 'USD', 'amount', -700),
  '{"kind": "psp_fee", "psp": "acme; pay  co", "currency": "USD", "amount": 700}'::jsonb), 'A fee of theirs.') AS j;
COMMIT;
END

my $all = agree('all of it', $day[0], $day[2]);
foreach my $type (qw(tip journal receipt))
{
	like($all, qr/ \* \Q$type\E /, "a $type is in it");
}
like($all, qr/^account \Q$_\E/m, "and the account $_") foreach qw(provider_reserve suspense:stripe psp_fee:acme_pay_co);
unlike($all, qr/^account (?!.*  ; type:[CALRX]$)/m, 'each account has its type');

# what was earned and spent, and what is owned and owed, as accountants read it
my $debits = query("SELECT text FROM dwello.export_ledger('$day[0]', '$day[2]', 'hledger_debits')");
my (undef, $income) = hledger($debits, qw(incomestatement -O csv cur:USD));
my (undef, $sheet) = hledger($debits, qw(balancesheet -O csv cur:USD));
my $earned = query("SELECT dwello.from_minor(sum(balance)::bigint, 'USD') FROM dwello.trial_balance('$day[2]') WHERE currency = 'USD' AND kind = 'platform_fee'");
my $owed = query("SELECT dwello.from_minor(sum(balance)::bigint, 'USD') FROM dwello.trial_balance('$day[2]') WHERE currency = 'USD' AND kind = 'provider_available'");
my $kept = query("SELECT dwello.from_minor((-sum(balance))::bigint, 'USD') FROM dwello.trial_balance('$day[2]') WHERE currency = 'USD' AND kind = 'psp_clearing' AND psp = 'stripe'");
like($income, qr/^"Revenues".*^"platform_fee","(?:USD )?\Q$earned\E".*^"Expenses".*^"psp_fee/ms, 'hledger shows what was earned, above zero, and spent');
like($sheet, qr/^"Assets".*^"psp_clearing:stripe","(?:USD )?\Q$kept\E".*^"Liabilities".*^"provider_available","(?:USD )?\Q$owed\E"/ms,
	'and what is owned and owed, above zero');
like($all, qr/ \* release /, 'the release of the demonstration is in it');
unlike($all, qr/opening balances/, 'nothing came before');
like(agree('from a day on', $day[1], $day[2]), qr/^\Q$day[1]\E \* opening balances$/m, 'what came before is one transaction');
agree('a day in the past', $day[0], $day[1]);
query("SELECT dwello.close_period('$day[1]')");
is(query('SELECT dwello.carry_balances()'), '1', 'a period is carried forward');
agree('after it', $day[2], $day[2]);
is(query("SELECT count(*) FROM dwello.export_ledger('2000-01-01', '2000-01-02')"), '0', 'days without anything have no line');

# that the comparison can fail, and hledger refuse
isnt(balances_of($all =~ s/USD -0\.07/USD -0.08/r), trial($day[2]), 'another unit is seen');
isnt((hledger($all =~ s/USD -0\.07/USD -0.08/r, 'check'))[0], 0, 'hledger refuses what does not balance');

done_testing();
