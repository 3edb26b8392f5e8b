-- catalogue.sql
--	Rules that a fresh database with the extension must keep, each a query
--	whose rows are what breaks it: (object, detail).  catalogue.pl runs what
--	stands between two "rule" lines, after the part before the first one.

-- The members of the extension, whatever their kind.
CREATE TEMP VIEW member AS
SELECT d.classid, d.objid, d.objid::regclass AS rel
FROM pg_depend d
JOIN pg_extension e ON d.refobjid = e.oid
WHERE d.refclassid = 'pg_extension'::regclass
  AND d.deptype = 'e' AND e.extname = 'dwello';

-- Tables: ordinary, partitioned parents and partitions.
CREATE TEMP VIEW member_table AS
SELECT c.oid, c.relname, c.relkind, c.relispartition, c.relowner,
       c.relrowsecurity, c.relforcerowsecurity, c.relacl
FROM pg_class c
JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
WHERE c.relkind IN ('r', 'p');

CREATE TEMP VIEW member_function AS
SELECT p.*
FROM pg_proc p
JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid;

-- The roles that applications and workers use.
CREATE TEMP VIEW app_role AS
SELECT oid, rolname FROM pg_roles
WHERE rolname IN ('dwello_app', 'dwello_service', 'dwello_support',
                  'dwello_analyst', 'dwello_admin', 'dwello_public');

-- Shard-readiness: each table's group and the column that places a row.
-- 'own' is a group whose rows are keyed by their own value; 'log' is
-- partitioned by month and keyed by nothing; 'reference' is small and
-- everywhere.
CREATE TEMP TABLE placement (relname, placement, key) AS VALUES
    ('users', 'user', 'id'),
    ('user_profiles', 'user', 'user_id'),
    ('user_addresses', 'user', 'user_id'),
    ('tax_profiles', 'user', 'user_id'),
    ('provider_credentials', 'user', 'user_id'),
    ('provider_stats', 'user', 'user_id'),
    ('payment_methods', 'user', 'user_id'),
    ('ai_bidding_agents', 'user', 'user_id'),
    ('agent_day_counters', 'user', 'user_id'),
    ('agent_wakes', 'user', 'user_id'),
    ('agent_parameters', 'user', 'user_id'),
    ('mandates', 'user', 'user_id'),
    ('agent_outcomes', 'user', 'user_id'),
    ('notifications', 'user', 'user_id'),
    ('saved_searches', 'user', 'user_id'),
    ('token_cutoffs', 'user', 'user_id'),
    ('payouts', 'user', 'user_id'),
    ('repayments', 'user', 'user_id'),
    ('jobs', 'job', 'id'),
    ('job_sites', 'job', 'job_id'),
    ('job_requirements', 'job', 'job_id'),
    ('job_progress', 'job', 'job_id'),
    ('job_milestones', 'job', 'job_id'),
    ('job_invites', 'job', 'job_id'),
    ('bids', 'job', 'job_id'),
    ('bid_versions', 'job', 'job_id'),
    ('bid_ranks', 'job', 'job_id'),
    ('bid_floors', 'job', 'job_id'),
    ('bid_materials', 'job', 'job_id'),
    ('counter_offers', 'job', 'job_id'),
    ('change_orders', 'job', 'job_id'),
    ('refund_requests', 'job', 'job_id'),
    ('escrow_accounts', 'job', 'job_id'),
    ('escrow_events', 'job', 'job_id'),
    ('cancellation_terms', 'job', 'job_id'),
    ('disputes', 'job', 'job_id'),
    ('chargebacks', 'scope', 'scope_id'),
    ('market_prices', 'job', 'job_id'),
    ('messages', 'job', 'job_id'),
    ('reviews', 'job', 'job_id'),
    ('review_responses', 'job', 'job_id'),
    ('agent_work', 'job', 'job_id'),
    ('agent_answers', 'job', 'job_id'),
    ('ai_agent_activity', 'log', NULL),
    ('transactions', 'scope', 'scope_id'),
    ('ledger_entries', 'scope', 'scope_id'),
    ('idempotency_keys', 'scope', 'scope_id'),
    ('authorizations', 'job', 'job_id'),
    ('refunds', 'scope', 'scope_id'),
    ('invoices', 'scope', 'scope_id'),
    ('outbox', 'scope', 'scope_id'),
    ('outbox_deliveries', 'scope', 'scope_id'),
    ('outbox_consumers', 'own', NULL),
    ('job_tiles', 'own', NULL),
    ('category_statistics', 'own', NULL),
    ('job_tile_refresh', 'own', NULL),
    ('user_emails', 'own', NULL),
    ('payment_events', 'own', NULL),
    ('log_chains', 'own', NULL),
    ('log_seals', 'own', NULL),
    ('receipts', 'own', NULL),
    ('statement_lines', 'own', NULL),
    ('api_keys', 'own', NULL),
    ('api_key_uses', 'own', NULL),
    ('user_codes', 'user', 'user_id'),
    ('contact_requests', 'own', NULL),
    ('token_uses', 'own', NULL),
    ('user_sessions', 'own', NULL),
    ('used_refresh_tokens', 'own', NULL),
    ('ledger_accounts', 'own', NULL),
    ('user_activity_logs', 'log', NULL),
    ('audit_log', 'log', NULL),
    ('data_access_log', 'log', NULL),
    ('platform_metrics', 'log', NULL),
    ('service_categories', 'reference', NULL),
    ('category_overrides', 'reference', NULL),
    ('category_amounts', 'reference', NULL),
    ('fee_schedules', 'reference', NULL),
    ('promo_codes', 'reference', NULL),
    ('fx_rates', 'reference', NULL),
    ('accounting_periods', 'reference', NULL),
    ('period_balances', 'reference', NULL),
    ('journals', 'own', NULL),
    ('invoice_series', 'own', NULL),
    ('invoice_watermark', 'reference', NULL),
    ('member_parts_defaults', 'reference', NULL),
    ('psp_units', 'reference', NULL),
    ('setting_amounts', 'reference', NULL),
    ('system_settings', 'reference', NULL),
    ('system_settings_defaults', 'reference', NULL),
    ('feature_flags', 'reference', NULL),
    ('feature_flags_defaults', 'reference', NULL),
    ('agent_switches', 'reference', NULL),
    ('data_identity', 'reference', NULL),
    ('person_keys', 'user', 'user_id'),
    ('key_ids', 'reference', NULL),
    ('heartbeat', 'reference', NULL),
    ('custom_json_schemas', 'reference', NULL);

-- The name by which a table is placed: a partition goes with its parent.
CREATE TEMP VIEW placed AS
SELECT t.oid, t.relname, p.placement, p.key
FROM member_table t
LEFT JOIN pg_inherits i ON i.inhrelid = t.oid
LEFT JOIN placement p
       ON p.relname = coalesce(i.inhparent::regclass::oid,
                               t.oid)::regclass::text
       OR 'dwello.' || p.relname = coalesce(i.inhparent, t.oid)::regclass::text;

-- Foreign keys between members, with their column names in order.
CREATE TEMP VIEW foreign_key AS
SELECT k.oid, k.conname, k.conrelid, k.confrelid, k.conkey,
       (SELECT array_agg(a.attname::text ORDER BY u.n)
        FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, n)
        JOIN pg_attribute a ON a.attrelid = k.conrelid
                           AND a.attnum = u.attnum) AS columns,
       (SELECT array_agg(a.attname::text ORDER BY u.n)
        FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, n)
        JOIN pg_attribute a ON a.attrelid = k.confrelid
                           AND a.attnum = u.attnum) AS targets
FROM pg_constraint k
JOIN member_table t ON t.oid = k.conrelid
WHERE k.contype = 'f';

-- rule: every member belongs to dwello_owner
SELECT m.rel::text AS object, pg_get_userbyid(c.relowner) AS detail
FROM member m JOIN pg_class c ON c.oid = m.objid
WHERE m.classid = 'pg_class'::regclass
  AND pg_get_userbyid(c.relowner) <> 'dwello_owner'
UNION ALL
SELECT p.oid::regprocedure::text, pg_get_userbyid(p.proowner)
FROM member_function p
WHERE pg_get_userbyid(p.proowner) <> 'dwello_owner'
UNION ALL
SELECT y.typname, pg_get_userbyid(y.typowner)
FROM member m JOIN pg_type y ON y.oid = m.objid
WHERE m.classid = 'pg_type'::regclass
  AND pg_get_userbyid(y.typowner) <> 'dwello_owner'
UNION ALL
SELECT n.nspname, pg_get_userbyid(n.nspowner)
FROM member m JOIN pg_namespace n ON n.oid = m.objid
WHERE m.classid = 'pg_namespace'::regclass
  AND pg_get_userbyid(n.nspowner) <> 'dwello_owner';

-- rule: members stand in schema dwello
SELECT p.oid::regprocedure::text, p.pronamespace::regnamespace::text
FROM member_function p
WHERE p.pronamespace <> 'dwello'::regnamespace
UNION ALL
SELECT c.oid::regclass::text, c.relnamespace::regnamespace::text
FROM member m JOIN pg_class c ON c.oid = m.objid
WHERE m.classid = 'pg_class'::regclass
  AND c.relnamespace <> 'dwello'::regnamespace;

-- rule: dwello_owner is a role that nobody can be
SELECT rolname, 'login, superuser, bypassrls or createrole'
FROM pg_roles
WHERE rolname = 'dwello_owner'
  AND (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole)
UNION ALL
SELECT m.member::regrole::text, 'is a member of dwello_owner'
FROM pg_auth_members m
WHERE m.roleid = 'dwello_owner'::regrole;

-- rule: every definer function has the one pinned path
SELECT p.oid::regprocedure::text, coalesce(p.proconfig::text, 'no SET clause')
FROM member_function p
CROSS JOIN (SELECT x.extnamespace::regnamespace AS postgis
            FROM pg_extension x WHERE x.extname = 'postgis') g
WHERE p.prosecdef
  AND p.proconfig IS DISTINCT FROM
      CASE WHEN p.prorettype = 'trigger'::regtype
           THEN ARRAY['row_security=on'] ELSE '{}' END  -- it fires in a restore
      || ('search_path=pg_catalog, dwello, ' || g.postgis || ', pg_temp');

-- rule: immutable functions and current_user_id() have no SET clause
SELECT p.oid::regprocedure::text, p.proconfig::text
FROM member_function p
WHERE p.proconfig IS NOT NULL
  AND (p.provolatile = 'i' OR p.proname = 'current_user_id');

-- rule: an immutable function is not a definer
SELECT p.oid::regprocedure::text, 'SECURITY DEFINER'
FROM member_function p
WHERE p.prosecdef AND p.provolatile = 'i';

-- rule: functions are C, but for the script of the demo
SELECT p.oid::regprocedure::text, l.lanname::text
FROM member_function p JOIN pg_language l ON l.oid = p.prolang
WHERE l.lanname <> 'c' AND p.proname <> 'load_demo';

-- rule: PUBLIC may execute nothing
SELECT p.oid::regprocedure::text, a.privilege_type
FROM member_function p,
     aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE a.grantee = 0;

-- rule: PUBLIC has nothing on schema and tables
SELECT t.relname::text, a.privilege_type
FROM member_table t, aclexplode(t.relacl) a
WHERE a.grantee = 0
UNION ALL
SELECT n.nspname, a.privilege_type
FROM pg_namespace n, aclexplode(n.nspacl) a
WHERE n.nspname = 'dwello' AND a.grantee = 0;

-- rule: an application role can read, but write no table
SELECT c.oid::regclass::text, r.rolname || ': ' || a.privilege_type
FROM member m
JOIN pg_class c ON c.oid = m.objid
CROSS JOIN aclexplode(c.relacl) a
JOIN app_role r ON r.oid = a.grantee
WHERE m.classid = 'pg_class'::regclass AND a.privilege_type <> 'SELECT'
UNION ALL
SELECT c.oid::regclass || '.' || t.attname, r.rolname || ': ' || a.privilege_type
FROM member m
JOIN pg_class c ON c.oid = m.objid
JOIN pg_attribute t ON t.attrelid = c.oid
CROSS JOIN aclexplode(t.attacl) a
JOIN app_role r ON r.oid = a.grantee
WHERE m.classid = 'pg_class'::regclass AND a.privilege_type <> 'SELECT'
UNION ALL
SELECT n.nspname, r.rolname || ': ' || a.privilege_type
FROM pg_namespace n
CROSS JOIN aclexplode(n.nspacl) a
JOIN app_role r ON r.oid = a.grantee
WHERE n.nspname = 'dwello' AND a.privilege_type <> 'USAGE';

-- rule: nothing with a secret can be read by an application role
SELECT a.attrelid::regclass || '.' || a.attname, r.rolname::text
FROM pg_attribute a
JOIN member_table t ON t.oid = a.attrelid
CROSS JOIN app_role r
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND (a.attname IN ('password_hash') OR a.attname ~ '_(index|bidx|blind)$')
  AND has_column_privilege(r.oid, a.attrelid, a.attnum, 'SELECT');

-- rule: every function is granted to someone
SELECT p.oid::regprocedure::text, 'only its owner may call it'
FROM member_function p
WHERE p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
  AND NOT EXISTS (
      SELECT FROM aclexplode(p.proacl) a
      WHERE a.grantee IN (SELECT oid FROM app_role))
  AND p.proname NOT IN ('create_keyring', 'load_demo', 'retire_key', 'rotate_key')
  AND NOT EXISTS (SELECT FROM pg_amproc s WHERE s.amproc = p.oid)
  AND NOT EXISTS (SELECT FROM pg_operator o WHERE p.oid IN (o.oprcode, o.oprrest))
  AND NOT EXISTS (SELECT FROM pg_type y
                  WHERE p.oid IN (y.typinput, y.typoutput, y.typreceive,
                                  y.typsend));

-- rule: row-level security is enabled and forced everywhere
SELECT t.relname::text,
       concat_ws(', ', CASE WHEN NOT t.relrowsecurity THEN 'not enabled' END,
                       CASE WHEN NOT t.relforcerowsecurity THEN 'not forced' END)
FROM member_table t
WHERE NOT (t.relrowsecurity AND t.relforcerowsecurity);

-- rule: dwello_owner has one policy, and it hides nothing
SELECT t.relname::text, count(o.oid) || ' policies'
FROM member_table t
LEFT JOIN pg_policy o
       ON o.polrelid = t.oid
      AND o.polroles = ARRAY['dwello_owner'::regrole::oid]
      AND pg_get_expr(o.polqual, o.polrelid) = 'true'
      AND o.polcmd = '*'
GROUP BY t.relname
HAVING count(o.oid) <> 1;

-- rule: what a role may read has a policy for it
SELECT t.relname::text, r.rolname::text
FROM member_table t
CROSS JOIN app_role r
WHERE has_any_column_privilege(r.oid, t.oid, 'SELECT')
  AND NOT EXISTS (
      SELECT FROM pg_policy o
      WHERE o.polrelid = t.oid AND o.polcmd IN ('r', '*')
        AND (o.polroles = '{0}' OR r.oid = ANY (o.polroles)));

-- rule: a policy for applications begins with the identity
SELECT o.polrelid::regclass || '.' || o.polname,
       pg_get_expr(o.polqual, o.polrelid)
FROM pg_policy o
JOIN member_table t ON t.oid = o.polrelid
WHERE o.polroles <> ARRAY['dwello_owner'::regrole::oid]
  AND o.polroles <> ARRAY['dwello_service'::regrole::oid]
  AND o.polroles <> ARRAY['dwello_public'::regrole::oid]
  AND pg_get_expr(o.polqual, o.polrelid) NOT LIKE '%current_user_id()%';

-- rule: a policy for visitors calls nothing, and is of what is listed or public
SELECT o.polrelid::regclass || '.' || o.polname,
       pg_get_expr(o.polqual, o.polrelid)
FROM pg_policy o
JOIN member_table t ON t.oid = o.polrelid
WHERE 'dwello_public'::regrole = ANY (o.polroles)
  AND (o.polroles <> ARRAY['dwello_public'::regrole::oid]
       OR regexp_replace(pg_get_expr(o.polqual, o.polrelid), 'statement_timestamp\(\)', '') ~ '\w\('
       OR NOT (pg_get_expr(o.polqual, o.polrelid) ~ '\mis_(listed|public)\M'
               OR t.relname ~ 'categor'));

-- rule: a policy names its roles, and the service's asks what its role is
SELECT o.polrelid::regclass || '.' || o.polname, o.polroles::text
FROM pg_policy o
JOIN member_table t ON t.oid = o.polrelid
WHERE 0 = ANY (o.polroles)
   OR ('dwello_service'::regrole = ANY (o.polroles)
       AND pg_get_expr(o.polqual, o.polrelid) <> 'dwello.reads_all()');

-- rule: nothing is known to the planner of amounts that rivals must not know
SELECT a.attrelid::regclass || '.' || a.attname, 'statistics are kept'
FROM pg_attribute a
JOIN member_table t ON t.oid = a.attrelid
WHERE t.relname ~ '^(bid|counter_offer|change_order)' AND a.atttypid = 'bigint'::regtype
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget IS DISTINCT FROM 0;

-- rule: no policy holds a subquery
SELECT o.polrelid::regclass || '.' || o.polname,
       pg_get_expr(o.polqual, o.polrelid)
FROM pg_policy o
JOIN member_table t ON t.oid = o.polrelid
WHERE concat(o.polqual, o.polwithcheck) LIKE '%{SUBLINK%';

-- rule: views run as whoever reads them, but for the analysts', which only they read
SELECT c.oid::regclass::text, coalesce(c.reloptions::text, 'no options')
FROM pg_class c
JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
WHERE c.relkind IN ('v', 'm')
  AND NOT coalesce(c.reloptions, '{}') @> CASE WHEN c.relname LIKE 'analyst\_%'
    THEN '{security_barrier=true}' ELSE '{security_invoker=true}' END::text[]
UNION ALL
SELECT c.oid::regclass::text, 'granted to ' || x.grantee::regrole
FROM pg_class c
JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
CROSS JOIN aclexplode(c.relacl) x
WHERE c.relkind = 'v' AND c.relname LIKE 'analyst\_%'
  AND x.grantee NOT IN ('dwello_analyst'::regrole, c.relowner);

-- rule: every member has a comment
SELECT c.oid::regclass::text, 'relation'
FROM member m JOIN pg_class c ON c.oid = m.objid
WHERE m.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p', 'v', 'm', 'c')
  AND obj_description(c.oid, 'pg_class') IS NULL
UNION ALL
SELECT p.oid::regprocedure::text, 'function'
FROM member_function p
WHERE obj_description(p.oid, 'pg_proc') IS NULL
UNION ALL
SELECT y.oid::regtype::text, 'type'
FROM member m JOIN pg_type y ON y.oid = m.objid
WHERE m.classid = 'pg_type'::regclass AND y.typelem = 0
  AND y.typtype IN ('e', 'b', 'd', 'r')
  AND obj_description(y.oid, 'pg_type') IS NULL
UNION ALL
SELECT n.nspname, 'schema'
FROM pg_namespace n
WHERE n.nspname = 'dwello' AND obj_description(n.oid, 'pg_namespace') IS NULL;

-- rule: every column has a comment
SELECT a.attrelid::regclass || '.' || a.attname, 'column'
FROM member m
JOIN pg_class c ON c.oid = m.objid
JOIN pg_attribute a ON a.attrelid = c.oid
WHERE m.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p', 'v', 'm', 'c')
  AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped
  AND col_description(c.oid, a.attnum) IS NULL;

-- rule: every table is dumped, but for those of the version
SELECT t.relname::text, 'not registered with pg_extension_config_dump'
FROM member_table t
CROSS JOIN (SELECT extconfig FROM pg_extension WHERE extname = 'dwello') e
WHERE t.relkind = 'r'
  AND t.relname NOT LIKE '%\_defaults'
  -- the numbers of its transactions mean nothing elsewhere
  AND t.relname NOT IN ('contact_requests', 'token_uses')
  AND NOT t.oid = ANY (coalesce(e.extconfig, '{}'))
UNION ALL
SELECT t.relname::text, 'a table of the version is dumped'
FROM member_table t
CROSS JOIN (SELECT extconfig FROM pg_extension WHERE extname = 'dwello') e
WHERE t.relname LIKE '%\_defaults' AND t.oid = ANY (e.extconfig);

-- rule: every foreign key has an index
-- An index whose first columns are those of the key, or a unique one on some
-- of them, which leaves at most one row to look at.
SELECT k.conrelid::regclass || '.' || k.conname, k.columns::text
FROM foreign_key k
WHERE NOT EXISTS (
    SELECT FROM pg_index i
    CROSS JOIN LATERAL (SELECT (i.indkey::int2[])[0:i.indnkeyatts - 1]) AS c (all_columns)
    CROSS JOIN LATERAL (SELECT all_columns[1:cardinality(k.conkey)]) AS f (first_columns)
    WHERE i.indrelid = k.conrelid AND i.indisvalid
      AND ((first_columns @> k.conkey AND first_columns <@ k.conkey
            AND (i.indpred IS NULL
                 OR pg_get_expr(i.indpred, i.indrelid) LIKE '%IS NOT NULL%'))
           OR (i.indisunique AND i.indpred IS NULL
               AND all_columns <@ k.conkey)));

-- rule: foreign keys make no cycle
WITH RECURSIVE walk (start, node, path) AS (
    SELECT k.conrelid, k.confrelid, ARRAY[k.conrelid, k.confrelid]
    FROM foreign_key k WHERE k.conrelid <> k.confrelid
    UNION ALL
    SELECT w.start, k.confrelid, w.path || k.confrelid
    FROM walk w
    JOIN foreign_key k ON k.conrelid = w.node AND k.conrelid <> k.confrelid
    WHERE w.node <> w.start AND NOT k.confrelid = ANY (w.path[2:])
)
SELECT start::regclass::text, path::regclass[]::text
FROM walk WHERE node = start;

-- rule: every table is placed
SELECT p.relname::text, 'not in the placement map of this lint'
FROM placed p WHERE p.placement IS NULL;

-- rule: keys begin with what places the row
SELECT k.conrelid::regclass || '.' || k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint k
JOIN placed p ON p.oid = k.conrelid
JOIN pg_attribute a ON a.attrelid = p.oid AND a.attname = p.key
WHERE k.contype = 'p' AND p.placement IN ('user', 'job', 'scope')
  AND k.conkey[1] <> a.attnum
UNION ALL
SELECT p.relname::text, 'has no primary key'
FROM placed p
WHERE p.placement IN ('user', 'job', 'scope', 'own', 'reference')
  AND NOT EXISTS (SELECT FROM pg_constraint k
                  WHERE k.conrelid = p.oid AND k.contype = 'p')
UNION ALL
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i
JOIN placed p ON p.oid = i.indrelid
JOIN pg_attribute a ON a.attrelid = p.oid AND a.attname = p.key
WHERE (i.indisunique OR i.indisexclusion)
  AND p.placement IN ('user', 'job', 'scope')
  AND NOT a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]);

-- rule: a foreign key that crosses groups, and no other, is named _xfk
SELECT k.conrelid::regclass || '.' || k.conname,
       f.placement || ' -> ' || t.placement
FROM foreign_key k
JOIN placed f ON f.oid = k.conrelid
JOIN placed t ON t.oid = k.confrelid
WHERE (f.placement <> t.placement AND t.placement <> 'reference')
      <> (k.conname LIKE '%\_xfk');

-- rule: a foreign key within a group carries the group's key
SELECT k.conrelid::regclass || '.' || k.conname, pg_get_constraintdef(k.oid)
FROM foreign_key k
JOIN placed f ON f.oid = k.conrelid
JOIN placed t ON t.oid = k.confrelid
WHERE f.placement = t.placement AND f.placement IN ('user', 'job', 'scope')
  AND NOT EXISTS (
      SELECT FROM unnest(k.columns, k.targets) AS c (near, far)
      WHERE c.near = f.key AND c.far = t.key);

-- rule: scope_id refers to no table
SELECT k.conrelid::regclass || '.' || k.conname, pg_get_constraintdef(k.oid)
FROM foreign_key k
WHERE k.confrelid IN (SELECT oid FROM member_table
                      WHERE relname IN ('jobs', 'users'))
  AND 'scope_id' = ANY (k.columns);

-- rule: a partitioned parent has neither key nor index
SELECT t.relname::text, i.indexrelid::regclass::text
FROM member_table t JOIN pg_index i ON i.indrelid = t.oid
WHERE t.relkind = 'p'
UNION ALL
SELECT k.conrelid::regclass::text, k.conname::text
FROM pg_constraint k
JOIN member_table t ON t.oid IN (k.conrelid, k.confrelid)
WHERE k.contype = 'f' AND (t.relkind = 'p' OR t.relispartition);

-- rule: a partitioned parent has its default partition and no other
SELECT t.relname::text, count(i.inhrelid) || ' partitions'
FROM member_table t
LEFT JOIN pg_inherits i ON i.inhparent = t.oid
WHERE t.relkind = 'p'
GROUP BY t.oid, t.relname
HAVING count(i.inhrelid) <> 1
    OR NOT bool_and(pg_get_expr((SELECT c.relpartbound FROM pg_class c
                                 WHERE c.oid = i.inhrelid), i.inhrelid)
                    = 'DEFAULT');

-- rule: a column has a plain type
SELECT a.attrelid::regclass || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a
JOIN member_table t ON t.oid = a.attrelid
JOIN pg_type y ON y.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND (y.typtype = 'd'
       OR y.typname IN ('varchar', 'bpchar', 'timestamp', 'money', 'json', 'float4')
       OR a.attidentity <> ''
       OR pg_get_serial_sequence(t.oid::regclass::text, a.attname) IS NOT NULL);

-- rule: money is bigint and has a currency beside it
SELECT a.attrelid::regclass || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a
JOIN member_table t ON t.oid = a.attrelid
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND (a.attname ~ '(^|_)(amount|cost|price|fee|payout|budget)$'
       OR a.attname IN ('budget_min', 'budget_max', 'funded', 'held',
                        'released', 'refunded'))
  AND a.atttypid NOT IN ('bigint'::regtype, 'boolean'::regtype);

-- rule: no argument or column is a reserved word
SELECT p.oid::regprocedure::text, w.word
FROM member_function p
CROSS JOIN unnest(p.proargnames) AS n (name)
JOIN pg_get_keywords() w ON w.word = n.name AND w.catcode IN ('R', 'T')
UNION ALL
SELECT a.attrelid::regclass::text, a.attname::text
FROM pg_attribute a
JOIN member_table t ON t.oid = a.attrelid
JOIN pg_get_keywords() w ON w.word = a.attname AND w.catcode IN ('R', 'T')
WHERE a.attnum > 0;

-- rule: every argument has a name
SELECT p.oid::regprocedure::text, coalesce(p.proargnames::text, 'none')
FROM member_function p
WHERE p.pronargs > 0
  AND (p.proargnames IS NULL OR '' = ANY (p.proargnames))
  AND NOT EXISTS (SELECT FROM pg_amproc s WHERE s.amproc = p.oid)
  AND NOT EXISTS (SELECT FROM pg_operator o WHERE p.oid IN (o.oprcode, o.oprrest))
  AND NOT EXISTS (SELECT FROM pg_type y
                  WHERE p.oid IN (y.typinput, y.typoutput, y.typreceive,
                                  y.typsend));

-- rule: commands are called on NULL, and end with version and key
SELECT p.oid::regprocedure::text, 'STRICT'
FROM member_function p
WHERE p.provolatile = 'v' AND p.proisstrict
UNION ALL
SELECT p.oid::regprocedure::text, p.proargnames::text
FROM member_function p
WHERE 'idempotency_key' = ANY (p.proargnames[:p.pronargs])
  AND p.proargnames[p.pronargs] <> 'idempotency_key'
UNION ALL
SELECT p.oid::regprocedure::text, p.proargnames::text
FROM member_function p
WHERE 'expected_version' = ANY (p.proargnames[:p.pronargs])
  AND p.proargnames[p.pronargs - 1] <> 'expected_version';

-- rule: every trigger is C, named, and dispatches by its arguments
SELECT t.tgrelid::regclass || '.' || t.tgname, p.proname::text
FROM pg_trigger t
JOIN member_table m ON m.oid = t.tgrelid
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal
  AND p.oid NOT IN (SELECT oid FROM member_function);

-- rule: no sequence is a member
SELECT c.oid::regclass::text, 'sequence'
FROM member m JOIN pg_class c ON c.oid = m.objid
WHERE m.classid = 'pg_class'::regclass AND c.relkind = 'S';

-- rule: every table is audited, or exempt for a reason
WITH exempt (relname) AS (VALUES
    -- append only, each row bound to the one before it
    ('transactions'), ('ledger_entries'), ('escrow_events'), ('payment_events'),
    ('log_seals'), ('log_chains'),
    -- made of other rows
    ('user_emails'), ('person_keys'), ('provider_stats'), ('notifications'),
    ('bid_versions'), ('bid_ranks'), ('bid_floors'), ('market_prices'), ('category_statistics'),
    ('agent_outcomes'), ('period_balances'), ('invoice_watermark'),
    ('job_tiles'), ('job_tile_refresh'),
    -- events, requests and counters on their way
    ('outbox'), ('outbox_consumers'), ('outbox_deliveries'),
    ('idempotency_keys'), ('agent_wakes'), ('agent_work'), ('agent_answers'),
    ('agent_day_counters'), ('platform_metrics'), ('api_key_uses'),
    ('used_refresh_tokens'), ('contact_requests'), ('token_uses'))
SELECT t.relname::text,
       CASE WHEN e.relname IS NULL THEN 'no trigger records its changes'
            ELSE 'it is exempt and has a trigger' END
FROM member_table t
LEFT JOIN exempt e ON e.relname = t.relname
WHERE t.relkind = 'r' AND NOT t.relispartition
  AND t.relname NOT LIKE '%\_defaults'
  AND (e.relname IS NOT NULL) = EXISTS (
      SELECT FROM pg_trigger g
      WHERE g.tgrelid = t.oid AND g.tgname = 'audit_row'
        AND g.tgfoid = 'dwello.audit_row()'::regprocedure
        AND g.tgtype = 1 + CASE t.relname WHEN 'statement_lines' THEN 0
                                          ELSE 4 END + 8 + 16
        AND encode(g.tgargs, 'escape') = t.relname || '\000')
UNION ALL
SELECT e.relname, 'there is no such table' FROM exempt e
WHERE NOT EXISTS (SELECT FROM member_table t WHERE t.relname = e.relname);

-- rule: what is audited cannot be truncated
SELECT g.tgrelid::regclass::text, 'no guard_truncate'
FROM pg_trigger g
WHERE g.tgname = 'audit_row'
  AND NOT EXISTS (SELECT FROM pg_trigger x
                  WHERE x.tgrelid = g.tgrelid AND x.tgname = 'guard_truncate'
                    AND x.tgtype = 2 + 32);
