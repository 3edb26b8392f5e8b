# rotation.pl
#	Keys are rotated and values sealed anew while people register and log in,
#	a server process is killed in the middle of it, and files are left over:
#	nothing is lost, no address is taken twice.  Faults of the file are told,
#	and mending it mends everything.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant PEOPLE => 150;    # of each of two sessions, the same addresses

my $node = new_server('rotation', "restart_after_crash = on\n", holds => 'demo');
my %person = people($node);
my $keyring = keyring_directory($node) . '/keyring';
my $faults = q(SELECT DISTINCT rule FROM dwello.check() WHERE rule LIKE 'keyring%' OR rule = 'unsealed_value' ORDER BY 1);

# session SQL: a psql that runs it and goes on after errors.
sub session
{
	my ($sql) = @_;
	my ($in, $out) = ("\\set VERBOSITY sqlstate\n$sql", '');
	my $run = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out, '2>&1');

	return [ $run, \$out ];
}

# ----------------------------------------------------------------------
# Rotation under load
# ----------------------------------------------------------------------
my @register = map { "SELECT 'new' FROM dwello.register_user('p$_\@example.net', 'homeowner', 'P', 'Q', phone => '+14155551$_');" }
  map { sprintf '%03d', $_ } 1 .. PEOPLE;
my @sessions = map { session(join "\n", @register) } 1, 2;
foreach my $kind (qw(pii index token pii index))
{
	$node->safe_psql('postgres', "SELECT dwello.rotate_key('$kind')");
	$node->safe_psql('postgres', 'SELECT dwello.reseal(20)');
}
$_->[0]->finish for @sessions;
my $taken = join '', map { ${ $_->[1] } } @sessions;
is(() = $taken =~ /^new$/mg, PEOPLE, 'each address was registered once, whatever was rotated meanwhile');
is(() = $taken =~ /23505/g, PEOPLE, 'and refused once');
unlike($taken, qr/WD60/, 'no call met half a keyring');

# ----------------------------------------------------------------------
# A process dies while it seals anew
# ----------------------------------------------------------------------
$node->safe_psql('postgres', q(SELECT dwello.rotate_key(kind) FROM unnest(ARRAY['pii', 'index']) AS kind));
my $victim = session("SELECT pg_backend_pid();\nBEGIN;\nSELECT resealed FROM dwello.reseal(50);\nSELECT pg_sleep(60);\n");
$victim->[0]->pump until ${ $victim->[1] } =~ /^(\d+)\n(\d+)\n/;
my ($pid, $resealed) = ${ $victim->[1] } =~ /^(\d+)\n(\d+)\n/;
is($resealed, 50, 'a part was sealed anew, and not committed');
# what it has locked is left, and waited for by nobody
is($node->safe_psql('postgres', "SET statement_timeout = '20s';
SELECT is_complete FROM dwello.reseal(10000)"), 'f', 'another one passes it by');
is(kill('KILL', $pid), 1, 'the process is killed');
$victim->[0]->finish;
append_to_file("$keyring.tmp", 'half a key');
chmod 0600, "$keyring.tmp";
$node->poll_query_until('postgres', 'SELECT true') or die 'the server does not come back';
is($node->safe_psql('postgres', $faults), '', 'after the crash every value opens');
my $turns = 0;
$turns++ while $turns < 100 && $node->safe_psql('postgres', 'SELECT is_complete FROM dwello.reseal(100)') eq 'f';
cmp_ok($turns, '<', 100, 'reseal() comes to an end');
$node->safe_psql('postgres', "SELECT dwello.rotate_key('token')");
ok(!-e "$keyring.tmp", 'a file left over is gone with the next change');

# ----------------------------------------------------------------------
# Old keys go
# ----------------------------------------------------------------------
$node->safe_psql('postgres', 'DELETE FROM dwello.idempotency_keys');
my @keys = map { [ split /\|/ ] } split /\n/, $node->safe_psql('postgres', <<'END');
SELECT kind, key_id, row_number() OVER (PARTITION BY kind ORDER BY made_at DESC) = 1 FROM dwello.key_ids
END
# a rollback takes nothing out of the file, and nothing goes that it could want back
my ($old) = grep { $_->[0] eq 'pii' && $_->[2] eq 'f' } @keys;
my $retire = "SELECT count(*) FROM dwello.retire_key('$old->[0]', $old->[1])";
my ($out, $err);
$node->psql('postgres', "\\set VERBOSITY sqlstate\nBEGIN; UPDATE dwello.users SET phone = phone; $retire; ROLLBACK;
BEGIN; SAVEPOINT s; $retire; ROLLBACK; BEGIN; $retire; ROLLBACK;", stdout => \$out, stderr => \$err, on_error_stop => 0);
is($out, 1, 'a key is retired alone');
is(() = $err =~ /WD101/g, 2, 'and not after what could be rolled back');
like(slurp_file($keyring), qr/^pii $old->[1] /m, 'after a rollback it is there');
# a transaction that may not have seen the newest key is waited for
my $older = session("BEGIN;\nSELECT 1;\nSELECT pg_sleep(600);\n");
$older->[0]->pump until ${ $older->[1] } =~ /^1\n/;
$node->safe_psql('postgres', "SELECT dwello.rotate_key('pii')");
my $done = '';
$done = $node->safe_psql('postgres', 'SELECT is_complete FROM dwello.reseal(1000)') until $done eq 't';
$node->psql('postgres', "\\set VERBOSITY verbose\n$retire;", stderr => \$err);
like($err, qr/WD101.*a transaction that began before the newest key/s, 'an older transaction holds a key');
$older->[0]->kill_kill;
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND pg_terminate_backend(pid) IS NOT NULL");
my %states;
foreach my $key (@keys)
{
	my $newest = $key->[0] eq 'pii' ? 'f' : $key->[2];

	$node->psql('postgres', "\\set VERBOSITY sqlstate\nSELECT count(*) FROM dwello.retire_key('$key->[0]', $key->[1]);",
		stdout => \$out, stderr => \$err, on_error_stop => 0);
	$states{ $newest . ' ' . ($err =~ /(WD\d+|\bP0002)/ ? $1 : "ok $out") }++;
}
is(join(', ', sort keys %states), 'f ok 1, t WD101', 'all but the newest are retired');
is(() = slurp_file($keyring) =~ /^(?:token|pii|index) /mg, 3, 'a key of each kind is left');
$node->safe_psql('postgres', 'SELECT dwello.reseal(10000)');
is($node->safe_psql('postgres', 'SELECT count(*) - count(DISTINCT user_id) FROM dwello.user_emails'), 0,
	'an address has one row again');
is($node->safe_psql('postgres', $faults), '', 'every value opens');
my $people = PEOPLE;
is($node->safe_psql('postgres', <<"END"), $people, 'and everybody is found');
SELECT count(*) FROM generate_series(1, $people) AS n, LATERAL dwello.find_login('p' || to_char(n, 'FM000') || '\@example.net')
END

# ----------------------------------------------------------------------
# Faults of the file: told, and nothing is lost once it is mended
# ----------------------------------------------------------------------
my $good = slurp_file($keyring);
my $other = new_server('another', '', holds => 'extension');
$other->safe_psql('postgres', q(SELECT dwello.rotate_key(kind) FROM unnest(ARRAY['pii', 'index', 'token']) AS kind));
my $others = join '', (split /^/, slurp_file(keyring_directory($other) . '/keyring'))[ 0, 4 .. 6 ];
$other->stop;
my $less = $good =~ s/^(?:pii|index) .*\n//mgr;
my $open = "BEGIN; SELECT dwello.login(dwello.issue_token('$person{homeowner}')) IS NULL \\g /dev/null
SELECT email IS NOT NULL FROM dwello.get_user_contact('$person{homeowner}', 'test'); COMMIT";

foreach my $case (
	# fault, content, mode, what check() says, what a command says
	[ 'missing', undef, 0600, 'keyring_unreadable', 'WD601' ],
	[ 'empty', '', 0600, 'keyring_unreadable', 'WD601' ],
	[ 'cut off', substr($good, 0, -30), 0600, 'keyring_unreadable', 'WD601' ],
	[ 'half of a line more', $good . 'pii 12', 0600, 'keyring_unreadable', 'WD601' ],
	[ 'readable by others', $good, 0644, 'keyring_unreadable', 'WD601' ],
	[ 'without the kinds pii and index', $less, 0600, 'keyring_unreadable', 'WD602' ],
	[ q(another database's), $others, 0600, 'keyring_mismatch', 'WD602' ])
{
	my ($name, $content, $mode, $rule, $state) = @$case;

	unlink $keyring;
	append_to_file($keyring, $content) if defined $content;
	chmod $mode, $keyring if defined $content;
	is($node->safe_psql('postgres', $faults), $rule, "$name: check() says $rule");
	$node->psql('postgres', "\\set VERBOSITY sqlstate\n$open;", stderr => \$err, on_error_stop => 0);
	like($err, qr/$state/, "$name: opening is refused");
	$node->psql('postgres', "\\set VERBOSITY verbose\nSELECT dwello.create_keyring();", stderr => \$err, on_error_stop => 0);
	like($err, qr/WD60[13]/, "$name: create_keyring() makes nothing");
	like($err, qr/HINT/, "$name: and says what to do");
	unlike($err, qr/[0-9a-f]{64}/, "$name: no key is shown");
	is(-e $keyring ? slurp_file($keyring) : undef, $content, "$name: the file is as it was");
	unlink $keyring;
	append_to_file($keyring, $good);
	chmod 0600, $keyring;
	is($node->safe_psql('postgres', $open), 't', "$name: mended");
}
is($node->safe_psql('postgres', $faults), '', 'nothing is left of it');
is($node->safe_psql('postgres', "SELECT 1 FROM dwello.register_user('fault\@example.net', 'homeowner', 'P', 'Q')"),
	1, 'and people register');

done_testing();
