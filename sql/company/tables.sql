/*
 * What payment companies say that they did.  A line belongs to no job: it is
 * placed by the company, like its events.
 */
CREATE TABLE dwello.statement_lines (
  psp text NOT NULL,
  line_id text NOT NULL,
  kind dwello.statement_line_kind NOT NULL,
  event_id text,
  reference text,
  amount bigint NOT NULL CONSTRAINT statement_lines_amount_check CHECK (amount <> 0),
  currency text NOT NULL CONSTRAINT statement_lines_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  occurred_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  scope_id uuid,
  transaction_id uuid,
  difference bigint,
  booked_at timestamptz,
  CONSTRAINT statement_lines_pkey PRIMARY KEY (psp, line_id),
  CONSTRAINT statement_lines_name_check CHECK (event_id IS NOT NULL OR reference IS NOT NULL),
  CONSTRAINT statement_lines_booked_check CHECK ((transaction_id IS NULL) = (scope_id IS NULL)
    AND (transaction_id IS NULL) = (booked_at IS NULL)),
  CONSTRAINT statement_lines_difference_check CHECK (difference IS NULL OR (difference <> 0 AND transaction_id IS NOT NULL))
);
CREATE INDEX statement_lines_time_idx ON dwello.statement_lines (psp, occurred_at);
CREATE INDEX statement_lines_event_id_idx ON dwello.statement_lines (psp, event_id) WHERE event_id IS NOT NULL;
CREATE INDEX statement_lines_reference_idx ON dwello.statement_lines (psp, reference) WHERE reference IS NOT NULL;
CREATE UNIQUE INDEX statement_lines_transaction_id_key ON dwello.statement_lines (transaction_id)
  WHERE transaction_id IS NOT NULL;
COMMENT ON TABLE dwello.statement_lines IS 'Lines of payment companies'' statements as they were imported, to be held against the ledger.';
COMMENT ON COLUMN dwello.statement_lines.line_id IS 'The payment company''s own id of the line.';
COMMENT ON COLUMN dwello.statement_lines.kind IS 'What the company did.';
COMMENT ON COLUMN dwello.statement_lines.event_id IS 'Its id of the event that told of it; NULL = not said.';
COMMENT ON COLUMN dwello.statement_lines.reference IS 'Its name for what the line is about; NULL = not said.';
COMMENT ON COLUMN dwello.statement_lines.amount IS 'In minor units; below zero only of a fee, a settlement or an adjustment: the other way.';
COMMENT ON COLUMN dwello.statement_lines.occurred_at IS 'When it happened, by the company''s own clock.';
COMMENT ON COLUMN dwello.statement_lines.scope_id IS 'Scope of the transaction that the line was booked as; NULL = none yet.';
COMMENT ON COLUMN dwello.statement_lines.transaction_id IS 'What book_statement_line() booked, or found booked; NULL = it was not asked yet.';
COMMENT ON COLUMN dwello.statement_lines.difference IS
  'What of the amount that transaction booked, because the rest was booked as it was told, in minor units; NULL = all of it.';
COMMENT ON COLUMN dwello.statement_lines.booked_at IS 'When that was; NULL = not yet.';
SELECT pg_catalog.pg_extension_config_dump('dwello.statement_lines', '');
GRANT SELECT ON dwello.statement_lines TO dwello_service;

/*
 * In what payment companies count, where that is not a minor unit.  The rows
 * of no company are those of every company without its own: they belong to
 * the version, and are not dumped.
 */
CREATE TABLE dwello.psp_units (
  psp text NOT NULL,
  currency text NOT NULL CONSTRAINT psp_units_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  exponent integer CONSTRAINT psp_units_exponent_check CHECK (exponent BETWEEN 0 AND 4),
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT psp_units_pkey PRIMARY KEY (psp, currency)
);
COMMENT ON TABLE dwello.psp_units IS
  'In what payment companies count a currency; the rows of no company are built in and those of every company without its own.';
COMMENT ON COLUMN dwello.psp_units.psp IS 'The payment company; empty for every company without its own.';
COMMENT ON COLUMN dwello.psp_units.exponent IS 'Digits after the point of what they count, 0 = whole units; NULL = as for every company.';
SELECT pg_catalog.pg_extension_config_dump('dwello.psp_units', 'WHERE psp <> ''''');
-- a fixed time, so that the rows are equal wherever they are made
INSERT INTO dwello.psp_units (psp, currency, exponent, updated_at)
  SELECT '', b.currency, b.exponent, '2026-01-01 00:00+00' FROM (VALUES ('HUF', 0), ('TWD', 0), ('UGX', 2)) AS b (currency, exponent);
CREATE POLICY psp_units_read ON dwello.psp_units FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.psp_units TO dwello_app, dwello_service, dwello_support, dwello_admin;
