-- reference.sql
--	Writes the second half of docs/reference.md from the catalogue: tables,
--	types, settings and codes.  scripts/reference.sh puts both together.
SET search_path = dwello, public;
\echo '## Tables and views'
\echo
\echo 'Where it is not said otherwise, an application (`dwello_app`) may read all columns, and of the rows those that are for the caller:'
\echo '`SELECT *` is refused where it may read some columns alone.'
\echo
SELECT format(E'### %s\n\n%s%s\n\n| column | type | meaning |\n|---|---|---|\n%s\n', c.relname, obj_description(c.oid, 'pg_class'),
         CASE WHEN has_table_privilege('dwello_app', c.oid, 'SELECT') THEN ''
              WHEN has_any_column_privilege('dwello_app', c.oid, 'SELECT')
              THEN (SELECT ' Applications read ' || string_agg(a.attname, ', ' ORDER BY a.attnum) || '.'
                      FROM pg_attribute AS a
                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                       AND has_column_privilege('dwello_app', c.oid, a.attnum, 'SELECT'))
              ELSE ' Applications do not read it.' END,
         (SELECT string_agg(format('| %s | %s | %s |', a.attname,
                   replace(format_type(a.atttypid, a.atttypmod), '"', ''),
                   col_description(c.oid, a.attnum)), E'\n' ORDER BY a.attnum)
            FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
  FROM pg_class AS c
 WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
 ORDER BY c.relname;
\echo '## Types'
\echo
\echo '| type | labels | meaning |'
\echo '|---|---|---|'
SELECT format('| %s | %s | %s |', t.typname,
         (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid),
         obj_description(t.oid, 'pg_type'))
  FROM pg_type AS t
 WHERE t.typnamespace = 'dwello'::regnamespace AND (t.typtype = 'e' OR t.typtype = 'b' AND t.typelem = 0)
 ORDER BY t.typname;
\echo
\echo '## Settings of the operator'
\echo
\echo '| name | built-in value | meaning |'
\echo '|---|---|---|'
SELECT format('| %s | %s | %s |', d.name, d.value, d.description) FROM dwello.system_settings_defaults AS d ORDER BY d.name;
\echo
\echo '## Error codes'
\echo
\echo '| code | name | HTTP | retry | meaning |'
\echo '|---|---|---|---|---|'
SELECT format('| %s | %s | %s | %s | %s |', e.code, e.name, e.http_status, CASE WHEN e.retryable THEN 'yes' ELSE 'no' END, e.meaning)
  FROM dwello.error_codes AS e ORDER BY e.code;
