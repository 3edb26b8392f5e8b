# bids_in_number.pl
#	Work on a job with very many bids takes time in proportion to them: no
#	node of any plan sees more rows than a few times the bids, and what takes
#	a few of many bids with one deadline sees but a few.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { BIDS => 2000, FEW => 10 };

my $node = new_server('bids_in_number', '', holds => 'demo');
my $open = 'de000000-0000-7000-8000-000000000011';

# fill EXPIRES: so many more bids on the open job, and more of other jobs with
# one each, so that the planner expects few.
sub fill
{
	my ($expires) = @_;

	$node->safe_psql('postgres', <<"SQL");
SET session_replication_role = replica;
CREATE TEMP TABLE bid AS SELECT b.*, n FROM generate_series(1, ${\BIDS}) AS n,
  (SELECT * FROM dwello.bids WHERE job_id = '$open' AND status = 'pending' LIMIT 1) AS b;
UPDATE bid SET id = dwello.uuidv7(), provider_id = md5('p' || n)::uuid, expires_at = $expires;
ALTER TABLE bid DROP COLUMN n;
INSERT INTO dwello.bids SELECT * FROM bid;
UPDATE bid SET id = dwello.uuidv7(), job_id = dwello.uuidv7(), expires_at = now() + interval '9 days';
INSERT INTO dwello.bids SELECT * FROM bid;
SET session_replication_role = origin;
ANALYZE dwello.bids;
SQL
	return;
}

fill(q(date_trunc('day', now()) - interval '1 day'));
cmp_ok(most_rows($node, 'SELECT expired FROM dwello.expire_bids(' . FEW . ')'),
	'<', 20 * FEW, 'a few of many bids with one deadline are not sorted');
is( $node->safe_psql('postgres',
		"SELECT count(*) FROM dwello.bids WHERE status = 'expired' AND expires_at < now()"),
	FEW,
	'so many have expired');

$node->safe_psql('postgres',
	"UPDATE dwello.bids SET status = 'pending', reason = NULL, expires_at = now() + interval '9 days' WHERE job_id = '$open'");
my $rows = most_rows($node, <<"SQL");
SELECT FROM dwello.jobs AS j, dwello.issue_token(j.homeowner_id) AS t, dwello.login(t) WHERE j.id = '$open';
SELECT job_id FROM dwello.cancel_job('$open', 'done')
SQL
cmp_ok($rows, '>=', BIDS, 'cancelling a job ends its bids');
cmp_ok($rows, '<=', 3 * BIDS, 'and looks at each a few times');

done_testing();
