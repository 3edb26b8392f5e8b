# replan.pl
#	Kept plans are kept: a hundred releases and a hundred reads in turn, in
#	one session, plan none of the library's statements again.  And check(),
#	whose rules look expensive where there are no statistics, compiles none.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { WARM_UP => 6, CALLS => 100 };

my $node = new_server('replan', <<'END', holds => 'demo');
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = 'all'
pg_stat_statements.track_planning = on
END
my %person = people($node);
my ($job) = make_jobs($node, 1, 100000);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');

# One release and two reads, each as the application's role with a token.
my $round = <<"END";
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'token') \\g /dev/null
SELECT dwello.release_escrow(job_id => '$job', amount => 5) \\g /dev/null
COMMIT;
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'token') \\g /dev/null
SELECT dwello.rank_bids('$job') \\g /dev/null
SELECT count(*) FROM dwello.jobs \\g /dev/null
COMMIT;
END

# figures: nested statements seen, and how often they were planned.
my $figures = <<'END';
SELECT count(*), sum(calls), sum(plans) FROM pg_stat_statements
WHERE NOT toplevel;
END

my $output = $node->safe_psql('postgres',
	"SELECT dwello.issue_token('$person{homeowner}') AS token \\gset\n"
	  . "SELECT pg_stat_statements_reset() \\g /dev/null\n"
	  . $round x WARM_UP
	  . $figures
	  . "SELECT pg_stat_statements_reset() \\g /dev/null\n"
	  . $round x CALLS
	  . $figures
	  . <<'END');
SELECT plans, query FROM pg_stat_statements WHERE NOT toplevel AND plans > 0;
END
my ($warm, $kept, @planned) = split /\n/, $output;
my ($warm_statements, $warm_calls, $warm_plans) = split /\|/, $warm;
my ($statements, $calls, $plans) = split /\|/, $kept;

note("warm: $warm; kept: $kept");
cmp_ok($warm_plans, '>', 0, 'the first calls are seen to plan');
cmp_ok($calls, '>=', 2 * CALLS, 'the statements are seen to run');
is($plans, 0, 'a hundred calls in turn plan nothing again')
  or diag(join "\n", @planned);

# Whatever the planner thinks of them, the rules of check() are not compiled.
my ($rules, $compiled, $control) = split /\|/, $node->safe_psql('postgres', <<'END');
SET jit_above_cost = 0;
SELECT pg_stat_statements_reset() \g /dev/null
SELECT count(*) FROM dwello.check() \g /dev/null
SELECT sum(length(relname::text)) FROM pg_class \g /dev/null
SELECT count(*) FILTER (WHERE NOT toplevel AND query LIKE '%AS f (object, detail)%'),
       coalesce(sum(jit_functions) FILTER (WHERE NOT toplevel AND query LIKE '%AS f (object, detail)%'), 0),
       sum(jit_functions) FILTER (WHERE query LIKE '%sum(length(relname%') > 0 OR NOT pg_jit_available()
  FROM pg_stat_statements;
END
cmp_ok($rules, '>=', 30, 'the rules of check() are seen to run');
is($control, 't', 'where the server can compile, others are seen to be');
is($compiled, 0, 'no rule of check() is compiled');
$node->stop;

done_testing();
