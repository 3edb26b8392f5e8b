-- the floor: the rows of the same agents by key
SELECT a.user_id, a.longitude, a.latitude FROM dwello.ai_bidding_agents AS a WHERE a.user_id = ANY (:ids::uuid[])
