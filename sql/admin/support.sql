/*
 * What defaults, triggers and views of many tables call.
 */

CREATE OR REPLACE FUNCTION dwello.error_codes()
  RETURNS TABLE (code text, name text, http_status integer, retryable boolean, meaning text)
  AS 'MODULE_PATHNAME', 'dwello_error_codes' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION dwello.error_codes IS
  'Lists the SQLSTATEs of class WD: code, name, HTTP status a gateway should answer with, whether the same call may succeed later, meaning. No arguments, no errors, no identity needed.';
GRANT EXECUTE ON FUNCTION dwello.error_codes TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;

CREATE OR REPLACE FUNCTION dwello.touch_updated_at() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_touch_updated_at' LANGUAGE c;
COMMENT ON FUNCTION dwello.touch_updated_at IS
  'Trigger BEFORE UPDATE: sets updated_at. Error 42501 when called otherwise.';

CREATE OR REPLACE FUNCTION dwello.guard_builtin() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_builtin' LANGUAGE c;
COMMENT ON FUNCTION dwello.guard_builtin IS
  'Trigger: refuses (42501) any change of a built-in row outside the extension''s scripts.';

CREATE OR REPLACE FUNCTION dwello.guard_append() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_append' LANGUAGE c;
COMMENT ON FUNCTION dwello.guard_append IS
  'Trigger: refuses (42501) UPDATE, DELETE and TRUNCATE; with the argument ''pending'' a pending row may be ended once.';

CREATE OR REPLACE FUNCTION dwello.guard_drop() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_drop' LANGUAGE c;
COMMENT ON FUNCTION dwello.guard_drop IS
  'Event trigger: loads the library, whose hook refuses (WD901) to drop the extension unless dwello.allow_drop is on.';

CREATE OR REPLACE FUNCTION dwello.forget_kept() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_forget_kept' LANGUAGE c;
COMMENT ON FUNCTION dwello.forget_kept IS
  'Trigger AFTER any change: from the commit on no backend uses what it keeps of the table in memory. Error 42501 when called otherwise.';

CREATE OR REPLACE FUNCTION dwello.uuidv7() RETURNS uuid
  AS 'MODULE_PATHNAME', 'dwello_uuidv7' LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION dwello.uuidv7 IS
  'A fresh time-ordered UUID (version 7): milliseconds of the clock, 12 bits of their fraction, 62 random bits; each greater than the one before in a session. No arguments, no errors.';
GRANT EXECUTE ON FUNCTION dwello.uuidv7 TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
