/*
 * How far the days of booking are closed.  A row for each time that an
 * accountant closed them; those that were opened again stay, with the two
 * administrators who did it.
 */
CREATE TABLE dwello.accounting_periods (
  id uuid CONSTRAINT accounting_periods_pkey PRIMARY KEY,
  closed_until date NOT NULL,
  closed_at timestamptz NOT NULL,
  closed_by uuid NOT NULL,
  reopen_reason text,
  reopen_asked_by uuid,
  reopen_asked_at timestamptz,
  reopened_by uuid,
  reopened_at timestamptz,
  carried_at timestamptz,
  CONSTRAINT accounting_periods_asked_check CHECK (
    (reopen_asked_by IS NULL) = (reopen_asked_at IS NULL) AND (reopen_asked_by IS NULL) = (reopen_reason IS NULL)),
  CONSTRAINT accounting_periods_reopened_check CHECK (
    (reopened_by IS NULL) = (reopened_at IS NULL) AND (reopened_by IS NULL OR reopened_by <> reopen_asked_by))
);
CREATE UNIQUE INDEX accounting_periods_closed_until_key ON dwello.accounting_periods (closed_until)
  WHERE reopened_at IS NULL;
COMMENT ON TABLE dwello.accounting_periods IS
  'How far the days of booking are closed: nothing is booked on a day up to the last one any more. Every booking holds a lock of the table.';
COMMENT ON COLUMN dwello.accounting_periods.closed_until IS 'Last day that was closed, by booked_on.';
COMMENT ON COLUMN dwello.accounting_periods.closed_at IS 'When it was closed.';
COMMENT ON COLUMN dwello.accounting_periods.closed_by IS 'The administrator who closed it; the nil UUID for the system.';
COMMENT ON COLUMN dwello.accounting_periods.reopen_reason IS 'Why it shall be open again; NULL = nobody asks for that.';
COMMENT ON COLUMN dwello.accounting_periods.reopen_asked_by IS 'The administrator who asked that it be open again.';
COMMENT ON COLUMN dwello.accounting_periods.reopen_asked_at IS 'When they asked.';
COMMENT ON COLUMN dwello.accounting_periods.reopened_by IS 'Another administrator, who opened it again; NULL = it is closed.';
COMMENT ON COLUMN dwello.accounting_periods.reopened_at IS 'When it was opened again.';
COMMENT ON COLUMN dwello.accounting_periods.carried_at IS 'When its balances were carried forward; NULL = not yet.';
SELECT pg_catalog.pg_extension_config_dump('dwello.accounting_periods', '');
CREATE TRIGGER forget_row AFTER INSERT OR UPDATE OR DELETE ON dwello.accounting_periods
  FOR EACH ROW EXECUTE FUNCTION dwello.forget_kept('accounting_periods');
CREATE TRIGGER forget_all AFTER TRUNCATE ON dwello.accounting_periods
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.forget_kept('accounting_periods');
ALTER TABLE dwello.accounting_periods ENABLE ALWAYS TRIGGER forget_row, ENABLE ALWAYS TRIGGER forget_all;
GRANT SELECT ON dwello.accounting_periods TO dwello_service;

/*
 * What each kind of account came to at the end of a closed period: reports
 * read the entries since, and not those of all years.
 */
CREATE TABLE dwello.period_balances (
  period_id uuid NOT NULL,
  kind text NOT NULL,
  currency text NOT NULL CONSTRAINT period_balances_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  psp text NOT NULL,
  balance numeric NOT NULL,
  CONSTRAINT period_balances_pkey PRIMARY KEY (period_id, kind, currency, psp)
);
COMMENT ON TABLE dwello.period_balances IS
  'Balances of all kinds of account at the end of closed periods, in minor units; in each currency they sum to zero.';
COMMENT ON COLUMN dwello.period_balances.period_id IS 'The period; once it was opened again, nobody reads them.';
COMMENT ON COLUMN dwello.period_balances.kind IS 'Kind of account, or escrow: all jobs together.';
COMMENT ON COLUMN dwello.period_balances.psp IS 'The payment company, or an empty text.';
COMMENT ON COLUMN dwello.period_balances.balance IS 'Sum of all entries up to the end of the period, in minor units.';
SELECT pg_catalog.pg_extension_config_dump('dwello.period_balances', '');
GRANT SELECT ON dwello.period_balances TO dwello_service;
