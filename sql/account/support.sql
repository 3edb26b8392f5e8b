/*
 * Who calls, for the policies of tables, and what documents of a profile and
 * of a bidding agent must be, for their CHECKs.
 */

/*
 * current_user_id
 *	The user that the token in dwello.token proves. Without a token it is
 *	NULL for the service, visitors, analysts and superusers, and an error
 *	for roles that act for users.
 *
 * role: app, service, support, analyst, admin, public
 * args: none
 * returns: the user's id, or NULL
 * errors:
 *	WD401: there is no token, and the caller's role acts for users
 *	WD402: the token is not good in this transaction
 *	WD601
 * example: homeowner
 *	SELECT dwello.current_user_id();
 */
CREATE OR REPLACE FUNCTION dwello.current_user_id()
RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_current_user_id';
GRANT EXECUTE ON FUNCTION dwello.current_user_id
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin, dwello_public;
COMMENT ON FUNCTION dwello.current_user_id IS
  'The user that the token in dwello.token proves. Errors: WD401, WD402, WD601. See reference.md#current_user_id.';

/*
 * reads_all
 *	Whether the caller's role is one of dwello_service that acts for nobody
 *	else. Such a role reads every row: the policies of the service ask.
 *
 * role: service
 * args: none
 * returns: true; false for a role that acts for users or visitors, too
 * errors:
 *	WD401: the role acts for users, too, and there is no token
 * example: superuser
 *	SELECT dwello.reads_all();
 */
CREATE OR REPLACE FUNCTION dwello.reads_all()
RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_reads_all';
GRANT EXECUTE ON FUNCTION dwello.reads_all TO dwello_service;
COMMENT ON FUNCTION dwello.reads_all IS
  'Whether the caller''s role is one of dwello_service that acts for nobody else. Errors: WD401. See reference.md#reads_all.';

/*
 * own_scopes
 *	The scopes of money that the caller is a side of. They are the
 *	caller's own id and the ids of the jobs whose escrow names them; the
 *	policy of ledger_entries asks for them.
 *
 * role: app, service, support, admin
 * args: none
 * returns: an array of ids; NULL without a token
 * errors:
 *	WD401 WD402 WD601
 * example: homeowner
 *	SELECT dwello.own_scopes();
 */
CREATE OR REPLACE FUNCTION dwello.own_scopes()
RETURNS uuid[]
LANGUAGE c STABLE SECURITY DEFINER PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'dwello_own_scopes';
GRANT EXECUTE ON FUNCTION dwello.own_scopes
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.own_scopes IS
  'The scopes of money that the caller is a side of. Errors: WD401, WD402, WD601. See reference.md#own_scopes.';

/*
 * service_areas_are_valid
 *	The CHECK of service_areas: a GeoJSON Polygon or MultiPolygon. Its
 *	rings are closed and on the globe; whether they cross is asked when the
 *	document is written.
 *
 * role: service, admin
 * args:
 *	document: the document
 * returns: whether it can be read
 * example: system
 *	SELECT dwello.service_areas_are_valid('{"type": "Polygon", "coordinates": []}');
 */
CREATE OR REPLACE FUNCTION dwello.service_areas_are_valid(document jsonb)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_service_areas_are_valid';
GRANT EXECUTE ON FUNCTION dwello.service_areas_are_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.service_areas_are_valid IS
  'The CHECK of service_areas: a GeoJSON Polygon or MultiPolygon. See reference.md#service_areas_are_valid.';

/*
 * working_hours_are_valid
 *	The CHECK of an agent's working_hours. Up to four spans of
 *	rising times for each day.
 *
 * role: service, admin
 * args:
 *	document: the document
 * returns: whether it can be read
 * example: system
 *	SELECT dwello.working_hours_are_valid('{"mon": ["08:00", "17:00"]}');
 */
CREATE OR REPLACE FUNCTION dwello.working_hours_are_valid(document jsonb)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_working_hours_are_valid';
GRANT EXECUTE ON FUNCTION dwello.working_hours_are_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.working_hours_are_valid IS
  'The CHECK of an agent''s working_hours. See reference.md#working_hours_are_valid.';
