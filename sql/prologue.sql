/*
 * Roles and the schema.
 *
 * Roles belong to the cluster, so they are made only where they are missing;
 * one that could be used to get around row-level security is refused, and so
 * is a database that does not know which letters its bytes are.  The script
 * makes the schema itself: so it is a member, and a schema that
 * somebody made beforehand is refused (42P06).
 */
DO $$
DECLARE
  wanted CONSTANT text[] := ARRAY['dwello_owner', 'dwello_app', 'dwello_service',
    'dwello_support', 'dwello_analyst', 'dwello_admin', 'dwello_public'];
  name text;
  existing pg_catalog.pg_roles;
  member text;
BEGIN
  IF pg_catalog.getdatabaseencoding() = 'SQL_ASCII' THEN
    RAISE EXCEPTION USING
      ERRCODE = '0A000',
      MESSAGE = 'the database has no encoding',
      DETAIL = 'In SQL_ASCII one name can be stored as different bytes.',
      HINT = 'CREATE DATABASE ... ENCODING ''UTF8'' TEMPLATE template0, and install dwello there.';
  END IF;

  FOREACH name IN ARRAY wanted LOOP
    SELECT r.* INTO existing FROM pg_catalog.pg_roles AS r WHERE r.rolname = name;
    IF NOT FOUND THEN
      EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', name);
    ELSIF existing.rolcanlogin OR existing.rolsuper OR existing.rolbypassrls OR existing.rolcreaterole THEN
      RAISE EXCEPTION USING
        ERRCODE = '42501',
        MESSAGE = pg_catalog.format('role %s has privileges that dwello cannot allow', name),
        DETAIL = 'It can log in, is a superuser, or has BYPASSRLS or CREATEROLE.',
        HINT = pg_catalog.format('ALTER ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE;', name);
    END IF;
  END LOOP;

  SELECT r.rolname INTO member
    FROM pg_catalog.pg_auth_members AS m
    JOIN pg_catalog.pg_roles AS r ON r.oid = m.member
   WHERE m.roleid = 'dwello_owner'::pg_catalog.regrole
     AND NOT r.rolsuper
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING
      ERRCODE = '42501',
      MESSAGE = pg_catalog.format('role %s is a member of dwello_owner', member),
      DETAIL = 'Whoever can become dwello_owner is above every rule of dwello.',
      HINT = pg_catalog.format('REVOKE dwello_owner FROM %I;', member);
  END IF;
END
$$;

CREATE SCHEMA dwello AUTHORIZATION dwello_owner;
COMMENT ON SCHEMA dwello IS
  'The back end of a home-services marketplace: tables read under row-level security, commands that hold every rule.';
