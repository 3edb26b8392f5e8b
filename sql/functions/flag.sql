-- flag.sql
--   Feature flags: who gets what.

CREATE OR REPLACE FUNCTION dwello.set_flag(
  INOUT name text,
  INOUT is_enabled boolean DEFAULT NULL,
  INOUT rollout_percentage integer DEFAULT NULL,
  targets jsonb DEFAULT NULL,
  user_ids uuid[] DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_flag';
GRANT EXECUTE ON FUNCTION dwello.set_flag(text, boolean, integer, jsonb, uuid[], integer, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_flag(text, boolean, integer, jsonb, uuid[], integer, text) IS
'Sets a feature flag, or makes one of the operator''s own, which is off and for all until told otherwise. For the service and administrators. Arguments, NULL leaving each as it is: name, 3 to 63 small letters, digits and underscores, a letter first; is_enabled, false turns it off for all; rollout_percentage, 0 to 100 of those whom the targets fit, always the same users and more of them as it rises; targets, an object that may have user_types (a list of user types), regions (a list of ISO 3166 countries: that of the primary address) and minimum_rating (mean stars, 0 to 5, to six places; above 0 nobody unrated meets it), all of which must fit; user_ids, up to 10000 users for whom it is on while it is enabled, whatever rollout and targets say; expected_version of the flag, 1 for a built-in one never set. Returns name, is_enabled, rollout_percentage, version and replayed. Errors: WD402, WD401, 42501; 22004 no name, a NULL among user_ids; 22001; 22023 no such name, percentage, targets; WD104; WD103.';

CREATE OR REPLACE FUNCTION dwello.flag_enabled(name text, user_id uuid DEFAULT NULL)
RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_flag_enabled';
GRANT EXECUTE ON FUNCTION dwello.flag_enabled(text, uuid)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.flag_enabled(text, uuid) IS
'Whether a feature is on for a user. Off for all while the flag is not enabled; else on for the users it names; else on for those whom its targets fit and who are in its rollout, by a hash of flag and user that never changes. Arguments: name, as the view dwello.flags lists it; user_id, NULL for the caller, another''s for administrators and the system. Returns true when it is on. Errors: WD402, WD401; 22004 no name, or no user where the system calls; 22001; 22023 a blank name; 42501 another user; P0002 no such flag or user.';
