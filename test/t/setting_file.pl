# setting_file.pl
#	A bad word in a configuration file stops no server and no session, and
#	a session without the library cannot drop the extension unawares.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Utils;
use Test::More;

# goes_on NODE, NAME: after a reload somebody can connect, and the clock is
# not pinned.
sub goes_on
{
	my ($node, $name) = @_;

	$node->reload;
	my ($status, $out) = $node->psql('postgres',
		"SELECT dwello.current_user_id() IS NULL, current_setting('dwello.now')");
	is("$status $out", '0 t|', $name);
	return;
}

my $node = new_server('setting_file', '', holds => 'extension');

foreach my $bad ('2031-01-01 Foo/Bar', 'rubbish', '10000-01-01')
{
	$node->append_conf('postgresql.conf', "dwello.now = '$bad'\n");
	goes_on($node, "a server whose sessions load the library goes on at '$bad'");
}

# The postmaster itself reads the file where it has the library.
$node->append_conf('postgresql.conf',
	"dwello.now = ''\nshared_preload_libraries = 'dwello'\n");
$node->restart;
my $pid = slurp_file($node->data_dir . '/postmaster.pid');
$node->append_conf('postgresql.conf', "dwello.now = '2031-01-01 Foo/Bar'\n");
goes_on($node, 'a server that has loaded the library goes on at a bad zone');
is(slurp_file($node->data_dir . '/postmaster.pid'), $pid,
	'and is the one that was started');

# Tools that replay changes do not fire ordinary triggers.
$node->append_conf('postgresql.conf',
	"dwello.now = ''\nshared_preload_libraries = ''\nsession_preload_libraries = ''\n");
$node->restart;
my (undef, undef, $err) = $node->psql('postgres', "SET session_replication_role = replica;
	\\set VERBOSITY sqlstate
	DROP EXTENSION dwello");
like($err, qr/WD901/, 'a session that replays changes cannot drop the extension');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_extension WHERE extname = 'dwello'"),
	'1', 'which is still there');

done_testing();
