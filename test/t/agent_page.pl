# agent_page.pl
#	The blocks of "A first agent" in docs/agent.md, one after another in a
#	new database: an agent is set up, bids, and says why.
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
my @blocks = $section =~ /^```sql\n(.*?)^```/msg;

is(scalar @blocks, 5, 'the section has five blocks to paste');

my $node = new_server('agent_page', '', holds => 'extension');
my ($status, $out, $err) = $node->psql('postgres',
	"SELECT count(*) FROM dwello.create_keyring();\n" . join("\n", @blocks), on_error_stop => 1);

is($err, '', 'no block raises');
like($out, qr/^t\|auto\|balanced$/m, 'the agent is set up');
like($out, qr/^t\|[1-9]\d*$/m, 'agents bid');
like($out, qr/^bid_submitted\|PASSED\|\d+\|USD$/m, 'it says what it did');
like($out, qr/^bid\|PASSED\|\{.*"anchor"/m, 'and of what the price is made');
like($out, qr/^amount\|\d+\|\d+$/m, 'another strategy asks another amount');

done_testing();
