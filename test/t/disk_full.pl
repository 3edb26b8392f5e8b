# disk_full.pl
#	All of the database is in a tablespace on a small disk, and the disk runs
#	full under load: calls fail with 53100 and nothing else, nothing that was
#	acknowledged is lost, and once there is room everything goes on.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use Load;
use List::Util qw(sum0);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $disk = $ENV{DW_SMALL_DISK};
plan skip_all => 'disk_full: only root can make a small disk of its own'
  unless $disk;

use constant {
	SESSIONS => 4,
	JOBS => 4,
	PARTS => 60,      # releases that each session makes of each job
	PART => 100,      # in cents
	ROOM => 800,      # kB left when the load begins
};

my $node = new_server('disk_full', '', holds => 'demo');
mkdir "$disk/space" or die "mkdir: $!";
$node->safe_psql('template1', "CREATE TABLESPACE small LOCATION '$disk/space'");
$node->safe_psql('template1', 'ALTER DATABASE postgres SET TABLESPACE small');
install_commands($node);
my @jobs = make_jobs($node, JOBS, SESSIONS * PARTS * PART);

# query SQL: what it returns.
sub query
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql);
}

# fill_disk: with a file of ballast, but for ROOM.
sub fill_disk
{
	my ($free) = map { (split)[3] } grep { /\Q$disk\E$/ } `df -k $disk`;
	my $block = "\0" x 1024;

	open my $file, '>', "$disk/ballast" or die "ballast: $!";
	print {$file} $block foreach 1 .. $free - ROOM;
	close $file or die "ballast: $!";
	return;
}

# releases SESSION: of every job, more than there is room for.
sub releases
{
	my ($session) = @_;

	return [ map {
			my $key = "s$session-p$_";
			map { [ homeowner => "release_escrow('$_', amount => ${\PART},
			  idempotency_key => '$key')", "$_ $key" ] } @jobs
		} 1 .. PARTS ];
}

# stored: how many of the names, "JOB KEY", have a release and a record each.
sub stored
{
	my %stored = map { $_ => 1 } split /\n/, query(<<'END');
SELECT k.scope_id || ' ' || k.key
  FROM dwello.transactions t
  JOIN dwello.idempotency_keys k
    ON k.scope_id = t.scope_id AND (k.result->>'transaction_id')::uuid = t.id
 WHERE t.transaction_type = 'release'
END

	return scalar grep { $stored{$_} } @_;
}

my @load = map { releases($_) } 1 .. SESSIONS;

query('CHECKPOINT');
fill_disk();
my ($done, $errors) = run_clients($node, 'full', @load);
my $refused = delete $errors->{53100} // 0;
note scalar(keys %$done), " acknowledged, $refused refused";
cmp_ok(scalar(keys %$done), '>', 0, 'at first there is room');
cmp_ok($refused, '>', 0, 'then there is none: 53100');
is(join(' ', %$errors), '', 'and no error of another kind');
is(sum0(values %$done) + $refused,
	SESSIONS * PARTS * JOBS, 'every call has its answer');
is(stored(keys %$done), scalar(keys %$done), 'no acknowledged call is lost');
is(query(q(SELECT count(*) FROM dwello.idempotency_keys k
	JOIN dwello.transactions t ON t.scope_id = k.scope_id
	AND t.id = (k.result->>'transaction_id')::uuid
	WHERE t.transaction_type = 'release' AND k.key LIKE 's%-p%')),
	scalar(keys %$done), 'and none that failed is there');
is(invalid($node), '', 'the ledger can be read, and is valid');

# The server recovers from a crash with the disk as full as it is; but
# PostgreSQL lets nobody in as long as it cannot write its relcache file.
$node->stop('immediate');
ok($node->start(fail_ok => 1), 'the server recovers on the full disk');
unlink "$disk/ballast" or die "unlink: $!";
is(stored(keys %$done), scalar(keys %$done), 'and has lost nothing');
is(invalid($node), '', 'and the ledger is valid');

my ($again, $failed) = run_clients($node, 'room', @load);
is(join(' ', %$failed), '', 'with room again every call succeeds');
is(sum0(values %$again), SESSIONS * PARTS * JOBS, 'all of them');
is(query(<<"END"), JOBS . '|' . SESSIONS * PARTS * PART, 'and each was paid once');
SELECT count(*), min(released) FROM dwello.escrow_accounts
WHERE job_id IN (${\join(', ', map { "'$_'" } @jobs)})
  AND status = 'released' AND held = 0
END
is(invalid($node), '', 'the ledger is valid in the end');
is(query('SELECT * FROM dwello.check()'), '', 'and so is everything else');
$node->stop;

done_testing();
