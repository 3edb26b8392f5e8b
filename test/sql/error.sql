--
-- error.sql
--	The SQLSTATEs of class WD, as the function and the view list them.
--
SELECT code, name, http_status, retryable FROM dwello.error_codes();
SELECT count(*) AS without_meaning
  FROM dwello.error_codes() WHERE coalesce(meaning, '') = '';

-- the view shows the same, and nobody needs an identity to read it
BEGIN;
SET LOCAL ROLE dwello_analyst;
SELECT count(*) AS differing
  FROM dwello.error_codes() AS f
  FULL JOIN dwello.error_codes AS v USING (code)
 WHERE (f.name, f.http_status, f.retryable, f.meaning)
       IS DISTINCT FROM (v.name, v.http_status, v.retryable, v.meaning);
ROLLBACK;
