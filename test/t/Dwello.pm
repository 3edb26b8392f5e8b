package Dwello;

# Dwello.pm
#	What the tests with servers of their own share: a server as the README
#	has it, people, funded jobs to release money from, whether the rows of
#	two databases are equal, and how many rows a call looks at.

use strict;
use warnings;
use Exporter 'import';
use Fcntl ':flock';
use File::Copy qw(copy);
use File::Path qw(make_path);
use List::Util qw(max);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::RecursiveCopy;
use PostgreSQL::Test::Utils;
use Test::More ();

# The superuser of the tests acts as the system; others may not say so.
$ENV{PGOPTIONS} = '-c dwello.act_as_system=on';

our @EXPORT = qw(new_server install_dwello keyring_directory people
  make_jobs contents differing most_rows);

# keyring_directory NODE: beside the data directory, not in it.
sub keyring_directory
{
	my ($node) = @_;

	return $node->basedir . '/keyring';
}

# new_server NAME, SETTINGS, OPTION...: a running server.  holds says what is
# in its database "postgres": nothing, the extension with a keyring, or a demo
# of install_dwello()'s; allows_streaming says whether a standby can follow.
# It is a copy of a data directory that the first caller of a run makes.
sub new_server
{
	my ($name, $settings, %option) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	my $made = made($option{holds} // 'nothing');
	my $keyring = keyring_directory($node);

	$node->init_from_backup($made, 'data');
	mkdir $keyring, 0700 or die "mkdir $keyring: $!";
	copy($made->keyring, "$keyring/keyring") && chmod 0600, "$keyring/keyring"
	  or die "$keyring: $!"
	  if -e $made->keyring;
	$settings = <<'END' . ($settings // '') if $option{allows_streaming};
wal_level = replica
max_wal_senders = 10
max_replication_slots = 10
wal_log_hints = on
END
	$node->append_conf('postgresql.conf', <<"END" . ($settings // ''));
session_preload_libraries = 'dwello'
dwello.keyring_file = '$keyring/keyring'
log_parameter_max_length = 0
log_statement = ddl
max_connections = 40
END
	$node->start;
	return $node;
}

# made WHAT: that data directory, with what init_from_backup() asks of a node.
sub made
{
	my ($what) = @_;
	my $made = bless {
		directory => "$PostgreSQL::Test::Utils::tmp_check/made/$what" },
	  'Dwello::Made';

	open my $lock, '>', "$PostgreSQL::Test::Utils::tmp_check/made.lock"
	  or die "made.lock: $!";
	flock $lock, LOCK_EX or die "flock: $!";
	make_directories($made->backup_dir . '/..')
	  unless -d $made->backup_dir . '/../demo';
	return $made;
}

# make_directories PLACE: each from the one before.
sub make_directories
{
	my ($place) = @_;
	my $node = PostgreSQL::Test::Cluster->new('made');
	my $keyring = keyring_directory($node);

	$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
	mkdir $keyring, 0700 or die "mkdir $keyring: $!";
	make_path($place);
	keep($node, "$place/nothing");
	$node->append_conf('postgresql.conf',
		"dwello.keyring_file = '$keyring/keyring'");
	$node->start;
	install_extension($node);
	$node->stop;
	keep($node, "$place/extension");
	$node->start;
	install_demo($node);
	$node->stop;
	keep($node, "$place/.demo");
	rename "$place/.demo", "$place/demo" or die "rename: $!";
	return;
}

# keep NODE, DIRECTORY: copies of its data and its keyring.
sub keep
{
	my ($node, $directory) = @_;
	my $keyring = keyring_directory($node) . '/keyring';

	make_path($directory);
	PostgreSQL::Test::RecursiveCopy::copypath($node->data_dir,
		"$directory/data");
	-e $keyring && (copy($keyring, $directory) or die "copy: $!");
	return;
}

# install_dwello NODE: extension, keyring and demo data in its database
# "postgres", with the means to make jobs quickly.
sub install_dwello
{
	my ($node) = @_;

	install_extension($node);
	install_demo($node);
	return;
}

# install_extension NODE: and a keyring.
sub install_extension
{
	my ($node) = @_;

	$node->safe_psql('postgres', <<'END');
SET client_min_messages = warning;
CREATE EXTENSION dwello CASCADE;
SELECT dwello.create_keyring();
END
	return;
}

# install_demo NODE: what load_demo() makes, and make_job().
sub install_demo
{
	my ($node) = @_;

	$node->safe_psql('postgres', <<'END');
CREATE TABLE person AS SELECT name, id FROM dwello.load_demo();

-- One job: posted, bid on, awarded, paid (all of it, a part or nothing)
-- and, if anything is paid, started.
CREATE FUNCTION make_job(amount bigint, paid bigint DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    homeowner text := dwello.issue_token(p.id) FROM person p
                      WHERE p.name = 'homeowner';
    provider text := dwello.issue_token(p.id) FROM person p
                     WHERE p.name = 'provider_1';
    job uuid;
    bid uuid;
BEGIN
    PERFORM dwello.login(homeowner);
    SELECT j.job_id INTO job FROM dwello.post_job(
        category_id => (SELECT c.id FROM dwello.service_categories c
                        WHERE c.name = 'Painting & Decorating'),
        title => 'A room', description => 'White.',
        longitude => -122.4194, latitude => 37.7749,
        budget_max => make_job.amount * 2) j;
    PERFORM dwello.publish_job(job_id => job);
    PERFORM dwello.login(provider);
    SELECT b.bid_id INTO bid FROM dwello.submit_bid(
        job_id => job, labor_cost => make_job.amount, timeline_days => 2) b;
    PERFORM dwello.login(homeowner);
    PERFORM dwello.accept_bid(job_id => job, bid_id => bid);
    PERFORM dwello.login(provider);
    PERFORM dwello.confirm_award(job_id => job);
    IF paid = 0 THEN
        PERFORM dwello.login(NULL);
        RETURN job;
    END IF;
    PERFORM dwello.login(homeowner);
    PERFORM dwello.fund_escrow(job_id => job, amount => paid);
    PERFORM dwello.login(NULL);
    PERFORM dwello.confirm_payment(
        job_id => job, psp => 'stripe', event_id => 'evt_' || job,
        amount => coalesce(paid, make_job.amount), currency => 'USD');
    IF paid < make_job.amount THEN
        -- the work begins although its first milestone is not paid in full
        PERFORM dwello.set_setting('start_requires', 'any');
    END IF;
    PERFORM dwello.login(provider);
    PERFORM dwello.start_job(job_id => job);
    PERFORM dwello.login(NULL);
    RETURN job;
END $$;
END
	return;
}

# people NODE: a hash from the names of load_demo() to ids.
sub people
{
	my ($node) = @_;

	return map { split /\|/ }
	  split /\n/,
	  $node->safe_psql('postgres', 'SELECT name, id FROM person');
}

# make_jobs NODE, COUNT, AMOUNT, PAID: the ids of new jobs; all of the amount
# is paid if PAID is not given.
sub make_jobs
{
	my ($node, $count, $amount, $paid) = @_;
	my $arguments = join ', ', $amount, $paid // ();

	return split /\n/,
	  $node->safe_psql('postgres',
		"SELECT make_job($arguments) FROM generate_series(1, $count)");
}

# contents NODE, DATABASE: per table, how many rows and a hash of them all.
sub contents
{
	my ($node, $database) = @_;
	my $tables = $node->safe_psql($database, <<'END');
SELECT c.oid::regclass FROM pg_class c
WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind = 'r'
ORDER BY c.relname
END
	my $union = join "\nUNION ALL\n", map { <<"END" } split /\n/, $tables;
SELECT '$_', count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text))
FROM $_ t
END

	return { map { split /\|/, $_, 2 } split /\n/,
		$node->safe_psql($database, $union) };
}

# differing CONTENTS, CONTENTS: the tables that are not equal in both.
sub differing
{
	my ($one, $other) = @_;
	my %all = (%$one, %$other);

	return join ' ', grep { ($one->{$_} // '') ne ($other->{$_} // '') }
	  sort keys %all;
}

# most_rows NODE, CALL, DATABASE: the most rows that a node of a statement in it gives or
# throws away, all its loops together.
sub most_rows
{
	my ($node, $call, $database) = @_;
	my ($loops, @rows) = (1);

	$node->psql($database // 'postgres', <<"SQL", stderr => \my $plans, on_error_die => 1);
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_analyze = on;
SET auto_explain.log_timing = off;
SET auto_explain.log_nested_statements = on;
SET client_min_messages = log;
BEGIN;
$call;
COMMIT;
SQL
	foreach (split /\n/, $plans)
	{
		$loops = $2 if /actual rows=([\d.]+) loops=(\d+)/;
		push @rows, $1 * $loops
		  if /actual rows=([\d.]+) loops/ || /Rows Removed by .*: ([\d.]+)/;
	}
	Test::More::note('the most rows: ', max(@rows));
	return max(@rows);
}

package Dwello::Made;

sub name { return 'made' }
sub backup_dir { return $_[0]->{directory} }
sub keyring { return "$_[0]->{directory}/keyring" }

1;
