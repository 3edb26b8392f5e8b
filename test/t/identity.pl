# identity.pl
#	The keyring file and what may not be done to it; tokens from the client's
#	start-up and from a role's settings; identity on a standby.
use strict;
use warnings;

use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$ENV{PGOPTIONS} = '-c dwello.act_as_system=on';
my $ann = '00000000-0000-7000-8000-000000000001';

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(
	allows_streaming => 1,
	extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
my $keyring = $node->basedir . '/keyring';
$node->append_conf('postgresql.conf', <<"CONF");
session_preload_libraries = 'dwello'
dwello.keyring_file = '$keyring'
CONF
$node->start;
$node->safe_psql('postgres', <<"SQL");
SET client_min_messages = warning;
CREATE EXTENSION dwello CASCADE;
CREATE ROLE app LOGIN IN ROLE dwello_app;
-- without a keyring nothing personal can be recorded
SET session_replication_role = replica;
INSERT INTO dwello.users
  (id, user_type, status, email, email_index, first_name, last_name)
VALUES ('$ann', 'homeowner', 'active', '\\x01', '\\x01', 'Ann', 'A');
SQL

# Runs statements as a superuser or over the given connection string;
# returns output and errors, which are SQLSTATEs.
sub run
{
	my ($sql, $connstr) = @_;
	my ($out, $err);

	local $ENV{PGOPTIONS} = $connstr ? '' : $ENV{PGOPTIONS};
	$node->psql('postgres', "\\set VERBOSITY sqlstate\n$sql",
		connstr => $connstr // $node->connstr('postgres'),
		stdout => \$out, stderr => \$err, on_error_stop => 0);
	return ($out, $err);
}

# ----------------------------------------------------------------------
# Made once, by one of many
# ----------------------------------------------------------------------
my ($out, $err) = run("SELECT dwello.issue_token('$ann');");
like($err, qr/WD601/, 'no keyring: no token');

my @psql = ('psql', '-XAtq', '-d', $node->connstr('postgres'));
my @makers = map {
	my $answer = '';
	[ IPC::Run::start([ @psql, '-c', 'SELECT created FROM dwello.create_keyring()' ],
			'<', '/dev/null', '>', \$answer), \$answer ];
} 1 .. 6;
$_->[0]->finish for @makers;
is((grep { ${ $_->[1] } eq "t\nt\nt\n" } @makers), 1, 'one of six made the keys');
is((grep { ${ $_->[1] } eq "f\nf\nf\n" } @makers), 5, 'five found them');
my $text = slurp_file($keyring);
is(scalar(split /\n/, $text), 4, 'a header and three keys');
is((stat $keyring)[2] & 07777, 0600, 'nobody else can read the file');
ok(!-e "$keyring.tmp", 'nothing is left over');

# a kind that is missing is added, if its loss is accepted, the rest is not touched
my $without_index = $text =~ s/^index .*\n//mr;
write_file($without_index);
($out, $err) = run('SELECT * FROM dwello.create_keyring();');
like($err, qr/WD603/, 'a kind that was lost is not made unasked');
($out) = run('SELECT * FROM dwello.create_keyring(force => true);');
like($out, qr/\Atoken\|\d+\|f\npii\|\d+\|f\nindex\|\d+\|t\z/, 'the missing kind is made');
my ($before) = $text =~ /^index (\d+)/m;
unlike(slurp_file($keyring), qr/^index $before /m, 'under an id that was never used');
is(slurp_file($keyring) =~ s/^index .*\n//mr, $without_index, 'the others stay');

# Writes the keyring file as an administrator would.
sub write_file
{
	my ($content) = @_;

	unlink $keyring;
	append_to_file($keyring, $content);
	chmod 0600, $keyring;
	return;
}

# ----------------------------------------------------------------------
# What is wrong with the file is noticed in the next transaction
# ----------------------------------------------------------------------
my $token = $node->safe_psql('postgres', "SELECT dwello.issue_token('$ann')");
for my $case (
	[ 'readable by others', "chmod 644 $keyring", "chmod 600 $keyring" ],
	[ 'gone', "mv $keyring $keyring.away", "mv $keyring.away $keyring" ],
	[ 'a link', "mv $keyring $keyring.away; ln -s $keyring.away $keyring",
		"mv $keyring.away $keyring" ],
	[ 'cut off', "cp -p $keyring $keyring.away; truncate -s -1 $keyring",
		"mv $keyring.away $keyring" ],
	[ 'a pipe', "mv $keyring $keyring.away; mkfifo -m 600 $keyring",
		"mv $keyring.away $keyring" ])
{
	my ($name, $break, $mend) = @$case;

	($out, $err) = run(<<"SQL");
SELECT dwello.login('$token');
\\! $break
SELECT dwello.login('$token');
SELECT count(*) FROM dwello.create_keyring();
\\! $mend
SELECT dwello.login('$token');
SQL
	is($out, "$ann\n$ann", "$name: refused until it is mended");
	is(() = $err =~ /WD601/g, $name eq 'gone' ? 1 : 2, "$name: WD601");
	is(() = $err =~ /WD603/g, $name eq 'gone' ? 1 : 0, "$name: no other is made in its place");
}

# ----------------------------------------------------------------------
# Keys and tokens that others set
# ----------------------------------------------------------------------
my $as_app = $node->connstr('postgres') . ' user=app';
($out, $err) = run('SELECT dwello.current_user_id();',
	"$as_app options='-c dwello.token=$token'");
is($out, '', 'a token of the start-up is of no transaction');
like($err, qr/WD402/, 'and is refused');

# without the library any role's settings can name it
$node->append_conf('postgresql.conf', "session_preload_libraries = ''");
$node->restart;
($out, $err) = run("ALTER ROLE app SET dwello.token = '$token';");
is($err, '', 'a role can be given a token where the library is not loaded');
$node->append_conf('postgresql.conf', "session_preload_libraries = 'dwello'");
$node->restart;
($out, $err) = run(<<'SQL', $as_app);
SELECT current_setting('dwello.token') = '';
SELECT dwello.current_user_id();
SQL
is($out, 't', 'it is nobody\'s token');
like($err, qr/WD401/, 'so there is none');
unlike($err, qr/\Q$token\E/, 'and the warning does not quote it');
$node->safe_psql('postgres', 'ALTER ROLE app RESET ALL');

# the same of a superuser who would be the system for everybody
$node->append_conf('postgresql.conf', "session_preload_libraries = ''");
$node->restart;
{
	delete local $ENV{PGOPTIONS};
	run('ALTER ROLE ' . getpwuid($<) . ' SET dwello.act_as_system = on;'
		  . 'ALTER DATABASE postgres SET dwello.act_as_system = on;');
	$node->append_conf('postgresql.conf', <<'CONF');
session_preload_libraries = 'dwello'
dwello.act_as_system = on
CONF
	$node->restart;
	($out, $err) = run("SHOW dwello.act_as_system; SELECT dwello.issue_token('$ann');");
	is($out, 'off', 'a role\'s, a database\'s and the file\'s setting makes nobody the system');
	like($err, qr/WD401/, 'who has not said so');
	run('ALTER ROLE ' . getpwuid($<) . ' RESET ALL;'
		  . 'ALTER DATABASE postgres RESET ALL;');
}
# nor may anybody else say it
($out, $err) = run("SHOW dwello.act_as_system; SELECT dwello.issue_token('$ann');",
	"$as_app options='-c dwello.act_as_system=on'");
is($out, 'off', 'an application cannot say so');
like($err, qr/42501/, 'and gets no further');
$node->adjust_conf('postgresql.conf', 'dwello.act_as_system', undef);
$node->restart;

# ----------------------------------------------------------------------
# On a standby
# ----------------------------------------------------------------------
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
($out, $err) = run(<<"SQL", $standby->connstr('postgres') . ' user=app');
BEGIN;
SELECT dwello.login('$token');
SELECT first_name FROM dwello.users;
SELECT dwello.get_user_contact('$ann', 'test');
COMMIT;
SELECT dwello.current_user_id();
SQL
is($out, "$ann\nAnn", 'a user reads their row on a standby');
like($err, qr/25006.*WD401/s, 'and cannot write there, or read without a token');
$node->safe_psql('postgres', "INSERT INTO dwello.token_cutoffs VALUES ('$ann', 'infinity')");
$node->wait_for_catchup($standby);
($out, $err) = run("SELECT dwello.login('$token');", $standby->connstr('postgres'));
like($err, qr/WD402/, 'what was taken back is taken back there, too');

# ----------------------------------------------------------------------
# No secret in a log or in the data directory
# ----------------------------------------------------------------------
my ($secret) = $text =~ /^token \d+ ([0-9a-f]{64})/m;
for my $server ($node, $standby)
{
	unlike(slurp_file($server->logfile), qr/$secret/, $server->name . ': no key in the log');
	$server->stop;
	isnt(system_log('grep', '-rq', $secret, $server->data_dir), 0,
		$server->name . ': no key in the data directory');
}
done_testing();
