# restore.pl
#	A dump of a played database restores into a cluster that has never seen
#	dwello: every row of every table is equal, and nothing fires on the way.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Agents;
use Dwello;
use File::Copy qw(copy);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = new_server('source', '', holds => 'demo');
my %person = people($source);
my ($job) = make_jobs($source, 1, 30000);

# A half released job, rolled up entries, rows in a partition made at run time.
$source->safe_psql('postgres', <<"END");
SELECT dwello.ensure_partitions();
BEGIN;
SELECT dwello.login(dwello.issue_token('$person{homeowner}'));
SELECT dwello.release_escrow(job_id => '$job', amount => 10000,
                             idempotency_key => 'first part');
COMMIT;
SELECT dwello.set_setting('rollup_margin_seconds', '1');
SELECT pg_sleep(1.1);
SELECT dwello.rollup_balances();
SELECT dwello.deliver_events();
INSERT INTO dwello.user_activity_logs (user_id, action, created_at)
VALUES ('$person{homeowner}', 'login', now()),
       ('$person{provider_1}', 'login', now());
END

# Agents that have decided, and a job that they have not looked at.
$source->safe_psql('postgres', "SELECT dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100)");
make_jobs($source, 1, 30000, 0);
$source->safe_psql('postgres', <<'END');
SELECT dwello.configure_agent(agent_id => id, is_active => true, mode => 'auto', min_project_value => 1000)
  FROM person WHERE name = 'provider_2';
SELECT dwello.run_agents();
SELECT dwello.deliver_events();
END
publish_jobs($source, 1);
cmp_ok(
	$source->safe_psql('postgres', "SELECT count(*) FROM dwello.ai_agent_activity WHERE action_type = 'bid_submitted'"),
	'>', 0, 'agents have bid');
is($source->safe_psql('postgres', 'SELECT count(*) FROM dwello.agent_work WHERE claimed_at IS NULL'),
	1, 'and one job waits for them');

my $months = $source->safe_psql('postgres', <<'END');
SELECT count(*) FROM pg_inherits i
WHERE i.inhparent = 'dwello.user_activity_logs'::regclass
  AND i.inhrelid <> 'dwello.user_activity_logs_default'::regclass
END
cmp_ok($months, '>', 0, 'months were made at run time');
is( $source->safe_psql('postgres',
		'SELECT count(*) FROM ONLY dwello.user_activity_logs_default'),
	0,
	'no row is left in the default partition');
cmp_ok(
	$source->safe_psql('postgres', <<'END'), '>', 2, 'accounts are rolled up');
SELECT count(*) FROM dwello.ledger_accounts
WHERE rolled_up_through IS NOT NULL AND rolled_up_balance <> 0
END

# Logs that are sealed, which takes two calls.
$source->safe_psql('postgres', <<'END');
SET dwello.now = '2999-01-01';
SELECT dwello.seal_logs();
SELECT dwello.seal_logs();
END
cmp_ok($source->safe_psql('postgres', "SELECT sum(row_count) FROM dwello.log_seals WHERE log = 'audit_log'"),
	'>', 100, 'the audit log is sealed');
is($source->safe_psql('postgres', 'SELECT * FROM dwello.verify_audit()'), '', 'and is what was sealed');

my $before = contents($source, 'postgres');
is( join(' ',
		grep { $before->{"dwello.$_"} =~ /^0\|/ }
		  qw(users jobs bids ledger_entries outbox reviews notifications)),
	'',
	'the played database is not empty');

my $dump = $source->basedir . '/dump';
my @connection = ('-h', $source->host, '-p', $source->port);

# Somebody who may read everything, without being a superuser.
$source->safe_psql('postgres', <<'END');
CREATE ROLE dumper LOGIN BYPASSRLS;
GRANT pg_read_all_data TO dumper;
END

$source->command_ok(
	[ 'pg_dump', @connection, '-f', "$dump.sql", 'postgres' ],
	'pg_dump, plain');
$source->command_ok(
	[ 'pg_dump', @connection, '-Fc', '-f', "$dump.custom", 'postgres' ],
	'pg_dump, custom');
$source->command_ok(
	[
		'pg_dump', @connection, '-U', 'dumper', '-Fc', '-f',
		"$dump.dumper", 'postgres'
	],
	'pg_dump by a role with BYPASSRLS and pg_read_all_data');
$source->command_ok(
	[
		'pg_dump', @connection, '-e', 'dwello', '-f',
		"$dump.extension", 'postgres'
	],
	'pg_dump -e dwello');

# restored NAME, COMMANDS...: restore into a server that is new, then compare
# and go on working.  The keyring is copied by hand, as an operator would.
sub restored
{
	my ($name, @commands) = @_;
	my $target = new_server($name);

	copy(keyring_directory($source) . '/keyring',
		keyring_directory($target) . '/keyring')
	  or die "copy: $!";
	chmod 0600, keyring_directory($target) . '/keyring';
	$target->safe_psql('postgres', 'CREATE DATABASE played');
	foreach my $command (@commands)
	{
		my ($program, @arguments) = @$command;

		$target->command_ok(
			[
				$program, '-h', $target->host, '-p', $target->port, '-d',
				'played', @arguments
			],
			"$name: $program @arguments[0, 1]");
	}
	is(differing(contents($target, 'played'), $before),
		'', "$name: every row is equal");
	is( $target->safe_psql('played', 'SELECT * FROM dwello.reconcile()'),
		'', "$name: the ledger is valid");
	is($target->safe_psql('played', 'SELECT * FROM dwello.verify_audit()'),
		'', "$name: the logs are what was sealed, and no row was audited on the way");
	is( $target->safe_psql('played', <<'END'), "42501|row_changed", "$name: guards and seals hold");
DO $$
BEGIN
  UPDATE dwello.audit_log SET actor_role = 'x';
EXCEPTION WHEN insufficient_privilege THEN PERFORM set_config('t.code', SQLSTATE, false);
END $$;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE dwello.audit_log SET actor_role = 'x' WHERE id = (SELECT keys[1]::uuid FROM dwello.log_seals WHERE log = 'audit_log' AND seq = 1);
SELECT current_setting('t.code'), problem FROM dwello.verify_audit();
ROLLBACK;
END
	# what was to be done is still to be done, and nothing besides
	like($target->safe_psql('played', 'SELECT jobs, decisions FROM dwello.run_agents()'),
		qr/^1\|[1-9]/, "$name: agents look at the one job that waits");
	is($target->safe_psql('played', "SELECT * FROM dwello.check() WHERE rule LIKE 'agent%'"),
		'', "$name: and have answered once");
	is( $target->safe_psql(
			'played', <<"END"), 't', "$name: the work goes on");
BEGIN;
SELECT dwello.login(dwello.issue_token('$person{homeowner}')) IS NULL
\\g /dev/null
SELECT replayed FROM dwello.release_escrow(
    job_id => '$job', amount => 10000, idempotency_key => 'first part');
SELECT dwello.release_escrow(job_id => '$job') \\g /dev/null
COMMIT;
END
	is( $target->safe_psql('played', <<"END"), 't', "$name: seals open");
SELECT dwello.request_contact('$person{homeowner}', 'test') \\g /dev/null
SELECT email IS NOT NULL
FROM dwello.get_user_contact('$person{homeowner}', 'test');
END
	is( $target->safe_psql('played', 'SELECT * FROM dwello.reconcile()'),
		'', "$name: and the ledger stays valid");
	$target->stop;
	return;
}

my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1');
my @at_once = ('pg_restore', '-1', '--exit-on-error');
my @by_section = ('pg_restore', '--exit-on-error');

restored('plain', [ @psql, '-f', "$dump.sql" ]);
restored('custom', [ @at_once, "$dump.custom" ]);
restored('dumper', [ @at_once, "$dump.dumper" ]);
restored('parallel',
	[ @by_section, '--section=pre-data', "$dump.custom" ],
	[
		@by_section, '--section=data', '--disable-triggers', '-j', '2',
		"$dump.custom"
	],
	[ @by_section, '--section=post-data', "$dump.custom" ]);
restored('extension',
	[
		@psql, '-c', 'CREATE EXTENSION postgis', '-c',
		'CREATE EXTENSION btree_gist'
	],
	[ @psql, '-f', "$dump.extension" ]);

# What the README does not support, and why.
$source->command_ok(
	[
		'pg_dump', @connection, '-n', 'dwello', '-f', "$dump.schema",
		'postgres'
	],
	'pg_dump -n dwello ends without an error');
unlike(slurp_file("$dump.schema"), qr/^COPY dwello\.users/m,
	'but loses the rows: dump the whole database');
is(differing(contents($source, 'postgres'), $before),
	'', 'dumping changed nothing');

done_testing();
