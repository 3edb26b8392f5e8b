# token_audience.pl
#	Tokens and sealed values of one database in another: a restored or copied
#	one refuses the tokens of its origin, and opens what moved there with its
#	rows, and nothing else; a standby accepts them.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use File::Copy qw(copy);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('origin', '', holds => 'demo', allows_streaming => 1);
my %person = people($node);
my $token = $node->safe_psql('postgres', "SELECT dwello.issue_token('$person{homeowner}', '1 day')");

# run NODE, DATABASE, SQL: what it printed, or the SQLSTATE of its error.
sub run
{
	my ($where, $database, $sql) = @_;
	my ($out, $err);

	$where->psql($database, "\\set VERBOSITY sqlstate\n$sql", stdout => \$out, stderr => \$err,
		on_error_stop => 1);
	return $err =~ /(?:ERROR|error):\s+(\w{5})/ ? $1 : $out;
}

my $login = "SELECT dwello.login('$token')";
my $open = "SELECT dwello.request_contact('$person{homeowner}', 'test') \\g /dev/null\n"
  . "SELECT email IS NOT NULL FROM dwello.get_user_contact('$person{homeowner}', 'test')";
my $mine = "BEGIN; SELECT dwello.login(dwello.issue_token('$person{homeowner}')); COMMIT";
is(run($node, 'postgres', $login), $person{homeowner}, 'a token is good where it was issued');

# ----------------------------------------------------------------------
# A standby is the same database
# ----------------------------------------------------------------------
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
is(run($standby, 'postgres', $login), $person{homeowner}, 'a standby accepts it');
is($standby->safe_psql('postgres', 'SELECT dwello.token_audience()'),
	$node->safe_psql('postgres', 'SELECT dwello.token_audience()'), 'its audience is the same');
$standby->stop;

# ----------------------------------------------------------------------
# A copy in the same cluster, with the same keyring
# ----------------------------------------------------------------------
$node->safe_psql('template1', 'CREATE DATABASE copied TEMPLATE postgres');
is(run($node, 'copied', $login), 'WD402', 'a copied database refuses the tokens of its origin');
is(run($node, 'copied', $mine), $person{homeowner}, 'it issues and accepts its own');
is(run($node, 'copied', $open), 't', 'what was sealed opens there');

# ----------------------------------------------------------------------
# A restored database, in another cluster
# ----------------------------------------------------------------------
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-f', $dump, 'postgres' ], 'pg_dump');
my $restored = new_server('restored');
copy(keyring_directory($node) . '/keyring', keyring_directory($restored) . '/keyring') or die "copy: $!";
chmod 0600, keyring_directory($restored) . '/keyring';
$restored->safe_psql('postgres', 'CREATE DATABASE played');
$restored->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-h', $restored->host, '-p', $restored->port,
		'-d', 'played', '-f', $dump ], 'restored');
is(run($restored, 'played', $login), 'WD402', 'a restored database refuses the tokens of its origin');
is(run($restored, 'played', $mine), $person{homeowner}, 'it issues and accepts its own');
is(run($restored, 'played', $open), 't', 'what was sealed opens there');
is($restored->safe_psql('played', 'SELECT data_id FROM dwello.data_identity'),
	$node->safe_psql('postgres', 'SELECT data_id FROM dwello.data_identity'), 'the data id was restored');
is($restored->safe_psql('played', q(SELECT dwello.create_keyring() \g /dev/null
SELECT count(*) FROM dwello.data_identity)), 1, 'and create_keyring() makes no other');

# two that shall accept each other's are told so
foreach my $server ($node, $restored)
{
	$server->append_conf('postgresql.conf', "dwello.token_audience = 'pair'");
	$server->reload;
}
ok($_->poll_query_until($_ == $node ? 'postgres' : 'played', "SELECT dwello.token_audience() = 'pair'"),
	$_->name . ' has the audience') foreach $node, $restored;
$token = $node->safe_psql('postgres', "SELECT dwello.issue_token('$person{homeowner}')");
is(run($restored, 'played', "SELECT dwello.login('$token')"), $person{homeowner}, 'the other one accepts it');

# ----------------------------------------------------------------------
# Ciphertext alone opens nowhere else, whatever row it is put in
# ----------------------------------------------------------------------
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', <<'END');
SET client_min_messages = warning;
CREATE EXTENSION dwello CASCADE;
SELECT count(*) FROM dwello.create_keyring() \g /dev/null
SELECT count(*) FROM dwello.load_demo() \g /dev/null
END
is(run($node, 'other', $open), 't', 'the same person of another database');
my $email = $node->safe_psql('postgres', "SELECT email FROM dwello.users WHERE id = '$person{homeowner}'");
$node->safe_psql('other', "UPDATE dwello.users SET email = '$email' WHERE id = '$person{homeowner}'");
is(run($node, 'other', $open), 'WD602', 'the sealed value of one does not open in the other, in the same row and under the same key');
is(run($node, 'postgres', $open), 't', 'it still opens where it belongs');

done_testing();
