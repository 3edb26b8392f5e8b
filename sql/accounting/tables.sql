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

/*
 * What an accountant books by hand, and who approved it.  In neither group of
 * shards: its own key.
 */
CREATE TABLE dwello.journals (
  id uuid CONSTRAINT journals_pkey PRIMARY KEY,
  scope_id uuid NOT NULL,
  status dwello.journal_status NOT NULL,
  lines jsonb,
  currency text NOT NULL CONSTRAINT journals_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  amount bigint NOT NULL CONSTRAINT journals_amount_check CHECK (amount > 0),
  reason text NOT NULL,
  reference text,
  reverses uuid CONSTRAINT journals_reverses_fkey REFERENCES dwello.journals (id),
  transaction_id uuid,
  proposed_by uuid NOT NULL,
  proposed_at timestamptz NOT NULL,
  decided_by uuid,
  decided_at timestamptz,
  rejected_for text,
  CONSTRAINT journals_lines_check CHECK ((lines IS NULL) = (reverses IS NOT NULL) AND (lines IS NULL OR dwello.json_is_valid('journal_lines', lines))),
  CONSTRAINT journals_posted_check CHECK ((status = 'posted') = (transaction_id IS NOT NULL)),
  CONSTRAINT journals_decided_check CHECK ((status = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT journals_rejected_check CHECK ((status = 'rejected') = (rejected_for IS NOT NULL))
);
CREATE UNIQUE INDEX journals_reverses_key ON dwello.journals (reverses) WHERE status <> 'rejected';
CREATE INDEX journals_reverses_idx ON dwello.journals (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX journals_proposed_at_idx ON dwello.journals (proposed_at, id);
COMMENT ON TABLE dwello.journals IS
  'What administrators book by hand, with its reason, and who approved it; its transaction is in the scope that it names.';
COMMENT ON COLUMN dwello.journals.scope_id IS 'Scope of its transaction: its own id, that of the receipt whose money it moves, or that of the journal it reverses.';
COMMENT ON COLUMN dwello.journals.status IS 'What became of it.';
COMMENT ON COLUMN dwello.journals.lines IS 'What it books, as it was given; NULL for one that takes another back.';
COMMENT ON COLUMN dwello.journals.amount IS 'What its accounts gain, in minor units; others give as much.';
COMMENT ON COLUMN dwello.journals.reason IS 'Why it is booked.';
COMMENT ON COLUMN dwello.journals.reference IS 'The paper that it is on; NULL = none.';
COMMENT ON COLUMN dwello.journals.reverses IS 'The journal that it takes back; NULL = none.';
COMMENT ON COLUMN dwello.journals.transaction_id IS 'The transaction that booked it.';
COMMENT ON COLUMN dwello.journals.proposed_by IS 'The administrator who posted it.';
COMMENT ON COLUMN dwello.journals.proposed_at IS 'When they did.';
COMMENT ON COLUMN dwello.journals.decided_by IS 'The administrator who approved or rejected it; the one who posted it where no other is needed.';
COMMENT ON COLUMN dwello.journals.decided_at IS 'When it was booked or rejected.';
COMMENT ON COLUMN dwello.journals.rejected_for IS 'Why it was rejected.';
SELECT pg_catalog.pg_extension_config_dump('dwello.journals', '');
GRANT SELECT ON dwello.journals TO dwello_service;

/*
 * Who people are to a tax office: a row for each time that they said so.
 * Documents name the one in force when they were issued; the law has them
 * kept for years, so none is changed or deleted, whoever leaves.  The
 * platform's own has the nil UUID, so there is no foreign key.
 */
CREATE TABLE dwello.tax_profiles (
  user_id uuid NOT NULL,
  version integer NOT NULL CONSTRAINT tax_profiles_version_check CHECK (version > 0),
  id uuid NOT NULL,
  legal_name bytea NOT NULL,
  tax_id bytea,
  vat_id bytea,
  country text NOT NULL CONSTRAINT tax_profiles_country_check CHECK (country ~ '^[A-Z]{2}$'),
  is_business boolean NOT NULL,
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT tax_profiles_pkey PRIMARY KEY (user_id, version)
);
CREATE INDEX tax_profiles_id_idx ON dwello.tax_profiles (id);
CREATE INDEX tax_profiles_legal_name_key_idx ON dwello.tax_profiles (pg_catalog.substr(legal_name, 2, 4));
CREATE INDEX tax_profiles_tax_id_key_idx ON dwello.tax_profiles (pg_catalog.substr(tax_id, 2, 4)) WHERE tax_id IS NOT NULL;
CREATE INDEX tax_profiles_vat_id_key_idx ON dwello.tax_profiles (pg_catalog.substr(vat_id, 2, 4)) WHERE vat_id IS NOT NULL;
COMMENT ON TABLE dwello.tax_profiles IS
  'Who people are to a tax office, by version; names and numbers are sealed. Never changed or deleted: documents name them (legal hold).';
COMMENT ON COLUMN dwello.tax_profiles.user_id IS 'Whose it is; the nil UUID for the platform.';
COMMENT ON COLUMN dwello.tax_profiles.version IS 'Counts up for each user; the last one is in force.';
COMMENT ON COLUMN dwello.tax_profiles.id IS 'What sealed values are bound to, and documents name.';
COMMENT ON COLUMN dwello.tax_profiles.legal_name IS 'Name or firm, sealed.';
COMMENT ON COLUMN dwello.tax_profiles.tax_id IS 'Number at the tax office, sealed; NULL if they have none.';
COMMENT ON COLUMN dwello.tax_profiles.vat_id IS 'Number for value added tax, sealed; NULL if they have none.';
COMMENT ON COLUMN dwello.tax_profiles.country IS 'Country by its ISO 3166 code.';
COMMENT ON COLUMN dwello.tax_profiles.is_business IS 'Not a private person.';
COMMENT ON COLUMN dwello.tax_profiles.created_by IS 'Who said so.';
SELECT pg_catalog.pg_extension_config_dump('dwello.tax_profiles', '');
-- the same text may be sealed anew
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.tax_profiles
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append('tax_profiles', 'legal_name', 'tax_id', 'vat_id');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.tax_profiles
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
CREATE POLICY tax_profiles_read ON dwello.tax_profiles FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT (user_id, version, id, country, is_business, created_by, created_at) ON dwello.tax_profiles
  TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * Documents: what was issued about completed transactions, for ever.  Of one
 * transaction at most one of each kind; numbers are in the order of days.
 * Whoever issues holds the row of the watermark, so nobody else numbers.
 */
CREATE TABLE dwello.invoice_watermark (
  is_there boolean CONSTRAINT invoice_watermark_pkey PRIMARY KEY CONSTRAINT invoice_watermark_one_check CHECK (is_there),
  booked_on date,
  transaction_id uuid
);
COMMENT ON TABLE dwello.invoice_watermark IS
  'How far transactions have their documents, in the order of booked_on and id; one row, which whoever issues documents holds.';
COMMENT ON COLUMN dwello.invoice_watermark.is_there IS 'The key: there is one.';
COMMENT ON COLUMN dwello.invoice_watermark.booked_on IS 'Day of the last transaction that has its documents; NULL = none yet.';
COMMENT ON COLUMN dwello.invoice_watermark.transaction_id IS 'That transaction.';
SELECT pg_catalog.pg_extension_config_dump('dwello.invoice_watermark', '');
GRANT SELECT ON dwello.invoice_watermark TO dwello_service;

CREATE TABLE dwello.invoice_series (
  issuer_id uuid NOT NULL,
  kind dwello.document_kind NOT NULL,
  year integer NOT NULL,
  last_number bigint NOT NULL CONSTRAINT invoice_series_last_number_check CHECK (last_number >= 0),
  last_issued_on date,
  CONSTRAINT invoice_series_pkey PRIMARY KEY (issuer_id, kind, year)
);
COMMENT ON TABLE dwello.invoice_series IS
  'The last number of each issuer, kind of document and year; it is a row, so that a rollback leaves no gap.';
COMMENT ON COLUMN dwello.invoice_series.issuer_id IS 'The provider; the nil UUID for the platform.';
COMMENT ON COLUMN dwello.invoice_series.kind IS 'What the documents are.';
COMMENT ON COLUMN dwello.invoice_series.year IS 'Year in which they are issued.';
COMMENT ON COLUMN dwello.invoice_series.last_number IS 'The last number; those before it are all there.';
COMMENT ON COLUMN dwello.invoice_series.last_issued_on IS 'Day of the last number.';
SELECT pg_catalog.pg_extension_config_dump('dwello.invoice_series', '');
GRANT SELECT ON dwello.invoice_series TO dwello_service;

CREATE TABLE dwello.invoices (
  scope_id uuid NOT NULL,
  id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  corrects uuid,
  kind dwello.document_kind NOT NULL,
  issuer_id uuid NOT NULL,
  recipient_id uuid NOT NULL,
  net bigint NOT NULL,
  tax bigint NOT NULL,
  total bigint NOT NULL,
  currency text NOT NULL CONSTRAINT invoices_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  description text NOT NULL,
  issuer_profile uuid,
  recipient_profile uuid,
  year integer NOT NULL,
  series_number bigint NOT NULL CONSTRAINT invoices_series_number_check CHECK (series_number > 0),
  document_number text NOT NULL,
  issued_on date NOT NULL,
  supplied_on date NOT NULL,
  issued_at timestamptz NOT NULL,
  CONSTRAINT invoices_pkey PRIMARY KEY (scope_id, id),
  CONSTRAINT invoices_kind_key UNIQUE (scope_id, transaction_id, kind),
  CONSTRAINT invoices_total_check CHECK (net >= 0 AND tax >= 0 AND total > 0 AND total - net = tax)
);
CREATE INDEX invoices_id_idx ON dwello.invoices (id);
CREATE INDEX invoices_series_idx ON dwello.invoices (issuer_id, kind, year, series_number);
CREATE INDEX invoices_issuer_id_idx ON dwello.invoices (issuer_id, issued_at, id);
CREATE INDEX invoices_recipient_id_idx ON dwello.invoices (recipient_id, issued_at, id);
COMMENT ON TABLE dwello.invoices IS
  'Documents as they were issued: commission invoices, receipts, and their credit notes. Never changed.';
COMMENT ON COLUMN dwello.invoices.scope_id IS 'Scope of the transaction: the job.';
COMMENT ON COLUMN dwello.invoices.transaction_id IS 'The transaction that it is about.';
COMMENT ON COLUMN dwello.invoices.corrects IS 'The transaction that was undone, whose document it takes back; NULL = none.';
COMMENT ON COLUMN dwello.invoices.kind IS 'What it is.';
COMMENT ON COLUMN dwello.invoices.issuer_id IS 'The provider who issues it; the nil UUID for the platform.';
COMMENT ON COLUMN dwello.invoices.recipient_id IS 'Whom it is for.';
COMMENT ON COLUMN dwello.invoices.net IS 'Without tax, in minor units.';
COMMENT ON COLUMN dwello.invoices.tax IS 'Tax on it, in minor units.';
COMMENT ON COLUMN dwello.invoices.total IS 'Both, in minor units.';
COMMENT ON COLUMN dwello.invoices.description IS 'Title of the job when it was issued.';
COMMENT ON COLUMN dwello.invoices.issuer_profile IS 'Tax profile of the issuer when it was issued; NULL = none.';
COMMENT ON COLUMN dwello.invoices.recipient_profile IS 'Tax profile of whom it is for when it was issued; NULL = none.';
COMMENT ON COLUMN dwello.invoices.year IS 'Year of its series.';
COMMENT ON COLUMN dwello.invoices.series_number IS 'Number in its series, from 1 without a gap.';
COMMENT ON COLUMN dwello.invoices.document_number IS 'The number as it is printed.';
COMMENT ON COLUMN dwello.invoices.issued_on IS 'Day on which it was issued; not before that of the number before it.';
COMMENT ON COLUMN dwello.invoices.supplied_on IS 'Day of the transaction, booked_on.';
COMMENT ON COLUMN dwello.invoices.issued_at IS 'When it was issued.';
SELECT pg_catalog.pg_extension_config_dump('dwello.invoices', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.invoices
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.invoices
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
CREATE POLICY invoices_read ON dwello.invoices FOR SELECT
  USING (issuer_id = dwello.current_user_id() OR recipient_id = dwello.current_user_id());
GRANT SELECT ON dwello.invoices TO dwello_app, dwello_service, dwello_support, dwello_admin;
