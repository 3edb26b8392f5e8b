-- setup.sql
--	A table of the kind that dwello audits, four times: as it is, recorded by
--	dwello, by a generic trigger in PL/pgSQL, and by one that finds rows as
--	supa_audit's do (a stable id of the row's key, the table's oid, the whole
--	row before and after, two indexes).  A fifth one has what is personal: the
--	registry knows its psp and psp_reference by no name.
SET client_min_messages = warning;
CREATE SCHEMA bench;
SELECT count(*) FROM dwello.ensure_partitions(months_ahead => 0);

CREATE TABLE bench.none (
  user_id uuid NOT NULL,
  id uuid NOT NULL,
  status dwello.payout_status NOT NULL DEFAULT 'pending',
  amount bigint NOT NULL,
  currency text NOT NULL DEFAULT 'USD',
  paid_amount bigint NOT NULL,
  remainder bigint NOT NULL DEFAULT 0,
  fee bigint NOT NULL DEFAULT 0,
  psp text NOT NULL DEFAULT 'acme',
  psp_reference text,
  hold_until timestamptz,
  sent_at timestamptz,
  transaction_id uuid,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  completed_at timestamptz,
  PRIMARY KEY (user_id, id)
) WITH (fillfactor = 50);
INSERT INTO bench.none (user_id, id, amount, paid_amount, transaction_id)
  SELECT md5(n::text)::uuid, md5((-n)::text)::uuid, n, n, gen_random_uuid() FROM generate_series(1, :rows) AS n;
CREATE TABLE bench.dwello (LIKE bench.none INCLUDING ALL) WITH (fillfactor = 50);
CREATE TABLE bench.sealed (LIKE bench.none INCLUDING ALL) WITH (fillfactor = 50);
CREATE TABLE bench.generic (LIKE bench.none INCLUDING ALL) WITH (fillfactor = 50);
CREATE TABLE bench.supa (LIKE bench.none INCLUDING ALL) WITH (fillfactor = 50);
INSERT INTO bench.dwello TABLE bench.none;
INSERT INTO bench.sealed TABLE bench.none;
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON bench.none FOR EACH ROW EXECUTE FUNCTION dwello.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON bench.dwello FOR EACH ROW EXECUTE FUNCTION dwello.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON bench.sealed FOR EACH ROW EXECUTE FUNCTION dwello.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON bench.generic FOR EACH ROW EXECUTE FUNCTION dwello.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON bench.supa FOR EACH ROW EXECUTE FUNCTION dwello.touch_updated_at();
INSERT INTO bench.generic TABLE bench.none;
INSERT INTO bench.supa TABLE bench.none;

CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON bench.dwello
  FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('payouts');
CREATE TRIGGER audit_row AFTER INSERT OR UPDATE OR DELETE ON bench.sealed
  FOR EACH ROW EXECUTE FUNCTION dwello.audit_row('saved_searches');
-- each person has a key
UPDATE bench.sealed SET psp_reference = 'none yet';

-- Microseconds that sealing adds to a record, with the keys of a thousand
-- people looked up first and then at hand.  For a session that has none.
CREATE FUNCTION bench.seal_cost(OUT first_use float8, OUT further_use float8) LANGUAGE plpgsql AS $$
DECLARE
  times timestamptz[];
BEGIN
  -- plans, the table and the month
  UPDATE bench.sealed SET psp_reference = 'warm' WHERE amount = 20000;
  times := times || clock_timestamp();
  UPDATE bench.sealed SET psp_reference = 'reference 1', version = version + 1 WHERE amount <= 1000;
  times := times || clock_timestamp();
  UPDATE bench.sealed SET psp_reference = 'reference 2', version = version + 1 WHERE amount <= 1000;
  times := times || clock_timestamp();
  UPDATE bench.sealed SET fee = fee + 1, version = version + 1 WHERE amount <= 1000;
  times := times || clock_timestamp();
  first_use := extract(epoch FROM (times[2] - times[1]) - (times[4] - times[3])) * 1000;
  further_use := extract(epoch FROM (times[3] - times[2]) - (times[4] - times[3])) * 1000;
END
$$;

-- the generic trigger: both rows as jsonb, and what differs
CREATE TABLE bench.generic_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  table_name text NOT NULL,
  operation text NOT NULL,
  user_id text,
  session_role text NOT NULL,
  before jsonb,
  after jsonb
);
CREATE FUNCTION bench.generic() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(n.key, n.value) INTO old_row, new_row
      FROM jsonb_each(old_row) AS o JOIN jsonb_each(new_row) AS n USING (key)
     WHERE o.value IS DISTINCT FROM n.value;
  END IF;
  INSERT INTO bench.generic_log (table_name, operation, user_id, session_role, before, after)
    VALUES (TG_TABLE_NAME, lower(TG_OP), current_setting('bench.user_id', true), session_user, old_row, new_row);
  RETURN NULL;
END
$$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON bench.generic
  FOR EACH ROW EXECUTE FUNCTION bench.generic();

-- the other kind
CREATE TABLE bench.supa_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record_id uuid,
  old_record_id uuid,
  op text NOT NULL,
  ts timestamptz NOT NULL DEFAULT now(),
  table_oid oid NOT NULL,
  table_schema name NOT NULL,
  table_name name NOT NULL,
  record jsonb,
  old_record jsonb
);
CREATE INDEX ON bench.supa_log USING brin (ts);
CREATE INDEX ON bench.supa_log (record_id) WHERE record_id IS NOT NULL;
CREATE INDEX ON bench.supa_log (old_record_id) WHERE old_record_id IS NOT NULL;
CREATE INDEX ON bench.supa_log (table_oid);
CREATE FUNCTION bench.key_columns(table_oid oid) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(a.attname::text ORDER BY a.attname), '{}')
    FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
   WHERE i.indrelid = $1 AND i.indisprimary
$$;
CREATE FUNCTION bench.row_id(table_oid oid, keys text[], record jsonb) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE
  parts jsonb;
BEGIN
  IF record IS NULL OR keys = '{}' THEN
    RETURN NULL;
  END IF;
  SELECT jsonb_agg(record ->> k ORDER BY k) INTO parts FROM unnest(keys) AS k;
  RETURN md5(table_oid::text || parts::text)::uuid;
END
$$;
CREATE FUNCTION bench.supa() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  keys text[] := bench.key_columns(TG_RELID);
  record jsonb := to_jsonb(NEW);
  old_record jsonb := to_jsonb(OLD);
BEGIN
  INSERT INTO bench.supa_log (record_id, old_record_id, op, table_oid, table_schema, table_name, record, old_record)
    SELECT bench.row_id(TG_RELID, keys, record), bench.row_id(TG_RELID, keys, old_record), TG_OP, TG_RELID,
      TG_TABLE_SCHEMA, TG_TABLE_NAME, record, old_record;
  RETURN coalesce(NEW, OLD);
END
$$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON bench.supa
  FOR EACH ROW EXECUTE FUNCTION bench.supa();

-- One change of a row at a time, as commands change rows: found by its key,
-- a status, two numbers and the version written, in a statement of its own.
CREATE FUNCTION bench.change(way text, first integer, last integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  keys bench.none[] := ARRAY(SELECT t FROM bench.none AS t WHERE t.amount BETWEEN first AND last ORDER BY t.amount);
  k bench.none;
BEGIN
  FOREACH k IN ARRAY keys LOOP
    IF way = 'none' THEN
      UPDATE bench.none AS t SET status = 'completed', fee = t.fee + 5, version = t.version + 1 WHERE t.user_id = k.user_id AND t.id = k.id;
    ELSIF way = 'dwello' THEN
      UPDATE bench.dwello AS t SET status = 'completed', fee = t.fee + 5, version = t.version + 1 WHERE t.user_id = k.user_id AND t.id = k.id;
    ELSIF way = 'sealed' THEN
      UPDATE bench.sealed AS t SET status = 'completed', fee = t.fee + 5, version = t.version + 1, psp_reference = 'reference ' || t.fee
       WHERE t.user_id = k.user_id AND t.id = k.id;
    ELSIF way = 'generic' THEN
      UPDATE bench.generic AS t SET status = 'completed', fee = t.fee + 5, version = t.version + 1 WHERE t.user_id = k.user_id AND t.id = k.id;
    ELSE
      UPDATE bench.supa AS t SET status = 'completed', fee = t.fee + 5, version = t.version + 1 WHERE t.user_id = k.user_id AND t.id = k.id;
    END IF;
  END LOOP;
  RETURN cardinality(keys);
END
$$;
