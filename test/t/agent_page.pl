# agent_page.pl
#	The blocks of docs/agent.md, one after another in a new database: an agent
#	is set up, bids, and says why; a mandate is signed and checked; it is switched
#	off, asks, and leaves a price to a model.  Then those
#	of bids in docs/bid.md, of a direct hire in docs/job.md, and what an operator
#	watches in docs/operation.md.  The table of reasons has every guard.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $page = slurp_file("$Bin/agent.md");
my ($section) = $page =~ /^## A first agent\n(.*?)^## /ms;
my ($mandate) = $page =~ /^## Mandate\n.*?^```sql\n(.*?)^```/msg;
my ($switch) = $page =~ /^## Kill switches\n.*?^```sql\n(.*?)^```/msg;
my ($asking) = $page =~ /^## Proposals\n.*?^```sql\n(.*?)^```/msg;
my ($model) = $page =~ /^## Outside models\n.*?^```sql\n(.*?)^```/msg;
my ($why) = $page =~ /^## Why it did that.*?^```sql\n(.*?)^```/msg;
my ($proxy) = slurp_file("$Bin/bid.md") =~ /^\*\*Proxy bids\.\*\*(.*?)^\*\*Life of a bid/ms;
my @proxy = $proxy =~ /^```sql\n(.*?)^```/msg;
my ($counter) = slurp_file("$Bin/bid.md") =~ /^\*\*Counter-offers\.\*\*.*?^```sql\n(.*?)^```/ms;
my ($accept) = slurp_file("$Bin/bid.md") =~ /^\*\*Accept what was seen\.\*\*.*?^```sql\n(.*?)^```/ms;
my ($hire) = slurp_file("$Bin/job.md") =~ /^\* \*\*Direct hire\.\*\*.*?^  ```sql\n(.*?)^  ```/ms;
my ($behind) = slurp_file("$Bin/operation.md") =~ /^\*\*What is behind\.\*\*.*?^```sql\n(.*?)^```/ms;
my @blocks = $section =~ /^```sql\n(.*?)^```/msg;

is(scalar @blocks, 5, 'the section has five blocks to paste');

my $node = new_server('agent_page', '', holds => 'extension');
my ($status, $out, $err) = $node->psql('postgres',
	"SELECT count(*) FROM dwello.create_keyring();\n" . join("\n", @blocks, $mandate, $switch, $asking, $model, $why, @proxy, $counter, $accept, $hire, $behind),
	on_error_stop => 1);

is($err, '', 'no block raises');
like($out, qr/^t\|auto\|balanced$/m, 'the agent is set up');
like($out, qr/^t\|[1-9]\d*$/m, 'agents bid');
like($out, qr/^bid_submitted\|PASSED\|\d+\|USD$/m, 'it says what it did');
like($out, qr/^bid\|PASSED\|\{.*"anchor"/m, 'and of what the price is made');
like($out, qr/^amount\|\d+\|\d+$/m, 'another strategy asks another amount');
like($out, qr/^\{"currency": "USD", "max_amount": 150000, "max_bids_per_day": 6\}$/m, 'a mandate is signed anew');
like($out, qr/^2\|t$/m, 'the digests are those of what was signed');
like($out, qr/^agent\|f\ndefer\|AGENT_OFF\nagent\|f\|On holiday\.\nt$/m, 'it is switched off, and on');
like($out, qr/^t\npending\|t\nproposed\|PASSED\napproved\|$/m, 'a proposal is approved');
like($out, qr/^t\nbid_submitted\|\d+\|\nrefused\|ALREADY_ANSWERED$/m, 'a model answers once');
like($out, qr/^t\|\{\}$/m, 'the decision is made again');
is(scalar @proxy, 3, 'three blocks are about hidden and shown amounts');
like($out, qr/^1\|98083\|t\n2\|95000\|f\n99000\n1\|\d+\|792$/m, 'a proxy bid undercuts what was offered');
like($out, qr/^accepted\|88000\nawarded\|88000$/m, 'a counter-offer is accepted, and the bid at that amount');
like($out, qr/^open\npending\nawarded\|created$/m, 'a job is offered to one provider, who takes it');
like($out, qr/^\d+\|[-\d :.+]+\n\d+\|[-\d :.+]+\n0\|\n0\|$/m, 'and what is behind is counted');
like($out, qr/^t\n1\nthird 1$/m, 'a third is told once the worker has looked');

my $guards = $node->safe_psql('postgres', <<"END");
SET ROLE dwello_service;
SELECT count(*), string_agg(g ->> 'guard', ' ') FROM dwello.jobs AS j,
  dwello.decide_agent(job_id => j.id, agent_id => 'de000000-0000-7000-8000-000000000002') AS d,
  jsonb_array_elements(d.trace -> 'guards') AS g WHERE j.title = 'Paint the hall' GROUP BY j.id LIMIT 1;
END
my ($count, $names) = split /\|/, $guards;
my ($table) = $page =~ /^### Reasons\n(.*?)^### /ms;
cmp_ok($count, '>=', 36, 'a decision names its guards');
is(join(' ', grep { $table !~ /^\| [^|]*`$_`/m } split / /, $names), '', 'the page has all of them');

done_testing();
