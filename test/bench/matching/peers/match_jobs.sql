-- dwello, as the service asks for a provider
SELECT * FROM dwello.match_jobs(provider_id => :provider_id::uuid, radius_miles => :asked_miles::float8,
                                category_ids => :named_ids::uuid[])
