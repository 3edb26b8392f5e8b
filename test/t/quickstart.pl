# quickstart.pl
#	The blocks of docs/quickstart.md, one after another in a new database, do
#	what the page says.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $page = slurp_file("$Bin/quickstart.md");
my @blocks = $page =~ /^```sql\n(.*?)^```/msg;

cmp_ok(scalar @blocks, '>=', 5, 'the page has blocks to paste');

my $node = new_server('quickstart', '', holds => 'extension');
my ($status, $out, $err) = $node->psql('postgres',
	join("\n", @blocks) . "\n\\echo job :job\nSELECT count(*) > 0 AS demo FROM dwello.load_demo();\n", on_error_stop => 1);

is($err, '', 'no block raises');
like($out, qr/^95000\|4750\|90250$/m, 'the release pays what is left of the price');
like($out, qr/^completed$/m, 'the job is completed');

like($out, qr/^90250\|0\|90250\n90250\|pending$/m, 'the provider asks for all that they earned');
like($out, qr/^completed\|90250$/m, 'the payout is paid');
like($out, qr/^entry\|payout\|-90250\|0$/m, 'the statement has it, and nothing is left');

my ($job) = $out =~ /^job (\S+)$/m;

is($node->safe_psql('postgres', "SELECT status, released, held
	FROM dwello.escrow_accounts WHERE job_id = '$job'"),
	'released|95000|0', 'all of the price is released');
unlike($out, qr/^job.*(?:preload|orphan|drift)/ms, 'check() has no finding');

done_testing();
