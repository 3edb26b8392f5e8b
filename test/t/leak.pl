# leak.pl
#	What a stranger gets by COPY, by cursors, and beside somebody else in one
#	session: what a SELECT of theirs gives, and no more.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('leak', '', holds => 'demo');
my %id = people($node);

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE app LOGIN IN ROLE dwello_app;
CREATE ROLE site LOGIN IN ROLE dwello_public;
SELECT dwello.verify_user(user_id, 'email') FROM dwello.register_user('eve@example.com', 'homeowner', 'Eve', 'Else');
SQL
my ($eve) = $node->safe_psql('postgres', q(SELECT id FROM dwello.users WHERE first_name = 'Eve'));
my %token = map { $_->[0] => $node->safe_psql('postgres', "SELECT dwello.issue_token('$_->[1]', '1 hour')") }
  ([ homeowner => $id{homeowner} ], [ eve => $eve ]);

# session ROLE, SCRIPT: what a login of that role sees and is told.
sub session
{
	my ($role, $script) = @_;
	my ($out, $err);

	delete local $ENV{PGOPTIONS};
	$node->psql('postgres', "\\set VERBOSITY sqlstate\n$script",
		connstr => $node->connstr('postgres') . " user=$role",
		stdout => \$out, stderr => \$err, on_error_stop => 0);
	return ($out, $err);
}

# ----------------------------------------------------------------------
# COPY of every relation gives the rows of a SELECT
# ----------------------------------------------------------------------

# relations ROLE: name and readable columns of what a role may read.
sub relations
{
	my ($role) = @_;

	return map { [ split /\|/ ] } split /\n/, $node->safe_psql('postgres', <<"SQL");
SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p')
   AND NOT c.relispartition AND a.attgenerated = ''
   AND has_column_privilege('$role', c.oid, a.attnum, 'SELECT')
 GROUP BY c.relname ORDER BY c.relname COLLATE "C"
SQL
}

# What belongs to others in the demo, and its ids: none of it may show.
my @secret = split /\n/, $node->safe_psql('postgres', <<'SQL');
SELECT id FROM dwello.bids UNION SELECT id FROM dwello.transactions
UNION SELECT id FROM dwello.payment_methods UNION SELECT id FROM dwello.user_addresses
SQL

# copied ROLE, LOGIN: relations of which COPY gives something else than a
# SELECT, or one of the ids.
sub copied
{
	my ($role, $login) = @_;
	my @wrong;
	my $script = "BEGIN;\n$login";
	my @relations = relations($role eq 'site' ? 'dwello_public' : 'dwello_app');

	foreach (@relations)
	{
		my ($relation, $columns) = @$_;

		# of a partitioned table and of a view only a query can be copied
		$script .= <<"SQL";
SAVEPOINT s;
\\echo = $relation
COPY (SELECT $columns FROM dwello.$relation) TO STDOUT;
\\echo = select
SELECT count(*) FROM dwello.$relation;
\\echo = copy
COPY dwello.$relation ($columns) TO STDOUT;
ROLLBACK TO s;
SQL
	}
	my ($out) = session($role, "$script\\echo = end\nROLLBACK;");
	foreach (@relations)
	{
		my $relation = $_->[0];
		my ($query, $count, $copy) = $out =~
		  /^= \Q$relation\E\n(.*?)^= select\n(\d+)\n= copy\n(.*?)^= /ms;
		my $partitioned = $copy eq '' && $count > 0;

		if (   !defined $count
			|| ($query =~ tr/\n//) != $count
			|| (!$partitioned && $copy ne $query)
			|| grep { index($query . $copy, $_) >= 0 } @secret)
		{
			push @wrong, $relation;
		}
	}
	return (scalar @relations, @wrong);
}

my ($count, @wrong) = copied('app', "SELECT dwello.login('$token{eve}') \\g /dev/null\n");
cmp_ok($count, '>', 40, 'an application can read many tables');
is("@wrong", '', 'COPY gives a stranger what SELECT gives');
($count, @wrong) = copied('site', '');
cmp_ok($count, '>', 5, 'a visitor can read some');
is("@wrong", '', 'COPY gives a visitor what SELECT gives');
$node->safe_psql('postgres', 'CREATE POLICY planted ON dwello.bids TO dwello_app USING (true)');
($count, @wrong) = copied('app', "SELECT dwello.login('$token{eve}') \\g /dev/null\n");
is("@wrong", 'bids', 'a policy that is planted is found');
$node->safe_psql('postgres', 'DROP POLICY planted ON dwello.bids');

# ----------------------------------------------------------------------
# Two in one session
# ----------------------------------------------------------------------
my $bids = $node->safe_psql('postgres', 'SELECT count(*) FROM dwello.bids');
my ($out, $err) = session('app', <<"SQL");
BEGIN;
SELECT dwello.login('$token{homeowner}') \\g /dev/null
SELECT count(*) FROM dwello.bids;
DECLARE not_begun CURSOR FOR SELECT 'bid' FROM dwello.bids;
DECLARE begun CURSOR FOR SELECT 'bid' FROM dwello.bids;
FETCH 1 FROM begun;
PREPARE prepared AS SELECT count(*) FROM dwello.bids;
SELECT dwello.login('$token{eve}') \\g /dev/null
\\echo eve
EXECUTE prepared;
FETCH ALL FROM not_begun;
\\echo begun
FETCH ALL FROM begun;
COMMIT;
\\echo next
EXECUTE prepared;
FETCH ALL FROM begun;
SELECT count(*) FROM pg_cursors;
SQL
like($out, qr/\A$bids\nbid\neve\n0\nbegun\n/, 'a plan and a cursor that nothing was fetched from are the next one\'s');
# what was begun may go on as who began it, as its plan has it
like($out, qr/^next\n0\z/m, 'what was begun ends with the transaction');
like($err, qr/WD401/, 'as the identity does');

# what a session keeps of its own, a pooler's next client could find: so the
# reset that poolers send ends it
($out, $err) = session('app', <<"SQL");
BEGIN;
SELECT dwello.login('$token{homeowner}') \\g /dev/null
DECLARE held CURSOR WITH HOLD FOR SELECT 'bid' FROM dwello.bids;
COMMIT;
DISCARD ALL;
FETCH ALL FROM held;
SELECT current_setting('dwello.token');
SQL
is($out, '', 'nothing is left after DISCARD ALL');
like($err, qr/34000/, 'not even a cursor that was held');

# ----------------------------------------------------------------------
# An error in the log of the server, and notifications
# ----------------------------------------------------------------------
session('app', <<"SQL");
BEGIN;
SELECT dwello.login('$token{eve}') \\g /dev/null
SELECT dwello.accept_bid('$id{job_painting}', '$id{bid_950}');
ROLLBACK;
SQL
my ($heard) = session('app', <<"SQL");
LISTEN dwello; LISTEN outbox; LISTEN jobs;
BEGIN;
SELECT dwello.login('$token{homeowner}') \\g /dev/null
SELECT count(*) FROM dwello.accept_bid('$id{job_painting}', '$id{bid_950}');
COMMIT;
SELECT 1;
SQL
unlike($heard, qr/Asynchronous/, 'nothing is told by NOTIFY');
is($node->safe_psql('postgres', 'SELECT pg_notification_queue_usage()'), '0', 'to nobody');
unlike(slurp_file($node->logfile), qr/\b(?:Kitchen cabinet painting|95000)\b/, 'no error quotes a job or an amount into the log');
$node->stop;
done_testing();
