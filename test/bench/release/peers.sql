--
-- peers.sql
--	Other ways to release money: with less work, and with the same.
--

-- Six statements and no rule: one escrow, three entries, two balances.
CREATE FUNCTION bench.release_bare(job uuid, amount bigint) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  fee bigint := amount / 20;
  e bench.escrow;
BEGIN
  UPDATE bench.escrow AS t
     SET held = t.held - release_bare.amount, released = t.released + release_bare.amount
   WHERE t.id = job RETURNING * INTO e;
  INSERT INTO bench.entry (account_id, amount) VALUES (job, -release_bare.amount);
  INSERT INTO bench.entry (account_id, amount) VALUES (e.provider_account, release_bare.amount - fee);
  INSERT INTO bench.entry (account_id, amount) VALUES (e.platform_account, fee);
  UPDATE bench.balance AS b SET amount = b.amount + release_bare.amount - fee
   WHERE b.id = e.provider_account;
  UPDATE bench.balance AS b SET amount = b.amount + fee WHERE b.id = e.platform_account;
  RETURN fee;
END
$$;

-- All that dwello.release_escrow() does, on the same tables: who calls and
-- may they, locks, replay, version, state, the fee so far, the milestones in
-- order, the transaction with its link, entries, history, event and record.
-- What stands between -- [x and -- x] is left out by bench.release_less_x().
CREATE FUNCTION bench.release_plpgsql(job uuid, amount bigint, key text,
                                      expected_version integer DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
  actor uuid := dwello.current_user_id();
  role text := 'homeowner';
  stamp timestamptz := clock_timestamp();
  digest bytea := sha256(convert_to(concat_ws('|', job, release_plpgsql.amount), 'UTF8'));
  tx uuid := dwello.uuidv7();
  j record;
  e dwello.escrow_accounts;
  k dwello.idempotency_keys;
  m dwello.job_milestones;
  fee bigint;
  part bigint;
  rest bigint := release_plpgsql.amount;
  link bytea := '';
  state dwello.escrow_status;
  answer jsonb;
BEGIN
  -- [guards
  IF actor IS NULL THEN
    RAISE EXCEPTION 'no identity' USING ERRCODE = 'WD401';
  END IF;
  SELECT u.user_type::text INTO role FROM dwello.users AS u
   WHERE u.id = actor AND u.status = 'active' AND u.deleted_at IS NULL;
  IF NOT FOUND OR role NOT IN ('homeowner', 'admin') THEN
    RAISE EXCEPTION 'not an active homeowner' USING ERRCODE = '42501';
  END IF;
  IF release_plpgsql.amount <= 0 THEN
    RAISE EXCEPTION 'no amount' USING ERRCODE = '22023';
  END IF;
  -- guards]
  -- [job
  SELECT t.homeowner_id, t.status INTO j
    FROM dwello.jobs AS t WHERE t.id = job AND t.deleted_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no job' USING ERRCODE = 'P0002';
  END IF;
  IF role = 'homeowner' AND j.homeowner_id <> actor THEN
    RAISE EXCEPTION 'not their job' USING ERRCODE = '42501';
  END IF;
  -- job]
  SELECT * INTO e FROM dwello.escrow_accounts AS t WHERE t.job_id = job FOR UPDATE;
  -- [key
  SELECT * INTO k FROM dwello.idempotency_keys AS t
   WHERE t.scope_id = job AND t.actor_id = actor AND t.actor_role = role
     AND t.key = release_plpgsql.key AND t.expires_at > stamp;
  IF FOUND THEN
    IF k.arguments <> digest THEN
      RAISE EXCEPTION 'another request' USING ERRCODE = 'WD104';
    END IF;
    RETURN k.result || '{"replayed": true}';
  END IF;
  -- key]
  IF expected_version <> e.version THEN
    RAISE EXCEPTION 'stale' USING ERRCODE = 'WD103';
  END IF;
  IF e.status NOT IN ('held', 'partially_released') OR e.is_frozen THEN
    RAISE EXCEPTION 'not held' USING ERRCODE = 'WD101';
  END IF;
  IF release_plpgsql.amount > e.held - e.disputed THEN
    RAISE EXCEPTION 'more than is held' USING ERRCODE = 'WD202';
  END IF;
  fee := greatest(0, dwello.fee_amount(e.released + release_plpgsql.amount, e.fee_rate_ppm, e.fee_fixed,
                                       e.fee_min, e.fee_max) - e.fee_taken);
  state := CASE WHEN e.held = release_plpgsql.amount THEN 'released' ELSE 'partially_released' END;

  -- [milestones
  FOR m IN SELECT * FROM dwello.job_milestones AS t
            WHERE t.job_id = job ORDER BY t.sort_order
  LOOP
    part := least(rest, m.funded - m.released - m.refunded - m.disputed);
    CONTINUE WHEN part <= 0;
    UPDATE dwello.job_milestones AS t
       SET released = m.released + part, version = m.version + 1,
           status = CASE WHEN m.released + part + m.refunded >= m.amount
                    THEN 'released' ELSE m.status END,
           completed_at = CASE WHEN m.released + part + m.refunded >= m.amount THEN stamp END
     WHERE t.job_id = job AND t.id = m.id;
    rest := rest - part;
    EXIT WHEN rest = 0;
  END LOOP;
  -- milestones]

  -- [hash
  link := sha256(coalesce(e.last_hash, '') || convert_to(concat_ws('|', job, tx, e.homeowner_id,
    e.provider_id, 'release', release_plpgsql.amount, e.currency, fee, actor, role, key, stamp), 'UTF8'));
  -- hash]
  INSERT INTO dwello.transactions (scope_id, id, payer_id, payee_id,
      transaction_type, status, amount, currency, platform_fee, tax, net_amount, actor_id, actor_role,
      request_id, created_at, completed_at, prev_hash, hash)
    VALUES (job, tx, e.homeowner_id, e.provider_id, 'release', 'completed',
      release_plpgsql.amount, e.currency, fee, 0, release_plpgsql.amount - fee, actor, role,
      md5(concat(actor, role, key))::uuid, stamp, stamp,
      e.last_hash, link);
  -- [entries
  INSERT INTO dwello.ledger_entries (scope_id, transaction_id, leg, account_id, amount,
      currency)
    VALUES (job, tx, 1, job, -release_plpgsql.amount, e.currency),
           (job, tx, 2, bench.account(e.provider_id, 'provider_available', e.currency),
            release_plpgsql.amount - fee, e.currency),
           (job, tx, 3, bench.account('00000000-0000-0000-0000-000000000000', 'platform_fee', e.currency),
            fee, e.currency);
  -- entries]
  UPDATE dwello.escrow_accounts AS t
     SET status = state, held = e.held - release_plpgsql.amount,
         released = e.released + release_plpgsql.amount, fee_taken = e.fee_taken + fee,
         transition_count = e.transition_count + 1, last_hash = link, version = e.version + 1
   WHERE t.job_id = job;
  -- [history
  INSERT INTO dwello.escrow_events (job_id, seq, homeowner_id, provider_id, event, actor_id, actor_role,
      from_status, to_status, transaction_id, created_at)
    VALUES (job, e.transition_count + 1, e.homeowner_id, e.provider_id, 'release_escrow', actor, role,
      e.status, state, tx, stamp);
  -- history]
  -- [outbox
  INSERT INTO dwello.outbox (scope_id, id, aggregatetype, aggregateid, type, payload, created_at)
    VALUES (job, dwello.uuidv7(), 'escrow', job::text, 'escrow_released',
      jsonb_build_object('job_id', job, 'homeowner_id', e.homeowner_id, 'provider_id', e.provider_id,
        'currency', e.currency, 'transaction_id', tx, 'amount', release_plpgsql.amount, 'fee', fee, 'tax', 0,
        'payout', release_plpgsql.amount - fee), stamp);
  -- outbox]
  answer := jsonb_build_object('job_id', job, 'transaction_id', tx, 'amount', release_plpgsql.amount,
    'fee', fee, 'tax', 0, 'payout', release_plpgsql.amount - fee, 'escrow_status', state,
    'currency', e.currency, 'funded', e.funded, 'held', e.held - release_plpgsql.amount,
    'released', e.released + release_plpgsql.amount, 'refunded', e.refunded,
    'charged_back', e.charged_back, 'version', e.version + 1, 'replayed', false);
  -- [key
  INSERT INTO dwello.idempotency_keys AS t (scope_id, key, actor_id, actor_role, function_name, arguments,
      result, created_at, expires_at)
    VALUES (job, release_plpgsql.key, actor, role, 'release_escrow', digest, answer, stamp,
      stamp + interval '30 days')
    ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE
    SET function_name = EXCLUDED.function_name, arguments = EXCLUDED.arguments, result = EXCLUDED.result,
        created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at;
  -- key]
  RETURN answer;
END
$$;

-- The same without one part of the work each.
DO $do$
DECLARE
  whole text := pg_get_functiondef('bench.release_plpgsql'::regproc);
  part text;
BEGIN
  FOREACH part IN ARRAY '{guards, job, key, milestones, hash, entries, history, outbox}'::text[] LOOP
    EXECUTE replace(regexp_replace(whole, format('-- \[%s\n.*?-- %1$s\]\n', part), '', 'g'),
                    'release_plpgsql', 'release_less_' || part);
  END LOOP;
END
$do$;

-- The rows that a release writes, in one statement with no rule around it.
CREATE FUNCTION bench.release_cte(job uuid, amount bigint, key text) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
  done uuid;
BEGIN
  WITH e AS (
    SELECT *, dwello.uuidv7() AS tx, $2 / 20 AS fee, clock_timestamp() AS stamp
      FROM dwello.escrow_accounts WHERE job_id = $1 AND held >= $2 FOR UPDATE
  ), u AS (
    UPDATE dwello.escrow_accounts AS t
       SET status = 'partially_released', held = e.held - $2, released = e.released + $2,
           fee_taken = e.fee_taken + e.fee, transition_count = e.transition_count + 1,
           last_hash = sha256(e.last_hash || uuid_send(e.tx)), version = e.version + 1
      FROM e WHERE t.job_id = $1
    RETURNING t.last_hash AS link
  ), m AS (
    UPDATE dwello.job_milestones AS t SET released = t.released + $2, version = t.version + 1
     WHERE t.job_id = $1 AND t.funded - t.released >= $2
  ), t AS (
    INSERT INTO dwello.transactions (scope_id, id, payer_id, payee_id,
      transaction_type, status, amount, currency, platform_fee, tax, net_amount, actor_id, actor_role,
      request_id, created_at, completed_at, prev_hash, hash)
    SELECT $1, e.tx, e.homeowner_id, e.provider_id, 'release', 'completed',
           $2, e.currency, e.fee, 0, $2 - e.fee, e.homeowner_id, 'homeowner',
           md5(concat(e.homeowner_id, 'homeowner', $3))::uuid, e.stamp, e.stamp,
           e.last_hash, u.link
      FROM e, u
  ), l AS (
    INSERT INTO dwello.ledger_entries (scope_id, transaction_id, leg, account_id, amount,
      currency)
    SELECT $1, e.tx, v.leg, v.account, v.amount, e.currency
      FROM e, LATERAL (VALUES (1, $1, -$2), (2, bench.account(e.provider_id, 'provider_available', e.currency), $2 - e.fee),
                             (3, bench.account('00000000-0000-0000-0000-000000000000', 'platform_fee', e.currency), e.fee))
           AS v (leg, account, amount)
  ), h AS (
    INSERT INTO dwello.escrow_events (job_id, seq, homeowner_id, provider_id, event, actor_id, actor_role,
      from_status, to_status, transaction_id, created_at)
    SELECT $1, e.transition_count + 1, e.homeowner_id, e.provider_id, 'release_escrow', e.homeowner_id,
           'homeowner', e.status, 'partially_released', e.tx, e.stamp
      FROM e
  ), o AS (
    INSERT INTO dwello.outbox (scope_id, id, aggregatetype, aggregateid, type, payload, created_at)
    SELECT $1, dwello.uuidv7(), 'escrow', $1::text, 'escrow_released',
           jsonb_build_object('job_id', $1, 'homeowner_id', e.homeowner_id, 'provider_id', e.provider_id,
             'currency', e.currency, 'transaction_id', e.tx, 'amount', $2, 'fee', e.fee), e.stamp
      FROM e
  )
  INSERT INTO dwello.idempotency_keys (scope_id, key, actor_id, actor_role, function_name, arguments,
    result, created_at, expires_at)
  SELECT $1, $3, e.homeowner_id, 'homeowner', 'release_escrow', '\x00',
         jsonb_build_object('job_id', $1, 'transaction_id', e.tx, 'amount', $2, 'fee', e.fee,
           'held', e.held - $2, 'released', e.released + $2), e.stamp, e.stamp + interval '30 days'
    FROM e
  RETURNING scope_id INTO done;
  RETURN done;
END
$$;
