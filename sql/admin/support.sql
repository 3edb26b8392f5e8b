/*
 * What defaults, triggers and views of many tables call.
 */

/*
 * error_codes
 *	Lists the SQLSTATEs of class WD. Needs no identity.
 *
 * role: app, service, support, analyst, admin
 * args: none
 * returns: rows, one a code
 *	code: the SQLSTATE
 *	name: its name
 *	http_status: HTTP status a gateway should answer with
 *	retryable: the same call may succeed later
 *	meaning: what happened, and what to do
 * example: homeowner
 *	SELECT code, name, http_status, retryable FROM dwello.error_codes() WHERE code = 'WD103';
 */
CREATE OR REPLACE FUNCTION dwello.error_codes()
  RETURNS TABLE (code text, name text, http_status integer, retryable boolean, meaning text)
  AS 'MODULE_PATHNAME', 'dwello_error_codes' LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION dwello.error_codes IS
  'Lists the SQLSTATEs of class WD. See reference.md#error_codes.';
GRANT EXECUTE ON FUNCTION dwello.error_codes TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;

/*
 * touch_updated_at
 *	Trigger BEFORE UPDATE that sets updated_at.
 *
 * role: owner
 * errors:
 *	42501: called otherwise
 */
CREATE OR REPLACE FUNCTION dwello.touch_updated_at() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_touch_updated_at' LANGUAGE c;
COMMENT ON FUNCTION dwello.touch_updated_at IS
  'Trigger BEFORE UPDATE that sets updated_at. Errors: 42501.';

/*
 * guard_builtin
 *	Trigger that rejects any change of a built-in row outside the
 *	extension's scripts.
 *
 * role: owner
 * errors:
 *	42501: such a change
 */
CREATE OR REPLACE FUNCTION dwello.guard_builtin() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_builtin' LANGUAGE c;
COMMENT ON FUNCTION dwello.guard_builtin IS
  'Trigger that rejects any change of a built-in row outside the extension''s scripts. Errors: 42501.';

/*
 * guard_append
 *	Trigger that rejects UPDATE, DELETE and TRUNCATE; with the argument
 *	'pending' a pending row may be ended once.
 *
 * role: owner
 * errors:
 *	42501: such a change
 */
CREATE OR REPLACE FUNCTION dwello.guard_append() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_append' LANGUAGE c;
COMMENT ON FUNCTION dwello.guard_append IS
  'Trigger that rejects UPDATE, DELETE and TRUNCATE; with the argument ''pending'' a pending row may be ended once. Errors: 42501.';

/*
 * guard_cycle
 *	Trigger AFTER a change of a category, at the end of the transaction,
 *	that rejects a category below itself. It sees what other transactions
 *	have committed at any isolation level, and lets one at a time look.
 *
 * role: owner
 * errors:
 *	23514: a category below itself (category_cycle)
 *	42501: called otherwise
 */
CREATE OR REPLACE FUNCTION dwello.guard_cycle() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_cycle' LANGUAGE c SECURITY DEFINER
  SET row_security = on;  -- a restore has it off
COMMENT ON FUNCTION dwello.guard_cycle IS
  'Trigger AFTER a change of a category, at the end of the transaction, that rejects a category below itself. Errors: 23514, 42501.';

/*
 * guard_drop
 *	Event trigger that loads the library, whose hook keeps the extension
 *	from being dropped unless dwello.allow_drop is on.
 *
 * role: owner
 * errors:
 *	WD901: raised by the hook
 */
CREATE OR REPLACE FUNCTION dwello.guard_drop() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_drop' LANGUAGE c;
COMMENT ON FUNCTION dwello.guard_drop IS
  'Event trigger that loads the library, whose hook keeps the extension from being dropped unless dwello.allow_drop is on. Errors: WD901.';

/*
 * forget_kept
 *	Trigger AFTER any change: from the commit on no backend uses what it
 *	keeps in memory of the table that its argument names.
 *
 * role: owner
 * errors:
 *	42501: called otherwise
 */
CREATE OR REPLACE FUNCTION dwello.forget_kept() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_forget_kept' LANGUAGE c;
COMMENT ON FUNCTION dwello.forget_kept IS
  'Trigger AFTER any change: from the commit on no backend uses what it keeps in memory of the table that its argument names. Errors: 42501.';

/*
 * uuidv7
 *	A fresh time-ordered UUID (version 7): milliseconds of the clock, 12
 *	bits of their fraction, 62 random bits. Each is greater than the one
 *	before in a session.
 *
 * role: app, service, support, analyst, admin
 * args: none
 * returns: the UUID
 * example: provider_1
 *	SELECT dwello.uuidv7() < dwello.uuidv7() AS rising;
 */
CREATE OR REPLACE FUNCTION dwello.uuidv7() RETURNS uuid
  AS 'MODULE_PATHNAME', 'dwello_uuidv7' LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION dwello.uuidv7 IS
  'A fresh time-ordered UUID (version 7): milliseconds of the clock, 12 bits of their fraction, 62 random bits. See reference.md#uuidv7.';
GRANT EXECUTE ON FUNCTION dwello.uuidv7 TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
