/*
 * Fee schedules (reference).  The built-in default is the only source of the
 * platform's percentage; an operator's schedule goes before it.  The columns
 * are the first tier, tiers has those above it.
 */
CREATE TABLE dwello.fee_schedules (
  id uuid CONSTRAINT fee_schedules_pkey PRIMARY KEY DEFAULT dwello.uuidv7(),
  name text NOT NULL,
  category_id uuid CONSTRAINT fee_schedules_category_id_fkey REFERENCES dwello.service_categories (id),
  currency text CONSTRAINT fee_schedules_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  user_tier dwello.subscription_tier,
  payer dwello.fee_payer NOT NULL DEFAULT 'provider',
  kind dwello.fee_kind NOT NULL DEFAULT 'flat',
  rate_ppm integer NOT NULL CONSTRAINT fee_schedules_rate_check CHECK (rate_ppm BETWEEN 0 AND 1000000),
  fixed_fee bigint NOT NULL DEFAULT 0 CONSTRAINT fee_schedules_fixed_check CHECK (fixed_fee >= 0),
  min_fee bigint NOT NULL DEFAULT 0 CONSTRAINT fee_schedules_min_check CHECK (min_fee >= 0),
  max_fee bigint CONSTRAINT fee_schedules_max_check CHECK (max_fee >= min_fee),
  tax_ppm integer NOT NULL DEFAULT 0 CONSTRAINT fee_schedules_tax_check CHECK (tax_ppm BETWEEN 0 AND 1000000),
  tiers jsonb NOT NULL DEFAULT '[]'
    CONSTRAINT fee_schedules_tiers_check CHECK (dwello.json_is_valid('fee_tiers', tiers)),
  valid tstzrange NOT NULL DEFAULT tstzrange(NULL, NULL) CONSTRAINT fee_schedules_valid_check CHECK (NOT isempty(valid)),
  is_builtin boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT fee_schedules_amounts_check CHECK (
    currency IS NOT NULL OR fixed_fee = 0 AND min_fee = 0 AND max_fee IS NULL AND tiers = '[]'),
  CONSTRAINT fee_schedules_scope_excl EXCLUDE USING gist (
    (COALESCE(category_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
    (COALESCE(currency, '')) WITH =,
    (COALESCE(user_tier, 'basic')) WITH =,
    ((user_tier IS NULL)::integer) WITH =,
    valid WITH &&) WHERE (NOT is_builtin)
);
CREATE INDEX fee_schedules_category_id_idx ON dwello.fee_schedules (category_id);
COMMENT ON TABLE dwello.fee_schedules IS
  'How the platform''s fee is worked out, by category, currency, tier and time; the built-in row is the default.';
COMMENT ON COLUMN dwello.fee_schedules.category_id IS 'The category it applies to, with those below; NULL = any.';
COMMENT ON COLUMN dwello.fee_schedules.currency IS 'ISO 4217 code it applies to; NULL = any, with rates alone: amounts have a currency.';
COMMENT ON COLUMN dwello.fee_schedules.user_tier IS 'The subscription it applies to; NULL = any.';
COMMENT ON COLUMN dwello.fee_schedules.payer IS 'Who pays the fee.';
COMMENT ON COLUMN dwello.fee_schedules.kind IS 'What tiers mean.';
COMMENT ON COLUMN dwello.fee_schedules.fixed_fee IS 'Fixed part, in minor units.';
COMMENT ON COLUMN dwello.fee_schedules.min_fee IS 'Least fee, in minor units.';
COMMENT ON COLUMN dwello.fee_schedules.max_fee IS 'Greatest fee, in minor units; NULL = no limit.';
COMMENT ON COLUMN dwello.fee_schedules.tax_ppm IS 'Tax on the fee, in parts per million.';
COMMENT ON COLUMN dwello.fee_schedules.tiers IS 'Tiers above the first: from_amount in minor units, and what differs from there.';
SELECT pg_catalog.pg_extension_config_dump('dwello.fee_schedules', 'WHERE NOT is_builtin');

INSERT INTO dwello.fee_schedules (id, name, payer, rate_ppm, is_builtin, created_at, updated_at) VALUES
  ('d0000000-0000-7000-8000-0000000000f1', 'default', 'provider', 50000, true, '2026-01-01 00:00+00',
   '2026-01-01 00:00+00');

CREATE POLICY fee_schedules_read ON dwello.fee_schedules FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.fee_schedules TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.promo_codes (
  code text CONSTRAINT promo_codes_pkey PRIMARY KEY
    CONSTRAINT promo_codes_code_check CHECK (code ~ '^[A-Z0-9_-]{3,40}$'),
  rate_ppm integer NOT NULL CONSTRAINT promo_codes_rate_check CHECK (rate_ppm BETWEEN 0 AND 1000000),
  currency text CONSTRAINT promo_codes_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  budget bigint CONSTRAINT promo_codes_budget_check CHECK (budget >= 0),
  spent bigint NOT NULL DEFAULT 0,
  valid tstzrange NOT NULL DEFAULT tstzrange(NULL, NULL) CONSTRAINT promo_codes_valid_check CHECK (NOT isempty(valid)),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT promo_codes_spent_check CHECK (spent >= 0 AND (budget IS NULL OR (spent <= budget AND currency IS NOT NULL)))
);
COMMENT ON TABLE dwello.promo_codes IS 'Codes that lower the fee, each with a budget.';
COMMENT ON COLUMN dwello.promo_codes.code IS 'The code, in capital letters.';
COMMENT ON COLUMN dwello.promo_codes.budget IS 'What the code may cost the platform, in minor units; NULL = no limit.';
COMMENT ON COLUMN dwello.promo_codes.spent IS 'What it has cost so far, in minor units.';
SELECT pg_catalog.pg_extension_config_dump('dwello.promo_codes', '');
GRANT SELECT ON dwello.promo_codes TO dwello_service;
