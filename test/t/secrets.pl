# secrets.pl
#	With every kind of logging on, and the settings that the README asks for,
#	what is secret or sealed stands nowhere in clear: not in the server's
#	log, its data files, its WAL, a dump, or what it shows of statements.
#
# A client passes each as a bind parameter, in calls that succeed and in calls
# that fail; the plans of the library's own statements are logged, too.  At
# the end the same things are logged by a client that does it wrong, and found.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# ----------------------------------------------------------------------
# A server that logs all it can
# ----------------------------------------------------------------------
my $libraries = `"$ENV{PG_CONFIG}" --pkglibdir`;
chomp $libraries;
my @preloaded = grep { -e "$libraries/$_.so" } qw(pg_stat_statements auto_explain pgaudit);
cmp_ok(scalar @preloaded, '>=', 2, 'libraries that log are installed: ' . join ', ', @preloaded);
my $preloaded = join ',', @preloaded;
my $node = new_server('secrets', <<"END", holds => 'demo');
shared_preload_libraries = '$preloaded'
log_min_duration_statement = 0
log_statement = all
log_duration = on
log_error_verbosity = verbose
log_min_messages = debug1
log_min_error_statement = debug1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
auto_explain.log_min_duration = 0
auto_explain.log_nested_statements = on
auto_explain.log_verbose = off
auto_explain.log_analyze = on
auto_explain.log_parameter_max_length = 0
pgaudit.log = all
pgaudit.log_parameter = off
pg_stat_statements.track = all
pg_stat_statements.track_utility = on
END
my %person = people($node);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');

# one VALUE: the only value of a query, by a statement without secrets.
sub one
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

# pgbench SCRIPT, VALUES, MODE: runs it once, each value a bind parameter
# (or, by mode simple, a literal); what it says.
sub pgbench
{
	my ($script, $values, $mode) = @_;
	my $path = $node->basedir . '/script.sql';
	my $said = '';

	open my $file, '>', $path or die "$path: $!";
	print {$file} $script;
	close $file or die "$path: $!";
	IPC::Run::run(
		[
			qw(pgbench -n -t 1 -M), $mode // 'extended',
			(map { ('-D', "$_=$values->{$_}") } sort keys %$values),
			'-f', $path, $node->connstr('postgres')
		],
		'>&', \$said);
	return $said;
}

# called NAME, SCRIPT, VALUES: it succeeds.
sub called
{
	my ($name, $script, $values) = @_;

	like(pgbench($script, $values), qr{processed: 1/1$}m, "$name succeeds");
	return;
}

# refused NAME, SQLSTATE TEXT, SCRIPT, VALUES: it fails, and why.
sub refused
{
	my ($name, $why, $script, $values) = @_;

	like(pgbench($script, $values), $why, "$name is refused");
	return;
}

my $warned = q(SELECT string_agg(object, ' ' ORDER BY object COLLATE "C") FROM dwello.check() WHERE rule = 'parameters_logged');
is(one($warned), 'log_statement', 'check() names what logs literals');
is(one("SET auto_explain.log_verbose = on; SET debug_print_plan = on; $warned"), 'auto_explain.log_verbose debug_print_plan log_statement',
	'and what logs the constants of plans');

# ----------------------------------------------------------------------
# Secrets go in, each as a bind parameter
# ----------------------------------------------------------------------
my @point = (-121.30471659, 44.05628317);
my %secret = (
	email => 'wanda.hidden@example.org',
	next_email => 'wanda.elsewhere@example.org',
	phone => '+14155559917',
	street => '4711 Whisper Lane',
	longitude => $point[0],
	latitude => $point[1],
	site => '15 Murmur Court',
	password_hash => 'scrypt-of-wanda-9f3b7c',
	number => 'LIC-SECRET-77120',
	legal_name => 'Wanda Legal Hidden',
	tax_id => '98-7654399');
my $user = '00000000-0000-4000-8000-00000000face';
my $login = "BEGIN;\nSELECT dwello.login(:token);\n";

called('register_user', <<'END', { %secret{qw(email phone password_hash)}, user => $user });
SELECT user_type FROM dwello.register_user(:email, 'service_provider', 'Wan', 'Da', :phone, :password_hash, user_id => :user);
END
one("SELECT count(dwello.verify_user('$user', 'email')) + count(dwello.verify_user('$user', 'phone')) + count(dwello.verify_user('$user', 'provider'))");
$secret{token} = one("SELECT dwello.issue_token('$user', '1 hour')");
called('add_address', "${login}SELECT version FROM dwello.add_address('home', :street, 'Bend', 'OR', '97701', 'US', :longitude, :latitude);\nCOMMIT;\n",
	{ %secret{qw(token street longitude latitude)} });
called('save_search', "${login}SELECT version FROM dwello.save_search(longitude => :longitude, latitude => :latitude, name => 'near home');\nCOMMIT;\n",
	{ %secret{qw(token longitude latitude)} });
$secret{homeowner_token} = one("SELECT dwello.issue_token('$person{homeowner}', '1 hour')");
my $job = '00000000-0000-4000-8000-0000000000b0';
called('post_job', <<'END', { %secret{qw(homeowner_token longitude latitude site)}, job => $job });
BEGIN;
SELECT dwello.login(:homeowner_token);
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Paint', 'The wall.', :longitude, :latitude, :site, budget_max => 120000, job_id => :job);
SELECT status FROM dwello.publish_job(:job);
COMMIT;
END
called('submit_bid', "${login}SELECT status FROM dwello.submit_bid(:job, 90000);\nCOMMIT;\n", { %secret{qw(token)}, job => $job });
called('job_site', <<'END', { %secret{qw(homeowner_token)}, job => $job });
BEGIN;
SELECT dwello.login(:homeowner_token);
SELECT count(street) FROM dwello.job_site(:job);
COMMIT;
END
called('add_credential', "${login}SELECT version FROM dwello.add_credential('license', 'Plumber', number => :number);\nCOMMIT;\n",
	{ %secret{qw(token number)} });
called('set_tax_profile', "${login}SELECT version FROM dwello.set_tax_profile(:legal_name, 'US', :tax_id);\nCOMMIT;\n",
	{ %secret{qw(token legal_name tax_id)} });
called('find_login', "SELECT user_id FROM dwello.find_login(:email);\n", { %secret{qw(email)} });
$secret{api_key} = one("BEGIN; SELECT set_config('dwello.token', dwello.issue_token('$user', '1 hour'), true) IS NULL; "
	  . "SELECT api_key FROM dwello.create_api_key('program', ARRAY['read', 'write']); COMMIT") =~ s/^f\n//r;
called('login_api_key', "BEGIN;\nSELECT dwello.login_api_key(:api_key);\nSELECT count(*) FROM dwello.user_addresses;\nCOMMIT;\n",
	{ %secret{qw(api_key)} });
$secret{code} = one("SELECT code FROM dwello.issue_code('$user', 'phone')");
called('redeem_code', "SELECT is_redeemed FROM dwello.redeem_code(:user, 'phone', :code);\n", { %secret{qw(code)}, user => $user });
called('issue_code for another address', "SELECT length(code) FROM dwello.issue_code(:user, 'email', :next_email);\n",
	{ %secret{qw(next_email)}, user => $user });
$secret{refresh_token} = one("SELECT refresh_token FROM dwello.open_session('$user', 'a device')");
called('refresh_session', "SELECT length(token) FROM dwello.refresh_session(:refresh_token);\n", { %secret{qw(refresh_token)} });
called('set_password_hash', "SELECT version FROM dwello.set_password_hash(:user, :password_hash);\n",
	{ %secret{qw(password_hash)}, user => $user });
my $key_file = slurp_file(keyring_directory($node) . '/keyring');
my %key;
$key{"$1 key"} = $2 while $key_file =~ /^(token|pii|index) \d+ ([0-9a-f]{64})/mg;
is(scalar keys %key, 3, 'a key of each kind');

# ----------------------------------------------------------------------
# And in calls that fail
# ----------------------------------------------------------------------
refused('a taken address', qr/ERROR/, "SELECT dwello.register_user(:email, 'homeowner', 'W', 'X', :phone, :password_hash);\n",
	{ %secret{qw(email phone password_hash)} });
refused('no token', qr/ERROR/, "SELECT dwello.login(:token);\n", { token => $secret{token} . 'x' });
refused('a token that was revoked', qr/ERROR/, "${login}SELECT version FROM dwello.add_address('home', :street, 'Bend', NULL, NULL, 'US', 400, 44);\nCOMMIT;\n",
	{ %secret{qw(token street)} });
refused('another secret', qr/ERROR/, "SELECT dwello.login_api_key(:api_key);\n", { api_key => $secret{api_key} . 'x' });
refused('a token that is not good any more', qr/ERROR/, "SELECT length(token) / 0 FROM dwello.refresh_session(:refresh_token);\n", { %secret{qw(refresh_token)} });
refused('a division', qr/ERROR/, "SELECT user_id IS NULL, 1 / (length(:phone) - 12) FROM dwello.find_login(:email);\n", { %secret{qw(email phone)} });

# ----------------------------------------------------------------------
# None of them is to be found
# ----------------------------------------------------------------------
$node->safe_psql('postgres', 'CHECKPOINT; ANALYZE');
my $statements = one('SELECT query FROM pg_stat_statements UNION ALL SELECT query FROM pg_stat_activity');
my $statistics = one('SELECT s::text FROM pg_stats AS s');
my $dump = $node->basedir . '/dump.sql';
system_or_bail('pg_dump', '-f', $dump, $node->connstr('postgres'));
my $log = slurp_file($node->logfile);
like($log, qr/Query Text: SELECT/, 'plans are logged');
like($log, qr/AUDIT: SESSION/, 'so are the records of pgaudit') if grep { $_ eq 'pgaudit' } @preloaded;
like($statements, qr/login_api_key/, 'statements are kept');

# in_files PATTERN: the data files and WAL in which it stands.
sub in_files
{
	my ($text) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ 'grep', '-rlaFw', '--', $text, $node->data_dir ], '>', \$out, '2>', \$err);
	return join ' ', map { s/^.*pgdata\///r } split /\n/, $out;
}

# where NAME, TEXT: the places in which it is found.
sub where
{
	my ($text) = @_;
	my %place = (log => $log, dump => slurp_file($dump), statements => $statements, statistics => $statistics);
	my @found = grep { $place{$_} =~ /(?<![0-9A-Za-z])\Q$text\E(?![0-9A-Za-z])/ } sort keys %place;
	my $files = in_files($text);

	push @found, $files if $files ne '';
	return join ', ', @found;
}

my %hidden = (%secret, %key);
foreach (sort keys %hidden)
{
	is(where($hidden{$_}), '', "$_ stands nowhere")
	  or diag join "\n", ($log =~ /^(.*\Q$hidden{$_}\E.*)/mg)[ 0 .. 2 ];
}

# bytes_in_files TEXT: data files and WAL in which these bytes stand.
sub bytes_in_files
{
	my ($bytes) = @_;
	my ($out, $err) = ('', '');
	my $pattern = join '', map { sprintf '\\x%02x', ord } split //, $bytes;

	local $ENV{LC_ALL} = 'C';
	IPC::Run::run([ 'grep', '-rlaP', '--', $pattern, $node->data_dir ], '>', \$out, '2>', \$err);
	return join ' ', map { s/^.*pgdata\///r } split /\n/, $out;
}

# A point stands in files as the bytes of its numbers, and in a dump of a
# geography as their digits.
my %double = (longitude => $point[0], latitude => $point[1]);
foreach my $name (sort keys %double)
{
	foreach my $order ('<', '>')
	{
		my $bytes = pack "d$order", $double{$name};
		my $digits = unpack 'H*', $bytes;

		is(bytes_in_files($bytes), '', "$name as bytes, order $order, stands in no file");
		unlike(slurp_file($dump) . $statistics, qr/$digits/i, 'nor their digits in a dump');
	}
}
my $rounded = sprintf '%.2f', $point[0];
isnt(bytes_in_files(pack 'd', $rounded), '', 'the rounded place is in files');
isnt(one("SELECT string_agg(relation::text, ' ') FROM (SELECT 'user_profiles' AS relation FROM dwello.user_profiles WHERE longitude = $rounded UNION ALL SELECT 'saved_searches' FROM dwello.saved_searches WHERE longitude = $rounded) AS r"),
	'', 'and in tables');

# ----------------------------------------------------------------------
# This test would find them
# ----------------------------------------------------------------------
pgbench("SELECT user_id FROM dwello.find_login(:email);\n", { %secret{qw(email)} }, 'simple');
pgbench("SET auto_explain.log_verbose = on;\nSELECT is_redeemed FROM dwello.redeem_code(:user, 'phone', :code);\n", { %secret{qw(code)}, user => $user });
pgbench("${login}COMMIT;\n", { %secret{qw(token)} }, 'simple');
$node->safe_psql('postgres', "CREATE TABLE planted AS SELECT '$secret{street}'::text AS street, '$secret{api_key}'::text AS api_key; CHECKPOINT");
system_or_bail('pg_dump', '-f', $dump, $node->connstr('postgres'));
$log = slurp_file($node->logfile);
$node->safe_psql('postgres', "CREATE TABLE pointed AS SELECT ST_MakePoint($point[0], $point[1])::geography AS point; CHECKPOINT");
like(bytes_in_files(pack 'd', $point[0]), qr/base/, 'the bytes of a point are found in the files');
like(where($secret{email}), qr/log/, 'a literal is found in the log');
like(where($secret{token}), qr/log/, 'so is a token');
like(where($secret{code}), qr/log/, 'and a parameter, which plans have as a constant, where they are logged with all their details');
like(where($secret{api_key}), qr/dump.*base/, 'what stands in a table is found in a dump and in the files');

$node->stop;
done_testing();
