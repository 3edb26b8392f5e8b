# access_crash.pl
#	The postmaster is killed while sessions are refreshed, codes redeemed, API
#	keys turned over, contacts asked for, keys rotated and values sealed anew.
#	After each restart nothing can be used twice that was used once, nobody is
#	locked out, every value opens, and no key id has come twice.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Load qw(crash restart start_client wait_for_lines);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	CRASHES => 3,
	TURNS => 900,    # of each client, more than it gets to
	LINES => 120,    # acknowledged by all, then the crash comes
	EACH => 3,       # by each at least
};

my $node = new_server('access_crash', '', holds => 'demo');
my %person = people($node);

# ask SQL: its one value, from the service.
sub ask { return $node->safe_psql('postgres', $_[0]); }

ask("SELECT dwello.set_setting('codes_per_hour', '1000')");

# start NAME, SQL, TURN...: a client that does each turn in a transaction, and
# stops at the first error.
sub start
{
	my ($name, $first, @turns) = @_;
	my $path = $node->basedir . "/$name";

	append_to_file("$path.sql", join "\n", "\\set VERBOSITY sqlstate", $first, @turns, '');
	return start_client($node, [ qw(psql -XqAt -v ON_ERROR_STOP=1 -f), "$path.sql", '-d' ], "$path.out");
}

# acknowledged NAME, WORD: what stands after the word in its lines.
sub said
{
	my ($name, $word) = @_;

	return slurp_file($node->basedir . "/$name.out") =~ /^$word (\S+)\n/mg;
}

my $refresh = <<'END';
BEGIN;
SELECT refresh_token, is_reused FROM dwello.refresh_session(:'refresh_token') \gset
COMMIT;
\echo token :refresh_token
END
my $redeem = <<'END';
BEGIN;
SELECT code FROM dwello.issue_code(:'who', 'sign_in') \gset
COMMIT;
BEGIN;
SELECT is_redeemed FROM dwello.redeem_code(:'who', 'sign_in', :'code') \gset
COMMIT;
\echo code :code
END
my $turn_over = <<'END';
BEGIN;
SELECT dwello.login(:'token') \g /dev/null
SELECT api_key FROM dwello.rotate_api_key(:'key_id') \gset
COMMIT;
\echo key :api_key
END
my $contact = <<'END';
BEGIN;
SELECT dwello.request_contact(:'who', 'crash') AS request \gset
COMMIT;
\echo request :request
END

my $faults = q(SELECT DISTINCT rule FROM dwello.check() WHERE rule LIKE 'keyring%' OR rule = 'unsealed_value' ORDER BY 1);

foreach my $crash (1 .. CRASHES)
{
	my ($who) = ask(<<"END");
SELECT r.user_id FROM dwello.register_user('crash$crash\@example.test', 'homeowner', 'C', 'R', phone => '+1415555020$crash') r
END
	ask("SELECT 1 FROM dwello.verify_user('$who', 'email')");
	my ($session, $first) = split /\|/, ask("SELECT session_id, refresh_token FROM dwello.open_session('$who')");
	my $token = ask("SELECT dwello.issue_token('$who', '1 day')");
	my ($key_id) = split /\|/, $node->safe_psql('postgres', <<"END");
BEGIN;
SELECT dwello.login('$token') \\g /dev/null
SELECT key_id FROM dwello.create_api_key('crash', '{read}');
COMMIT;
END
	my @rotate = map { ("SELECT 'rotated ' || key_id FROM dwello.rotate_key('" . (qw(pii index token))[ $_ % 3 ] . "');",
			"SELECT 'resealed ' || resealed FROM dwello.reseal(20);") } 1 .. TURNS / 20;
	my %name = map { $_ => "${_}_$crash" } qw(refresh redeem key contact rotate);
	my @pids = (
		start($name{refresh}, "\\set refresh_token '$first'", ($refresh) x TURNS),
		start($name{redeem}, "\\set who '$who'", ($redeem) x TURNS),
		start($name{key}, "\\set token '$token'\n\\set key_id '$key_id'", ($turn_over) x TURNS),
		start($name{contact}, "\\set who '$who'", ($contact) x TURNS),
		start($name{rotate}, '', @rotate));

	my @outs = map { $node->basedir . "/$_.out" } values %name;
	wait_for_lines(EACH, $_) foreach @outs;
	wait_for_lines(LINES, @outs);
	crash($node);
	waitpid $_, 0 foreach @pids;
	ok(restart($node), "the server recovers from crash $crash");
	is(ask($faults), '', 'every value opens');

	# a token that was used ends its session, and so does one whose answer was
	# lost; nobody is locked out by that
	my @tokens = ($first, said($name{refresh}, 'token'));
	cmp_ok(scalar(@tokens), '>', 1, 'sessions were refreshed');
	my $last = ask("SELECT is_reused FROM dwello.refresh_session('$tokens[-1]')");
	like($last, qr/^[ft]$/, 'the newest refresh token is good, or its answer was lost: ' . ($last // ''));
	is(ask("SELECT is_reused FROM dwello.refresh_session('$tokens[-1]')"), 't', 'it is good once')
	  if $last eq 'f';
	my @out = $node->psql('postgres', "\\set VERBOSITY sqlstate\nSELECT dwello.refresh_session('$tokens[-2]')");
	like($out[2], qr/WD402/, 'and no other is good any more');
	is(ask("SELECT end_reason FROM dwello.user_sessions WHERE id = '$session'"), 'reused', 'and has ended its session');
	is(ask("SELECT r.is_reused FROM dwello.open_session('$who') s, dwello.refresh_session(s.refresh_token) r"), 'f', 'they sign in again');

	my @codes = said($name{redeem}, 'code');
	cmp_ok(scalar(@codes), '>', 0, 'codes were redeemed');
	is(ask("SELECT is_redeemed FROM dwello.redeem_code('$who', 'sign_in', '$codes[-1]')"), 'f', 'none can be redeemed twice');
	is(ask("SELECT count(*) FROM dwello.user_codes WHERE user_id = '$who' AND redeemed_at IS NOT NULL") >= @codes, 1, 'each is noted');

	# two secrets of a key are good, and the last that was given out is one
	my @secrets = said($name{key}, 'key');
	cmp_ok(scalar(@secrets), '>', 2, 'keys were turned over');
	my @good = grep { ($node->psql('postgres', "SELECT dwello.login_api_key('$_')"))[0] == 0 } @secrets;
	is(scalar(grep { $_ eq $secrets[-1] } @good), 1, 'the last secret lets its user in');
	cmp_ok(scalar(@good), '<=', 2, 'and no more than two do');

	my @requests = said($name{contact}, 'request');
	cmp_ok(scalar(@requests), '>', 0, 'contacts were asked for');
	is(ask("SELECT count(DISTINCT id) FROM dwello.data_access_log WHERE id IN (" . join(', ', map { "'$_'" } @requests) . ')'),
		@requests, 'every request is on record');
	is(ask("SELECT email FROM dwello.get_user_contact('$who', 'crash')"), "crash$crash\@example.test", 'and opens what was asked for');

	# a key that the file has and the database has not noted was lost on the way
	my @file = slurp_file(keyring_directory($node) . '/keyring') =~ /^(?:token|pii|index) (\d+) /mg;
	my @noted = split /\n/, ask('SELECT key_id FROM dwello.key_ids');
	my %times;
	$times{$_}++ foreach @file;
	is(scalar(grep { $_ > 1 } values %times), 0, 'no key id is in the file twice');
	is(ask('SELECT count(*) - count(DISTINCT key_id) FROM dwello.key_ids'), 0, 'nor has the database noted one twice');
	my %there = map { $_ => 1 } @file;
	is(scalar(grep { !$there{$_} } @noted), 0, 'and no key is gone that was noted');
	is(ask("SELECT user_id = '$who' FROM dwello.find_login('crash$crash\@example.test')"), 't', 'the address is found');
	my $turns = 0;
	$turns++ while $turns < 100 && ask('SELECT is_complete FROM dwello.reseal(1000)') eq 'f';
	cmp_ok($turns, '<', 100, 'and sealing anew comes to an end');
}
$node->stop;

done_testing();
