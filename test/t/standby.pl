# standby.pl
#	Reads run where nothing can be written, and commands do not: every STABLE
#	function answers on a streaming standby and in BEGIN READ ONLY as it does
#	on the primary, and every VOLATILE one is 25006 there.
#
# The functions are those of the catalogue.  A new STABLE one without a line
# in the table below fails.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use File::Copy 'copy';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = new_server('primary', '', holds => 'demo', allows_streaming => 1);
my %id = people($primary);

# Who calls: the role of the session, and the token if there is one.
my %caller = (
	superuser => ['none'],
	system => ['dwello_service'],
	nobody => ['dwello_app'],
	map { $_ => [ 'dwello_app', token($_) ] }
	  qw(homeowner provider_1 admin support));

# token NAME: a token of one of the demo's people; support is a role.
sub token
{
	my ($name) = @_;
	my $person = $name eq 'support' ? $id{admin} : $id{$name};
	my $role = $name eq 'support' ? q('support') : 'NULL';

	return $primary->safe_psql('postgres',
		"SELECT dwello.issue_token('$person', '1 hour', $role)");
}

my $email = $primary->safe_psql('postgres',
	"SELECT dwello.request_contact('$id{homeowner}', 'test') \\g /dev/null\n"
	  . "SELECT email FROM dwello.get_user_contact('$id{homeowner}', 'test')");

$primary->safe_psql('postgres', 'SELECT dwello.refresh_tiles()');

# when scores are compared
my $now = $primary->safe_psql('postgres', 'SELECT now()');

# an invitation, and one decision of an agent
$primary->safe_psql('postgres', <<"END");
BEGIN;
SELECT dwello.login('$caller{homeowner}[1]'), dwello.invite_provider('$id{job_deck}', '$id{provider_1}');
COMMIT;
END
$primary->safe_psql('postgres', 'SELECT dwello.run_agents()');

# a document, and a tax profile
my $invoice = $primary->safe_psql('postgres', <<"END");
BEGIN;
SELECT dwello.login('$caller{provider_1}[1]') \\g /dev/null
SELECT version FROM dwello.set_tax_profile('Pat Painter', 'US', '1') \\g /dev/null
SELECT dwello.login(NULL) \\g /dev/null
SELECT set_config('dwello.now', (now() + interval '2 days')::text, true) \\g /dev/null
SELECT documents FROM dwello.issue_documents() \\g /dev/null
SELECT id FROM dwello.invoices ORDER BY id LIMIT 1;
COMMIT;
END
my $decision = $primary->safe_psql('postgres', <<"END");
SELECT id FROM dwello.ai_agent_activity
WHERE user_id = '$id{provider_1}' AND core_version IS NOT NULL ORDER BY id LIMIT 1
END
my $period = "timestamptz '$now' - interval '1 day', timestamptz '$now' + interval '1 minute'";

# an API key
my $api_key = $primary->safe_psql('postgres',
	"SELECT api_key FROM dwello.create_api_key('Key', '{read}', user_id => '$id{homeowner}')");

# Every STABLE function: who calls it, and with what.
my %reads = (
	agent_report => [ provider_1 => "NULL, $period" ],
	backtest_agent => [ provider_1 => "NULL, $period" ],
	compare_agent => [
		provider_1 => qq(NULL, '$id{job_deck}', '{}', '{"strategy": "premium"}', '$now')
	],
	decide_agent => [ provider_1 => "NULL, '$id{job_deck}', NULL, '$now'" ],
	replay_decision => [ provider_1 => "'$decision'" ],
	award_robustness => [ homeowner => "'$id{job_painting}'" ],
	bid_transitions => [ nobody => '' ],
	check => [ superuser => '' ],
	count_bids => [ superuser => '' ],
	count_contracts => [ superuser => '' ],
	count_jobs => [ superuser => '' ],
	count_reviews => [ superuser => '' ],
	count_users => [ superuser => '' ],
	cluster_jobs => [ provider_1 => '-130, 30, -120, 40, 6' ],
	current_user_id => [ homeowner => '' ],
	milestone_is_valid => [
		system => "100, 0, 0, 0, 0, 'planned', NULL, NULL, 'Paint'" ],
	transaction_is_valid => [ system => "100, 5, 1, 94, 'pending', NULL, NULL" ],
	own_scopes => [ homeowner => '' ],
	error_codes => [ nobody => '' ],
	escrow_next_events => [ homeowner => "'$id{job_plumbing}'" ],
	escrow_statement => [ homeowner => "'$id{job_plumbing}'" ],
	escrow_transitions => [ nobody => '' ],
	explain_bid => [ homeowner => "'$id{job_painting}', '$id{bid_950}'" ],
	find_login => [ system => "'$email'" ],
	validate_json => [ homeowner => q('review_axes', '{}') ],
	flag_enabled => [ homeowner => "'ai_bidding_enabled', NULL" ],
	explain_match =>
	  [ system => "'$id{provider_1}', '$id{job_painting}'" ],
	get_setting => [ system => "'job_expiry_days'" ],
	job_next_events => [ homeowner => "'$id{job_painting}'" ],
	job_transitions => [ nobody => '' ],
	my_invites => [ provider_1 => '' ],
	offer_transitions => [ nobody => '' ],
	open_proposals => [ provider_1 => '' ],
	match_jobs => [
		system => "'$id{provider_1}', (SELECT max(published_at) FROM dwello.jobs)"
	],
	match_agents => [ system => "'$id{job_deck}'" ],
	match_providers => [ system => "'$id{job_deck}'" ],
	jobs_mvt => [ provider_1 => '8, 40, 98' ],
	milestone_transitions => [ nobody => '' ],
	annual_totals => [ provider_1 => '2026' ],
	account_statement => [ admin => "'platform_fee', 'USD', '2026-01-01'" ],
	export_ledger => [ admin => "'2026-01-01'" ],
	balance_at => [ admin => "'platform_fee', 'USD'" ],
	journals => [ admin => '' ],
	invoices => [ provider_1 => '' ],
	invoice => [ provider_1 => "'$invoice'" ],
	tax_profile => [ provider_1 => '' ],
	payment_method_abilities => [ homeowner => '' ],
	receipts => [ system => '' ],
	trial_balance => [ admin => '' ],
	provider_balance => [ system => "'$id{provider_1}'" ],
	provider_summary => [ homeowner => "'$id{provider_1}'" ],
	psp_exponent => [ system => q('stripe', 'HUF') ],
	cancellation_policy => [ homeowner => "'$id{job_plumbing}'" ],
	quote_cancellation => [ homeowner => "'$id{job_plumbing}'" ],
	quote_fee => [ homeowner => '100000' ],
	rank_bids => [ homeowner => "'$id{job_painting}'" ],
	reconcile => [ system => '' ],
	reconcile_external => [ system => q('stripe') ],
	reviews_of => [ homeowner => "'$id{provider_1}'" ],
	score_bid => [ homeowner => "'$id{job_painting}', '$id{bid_950}'" ],
	search_facets => [ provider_1 => "'paint', -122.42, 37.77" ],
	search_jobs => [ provider_1 => "'paint', as_of => '$now'" ],
	setting_amounts => [ homeowner => "'USD'" ],
	simulate_fees => [
		system => q('{"rate_ppm": 40000}', '2026-01-01', '2027-01-01')
	],
	thread => [ homeowner => "'$id{job_painting}', '$id{provider_1}'" ],
	threads => [ homeowner => '' ],
	sessions => [ homeowner => '' ],
	token_audience => [ system => '' ],
	verify_ledger => [ system => '' ],
	verify_audit => [ system => '' ],
	audit_history => [ system => "'users', '$id{homeowner}'" ],
	audit_as_of => [ system => "'users', '$id{homeowner}', '$now'" ],
	reads_all => [ system => '' ],);

# VOLATILE functions that write no row; load_demo() once it has been called.
my %writes_nothing = (
	create_keyring => [ superuser => '' ],
	issue_token => [ system => "'$id{homeowner}'" ],
	load_demo => [ superuser => '' ],
	login => [ nobody => "'$caller{homeowner}[1]'" ],
	login_api_key => [ nobody => "'$api_key'" ],
	uuidv7 => [ system => '' ],);

# What differs from call to call, or tells one server from another.
my %inconstant = map { $_ => 1 } qw(check explain_match issue_token uuidv7);

# functions VOLATILITY: the names and parameter types in the catalogue.
sub functions
{
	my ($volatility) = @_;

	return map { [ split /\|/, $_, 2 ] }
	  split /\n/, $primary->safe_psql('postgres', <<"END");
SELECT p.proname, (SELECT string_agg('NULL::' || format_type(t, NULL), ', ')
                     FROM unnest(p.proargtypes) AS t)
  FROM pg_proc AS p
 WHERE p.pronamespace = 'dwello'::regnamespace AND p.provolatile = '$volatility'
   AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
   AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[])
 ORDER BY p.oid::regprocedure::text
END
}

# transaction BEGIN, CALLER, STATEMENT: a script that runs it as somebody,
# with its SQLSTATE on a line of its own after what it returns.
sub transaction
{
	my ($begin, $name, $statement) = @_;
	my ($role, $token) = @{ $caller{$name} };

	# without a token dwello.login() would ask for a right of its own
	return join "\n", $begin . ';',
	  $token ? "SELECT dwello.login('$token') \\g /dev/null" : (),
	  "SET LOCAL ROLE $role;", "$statement;", '\echo = :SQLSTATE',
	  'ROLLBACK;', '';
}

# answers NODE, SCRIPT...: what each of them printed, its last line "= 00000".
sub answers
{
	my ($node, @scripts) = @_;
	my ($out, $err);

	$node->psql('postgres', join('', @scripts), stdout => \$out,
		stderr => \$err, on_error_stop => 0);
	return "$out\n" =~ /((?:(?!= \w{5}\n).*\n)*= \w{5})\n/g;
}

# ----------------------------------------------------------------------
# A standby with a keyring file of its own
# ----------------------------------------------------------------------
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
my $keyring = keyring_directory($standby);
mkdir $keyring, 0700 or die "mkdir $keyring: $!";
copy(keyring_directory($primary) . '/keyring', "$keyring/keyring")
  or die "copy: $!";
chmod 0600, "$keyring/keyring";
$standby->append_conf('postgresql.conf',
	"dwello.keyring_file = '$keyring/keyring'");
$standby->start;
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'),
	't', 'the standby is one');

# ----------------------------------------------------------------------
# What may be called there
# ----------------------------------------------------------------------
my %stable = map { $_->[0] => 1 } functions('s');
is(join(' ', grep { !$reads{$_} } sort keys %stable),
	'', 'every STABLE function has a line');
is(join(' ', grep { !$stable{$_} } sort keys %reads),
	'', 'every line has a STABLE function');

my %calls = (%reads, %writes_nothing);
my @names = sort keys %calls;
my %said;
foreach my $case (
	[ usual => $primary, 'BEGIN' ],
	[ 'read only' => $primary, 'BEGIN READ ONLY' ],
	[ standby => $standby, 'BEGIN' ])
{
	my ($where, $node, $begin) = @$case;

	@{ $said{$where} }{@names} = answers(
		$node,
		map {
			my ($name, $arguments) = @{ $calls{$_} };

			transaction($begin, $name, "SELECT dwello.$_($arguments)")
		} @names);
}
foreach my $name (@names)
{
	foreach my $where ('read only', 'standby')
	{
		my $answer = $said{$where}{$name} // '';

		like($answer, qr/= 00000\z/, "$name runs: $where");
		is($answer, $said{usual}{$name}, "$name answers as usual: $where")
		  unless $inconstant{$name};
	}
}
like($said{standby}{$_}, qr/[^\n\\x]\n= 00000\z/, "$_ has something to say")
  foreach qw(agent_report award_robustness backtest_agent cluster_jobs
  compare_agent decide_agent explain_bid explain_match jobs_mvt match_agents
  match_jobs match_providers open_proposals my_invites rank_bids
  replay_decision search_facets search_jobs);
unlike($said{standby}{$_}, qr/\A\([^,]*,0,/, "$_ has something to say") foreach qw(agent_report backtest_agent);
like($said{standby}{current_user_id},
	qr/^\Q$id{homeowner}\E\n/, 'a token is verified with the copied keyring');

# ----------------------------------------------------------------------
# What may not
# ----------------------------------------------------------------------
my @commands = grep { !$writes_nothing{ $_->[0] } } functions('v');
foreach my $case (
	[ 'read only' => $primary, 'BEGIN READ ONLY' ],
	[ standby => $standby, 'BEGIN' ])
{
	my ($where, $node, $begin) = @$case;
	my %states;

	foreach my $name (qw(system homeowner provider_1 admin support superuser))
	{
		my @answers = answers($node,
			map { transaction($begin, $name, "SELECT dwello.$_->[0]($_->[1])") }
			  @commands);

		# whose command it is not may learn that first
		$states{ $commands[$_][0] }{ ($answers[$_] // '') =~ /= (\w{5})\z/ ? $1 : 'none' } = 1
		  foreach 0 .. $#commands;
	}
	foreach my $command (sort keys %states)
	{
		delete $states{$command}{42501};
		is(join(' ', sort keys %{ $states{$command} }),
			'25006', "$command is refused: $where");
	}
}

# ----------------------------------------------------------------------
# What the primary decides holds there, too
# ----------------------------------------------------------------------
$primary->safe_psql('postgres',
	"SELECT dwello.suspend_user('$id{provider_1}', 'test')");
$primary->wait_for_catchup($standby);
like((answers($standby, transaction('BEGIN', 'provider_1',
				'SELECT dwello.current_user_id()')))[0] // '',
	qr/= (WD402|25P02)\z/, 'a suspended user is kept out of the standby');
like((answers($standby, transaction('BEGIN', 'homeowner',
				"SELECT dwello.provider_summary('$id{provider_1}')")))[0] // '',
	qr/= P0002\z/, 'and is not shown there any more');

$standby->stop;
$primary->stop;
done_testing();
