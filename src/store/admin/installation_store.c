/*
 * installation_store.c
 *		The health check: rules that an installation must obey.
 *
 * They read the catalogues and the settings, no row of anybody.  What the
 * installation script has granted is in pg_init_privs, and which parts its
 * tables have in member_parts_defaults: what differs, somebody did since.
 */
#include "postgres.h"

#include "store/admin/admin_store_int.h"

/* The members of the extension that are tables. */
#define MEMBER_TABLES \
	"pg_catalog.pg_depend AS d " \
	"JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid " \
	"AND e.extname = 'dwello' " \
	"JOIN pg_catalog.pg_class AS c ON c.oid = d.objid " \
	"WHERE d.refclassid = 'pg_extension'::regclass " \
	"AND d.classid = 'pg_class'::regclass AND d.deptype = 'e' "

/* The roles of dwello itself: groups, and the owner of everything. */
#define GROUP_ROLES \
	"o.rolname IN ('dwello_owner', 'dwello_app', 'dwello_service', " \
	"'dwello_support', 'dwello_analyst', 'dwello_admin', 'dwello_public') "

DwCheckRule dw_installation_rules[] =
{
	RULE("createrole_member",
		 "SELECT r.rolname::text, 'It has CREATEROLE.' "
		 "FROM pg_catalog.pg_roles AS r "
		 "WHERE r.rolcreaterole AND NOT r.rolsuper "
		 "AND current_setting('server_version_num')::integer < 160000 "
		 "ORDER BY 1",
		 "On this server such a role can make itself a member of dwello_owner: ALTER ROLE ... NOCREATEROLE."),
	RULE("createrole_member",
		 "SELECT m.rolname::text, 'It is a member of ' || o.rolname || '.' "
		 "FROM pg_catalog.pg_auth_members AS a "
		 "JOIN pg_catalog.pg_roles AS m ON m.oid = a.member "
		 "JOIN pg_catalog.pg_roles AS o ON o.oid = a.roleid "
		 "WHERE o.rolname = 'dwello_owner' AND NOT m.rolsuper ORDER BY 1",
		 "Nobody may become dwello_owner: REVOKE dwello_owner FROM the role."),
	RULE("function_schema_writable",
		 "SELECT coalesce(r.rolname, 'PUBLIC')::text, "
		 "format('It may create functions and operators in schema %I.', "
		 "n.nspname) "
		 "FROM pg_catalog.pg_extension AS e "
		 "JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace "
		 "CROSS JOIN LATERAL (SELECT a.grantee FROM aclexplode(coalesce("
		 "n.nspacl, acldefault('n', n.nspowner))) AS a "
		 "WHERE a.privilege_type = 'CREATE' "
		 "UNION SELECT n.nspowner) AS a "
		 "LEFT JOIN pg_catalog.pg_database AS d "
		 "ON d.datname = current_database() "
		 "AND a.grantee = 'pg_database_owner'::regrole "
		 "LEFT JOIN pg_catalog.pg_roles AS r "
		 "ON r.oid = coalesce(d.datdba, a.grantee) "
		 "WHERE e.extname = 'postgis' AND r.rolsuper IS NOT TRUE "
		 "ORDER BY 1",
		 "The functions of dwello look there, too, and would run an operator of its making as dwello_owner: REVOKE CREATE ON SCHEMA, or give PostGIS a schema of its own that a superuser owns."),
	RULE("token_in_settings",
		 "SELECT coalesce(r.rolname, d.datname, 'all')::text, "
		 "'ALTER ROLE or ALTER DATABASE sets dwello.token.' "
		 "FROM pg_catalog.pg_db_role_setting AS s "
		 "LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole "
		 "LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase "
		 "WHERE EXISTS (SELECT FROM unnest(s.setconfig) AS c "
		 "WHERE c COLLATE \"C\" ILIKE 'dwello.token=%') ORDER BY 1",
		 "A token in a setting makes everyone that user: RESET dwello.token there."),
	RULE("token_in_settings",
		 "SELECT p.oid::regprocedure::text, "
		 "'The function sets ' || split_part(c, '=', 1) || '.' "
		 "FROM pg_catalog.pg_proc AS p CROSS JOIN LATERAL unnest(p.proconfig) "
		 "AS c WHERE c COLLATE \"C\" ILIKE ANY (ARRAY['dwello.token=%', "
		 "'dwello.act\\_as\\_system=%']) ORDER BY 1, 2",
		 "A function that carries an identity gives it to its callers: ALTER FUNCTION ... RESET it."),
	RULE("role_attribute",
		 "WITH RECURSIVE granted AS (SELECT o.oid, 0 AS steps "
		 "FROM pg_catalog.pg_roles AS o WHERE " GROUP_ROLES
		 "UNION SELECT a.member, 1 FROM granted AS g "
		 "JOIN pg_catalog.pg_auth_members AS a ON a.roleid = g.oid) "
		 "SELECT r.rolname::text, 'It has ' || string_agg(DISTINCT v.name, "
		 "', ' ORDER BY v.name) || '.' FROM granted AS g "
		 "JOIN pg_catalog.pg_roles AS r ON r.oid = g.oid "
		 "CROSS JOIN LATERAL (VALUES ('LOGIN', r.rolcanlogin AND g.steps = 0), "
		 "('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls), "
		 "('CREATEROLE', r.rolcreaterole)) AS v (name, is_set) "
		 "WHERE v.is_set GROUP BY r.rolname ORDER BY 1",
		 "Row-level security and the commands' own checks hold for roles without it alone: ALTER ROLE ... with NO before it, and a login of its own for the work that needs it."),
	RULE("role_in_both",
		 "WITH RECURSIVE granted AS (SELECT o.oid, o.rolname AS role "
		 "FROM pg_catalog.pg_roles AS o "
		 "WHERE o.rolname IN ('dwello_service', 'dwello_app', "
		 "'dwello_support', 'dwello_admin', 'dwello_public') "
		 "UNION SELECT a.member, g.role FROM granted AS g "
		 "JOIN pg_catalog.pg_auth_members AS a ON a.roleid = g.oid) "
		 "SELECT r.rolname::text, 'It is a member of ' || string_agg(DISTINCT "
		 "g.role, ', ' ORDER BY g.role) || '.' FROM granted AS g "
		 "JOIN pg_catalog.pg_roles AS r ON r.oid = g.oid AND r.rolcanlogin "
		 "GROUP BY r.rolname HAVING bool_or(g.role = 'dwello_service') "
		 "AND count(DISTINCT g.role) > 1 ORDER BY 1",
		 "Without a token it is nobody (WD401), not the system: make two logins, one for each."),
	RULE("setting_in_roles",
		 "SELECT coalesce(r.rolname, d.datname, 'all')::text, "
		 "'ALTER ROLE or ALTER DATABASE sets ' || split_part(c, '=', 1) "
		 "|| '.' FROM pg_catalog.pg_db_role_setting AS s "
		 "LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole "
		 "LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase "
		 "CROSS JOIN LATERAL unnest(s.setconfig) AS c "
		 "WHERE (c COLLATE \"C\" ILIKE 'dwello.%') "
		 "AND (c COLLATE \"C\" NOT ILIKE 'dwello.token=%') "
		 "AND s.setdatabase IN (0, (SELECT o.oid FROM pg_catalog.pg_database "
		 "AS o WHERE o.datname = current_database())) ORDER BY 1, 2",
		 "Nobody who reads postgresql.conf sees it: RESET it there, and set it in postgresql.conf for all or in the session for one."),
	RULE("parameters_logged",
		 "SELECT s.name, 'It is ' || s.setting || '.' "
		 "FROM pg_catalog.pg_settings AS s WHERE (s.name IN ("
		 "'log_parameter_max_length', 'log_parameter_max_length_on_error', "
		 "'auto_explain.log_parameter_max_length') AND s.setting <> '0') "
		 "OR (s.name IN ('pgaudit.log_parameter', 'debug_print_plan', "
		 "'auto_explain.log_verbose') AND s.setting = 'on') "
		 "OR (s.name = 'log_statement' AND s.setting IN ('mod', 'all')) "
		 "ORDER BY 1",
		 "Tokens, addresses and telephones are parameters, and the log would show them: set the lengths to 0, the switches off, log_statement to none or ddl."),
	RULE("wrong_encoding",
		 "SELECT d.datname::text, 'Its encoding is ' "
		 "|| pg_encoding_to_char(d.encoding) || '.' "
		 "FROM pg_catalog.pg_database AS d "
		 "WHERE d.datname = current_database() "
		 "AND pg_encoding_to_char(d.encoding) <> 'UTF8'",
		 "Names and addresses of the world need UTF8: dump, and restore into CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0."),
	RULE("guard_off",
		 "SELECT t.tgrelid::regclass::text, 'Trigger ' || t.tgname "
		 "|| ' is disabled.' FROM pg_catalog.pg_trigger AS t "
		 "JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid "
		 "WHERE c.relnamespace = 'dwello'::regnamespace "
		 "AND t.tgenabled NOT IN ('O', 'A') ORDER BY 1, 2",
		 "ALTER TABLE ... ENABLE TRIGGER ALL."),
	RULE("guard_off",
		 "SELECT d.table_name, 'The ' || d.part || ' ' || d.name "
		 "|| ' is gone.' FROM dwello.member_parts_defaults AS d "
		 "WHERE d.part IN ('constraint', 'trigger', 'policy') "
		 "AND NOT EXISTS (SELECT FROM dwello.member_parts AS p "
		 "WHERE p.table_name = d.table_name AND p.part = d.part "
		 "AND p.name = d.name) ORDER BY 1, 2",
		 "Make it again as the installation script does, or restore a dump."),
	RULE("guard_off",
		 "SELECT c.oid::regclass::text, 'Row-level security is not forced.' "
		 "FROM pg_catalog.pg_class AS c "
		 "WHERE c.relnamespace = 'dwello'::regnamespace "
		 "AND c.relkind IN ('r', 'p') "
		 "AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1",
		 "ALTER TABLE ... ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY."),
	RULE("guard_off",
		 "SELECT t.evtname::text, 'The event trigger is not always on.' "
		 "FROM pg_catalog.pg_event_trigger AS t "
		 "WHERE t.evtname = 'dwello_guard_drop' "
		 "AND t.evtenabled <> 'A'",
		 "ALTER EVENT TRIGGER dwello_guard_drop ENABLE ALWAYS."),
	RULE("added_to_member",
		 "SELECT p.table_name, 'Somebody added the ' || p.part || ' ' "
		 "|| p.name || '.' FROM dwello.member_parts AS p "
		 "WHERE NOT EXISTS (SELECT FROM dwello.member_parts_defaults AS d "
		 "WHERE d.table_name = p.table_name AND d.part = p.part "
		 "AND d.name = p.name) ORDER BY 1, 2",
		 "Move it to a table of your own: an added column makes a restore fail, anything else is lost in one."),
	RULE("member_altered",
		 "SELECT coalesce(nullif(p.table_name, ''), p.name), 'The ' || p.part "
		 "|| ' ' || p.name || ' is not as it was installed.' "
		 "FROM dwello.member_parts AS p "
		 "JOIN dwello.member_parts_defaults AS d "
		 "USING (table_name, part, name) "
		 "WHERE p.digest <> d.digest AND p.part <> 'server' "
		 "AND EXISTS (SELECT FROM dwello.member_parts_defaults AS s "
		 "WHERE s.part = 'server' AND s.digest = (current_setting("
		 "'server_version_num')::integer / 10000)::text) ORDER BY 1, 2",
		 "Make it again as the installation script does, or restore a dump."),
	RULE("member_unknown",
		 "SELECT 'member_parts_defaults', 'It says what the parts were on a "
		 "server ' || d.digest || '.' "
		 "FROM dwello.member_parts_defaults AS d "
		 "WHERE d.part = 'server' AND d.digest <> (current_setting("
		 "'server_version_num')::integer / 10000)::text",
		 "Nobody sees what is altered until a superuser says that they are right now: TRUNCATE dwello.member_parts_defaults, and INSERT INTO it TABLE dwello.member_parts."),
	RULE("default_privileges",
		 "SELECT coalesce(n.nspname, 'all schemas')::text, 'What ' "
		 "|| pg_get_userbyid(f.defaclrole) || ' makes there is for others, "
		 "too: ' || f.defaclacl::text || '.' "
		 "FROM pg_catalog.pg_default_acl AS f "
		 "LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = f.defaclnamespace "
		 "WHERE n.nspname = 'dwello' OR (n.oid IS NULL "
		 "AND f.defaclrole = 'dwello_owner'::regrole) ORDER BY 1, 2",
		 "Partitions and what an update adds would be given away: ALTER DEFAULT PRIVILEGES ... REVOKE."),
	RULE("view_past_policies",
		 "SELECT DISTINCT c.oid::regclass::text, 'It reads ' "
		 "|| t.oid::regclass || ' as ' || o.rolname "
		 "|| ', whom no policy binds.' "
		 "FROM pg_catalog.pg_class AS c "
		 "JOIN pg_catalog.pg_roles AS o ON o.oid = c.relowner "
		 "AND (o.rolsuper OR o.rolbypassrls OR o.rolname = 'dwello_owner') "
		 "JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = c.oid "
		 "JOIN pg_catalog.pg_depend AS x ON x.objid = r.oid "
		 "AND x.classid = 'pg_rewrite'::regclass "
		 "AND x.refclassid = 'pg_class'::regclass "
		 "JOIN pg_catalog.pg_class AS t ON t.oid = x.refobjid "
		 "AND t.relnamespace = 'dwello'::regnamespace "
		 "AND t.relkind IN ('r', 'p') "
		 "WHERE c.relkind IN ('v', 'm') "
		 "AND c.relnamespace <> 'dwello'::regnamespace "
		 "AND NOT EXISTS (SELECT FROM unnest(c.reloptions) AS p "
		 "WHERE p IN ('security_invoker=true', 'security_invoker=on', "
		 "'security_invoker=1', 'security_invoker=yes')) "
		 "AND EXISTS (SELECT FROM aclexplode(c.relacl) AS g "
		 "WHERE g.grantee <> c.relowner) ORDER BY 1, 2",
		 "Whoever may read the view reads every row: ALTER VIEW ... SET (security_invoker = true), or REVOKE it."),
	RULE("role_attribute",
		 "WITH RECURSIVE granted AS (SELECT o.oid FROM pg_catalog.pg_roles "
		 "AS o WHERE " GROUP_ROLES
		 "UNION SELECT a.member FROM granted AS g "
		 "JOIN pg_catalog.pg_auth_members AS a ON a.roleid = g.oid), "
		 "power AS (SELECT g.oid AS member, g.oid AS role FROM granted AS g "
		 "UNION SELECT p.member, a.roleid FROM power AS p "
		 "JOIN pg_catalog.pg_auth_members AS a ON a.member = p.role) "
		 "SELECT r.rolname::text, 'It is a member of ' || string_agg("
		 "o.rolname, ', ' ORDER BY o.rolname) || '.' FROM power AS p "
		 "JOIN pg_catalog.pg_roles AS r ON r.oid = p.member "
		 "JOIN pg_catalog.pg_roles AS o ON o.oid = p.role "
		 "WHERE NOT r.rolsuper AND o.rolname IN ('pg_read_server_files', "
		 "'pg_write_server_files', 'pg_execute_server_program', "
		 "'pg_read_all_data', 'pg_write_all_data', 'pg_maintain', "
		 "'pg_create_subscription') GROUP BY r.rolname ORDER BY 1",
		 "It reads or writes past row-level security, or as the server: REVOKE it, and use another login for that."),
	RULE("grant_added",
		 "WITH member AS (SELECT d.classid, d.objid "
		 "FROM pg_catalog.pg_depend AS d "
		 "JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid "
		 "AND e.extname = 'dwello' "
		 "WHERE d.refclassid = 'pg_extension'::regclass "
		 "AND d.deptype = 'e'), "
		 "acl AS (SELECT 'pg_proc'::regclass AS classid, p.oid, 0 AS column, "
		 "p.proowner AS owner, coalesce(p.proacl, "
		 "acldefault('f', p.proowner)) AS acl, acldefault('f', p.proowner) "
		 "AS acl_before FROM pg_catalog.pg_proc AS p "
		 "UNION ALL SELECT 'pg_class'::regclass, c.oid, 0, c.relowner, "
		 "c.relacl, NULL FROM pg_catalog.pg_class AS c "
		 "WHERE c.relacl IS NOT NULL "
		 "UNION ALL SELECT 'pg_class'::regclass, c.oid, t.attnum, c.relowner, "
		 "t.attacl, NULL FROM pg_catalog.pg_attribute AS t "
		 "JOIN pg_catalog.pg_class AS c ON c.oid = t.attrelid "
		 "WHERE t.attacl IS NOT NULL "
		 "UNION ALL SELECT 'pg_namespace'::regclass, n.oid, 0, n.nspowner, "
		 "n.nspacl, NULL FROM pg_catalog.pg_namespace AS n "
		 "WHERE n.nspacl IS NOT NULL) "
		 "SELECT pg_describe_object(l.classid, l.oid, l.column), "
		 "coalesce(r.rolname, 'PUBLIC') || ' has ' || string_agg(DISTINCT "
		 "g.privilege_type, ', ' ORDER BY g.privilege_type) || '.' "
		 "FROM acl AS l JOIN member AS m ON m.classid = l.classid "
		 "AND m.objid = l.oid "
		 "CROSS JOIN LATERAL aclexplode(l.acl) AS g "
		 "LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = g.grantee "
		 "WHERE g.grantee <> l.owner AND NOT EXISTS (SELECT FROM aclexplode("
		 "coalesce((SELECT i.initprivs FROM pg_catalog.pg_init_privs AS i "
		 "WHERE i.classoid = l.classid AND i.objoid = l.oid "
		 "AND i.objsubid = l.column), l.acl_before)) AS b "
		 "WHERE b.grantee = g.grantee "
		 "AND b.privilege_type = g.privilege_type) "
		 "GROUP BY 1, r.rolname ORDER BY 1, 2",
		 "Row-level security stops no TRUNCATE, and functions that are called by nobody check nobody: REVOKE it, and make the role a member of one of dwello's."),
	RULE("path_not_fixed",
		 "SELECT p.oid::regprocedure::text, 'It runs as its owner with the "
		 "caller''s search_path.' FROM pg_catalog.pg_proc AS p "
		 "WHERE p.pronamespace = 'dwello'::regnamespace AND p.prosecdef "
		 "AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS c "
		 "WHERE c LIKE 'search\\_path=pg\\_catalog, %pg\\_temp') ORDER BY 1",
		 "A caller could put a function of their own in the way: ALTER FUNCTION ... SET search_path = pg_catalog, dwello, the schema of PostGIS, pg_temp."),
	RULE("foreign_key_without_index",
		 "SELECT k.conrelid::regclass::text, 'No index begins with the "
		 "columns of ' || k.conname || '.' "
		 "FROM pg_catalog.pg_constraint AS k "
		 "JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid "
		 "WHERE k.contype = 'f' AND c.relnamespace = 'dwello'::regnamespace "
		 "AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i "
		 "WHERE i.indrelid = k.conrelid "
		 "AND i.indkey[0] = ANY (k.conkey)) ORDER BY 1, 2",
		 "Make an index on the columns of the foreign key."),
	RULE("wrong_owner",
		 "SELECT o.object, 'It belongs to ' || pg_get_userbyid(o.owner) "
		 "|| '.' FROM ("
		 "SELECT p.oid::regprocedure::text AS object, p.proowner AS owner "
		 "FROM pg_catalog.pg_proc AS p "
		 "WHERE p.pronamespace = 'dwello'::regnamespace "
		 "UNION ALL SELECT c.oid::regclass::text, c.relowner "
		 "FROM pg_catalog.pg_class AS c "
		 "WHERE c.relnamespace = 'dwello'::regnamespace "
		 "AND c.relkind IN ('r', 'p', 'v')) AS o "
		 "WHERE o.owner <> 'dwello_owner'::regrole ORDER BY 1",
		 "The functions run as their owner: ALTER ... OWNER TO dwello_owner."),
	RULE("member_not_dumped",
		 "SELECT c.oid::regclass::text, 'pg_dump leaves its rows out.' "
		 "FROM " MEMBER_TABLES
		 "AND c.relkind IN ('r', 'p') AND c.relname NOT LIKE '%\\_defaults' "
		 "AND c.relname NOT IN ('contact_requests', "
		 "'token_uses') "
		 "AND NOT c.oid = ANY (coalesce(e.extconfig, '{}')) ORDER BY 1",
		 "Report this as a fault of dwello; back the table up by itself."),
};

const int	dw_installation_rule_count = lengthof(dw_installation_rules);
