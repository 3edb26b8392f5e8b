# token_lag.pl
#	A standby that is further behind than token_lag_seconds accepts no token,
#	by the heartbeat that workers write; without the setting it does.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = new_server('primary', '', holds => 'demo', allows_streaming => 1);
my %person = people($primary);
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
my $token = $primary->safe_psql('postgres', "SELECT dwello.issue_token('$person{homeowner}', '1 day')");

# login NODE: what it says of the token, by its SQLSTATE, and why.
sub login
{
	my ($node) = @_;
	my ($out, $err);

	$node->psql('postgres', "\\set VERBOSITY verbose\nSELECT dwello.login('$token')", stdout => \$out, stderr => \$err);
	return $out eq $person{homeowner} ? 'ok' : $err =~ /ERROR:\s+(WD\d+): (.*)/ ? "$1 $2" : $err;
}

my $behind = 'WD402 standby is too far behind to accept tokens';
$primary->wait_for_catchup($standby);
is(login($standby), 'ok', 'without the setting a standby accepts tokens');

# as if nobody had worked for long
$primary->safe_psql('postgres', "UPDATE dwello.heartbeat SET beat_at = now() - interval '1 hour'");
$primary->wait_for_catchup($standby);
is(login($standby), 'ok', 'however old the heartbeat is');
$primary->safe_psql('postgres', "SELECT dwello.set_setting('token_lag_seconds', '3600')");
$primary->wait_for_catchup($standby);
is(login($standby), $behind, 'with it no longer');
is(login($primary), 'ok', 'the primary does');

foreach my $work ('SELECT dwello.deliver_events()', 'SELECT * FROM dwello.run_agents()')
{
	$primary->safe_psql('postgres', "UPDATE dwello.heartbeat SET beat_at = now() - interval '1 hour'");
	$primary->safe_psql('postgres', $work);
	$primary->wait_for_catchup($standby);
	is(login($standby), 'ok', "$work: the standby hears of it");
}
my $beat = $primary->safe_psql('postgres', 'SELECT beat_at FROM dwello.heartbeat');
$primary->safe_psql('postgres', 'SELECT dwello.deliver_events()');
is($primary->safe_psql('postgres', 'SELECT beat_at FROM dwello.heartbeat'), $beat, 'it is written every five seconds, not more often');

# one that does not replay, whatever the primary does
$primary->safe_psql('postgres', "SELECT dwello.set_setting('token_lag_seconds', '3')");
$primary->wait_for_catchup($standby);
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$standby->poll_query_until('postgres', "SELECT pg_get_wal_replay_pause_state() = 'paused'") or die 'not paused';
sleep 6;
$primary->safe_psql('postgres', 'SELECT dwello.deliver_events()');
is(login($standby), $behind, 'a standby that has stopped to replay refuses');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
$primary->safe_psql('postgres', "SELECT dwello.set_setting('token_lag_seconds', '3600')");
$primary->wait_for_catchup($standby);
is(login($standby), 'ok', 'and accepts once it has caught up');

$standby->promote;
$standby->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
$standby->safe_psql('postgres', "UPDATE dwello.heartbeat SET beat_at = '-infinity'");
is(login($standby), 'ok', 'promoted, it is the primary');

done_testing();
