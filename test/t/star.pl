# star.pl
#	(f(...)).* of a command in the first statement of a session, which has been
#	parsed before the library could look at it; and the library's hooks before
#	and behind those of others.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('star', <<'END', holds => 'extension');
session_preload_libraries = ''
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track_planning = on
END
my $call = q{dwello.set_setting('job_expiry_days', '40')};
my $keyed = q{dwello.set_setting('job_expiry_days', '40', idempotency_key => 'k')};

# How often the command has been called.
sub calls
{
	return $node->safe_psql('postgres',
		q{SELECT version FROM dwello.settings WHERE name = 'job_expiry_days'});
}

# first_statement NAME, SQL, CALLS, ERROR: SQL in a session of its own calls
# the command so often, and is told an error or none.
sub first_statement
{
	my ($name, $sql, $calls, $error) = @_;
	my $before = calls();
	my $told;

	$node->psql('postgres', "\\set VERBOSITY sqlstate\n$sql",
		stderr => \$told, on_error_stop => 0);
	is(calls() - $before, $calls, "$name: calls");
	if ($error) { like($told, $error, "$name: refused") }
	else { is($told, '', "$name: not refused") }
}

# ----------------------------------------------------------------------
# The statement that loads the library
# ----------------------------------------------------------------------
my $refused = qr/ERROR:  WD104/;
first_statement('star', "SELECT ($call).*;", 0, $refused);
first_statement('named columns', "SELECT ($call).name, ($call).version;", 0, $refused);
first_statement('statements prepared before',
	"PREPARE a AS SELECT ($call).*; PREPARE b AS SELECT ($call).*; EXECUTE a; EXECUTE b;",
	0, qr/WD104.*\n.*WD104/);
first_statement('cursor',
	"BEGIN; DECLARE c CURSOR FOR SELECT ($call).*; FETCH c;", 0, $refused);
first_statement('star in a block', "DO 'BEGIN PERFORM (@{[ $call =~ s/'/''/gr ]}).*; END';", 0, $refused);
first_statement('key', "SELECT ($keyed).*;", 1);
first_statement('prepared calls',
	"PREPARE a AS SELECT $call; PREPARE b AS SELECT $call; EXECUTE a; EXECUTE b; EXECUTE a;", 3);
first_statement('rows', "SELECT ($call).version FROM generate_series(1, 3);", 3);
first_statement('one string', "SELECT $call \\; SELECT $call;", 2);
first_statement('assignments',
	"DO 'DECLARE a record; b record; BEGIN a := @{[ $call =~ s/'/''/gr ]}; b := @{[ $call =~ s/'/''/gr ]}; END';", 2);
first_statement('loaded by hand', "LOAD 'dwello'; SELECT ($call).*;", 0, $refused);

# ----------------------------------------------------------------------
# Hooks of others
# ----------------------------------------------------------------------

# both_hang ORDER: others see a statement, and a star is refused.
sub both_hang
{
	my ($order) = @_;

	$node->safe_psql('postgres', 'SELECT pg_stat_statements_reset()');
	first_statement("star, $order", "LOAD 'dwello'; SELECT ($call).*;", 0, $refused);
	$node->safe_psql('postgres', "LOAD 'dwello'; SELECT 'seen' AS seen");
	is($node->safe_psql('postgres',
			q{SELECT plans > 0, calls FROM pg_stat_statements WHERE query LIKE '%AS seen'}),
		't|1', "a statement is seen by others, $order");
}

$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');
both_hang('behind others');
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'dwello, pg_stat_statements'");
$node->restart;
both_hang('before others');

done_testing();
