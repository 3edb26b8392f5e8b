-- saved.sql
--   Searches that a provider wants to hear of.

CREATE OR REPLACE FUNCTION dwello.save_search(
  query text DEFAULT NULL,
  longitude double precision DEFAULT NULL,
  latitude double precision DEFAULT NULL,
  radius_miles double precision DEFAULT NULL,
  category_ids uuid[] DEFAULT NULL,
  budget_min bigint DEFAULT NULL,
  budget_max bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  urgency dwello.urgency DEFAULT NULL,
  name text DEFAULT 'Search',
  INOUT search_id uuid DEFAULT NULL,
  INOUT user_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_save_search';
GRANT EXECUTE ON FUNCTION dwello.save_search(text, double precision, double precision, double precision, uuid[], bigint, bigint, text, dwello.urgency, text, uuid, uuid, integer, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.save_search(text, double precision, double precision, double precision, uuid[], bigint, bigint, text, dwello.urgency, text, uuid, uuid, integer, text) IS
'Saves a search: deliver_events() tells its owner of every job that is published and fits, with one notification a job however many of his searches fit. For a provider, administrators and the system. Arguments: the first nine as search_jobs() has them; name, 1 to 100 characters, which the notification shows; search_id, of a search of his that is to be replaced as a whole, NULL for a new one; user_id, NULL for the caller; expected_version of the saved search. A provider may have saved_searches_max (20) of them. Returns search_id, user_id, version and replayed. Errors: WD402, WD401; 42501 no provider, or another''s; 22004; 22001; 22023 as search_jobs(), a blank name, no provider; P0002 no such category, search or user; WD104; WD103; WD301 too many.';

CREATE OR REPLACE FUNCTION dwello.delete_search(
  INOUT search_id uuid,
  INOUT user_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_delete_search';
GRANT EXECUTE ON FUNCTION dwello.delete_search(uuid, uuid, integer, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.delete_search(uuid, uuid, integer, text) IS
'Deletes a saved search; what was told already stays. For its owner, administrators and the system. Arguments: search_id; user_id, NULL for the caller; expected_version of the saved search. Returns search_id, user_id, its last version and replayed. Errors: WD402, WD401; 42501 no provider, or another''s; 22004; 22023 no provider; P0002 no such search or user; WD104; WD103.';
