--
-- agree.sql
--	Notes the jobs that match_jobs() gives for each question, for the peer that
--	fetches them by key, and sees that plain SQL gives the same.
--
UPDATE bench.question AS q
   SET ids = (SELECT coalesce(array_agg(m.job_id ORDER BY m.score DESC, m.job_id), '{}')
                FROM dwello.match_jobs(provider_id => q.provider_id, radius_miles => q.asked_miles,
                                       category_ids => q.named_ids) AS m);

DO $$
DECLARE
  wrong text;
BEGIN
  SELECT string_agg(n::text, ', ') INTO wrong
    FROM (SELECT * FROM bench.question ORDER BY n LIMIT 25) AS q,
         LATERAL (SELECT coalesce(array_agg(id ORDER BY score DESC, id), '{}') AS ids FROM bench.plain(q)) AS p
   WHERE p.ids <> q.ids;
  IF wrong IS NOT NULL THEN
    RAISE 'match_jobs() and plain SQL do not agree on questions %', wrong;
  END IF;
END
$$;
