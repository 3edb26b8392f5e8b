/*
 * audit_row
 *	Trigger AFTER a change of a row that records it in dwello.audit_log;
 *	its argument is the name of the table. What a restore inserts has its
 *	records already.
 *
 * role: owner
 * errors:
 *	42501: called otherwise
 *	WD402
 */
CREATE OR REPLACE FUNCTION dwello.audit_row() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_audit_row' LANGUAGE c;
COMMENT ON FUNCTION dwello.audit_row IS
  'Trigger AFTER a change of a row that records it in dwello.audit_log; its argument is the name of the table. Errors: 42501, WD402.';

/*
 * guard_truncate
 *	Trigger that rejects TRUNCATE of an audited table.
 *
 * role: owner
 * errors:
 *	42501: such a statement
 */
CREATE OR REPLACE FUNCTION dwello.guard_truncate() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_truncate' LANGUAGE c;
COMMENT ON FUNCTION dwello.guard_truncate IS
  'Trigger that rejects TRUNCATE of an audited table. Errors: 42501.';
