-- the index alone, from plain SQL
SELECT a.user_id, a.longitude, a.latitude
  FROM dwello.ai_bidding_agents AS a
 WHERE a.is_active AND a.account_status > 0
   AND a.key OPERATOR(dwello.@@@) dwello.agent_query(:longitude, :latitude, NULL, :path::uuid[], :least, :most, :currency, :requirement_bits)
