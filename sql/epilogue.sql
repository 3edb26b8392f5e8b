/*
 * The last piece of every script: owners, row-level security, pinned paths
 * and rights, found from the catalogue so that no object is forgotten.
 * CREATE OR REPLACE FUNCTION drops a SET clause, so updates need it as much
 * as the installation.
 */
DO $$
DECLARE
  postgis name;
  path text;
  target record;
BEGIN
  SELECT n.nspname INTO STRICT postgis
    FROM pg_catalog.pg_extension AS e
    JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
   WHERE e.extname = 'postgis';
  path := pg_catalog.format('pg_catalog, dwello, %I, pg_temp', postgis);
  EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO dwello_owner, dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin, dwello_public', postgis);
  GRANT USAGE ON SCHEMA dwello TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin, dwello_public;

  FOR target IN
    SELECT c.oid::pg_catalog.regclass AS relation, c.relname, c.relkind, c.relrowsecurity
      FROM pg_catalog.pg_class AS c
     WHERE c.relnamespace = 'dwello'::pg_catalog.regnamespace
       AND c.relkind IN ('r', 'p', 'v')
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO dwello_owner', target.relation);
    IF target.relkind <> 'v' AND NOT target.relrowsecurity THEN
      EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', target.relation);
      EXECUTE pg_catalog.format('CREATE POLICY %I ON %s TO dwello_owner USING (true) WITH CHECK (true)',
        target.relname || '_owner', target.relation);
      EXECUTE pg_catalog.format('CREATE POLICY %I ON %s FOR SELECT TO dwello_service USING (dwello.reads_all())',
        target.relname || '_service', target.relation);
    END IF;
  END LOOP;

  -- policies that name no role are for those who act for users
  FOR target IN
    SELECT p.polname, p.polrelid::pg_catalog.regclass AS relation
      FROM pg_catalog.pg_policy AS p
      JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
     WHERE c.relnamespace = 'dwello'::pg_catalog.regnamespace
       AND p.polroles = '{0}'
  LOOP
    EXECUTE pg_catalog.format('ALTER POLICY %I ON %s TO dwello_app, dwello_support, dwello_admin',
      target.polname, target.relation);
  END LOOP;

  FOR target IN
    SELECT t.oid::pg_catalog.regtype AS type_name
      FROM pg_catalog.pg_type AS t
     WHERE t.typnamespace = 'dwello'::pg_catalog.regnamespace
       AND (t.typtype = 'e' OR t.typtype = 'b' AND t.typelem = 0)
  LOOP
    EXECUTE pg_catalog.format('ALTER TYPE %s OWNER TO dwello_owner', target.type_name);
  END LOOP;

  FOR target IN
    SELECT p.oid::pg_catalog.regprocedure AS signature, p.prosecdef
      FROM pg_catalog.pg_proc AS p
     WHERE p.pronamespace = 'dwello'::pg_catalog.regnamespace
  LOOP
    EXECUTE pg_catalog.format('ALTER FUNCTION %s OWNER TO dwello_owner', target.signature);
    EXECUTE pg_catalog.format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', target.signature);
    IF target.prosecdef THEN
      EXECUTE pg_catalog.format('ALTER FUNCTION %s SET search_path = %s', target.signature, path);
    END IF;
  END LOOP;
END
$$;

-- once, at installation; an update's own piece names the parts it adds
INSERT INTO dwello.member_parts_defaults (table_name, part, name, digest)
  SELECT p.table_name, p.part, p.name, p.digest FROM dwello.member_parts AS p
   WHERE NOT EXISTS (SELECT FROM dwello.member_parts_defaults);
