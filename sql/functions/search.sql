-- search.sql
--   Open jobs by words, place, category, budget and urgency; counts of them.

CREATE OR REPLACE FUNCTION dwello.search_jobs(
  query text DEFAULT NULL,
  INOUT longitude double precision DEFAULT NULL,
  INOUT latitude double precision DEFAULT NULL,
  radius_miles double precision DEFAULT NULL,
  category_ids uuid[] DEFAULT NULL,
  INOUT budget_min bigint DEFAULT NULL,
  INOUT budget_max bigint DEFAULT NULL,
  INOUT currency text DEFAULT 'USD',
  INOUT urgency dwello.urgency DEFAULT NULL,
  INOUT as_of timestamptz DEFAULT NULL,
  after_score double precision DEFAULT NULL,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 20,
  OUT job_id uuid,
  OUT score double precision,
  OUT distance_miles double precision,
  OUT category_id uuid,
  OUT title text,
  OUT published_at timestamptz
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_search_jobs';
GRANT EXECUTE ON FUNCTION dwello.search_jobs(text, double precision, double precision, double precision, uuid[], bigint, bigint, text, dwello.urgency, timestamptz, double precision, uuid, integer)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.search_jobs(text, double precision, double precision, double precision, uuid[], bigint, bigint, text, dwello.urgency, timestamptz, double precision, uuid, integer) IS
'Open jobs that fit, best first; for every known user, who all find the same: what is listed and not past its time. Arguments: query, up to 1000 characters, words that all must be in the title, the description or the special requirements in any of their English forms, "..." for words next to each other, or, - for words that must not be there; NULL, blank or nothing but stop words = any job; longitude and latitude in degrees of a place, NULL = anywhere; radius_miles around it, above 0 to 12450, NULL = 25; category_ids, 1 to 100 with all that is below them, NULL = all; budget_min and budget_max in minor units, of a range that the job''s must overlap, where an end that is not said is open; currency, ISO 4217, others are never found; urgency, exactly that; as_of, by which freshness is judged, NULL = now; after_score and after_id, the last row of the page before, with its as_of; max_results, 1 to 200 rows. Of more than 10000 jobs with the words, the 10000 published last are ranked; where neither the words nor the rest narrow a search to 50000 jobs, they are looked for among the 200000 published last. Returns a row a job by score, highest first, then job_id: job_id, score (0 to 1: the mean of ts_rank() of the words, if there are any, and .6 nearness, 1 - distance / radius, plus .4 freshness, 1 - age / 60 days, at least 0, the latter alone without a place), distance_miles (NULL without a place), category_id, title, urgency, budget_min, budget_max, currency, longitude and latitude (rounded to 0.01 degree), published_at, and as_of for the next page. Errors: WD402, WD401; 22004 no currency or max_results, a NULL category; 22001 query; 22023 a place off the globe or half a one, a radius out of range or without a place, an amount that is not positive, budgets in the wrong order, an unknown currency, no category in the list, more than 100 or, with those below them, more than 4096, as_of in the future, a cursor that is not complete or not from 0 to 1, max_results; P0002 no such category.';

CREATE OR REPLACE FUNCTION dwello.search_facets(
  query text DEFAULT NULL,
  longitude double precision DEFAULT NULL,
  latitude double precision DEFAULT NULL,
  radius_miles double precision DEFAULT NULL,
  category_ids uuid[] DEFAULT NULL,
  budget_min bigint DEFAULT NULL,
  budget_max bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  INOUT urgency dwello.urgency DEFAULT NULL,
  as_of timestamptz DEFAULT NULL,
  OUT facet text,
  OUT category_id uuid,
  OUT parent_id uuid,
  OUT lower_bound bigint,
  OUT upper_bound bigint,
  OUT jobs bigint,
  OUT is_complete boolean
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_search_facets';
GRANT EXECUTE ON FUNCTION dwello.search_facets(text, double precision, double precision, double precision, uuid[], bigint, bigint, text, dwello.urgency, timestamptz)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.search_facets(text, double precision, double precision, double precision, uuid[], bigint, bigint, text, dwello.urgency, timestamptz) IS
'How many of the jobs that search_jobs() finds have what, for the same first ten arguments. Returns a row a value: facet total (first, always there); category, with category_id and parent_id, a job counted in its own and in every one above it; urgency; budget, by budget_max or else budget_min, from lower_bound to below upper_bound in minor units, both NULL for jobs without one; distance, in miles likewise, if there is a place. The last band has no upper_bound. A value that no job has gets no row. is_complete is false when 10000 or more fit: then the 10000 published last are counted; and when nothing narrows the search to 50000 jobs and fewer fit among the 200000 published last: then these are. Errors: as search_jobs().';
