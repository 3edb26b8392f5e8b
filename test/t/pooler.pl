# pooler.pl
#	Behind pgbouncer in transaction mode one client's identity never reaches
#	the next, whatever the first one leaves in the session.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ann = '00000000-0000-7000-8000-000000000001';
my $bob = '00000000-0000-7000-8000-000000000002';

# ----------------------------------------------------------------------
# A server with two users, and one pooled connection to it
# ----------------------------------------------------------------------
my $node = new_server('pooled', '', holds => 'extension');
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE app LOGIN IN ROLE dwello_app;
INSERT INTO dwello.users
  (id, user_type, status, email, email_index, first_name, last_name)
VALUES ('$ann', 'homeowner', 'active', '\\x01', '\\x01', 'Ann', 'A'),
       ('$bob', 'homeowner', 'active', '\\x02', '\\x02', 'Bob', 'B');
SQL
my $ann_token = $node->safe_psql('postgres', "SELECT dwello.issue_token('$ann')");
my $bob_token = $node->safe_psql('postgres', "SELECT dwello.issue_token('$bob')");

my $pooler_port = PostgreSQL::Test::Cluster::get_free_port();
my $pooler_dir = PostgreSQL::Test::Utils::tempdir_short();
my $pooler = start_pooler();
my $server_pid;

# Starts pgbouncer with a single server connection, and waits for it.
sub start_pooler
{
	my $config = "$pooler_dir/pgbouncer.ini";

	append_to_file("$pooler_dir/users.txt", qq("app" ""\n));
	append_to_file($config, <<"INI");
[databases]
postgres = host=@{[ $node->host ]} port=@{[ $node->port ]} dbname=postgres
[pgbouncer]
listen_addr =
listen_port = $pooler_port
unix_socket_dir = $pooler_dir
auth_type = trust
auth_file = $pooler_dir/users.txt
pool_mode = transaction
default_pool_size = 1
logfile = $pooler_dir/log
INI
	local $ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";
	my $handle = IPC::Run::start([ 'pgbouncer', '-q', $config ],
		'<', '/dev/null', '>', "$pooler_dir/out", '2>', "$pooler_dir/err");
	for my $try (1 .. 100)
	{
		return $handle if -S "$pooler_dir/.s.PGSQL.$pooler_port";
		last unless $handle->pumpable;
		select(undef, undef, undef, 0.1);
	}
	die 'pgbouncer does not run: '
	  . slurp_file("$pooler_dir/err") . slurp_file("$pooler_dir/out");
}

# Runs a client's statements, each in a transaction of its own unless they
# say BEGIN; returns what it saw and what it was told.
sub client
{
	my ($sql) = @_;
	my ($out, $err);

	delete local $ENV{PGOPTIONS};
	$node->psql('postgres', "\\set VERBOSITY sqlstate\n$sql",
		connstr => "host=$pooler_dir port=$pooler_port user=app dbname=postgres",
		stdout => \$out, stderr => \$err, on_error_stop => 0);
	return ($out, $err);
}

# Runs the next client, and checks that it is nobody on the same connection.
sub next_is_nobody
{
	my ($left, $refused) = @_;
	my ($out, $err) = client(<<'SQL');
SELECT 'server', pg_backend_pid();
SELECT 'user', dwello.current_user_id();
SELECT 'row', first_name FROM dwello.users;
SQL
	unlike($out, qr/\Q$ann\E|\Q$bob\E|Ann|Bob/, "$left: nobody's identity");
	is($err =~ /WD402/ ? 1 : 0, $refused,
		"$left: " . ($refused ? 'refused' : 'no identity, no rows'));
	like($out, qr/^server\|\Q$server_pid\E$/m, "$left: the same connection");
	return;
}

($server_pid) = client('SELECT pg_backend_pid();');

# ----------------------------------------------------------------------
# What a client may leave behind
# ----------------------------------------------------------------------
my ($out, $err) = client(<<"SQL");
BEGIN;
SELECT dwello.login('$ann_token');
SELECT first_name FROM dwello.users;
COMMIT;
SQL
is($out, "$ann\nAnn", 'a client logs in and sees their row');
next_is_nobody('after login', 0);

($out, $err) = client("SELECT dwello.login('$ann_token', false);");
like($err, qr/42501/, 'login for the session is refused');
next_is_nobody('after a refused login', 0);

client("SELECT set_config('dwello.token', '$ann_token', false);");
next_is_nobody('after set_config for the session', 1);

client("SET dwello.token = '$ann_token'; BEGIN; SELECT dwello.login('$bob_token'); ROLLBACK;");
next_is_nobody('after a login rolled back', 1);

client("BEGIN; SELECT set_config('dwello.token', '$ann_token', false); SAVEPOINT s; SELECT dwello.login('$bob_token'); ROLLBACK TO s; COMMIT;");
next_is_nobody('after a savepoint rolled back', 1);

# a client who finds such a session is served all the same
($out, $err) = client(<<"SQL");
BEGIN;
SELECT dwello.login('$bob_token');
SELECT first_name FROM dwello.users;
COMMIT;
SQL
is($out, "$bob\nBob", 'the next client logs in and is nobody else');
next_is_nobody('after that', 1);

client('RESET dwello.token;');
next_is_nobody('after RESET', 0);

# ----------------------------------------------------------------------
# Without the library preloaded the setting is a mere word until the first
# call loads it: what an earlier client put there must not count
# ----------------------------------------------------------------------
$node->append_conf('postgresql.conf', "session_preload_libraries = ''");
$node->restart;
($server_pid) = client('SELECT pg_backend_pid();');
client("SELECT set_config('dwello.token', '$ann_token', false);");
next_is_nobody('set before the library was loaded', 1);

$pooler->signal('INT');
$pooler->finish;
$node->stop;
done_testing();
