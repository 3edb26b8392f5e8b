# install.pl
#	CREATE EXTENSION refuses roles that could get around row-level security,
#	a schema that somebody made beforehand, and a database without an
#	encoding; and check() misses the library where no session loads it.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('install', "session_preload_libraries = ''\n");
my @roles = map { "dwello_$_" } qw(owner app service support analyst admin public);

$node->safe_psql('postgres',
	'CREATE EXTENSION postgis; CREATE EXTENSION btree_gist');

# install [DATABASE]: the SQLSTATE of CREATE EXTENSION, nothing if it passes,
# and what the hint proposes.
sub install
{
	my ($database) = (@_, 'postgres');
	my $err;

	$node->psql($database,
		"\\set VERBOSITY verbose\nCREATE EXTENSION dwello", stderr => \$err);
	return '' unless $err =~ /ERROR:\s+(\w{5}):/;
	my $state = $1;
	return ($state, $err =~ /^HINT:\s+(.*)$/m);
}

# roles_there: how many of the platform's roles there are.
sub roles_there
{
	return $node->safe_psql('postgres',
		q(SELECT count(*) FROM pg_roles WHERE rolname LIKE 'dwello\_%'));
}

# A database without an encoding.
$node->safe_psql('postgres', <<'END');
CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0
END
$node->safe_psql('bytes',
	'CREATE EXTENSION postgis; CREATE EXTENSION btree_gist');
is((install('bytes'))[0], '0A000', 'a database without an encoding is refused');
is(roles_there(), 0, 'and nothing is left there');

# Each role with each privilege; what the hint says mends it.
foreach my $role (@roles)
{
	foreach my $privilege (qw(LOGIN SUPERUSER BYPASSRLS CREATEROLE))
	{
		$node->safe_psql('postgres', "CREATE ROLE $role $privilege");
		my ($state, $hint) = install();

		is($state, '42501', "$role with $privilege is refused");
		is(roles_there(), 1, "$role with $privilege: nothing is left");
		$node->safe_psql('postgres', $hint);
		is( $node->safe_psql('postgres', <<"END"), 't', "the hint mends it");
SELECT NOT (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole)
FROM pg_roles WHERE rolname = '$role'
END
		$node->safe_psql('postgres', "DROP ROLE $role");
	}
}

# A member of dwello_owner, who is a superuser or is not.
$node->safe_psql('postgres', <<'END');
CREATE ROLE dwello_owner;
CREATE ROLE member;
GRANT dwello_owner TO member;
END
my ($state, $hint) = install();
is($state, '42501', 'a member of dwello_owner is refused');
is($hint, 'REVOKE dwello_owner FROM member;', 'and the hint names them');
$node->safe_psql('postgres', 'ALTER ROLE member SUPERUSER');

# A schema made beforehand, even by the owner themselves.
foreach my $owner (qw(member dwello_owner))
{
	$node->safe_psql('postgres', "CREATE SCHEMA dwello AUTHORIZATION $owner");
	is((install())[0], '42P06', "a schema dwello of ${owner}'s is refused");
	$node->safe_psql('postgres', 'DROP SCHEMA dwello');
}

# With a member who is a superuser, and roles that are there, it passes.
is((install())[0], '', 'otherwise it is installed');
is(roles_there(), scalar @roles, 'with every role');
$node->safe_psql('postgres', 'SELECT dwello.create_keyring()');
is( $node->safe_psql(
		'postgres', <<'END'), '1', 'check() misses the preloaded library');
SELECT count(*) FROM dwello.check() WHERE rule = 'preload_missing'
END
$node->append_conf('postgresql.conf',
	"session_preload_libraries = 'dwello'\n");
$node->reload;
is( $node->safe_psql(
		'postgres', <<'END'), '0', 'and no longer when it is there');
SELECT count(*) FROM dwello.check() WHERE rule = 'preload_missing'
END
$node->safe_psql('postgres', 'ALTER ROLE member NOSUPERUSER');
is( $node->safe_psql('postgres', <<'END'), 'member', 'check() finds members');
SELECT object FROM dwello.check() WHERE rule = 'createrole_member'
END

done_testing();
