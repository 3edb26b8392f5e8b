package Agents;

# Agents.pm
#	Agents of load_demo()'s providers and of others, jobs for them, and what
#	must hold of their answers whatever happened meanwhile.

use strict;
use warnings;
use Exporter 'import';
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(make_agents publish_jobs unanswered);

# make_agents NODE, COUNT, CAP: so many providers with agents that bid by
# themselves, up to CAP times a day; those of the demo pause.
sub make_agents
{
	my ($node, $count, $cap) = @_;

	$node->safe_psql('postgres', <<"END");
SELECT dwello.pause_agent(user_id) FROM dwello.ai_bidding_agents WHERE is_active;
SELECT dwello.set_setting('max_agents_per_job', '$count');
SELECT dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
DO \$\$
DECLARE
    provider uuid;
BEGIN
    FOR n IN 1 .. $count LOOP
        SELECT r.user_id INTO provider FROM dwello.register_user(
            email => 'agent' || n || '\@example.org', user_type => 'service_provider',
            first_name => 'Agent', last_name => n::text, phone => '+1415666' || lpad(n::text, 4, '0')) AS r;
        PERFORM dwello.verify_user(provider, what) FROM unnest(ARRAY['email', 'phone', 'provider']) AS what;
        PERFORM dwello.add_address('business', n || ' Market Street', 'San Francisco', 'CA', '94103', 'US',
            -122.4194, 37.7749, user_id => provider);
        PERFORM dwello.configure_agent(agent_id => provider, is_active => true, mode => 'auto',
            max_bids_per_day => $cap, costs => '{"hourly_rate": 4000}',
            preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid]);
    END LOOP;
END \$\$;
SELECT dwello.ensure_partitions();
END
	return;
}

# publish_jobs NODE, COUNT: so many jobs that suit all of them.
sub publish_jobs
{
	my ($node, $count) = @_;

	$node->safe_psql('postgres', <<"END");
DO \$\$
DECLARE
    job uuid;
BEGIN
    PERFORM dwello.login(dwello.issue_token(p.id, '1 day')) FROM person AS p WHERE p.name = 'homeowner';
    FOR n IN 1 .. $count LOOP
        SELECT j.job_id INTO job FROM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Room ' || n, 'White.',
            -122.4194, 37.7749, budget_max => 100000, estimated_duration_hours => 8) AS j;
        PERFORM dwello.publish_job(job);
    END LOOP;
END \$\$;
END
	return;
}

# unanswered NODE: published terms that are open and not done, and answers
# that are wrong: not one decision for each agent of the audience.
sub unanswered
{
	my ($node) = @_;

	return $node->safe_psql('postgres', <<'END');
SELECT 'waiting', w.job_id FROM dwello.agent_work AS w
  JOIN dwello.jobs AS j ON j.id = w.job_id AND j.terms_version = w.terms_version AND j.status = 'open'
 WHERE w.done_at IS NULL
   AND NOT EXISTS (SELECT FROM dwello.agent_answers AS a WHERE a.job_id = w.job_id AND a.state = 'deferred')
UNION ALL
SELECT 'answers ' || count(DISTINCT a.user_id) || ' of ' || (SELECT count(*) FROM dwello.agent_answers AS n WHERE n.job_id = w.job_id), w.job_id
  FROM dwello.agent_work AS w
  LEFT JOIN dwello.ai_agent_activity AS a ON a.job_id = w.job_id AND a.terms_version = w.terms_version AND a.core_version IS NOT NULL
 GROUP BY w.job_id
HAVING count(DISTINCT a.user_id) <> (SELECT count(*) FROM dwello.agent_answers AS n WHERE n.job_id = w.job_id)
UNION ALL
SELECT c.rule || ' ' || c.detail, NULL FROM dwello.check() AS c WHERE c.rule LIKE 'agent%' OR c.rule = 'orphan'
END
}

1;
