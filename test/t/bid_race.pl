# bid_race.pl
#	Many sessions bid, change and take back bids on the same jobs while these
#	are edited, awarded and cancelled and agents bid: no call deadlocks with
#	another, and no bid is left on a job that takes none.
#
# DW_SEED repeats the order of the calls; what sessions make of it is up to
# the machine.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Load;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	SESSIONS => 12,
	JOBS => 40,
	TURNS => 120,   # calls of a session
};

my $seed = $ENV{DW_SEED} // time;
srand $seed;
note "DW_SEED=$seed";

my $node = new_server('bid_race', "deadlock_timeout = '50ms'\n", holds => 'demo');
install_commands($node);
$node->safe_psql('postgres', q(SELECT dwello.set_setting('bid_revisions_per_day', '1000')));
my @jobs = split /\n/, $node->safe_psql('postgres', <<"END");
SELECT command('homeowner', format(
         'post_job((SELECT c.id FROM dwello.service_categories AS c WHERE c.name = ''Painting & Decorating''), ''A wall'', ''White.'', '
         '-122.4194, 37.7749, budget_max => 200000, job_id => %L, bid_mode => %L)', i,
         (ARRAY['sealed', 'open', 'sealed', 'rank_only'])[1 + n % 4]), '')
    || command('homeowner', format('publish_job(%L)', i), '') || i
  FROM (SELECT n, dwello.uuidv7() AS i FROM generate_series(1, ${\JOBS}) AS n OFFSET 0) AS j
END
is(scalar(@jobs), JOBS, 'there are jobs');

# own WHO: their live bid on the job; any: somebody's.
sub own { return "(SELECT b.id FROM dwello.bids AS b JOIN person AS p ON p.id = b.provider_id AND p.name = '$_[0]' WHERE b.job_id = 'JOB' AND b.status = 'pending')"; }
my $any = q((SELECT b.id FROM dwello.bids AS b WHERE b.job_id = 'JOB' AND b.status = 'pending' ORDER BY random() LIMIT 1));

my @calls = (
	(map {
		([ $_ => q(submit_bid('JOB', 80000 + (20000 * random())::bigint)) ]) x 4,
		[ $_ => "revise_bid('JOB', ${\own($_)}, 80000 + (20000 * random())::bigint)" ],
		[ $_ => "confirm_bid('JOB', ${\own($_)})" ],
		([ $_ => "withdraw_bid('JOB', ${\own($_)})" ]) x 2,
		[ $_ => q(send_message('JOB', content => 'Where?')) ]
	} qw(provider_1 provider_2)),
	([ homeowner => q(edit_job('JOB', description => 'KEY')) ]) x 3,
	[ homeowner => "reject_bid('JOB', $any)" ],
	([ homeowner => "accept_bid('JOB', $any)" ]) x 2,
	([ homeowner => q(cancel_job('JOB')) ]) x 2,
	[ system => 'run_agents(5)' ],
	[ system => 'refresh_ranks(10)' ],
	[ system => 'expire_bids()' ],
	[ system => 'deliver_events(20)' ]);

# random_call KEY: of anybody, about one of a few jobs that shift as time goes.
sub random_call
{
	my ($turn, $key) = @_;
	my $call = $calls[ int rand @calls ];
	my $job = $jobs[ (int($turn * JOBS / TURNS) + int rand 3) % JOBS ];

	return [ $call->[0], $call->[1] =~ s/JOB/$job/gr =~ s/KEY/$key/gr, $key ];
}

my ($done, $errors) = run_clients($node, 'race',
	map { my $session = $_; [ map { random_call($_, "$session-$_") } 1 .. TURNS ] } 1 .. SESSIONS);
note "${\scalar(keys %$done)} done, refused: ", join ' ', map { "$_ $errors->{$_}" } sort keys %$errors;
cmp_ok(scalar(keys %$done), '>', SESSIONS * TURNS / 8, 'calls get on');
is(join(' ', grep { !/^(?:WD101|WD102|WD103|WD301|22004|22023|42501|P0002|23505)$/ } sort keys %$errors),
	'', 'and are refused for their own reasons only');
is($node->safe_psql('postgres', 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'),
	0, 'no call deadlocked with another');
is($node->safe_psql('postgres', <<'END'), '', 'no bid is pending on a job that takes none');
SELECT b.id, j.status FROM dwello.bids AS b JOIN dwello.jobs AS j ON j.id = b.job_id
 WHERE b.status = 'pending' AND j.status <> 'open'
END
cmp_ok($node->safe_psql('postgres', q(SELECT count(*) FROM dwello.jobs WHERE status <> 'open')), '>', 3, 'though jobs were closed');
is($node->safe_psql('postgres', 'SELECT * FROM dwello.check()'), '', 'and everything else is as it shall be');
$node->stop;

done_testing();
