-- reference.sql
--	Writes docs/reference.md from the comments in the catalogue:
--	psql -XAtq -f scripts/reference.sql DATABASE >docs/reference.md
--	test/lint/reference.pl fails when the page is stale.
SET search_path = dwello, public;
\echo '# Reference'
\echo
\echo 'Made from the comments in the catalogue by `scripts/reference.sql`; `\\df+ dwello.*` and `\\d+` show the same. Functions'
\echo 'take named arguments: `dwello.accept_bid(job_id => $1, bid_id => $2)`.'
\echo
\echo '## Functions'
\echo
SELECT format(E'### %s\n\n```\n%s(%s)\n  → %s\n```\n\n%s%s\n',
         p.proname, p.proname,
         replace(regexp_replace(regexp_replace(regexp_replace(pg_get_function_arguments(p.oid),
           '(, |^)OUT [^,]+', '', 'g'), 'INOUT ', '', 'g'), '::[a-z_ .]+(\[\])?', '', 'g'), ' DEFAULT ', ' = '),
         CASE WHEN p.prorettype = 'record'::regtype
              THEN CASE WHEN p.proretset THEN 'rows of ' ELSE '' END
                || (SELECT string_agg(format('%s %s', p.proargnames[n], format_type(p.proallargtypes[n], NULL)), ', ' ORDER BY n)
                      FROM generate_subscripts(p.proargmodes, 1) AS n WHERE p.proargmodes[n] IN ('o', 'b', 't'))
              ELSE pg_get_function_result(p.oid) END,
         obj_description(p.oid, 'pg_proc'),
         E'\n\nExecuted by: ' || coalesce((SELECT string_agg(DISTINCT g.grantee::regrole::text, ', ' ORDER BY g.grantee::regrole::text)
            FROM aclexplode(p.proacl) AS g WHERE g.grantee::regrole::text <> 'dwello_owner'), 'nobody') || '.')
  FROM pg_proc AS p
 WHERE p.pronamespace = 'dwello'::regnamespace
   AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'cstring'::regtype)
   AND NOT p.proargtypes::oid[] && ARRAY['internal', 'cstring']::regtype[]::oid[]
 ORDER BY p.proname;
\echo '## Tables and views'
\echo
SELECT format(E'### %s\n\n%s\n\n| column | type | meaning |\n|---|---|---|\n%s\n', c.relname, obj_description(c.oid, 'pg_class'),
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
