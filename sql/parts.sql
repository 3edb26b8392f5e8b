CREATE EVENT TRIGGER dwello_guard_drop ON ddl_command_start EXECUTE FUNCTION dwello.guard_drop();
-- also for a session that replays another server's changes
ALTER EVENT TRIGGER dwello_guard_drop ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER dwello_guard_drop IS
  'Loads the library, so that no session can drop the extension unawares; does nothing else.';

/*
 * What the members consist of, as the script made them: check() holds the
 * catalogue against it, because a column that somebody adds makes a restore
 * fail, and an index, trigger or policy is lost in one.
 */
CREATE TABLE dwello.member_parts_defaults (
  table_name text NOT NULL,
  part text NOT NULL,
  name text NOT NULL,
  CONSTRAINT member_parts_defaults_pkey PRIMARY KEY (table_name, part, name)
);
COMMENT ON TABLE dwello.member_parts_defaults IS
  'Columns, indexes, triggers and policies of every table as installed; belongs to the version, not to the dump.';
COMMENT ON COLUMN dwello.member_parts_defaults.table_name IS 'The table.';
COMMENT ON COLUMN dwello.member_parts_defaults.part IS 'column, index, trigger or policy.';
COMMENT ON COLUMN dwello.member_parts_defaults.name IS 'Name of the part.';

CREATE VIEW dwello.member_parts WITH (security_invoker = true) AS
  SELECT c.relname::text AS table_name, p.part, p.name
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL (
      SELECT 'column' AS part, a.attname::text AS name FROM pg_catalog.pg_attribute AS a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      UNION ALL
      SELECT 'index', x.relname::text FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid
      UNION ALL
      SELECT 'trigger', t.tgname::text FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
      UNION ALL
      SELECT 'policy', y.polname::text FROM pg_catalog.pg_policy AS y WHERE y.polrelid = c.oid) AS p
   WHERE c.oid IN (SELECT d.objid
                     FROM pg_catalog.pg_depend AS d
                     JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
                    WHERE e.extname = 'dwello'
                      AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                      AND d.deptype = 'e')
     AND c.relkind IN ('r', 'p');
COMMENT ON VIEW dwello.member_parts IS 'Columns, indexes, triggers and policies of every table as they are now.';
COMMENT ON COLUMN dwello.member_parts.table_name IS 'The table.';
COMMENT ON COLUMN dwello.member_parts.part IS 'column, index, trigger or policy.';
COMMENT ON COLUMN dwello.member_parts.name IS 'Name of the part.';
