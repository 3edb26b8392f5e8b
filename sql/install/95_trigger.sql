/*
 * Triggers, each on every table of its kind, found by their columns: a new
 * table cannot forget one.
 */
DO $$
DECLARE
  target record;
BEGIN
  FOR target IN
    SELECT c.oid::pg_catalog.regclass AS relation, a.attname
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'dwello'::pg_catalog.regnamespace
       AND c.relkind = 'r'
       AND a.attname IN ('updated_at', 'is_builtin')
       AND NOT a.attisdropped
  LOOP
    IF target.attname = 'updated_at' THEN
      EXECUTE pg_catalog.format(
        'CREATE TRIGGER touch_updated_at BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION dwello.touch_updated_at()',
        target.relation);
    ELSE
      EXECUTE pg_catalog.format(
        'CREATE TRIGGER guard_builtin BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION dwello.guard_builtin()',
        target.relation);
    END IF;
  END LOOP;
END
$$;

-- what matching keeps in memory; always, for a replica's backends keep it, too
DO $$
DECLARE
  target text;
BEGIN
  FOREACH target IN ARRAY ARRAY['system_settings', 'system_settings_defaults', 'service_categories'] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER forget_row AFTER INSERT OR UPDATE OR DELETE ON dwello.%I FOR EACH ROW EXECUTE FUNCTION dwello.forget_kept()', target);
    EXECUTE pg_catalog.format('CREATE TRIGGER forget_all AFTER TRUNCATE ON dwello.%I FOR EACH STATEMENT EXECUTE FUNCTION dwello.forget_kept()', target);
    EXECUTE pg_catalog.format('ALTER TABLE dwello.%I ENABLE ALWAYS TRIGGER forget_row, ENABLE ALWAYS TRIGGER forget_all', target);
  END LOOP;
END
$$;

CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.transactions
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append('pending');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.ledger_entries
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.escrow_events
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.transactions
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.escrow_events
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();

CREATE EVENT TRIGGER dwello_guard_drop ON ddl_command_start EXECUTE FUNCTION dwello.guard_drop();
COMMENT ON EVENT TRIGGER dwello_guard_drop IS
  'Loads the library, so that no session can drop the extension unawares; does nothing else.';
