/*
 * What tables have in common, found by their columns: a new table cannot
 * forget a trigger, and a column whose word means the same in several tables
 * is explained once, unless its own table has explained it.
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

/*
 * Every change of every row is recorded.  Not recorded is what is append only
 * and chained itself, what the database makes of other rows, and what waits
 * for a worker (docs/audit.md): each such table stands here.
 */
DO $$
DECLARE
  exempt CONSTANT text[] := ARRAY[
    -- append only, each row bound to the one before it
    'transactions', 'ledger_entries', 'escrow_events', 'payment_events', 'log_seals', 'log_chains',
    -- made of other rows
    'user_emails', 'person_keys', 'provider_stats', 'notifications', 'bid_versions', 'bid_ranks', 'bid_floors', 'market_prices',
    'category_statistics', 'agent_outcomes', 'period_balances', 'invoice_watermark', 'job_tiles', 'job_tile_refresh',
    -- events, requests and counters on their way
    'outbox', 'outbox_consumers', 'outbox_deliveries', 'idempotency_keys', 'agent_wakes', 'agent_work',
    'agent_answers', 'agent_day_counters', 'platform_metrics', 'api_key_uses', 'used_refresh_tokens', 'contact_requests', 'token_uses'];
  target record;
BEGIN
  FOR target IN
    SELECT c.oid::pg_catalog.regclass AS relation, c.relname::text AS name
      FROM pg_catalog.pg_class AS c
     WHERE c.relnamespace = 'dwello'::pg_catalog.regnamespace
       AND c.relkind = 'r' AND NOT c.relispartition
       AND c.relname NOT LIKE '%\_defaults'
       AND c.relname <> ALL (exempt)
  LOOP
    -- lines of statements come by the million from a document that is kept elsewhere
    EXECUTE pg_catalog.format(
      'CREATE TRIGGER audit_row AFTER %s UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION dwello.audit_row(%L)',
      CASE WHEN target.name <> 'statement_lines' THEN 'INSERT OR' END, target.relation, target.name);
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS t
                    WHERE t.tgrelid = target.relation AND t.tgname = 'guard_truncate') THEN
      EXECUTE pg_catalog.format(
        'CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_truncate()',
        target.relation);
    END IF;
  END LOOP;
END
$$;

/*
 * The dictionary of columns.  Money is in minor units of the row's currency.
 */
DO $$
DECLARE
  target record;
BEGIN
  FOR target IN
    WITH dictionary (word, meaning) AS (VALUES
      -- who, and which row
      ('id', 'Identifier of the row, a time-ordered UUID.'),
      ('user_id', 'The user that the row belongs to; places it.'),
      ('job_id', 'The job that the row belongs to; places it.'),
      ('scope_id', 'The job, or for a payout the user, that the row belongs to; places it.'),
      ('homeowner_id', 'The homeowner of the job, who may see the row.'),
      ('provider_id', 'The provider of the job, who may see the row.'),
      ('bid_id', 'The bid that the row belongs to.'),
      ('transaction_id', 'The transaction that the row belongs to; NULL where there is none.'),
      ('milestone_id', 'The milestone that was paid or refunded; NULL for several.'),
      ('actor_id', 'The user who acted; the nil UUID for the system.'),
      ('actor_role', 'In which role they acted.'),
      -- life of a row
      ('status', 'State of the row; jobs, bids, offers, milestones and escrows have a *_transitions() function that lists the moves.'),
      ('reason', 'Why the row is in its state; NULL where nothing needs saying.'),
      ('version', 'Version of the row, for expected_version; one more with each change by a command.'),
      ('created_at', 'When the row was made.'),
      ('updated_at', 'When the row was last changed; kept by a trigger.'),
      ('deleted_at', 'When the row was deleted; NULL while it is not.'),
      ('is_listed', 'Strangers may see the row: its job is open and public.'),
      ('is_builtin', 'The row belongs to the version of the extension: it cannot be changed and is not dumped.'),
      ('expires_at', 'Until when the row counts.'),
      -- money
      ('amount', 'Money, in minor units.'),
      ('currency', 'ISO 4217 code of the row''s money.'),
      ('funded', 'Paid in so far, in minor units.'),
      ('released', 'Released so far, fee included, in minor units.'),
      ('refunded', 'Given back to the homeowner so far, in minor units.'),
      ('disputed', 'The held part that is in dispute, in minor units.'),
      ('budget_min', 'Least the homeowner expects to pay, in minor units; NULL if not said.'),
      ('budget_max', 'Most the homeowner expects to pay, in minor units; NULL if not said.'),
      ('reference_amount', 'Price against which bids are scored, in minor units, frozen when the job is published.'),
      ('labor_cost', 'Labour, in minor units.'),
      ('materials_cost', 'Materials, in minor units; 0 where they are not included.'),
      ('bid_amount', 'labor_cost + materials_cost, in minor units.'),
      ('comparable_price', 'What the homeowner will really spend on the bid, in minor units.'),
      -- users
      ('email_index', 'Blind index of the e-mail address.'),
      ('years_experience', 'Years of experience.'),
      ('account_status', 'What of the provider is verified, a bit each (e-mail 1, telephone 2, provider 4), while the account is active; else 0: nothing is matched with it.'),
      ('longitude', 'Degrees east of the provider''s primary address, rounded to 0.01 degree; NULL = none.'),
      ('latitude', 'Degrees north of the same; NULL = none.'),
      ('area', 'The provider''s service area as a geometry; NULL = a circle.'),
      ('category_ids', 'Categories that are wanted, those below them included; empty = all.'),
      ('capability_bits', 'Types of the provider''s verified credentials, valid or not, a bit each as in requirement_bits.'),
      ('capability_from', 'First day on which one of each of these types is valid; NULL = always was.'),
      ('capability_until', 'Last such day; NULL = without end.'),
      ('street', 'Street and number, sealed.'),
      -- notifications and logs
      ('message', 'What the user is told.'),
      ('read_at', 'When the user read it; NULL = not yet.'),
      -- categories and jobs
      ('parent_id', 'The category above; NULL at the top.'),
      ('icon_url', 'Where its picture is; NULL = none.'),
      ('is_active', 'New jobs may be posted under it.'),
      ('sort_order', 'Order among its siblings.'),
      ('name', 'Its name.'),
      ('title', 'Short text, up to 200 characters.'),
      ('description', 'Longer text.'),
      ('category_id', 'The category of the job.'),
      ('photos', 'Addresses of pictures.'),
      ('terms_version', 'Version of what bidders priced.'),
      ('completed_at', 'When it was completed; NULL before.'),
      ('notes', 'What the provider said on submitting it.'),
      ('submitted_at', 'When it was submitted; NULL before.'),
      -- bids
      ('is_inconsistent', 'The lines of material do not add up to materials_cost.'),
      ('bid_version', 'Version of the bid as the bidder made it.'),
      ('materials_included', 'bid_amount includes the materials.'),
      ('timeline_days', 'Days of work offered; NULL if not said.'),
      ('warranty_months', 'Months of warranty offered.'),
      ('special_terms', 'Terms of the bidder''s own; NULL = none.'),
      ('score_total', 'Unclamped score in millionths of a point; NULL where the method has none.'),
      ('score_inputs', 'What the score was made from.'),
      -- payment, escrow, ledger
      ('psp', 'The payment company.'),
      ('psp_reference', 'The payment company''s own reference.'),
      ('payment_method_id', 'The method it is paid by; NULL if none was named.'),
      ('hash', 'Hash over the transaction, its entries and prev_hash; NULL until completed.'),
      ('result', 'The row that the request returned, without sealed values.'),
      ('rate_ppm', 'Rate in parts per million.'),
      ('valid', 'When it applies.'),
      -- reviews
      ('is_public', 'Everybody may read it once it is shown.'),
      -- events and requests
      ('consumer', 'Name of the consumer.'),
      ('watermark_id', 'Where settled_id or seen_id may go once every transaction before watermark_xid has ended.'),
      ('watermark_xid', 'The transaction number that came next when the watermark was set.'),
      -- settings and errors
      ('value', 'The value, as text.'),
      ('is_overridden', 'The operator set the value.'),
      -- flags, agents, keys
      ('is_enabled', 'Off is off for everybody.'),
      ('rollout_percentage', 'Share of the users who have it, 0 to 100, by a stable hash.'),
      ('targets', 'Whom it is for: user types, regions, minimum rating.'),
      ('claimed_at', 'When a worker took it; NULL = waiting.'),
      ('done_at', 'When it was done; NULL = not yet.'),
      -- offers, disputes, messages
      ('closed_at', 'When it ended; NULL = open.'))
    SELECT a.attrelid::pg_catalog.regclass AS relation, a.attname, d.meaning
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
      JOIN dictionary AS d ON d.word = a.attname
     WHERE c.relnamespace = 'dwello'::pg_catalog.regnamespace
       AND c.relkind IN ('r', 'p', 'v')
       AND NOT c.relispartition
       AND a.attnum > 0 AND NOT a.attisdropped
       AND pg_catalog.col_description(c.oid, a.attnum) IS NULL
  LOOP
    EXECUTE pg_catalog.format('COMMENT ON COLUMN %s.%I IS %L', target.relation, target.attname, target.meaning);
  END LOOP;
END
$$;
