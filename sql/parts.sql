CREATE EVENT TRIGGER dwello_guard_drop ON ddl_command_start EXECUTE FUNCTION dwello.guard_drop();
-- also for a session that replays another server's changes
ALTER EVENT TRIGGER dwello_guard_drop ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER dwello_guard_drop IS
  'Loads the library, so that no session can drop the extension unawares; does nothing else.';

/*
 * What the members consist of, as the script made them: check() holds the
 * catalogue against it, because a column that somebody adds makes a restore
 * fail, an index, trigger or policy is lost in one, and one that is altered
 * guards nothing any more.  What the server says of a definition is of its
 * major version, so that is a part as well.
 */
CREATE TABLE dwello.member_parts_defaults (
  table_name text NOT NULL,
  part text NOT NULL,
  name text NOT NULL,
  digest text NOT NULL,
  CONSTRAINT member_parts_defaults_pkey PRIMARY KEY (table_name, part, name)
);
COMMENT ON TABLE dwello.member_parts_defaults IS
  'Columns, constraints, indexes, triggers, rules and policies of every table, and views and functions, as installed; belongs to the version, not to the dump.';
COMMENT ON COLUMN dwello.member_parts_defaults.table_name IS 'The table or view; empty for a function and the server.';
COMMENT ON COLUMN dwello.member_parts_defaults.part IS 'column, constraint, index, trigger, rule, policy, view, function or server.';
COMMENT ON COLUMN dwello.member_parts_defaults.name IS 'Name of the part; of a function with its arguments.';
COMMENT ON COLUMN dwello.member_parts_defaults.digest IS 'MD5 of its definition; of the server its major version.';

CREATE VIEW dwello.member_parts WITH (security_invoker = true) AS
  WITH member AS (
    SELECT d.classid, d.objid
      FROM pg_catalog.pg_depend AS d
      JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
     WHERE e.extname = 'dwello'
       AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
       AND d.deptype = 'e'),
  postgis AS (
    SELECT n.nspname || '.' AS prefix
      FROM pg_catalog.pg_extension AS e
      JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
     WHERE e.extname = 'postgis'),
  part AS (
  SELECT c.relname::text AS table_name, p.part, p.name, p.definition
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL (
      SELECT 'column' AS part, a.attname::text AS name,
             pg_catalog.concat_ws(' ', pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated,
               a.attidentity, pg_catalog.pg_get_expr(v.adbin, v.adrelid)) AS definition
        FROM pg_catalog.pg_attribute AS a
        LEFT JOIN pg_catalog.pg_attrdef AS v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'v'
      UNION ALL
      SELECT 'constraint', k.conname::text, pg_catalog.concat_ws(' ', pg_catalog.pg_get_constraintdef(k.oid), k.convalidated)
        FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = c.oid AND k.conparentid = 0 AND k.contype <> 'n'
      UNION ALL
      SELECT 'index', x.relname::text, pg_catalog.concat_ws(' ', pg_catalog.pg_get_indexdef(x.oid), i.indisvalid)
        FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid
      UNION ALL
      SELECT 'trigger', t.tgname::text, pg_catalog.pg_get_triggerdef(t.oid)
        FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
      UNION ALL
      SELECT 'rule', r.rulename::text, pg_catalog.concat_ws(' ', pg_catalog.pg_get_ruledef(r.oid), r.ev_enabled)
        FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN'
      UNION ALL
      SELECT 'policy', y.polname::text,
             pg_catalog.concat_ws(' ', y.polcmd, y.polpermissive,
               (SELECT pg_catalog.string_agg(o.rolname, ' ' ORDER BY o.rolname) FROM pg_catalog.pg_roles AS o WHERE o.oid = ANY (y.polroles)),
               0 = ANY (y.polroles), 'USING', pg_catalog.pg_get_expr(y.polqual, y.polrelid),
               'CHECK', pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid))
        FROM pg_catalog.pg_policy AS y WHERE y.polrelid = c.oid
      UNION ALL
      SELECT 'view', c.relname::text, pg_catalog.concat_ws(' ', pg_catalog.pg_get_viewdef(c.oid),
               (SELECT pg_catalog.string_agg(o, ' ' ORDER BY o) FROM pg_catalog.unnest(c.reloptions) AS o))
       WHERE c.relkind = 'v') AS p
   WHERE c.oid IN (SELECT m.objid FROM member AS m WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass)
     AND c.relkind IN ('r', 'p', 'v')
  UNION ALL
  SELECT '', 'function', pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
         pg_catalog.concat_ws(' ', l.lanname, p.prosrc, p.probin, p.prosecdef, p.proleakproof, p.proisstrict, p.provolatile,
           p.proparallel, p.proretset, pg_catalog.pg_get_function_result(p.oid), p.proconfig::text)
    FROM member AS m
    JOIN pg_catalog.pg_proc AS p ON p.oid = m.objid
    JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
   WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  UNION ALL
  SELECT '', 'server', 'major', (pg_catalog.current_setting('server_version_num')::integer / 10000)::text)
  -- which schema a name is of is said where the reader's path does not find it
  SELECT p.table_name, p.part,
         pg_catalog.replace(pg_catalog.replace(p.name, 'dwello.', ''), s.prefix, '') AS name,
         CASE WHEN p.part = 'server' THEN p.definition
              ELSE pg_catalog.md5(pg_catalog.replace(pg_catalog.replace(pg_catalog.translate(p.definition, '"', ''), 'dwello.', ''), s.prefix, ''))
          END AS digest
    FROM part AS p, postgis AS s;
COMMENT ON VIEW dwello.member_parts IS 'Columns, constraints, indexes, triggers, rules and policies of every table, and views and functions, as they are now.';
COMMENT ON COLUMN dwello.member_parts.table_name IS 'The table or view; empty for a function and the server.';
COMMENT ON COLUMN dwello.member_parts.part IS 'column, constraint, index, trigger, rule, policy, view, function or server.';
COMMENT ON COLUMN dwello.member_parts.name IS 'Name of the part; of a function with its arguments.';
COMMENT ON COLUMN dwello.member_parts.digest IS 'MD5 of its definition; of the server its major version.';
