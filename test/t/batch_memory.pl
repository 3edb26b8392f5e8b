# batch_memory.pl
#	A worker's batch takes the memory of one turn, not of all: the peak of a
#	backend that releases, ends disputes, or lets jobs and bids expire, does
#	not grow with the batch.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	SMALL => 1000,
	LARGE => 10000,
	GROWTH => 8192,    # kB that the large batch may take more: 0.9 a job
};

plan skip_all => 'reads /proc/self/status of Linux'
  unless -r '/proc/self/status';

my $node = new_server('batch_memory', '', holds => 'demo');
my ($job) = make_jobs($node, 1, 60000);
my $open = 'de000000-0000-7000-8000-000000000011';

# fill STEP: copies of the job with all that a worker has to do in it.  The
# triggers are off: they would take most of the time.
sub fill
{
	my ($step) = @_;

	$node->safe_psql('postgres', <<"SQL");
SET session_replication_role = replica;
CREATE FUNCTION copies(name text, key text, kind text) RETURNS void
LANGUAGE plpgsql AS \$\$
BEGIN
  EXECUTE format('CREATE TEMP TABLE copy AS SELECT t.*, md5(\$1 || n)::uuid AS copy_id
    FROM dwello.%I AS t, generate_series(1, ${\(SMALL + LARGE)}) AS n WHERE t.%I = \$2', name, key)
    USING kind, '$job'::uuid;
  EXECUTE format('UPDATE copy SET %I = copy_id', key);
  ALTER TABLE copy DROP COLUMN copy_id;
  EXECUTE (SELECT format('INSERT INTO dwello.%I (%s) SELECT %2\$s FROM copy', name, string_agg(quote_ident(attname), ', '))
             FROM pg_attribute WHERE attrelid = ('dwello.' || name)::regclass
              AND attnum > 0 AND NOT attisdropped AND attgenerated = '');
  DROP TABLE copy;
END
\$\$;
SELECT copies('jobs', 'id', '$step'), copies('job_milestones', 'job_id', '$step'),
  copies('escrow_accounts', 'job_id', '$step');
DROP FUNCTION copies;
CREATE TEMP TABLE made AS SELECT md5('$step' || n)::uuid AS id FROM generate_series(1, ${\(SMALL + LARGE)}) AS n;
UPDATE dwello.jobs SET status = 'in_progress' WHERE id IN (SELECT id FROM made);
UPDATE dwello.job_milestones SET status = 'submitted', submitted_at = now() - interval '9 days',
  auto_release_at = now() - interval '1 day'
 WHERE '$step' = 'release' AND job_id IN (SELECT id FROM made);
UPDATE dwello.job_milestones SET status = 'disputed', disputed = funded, dispute_id = job_id, status_before = 'funded'
 WHERE '$step' = 'dispute' AND job_id IN (SELECT id FROM made);
UPDATE dwello.escrow_accounts SET status = 'disputed', disputed = held
 WHERE '$step' = 'dispute' AND job_id IN (SELECT id FROM made);
INSERT INTO dwello.disputes (job_id, id, homeowner_id, provider_id, opened_by, reason, disputed_amount, currency,
  provider_offer, answer_by, created_at)
SELECT job_id, job_id, homeowner_id, provider_id, provider_id, 'late', held, currency, held, now() - interval '1 day',
  now() - interval '9 days'
  FROM dwello.escrow_accounts WHERE '$step' = 'dispute' AND job_id IN (SELECT id FROM made);
RESET session_replication_role;
ANALYZE dwello.jobs, dwello.job_milestones, dwello.escrow_accounts, dwello.disputes;
SQL
	return;
}

# fill_open: copies of an open job of the demo, with a bid each; jobs and bids
# are past their time, or the bids alone.
sub fill_open
{
	my ($what) = @_;
	my $jobs = $what eq 'jobs' ? q(now() - interval '1 day') : q(now() + interval '9 days');

	$node->safe_psql('postgres', <<"SQL");
SET session_replication_role = replica;
CREATE TEMP TABLE made AS SELECT md5('$what' || n)::uuid AS id FROM generate_series(1, ${\(SMALL + LARGE)}) AS n;
CREATE TEMP TABLE copy AS SELECT j.*, m.id AS copy_id FROM dwello.jobs AS j, made AS m WHERE j.id = '$open';
UPDATE copy SET id = copy_id, expires_at = $jobs;
INSERT INTO dwello.jobs (id, homeowner_id, category_id, title, description, location, currency, urgency, bid_mode,
    scoring_method, requirement_bits, created_at, status, published_at, expires_at, is_listed)
SELECT id, homeowner_id, category_id, title, description, location, currency, urgency, bid_mode,
    scoring_method, requirement_bits, created_at, status, published_at, expires_at, is_listed FROM copy;
CREATE TEMP TABLE bid AS SELECT b.*, m.id AS copy_id
  FROM (SELECT * FROM dwello.bids WHERE job_id = '$open' AND status = 'pending' LIMIT 1) AS b, made AS m;
UPDATE bid SET job_id = copy_id, submitted_at = now() - interval '9 days', expires_at = now() - interval '1 day';
ALTER TABLE bid DROP COLUMN copy_id;
INSERT INTO dwello.bids SELECT * FROM bid;
RESET session_replication_role;
ANALYZE dwello.jobs, dwello.bids;
SQL
	return;
}

# growth CALL: how many kB the peak of a batch of LARGE is over that of one of
# SMALL, each in a session of its own; what is shared is left out.
sub growth
{
	my ($call) = @_;
	my @peaks;

	foreach my $rows (SMALL, LARGE)
	{
		my ($done, $kb) = split /\n/, $node->safe_psql('postgres', <<"END");
CREATE FUNCTION pg_temp.kb(word text) RETURNS bigint LANGUAGE sql AS \$\$
  SELECT substring(pg_read_file('/proc/' || pg_backend_pid() || '/status')
    FROM word || ':\\s+([0-9]+) kB')::bigint \$\$;
SELECT $call($rows);
SELECT pg_temp.kb('VmHWM') - pg_temp.kb('RssShmem') - pg_temp.kb('RssFile');
END
		is($done, $rows, "$call does $rows");
		push @peaks, $kb;
	}
	note("$call: @peaks kB");
	return $peaks[1] - $peaks[0];
}

$node->safe_psql('postgres', <<'END');
CREATE FUNCTION release_due(n integer) RETURNS integer LANGUAGE sql AS
$$ SELECT released FROM dwello.release_due_escrows(n) $$;
CREATE FUNCTION end_disputes(n integer) RETURNS integer LANGUAGE sql AS
$$ SELECT settled FROM dwello.expire_disputes(n) AS settled $$;
CREATE FUNCTION end_jobs(n integer) RETURNS integer LANGUAGE sql AS
$$ SELECT expired FROM dwello.expire_jobs(n) AS expired $$;
CREATE FUNCTION end_bids(n integer) RETURNS integer LANGUAGE sql AS
$$ SELECT expired FROM dwello.expire_bids(n) $$;
END

fill('release');
cmp_ok(growth('release_due'), '<', GROWTH,
	'memory of a batch of releases is flat');
fill('dispute');
cmp_ok(growth('end_disputes'), '<', GROWTH,
	'memory of a batch of disputes is flat');

fill_open('bids');
cmp_ok(growth('end_bids'), '<', GROWTH,
	'memory of a batch of expired bids is flat');
$node->safe_psql('postgres', "DELETE FROM dwello.bids WHERE job_id <> '$open' AND status = 'pending'");
fill_open('jobs');
cmp_ok(growth('end_jobs'), '<', GROWTH,
	'memory of a batch of expired jobs is flat');

done_testing();
