-- what is measured
SELECT agent_id, distance_miles FROM dwello.match_agents(:job_id::uuid)
