/*
 * seal_logs
 *	Seals what the logs have got: rows that are final are bound to each other
 *	and to those before, so that verify_audit() can tell which was altered.
 *	What is written now is final for the call after the next. To be run
 *	hourly; each call reads the months that are not sealed.
 *
 * role: service
 * args:
 *	max_rows: 1 to 10000 rows of each log
 * returns: rows, one a log
 *	log: the log
 *	sealed: rows that this call has sealed
 *	seals: seals that they were put under
 *	is_complete: false where there are more
 * errors:
 *	22004
 *	22023: max_rows is out of range
 *	42501: the caller is not the system
 *	25006
 * example: system
 *	SELECT log, sealed, is_complete FROM dwello.seal_logs() WHERE log = 'payment_events';
 */
CREATE OR REPLACE FUNCTION dwello.seal_logs(max_rows integer DEFAULT 10000)
  RETURNS TABLE (log text, sealed bigint, seals integer, is_complete boolean)
  AS 'MODULE_PATHNAME', 'dwello_seal_logs' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.seal_logs IS
  'Seals what the logs have got: rows that are final are bound to each other and to those before, so that verify_audit() can tell which was altered. Errors: 22004, 22023, 42501, 25006. See reference.md#seal_logs.';
GRANT EXECUTE ON FUNCTION dwello.seal_logs TO dwello_service;

/*
 * verify_audit
 *	Compares the logs with their seals, and names what was altered, is
 *	missing or was added, the first of it first, up to a hundred things a log.
 *	No rows: they are what was sealed. Reads them whole.
 *
 * role: app, service, admin
 * args:
 *	log: one of the sealed logs; NULL for all
 * returns: rows, one a finding
 *	log: the log
 *	month: first day of the month
 *	seq: number of the seal; NULL for a row that is in none
 *	problem: row_changed, row_missing, row_added; seal_changed, seal_missing,
 *	  chain_missing
 *	row_key: key of the row; NULL for a seal
 * errors:
 *	WD401 WD402
 *	22001: log is longer than 63 characters
 *	22023: log is none that is sealed
 *	42501: the caller is neither the service nor an administrator
 * example: system
 *	SELECT count(*) AS findings FROM dwello.verify_audit();
 */
CREATE OR REPLACE FUNCTION dwello.verify_audit(log text DEFAULT NULL)
  RETURNS TABLE (log text, month date, seq integer, problem text, row_key text)
  AS 'MODULE_PATHNAME', 'dwello_verify_audit' LANGUAGE c STABLE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.verify_audit IS
  'Compares the logs with their seals, and names what was altered, is missing or was added, the first of it first, up to a hundred things a log. Errors: WD401, WD402, 22001, 22023, 42501. See reference.md#verify_audit.';
GRANT EXECUTE ON FUNCTION dwello.verify_audit TO dwello_app, dwello_service, dwello_admin;

/*
 * audit_history
 *	What the audit log has of a row, newest first.
 *
 * role: app, service, admin
 * args:
 *	table_name: the table, without its schema
 *	row_key: the row's id; where it has none its primary key, with a slash
 *	  between the columns
 *	before_id: of a record, those before it; NULL from the newest
 *	max_results: 1 to 200
 * returns: rows, one a record
 *	id: the record
 *	created_at: when
 *	operation: insert, update or delete
 *	user_id: the user who did it; NULL for the system and for nobody
 *	actor_role: in which role
 *	database_role: role of the database that did it
 *	session_role: role that the session had connected as
 *	request_id: setting dwello.request_id; NULL where none was given
 *	before: columns as they were, personal ones opened
 *	after: columns as they became, likewise
 *	withheld: columns that changed and are in neither: secrets, and personal
 *	  ones of somebody who was erased
 *	is_erased: true when personal columns cannot be opened any more
 * errors:
 *	WD401 WD402
 *	22001: table_name or row_key is too long
 *	22004
 *	22023: max_results is out of range
 *	42501: the caller is neither the service nor an administrator
 * example: admin
 *	SELECT count(*) AS records FROM dwello.audit_history('system_settings', 'nobody_set_this');
 */
CREATE OR REPLACE FUNCTION dwello.audit_history(table_name text, row_key text, before_id uuid DEFAULT NULL, max_results integer DEFAULT 50)
  RETURNS TABLE (id uuid, created_at timestamptz, operation text, user_id uuid, actor_role text, database_role text,
    session_role text, request_id text, before jsonb, after jsonb, withheld text[], is_erased boolean)
  AS 'MODULE_PATHNAME', 'dwello_audit_history' LANGUAGE c STABLE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.audit_history IS
  'What the audit log has of a row, newest first. Errors: WD401, WD402, 22001, 22004, 22023, 42501. See reference.md#audit_history.';
GRANT EXECUTE ON FUNCTION dwello.audit_history TO dwello_app, dwello_service, dwello_admin;

/*
 * audit_as_of
 *	A row as it was at a time, as far as the audit log has it: the records
 *	since it was last inserted, one put over the other. Without secrets, and
 *	without what is personal of somebody who was erased.
 *
 * role: app, service, admin
 * args:
 *	table_name: the table, without its schema
 *	row_key: as for audit_history()
 *	at: the time
 * returns: a row
 *	row_exists: false when it was deleted by then
 *	image: its columns; NULL when it was deleted
 *	is_complete: false when its insert is not in the log: then image has the
 *	  columns that were changed since
 *	is_erased: true when personal columns cannot be opened any more
 *	changed_at: when it was last changed by then
 * errors:
 *	WD401 WD402
 *	22001: table_name or row_key is too long
 *	22004
 *	22023: table_name or row_key is blank
 *	42501: the caller is neither the service nor an administrator
 *	P0002: nothing is recorded of the row until then
 * example: system
 *	SELECT a.row_exists, a.image ->> 'user_type' AS user_type, a.is_complete
 *	  FROM (SELECT created_at, row_key FROM dwello.audit_log
 *	         WHERE table_name = 'users' AND operation = 'insert' ORDER BY id LIMIT 1) AS l
 *	  CROSS JOIN LATERAL dwello.audit_as_of('users', l.row_key, l.created_at) AS a;
 */
CREATE OR REPLACE FUNCTION dwello.audit_as_of(
  table_name text,
  row_key text,
  at timestamptz,
  OUT row_exists boolean,
  OUT image jsonb,
  OUT is_complete boolean,
  OUT is_erased boolean,
  OUT changed_at timestamptz
)
  AS 'MODULE_PATHNAME', 'dwello_audit_as_of' LANGUAGE c STABLE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.audit_as_of IS
  'A row as it was at a time, as far as the audit log has it: the records since it was last inserted, one put over the other. Errors: WD401, WD402, 22001, 22004, 22023, 42501, P0002. See reference.md#audit_as_of.';
GRANT EXECUTE ON FUNCTION dwello.audit_as_of TO dwello_app, dwello_service, dwello_admin;
