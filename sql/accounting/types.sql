CREATE TYPE dwello.journal_status AS ENUM ('proposed', 'posted', 'rejected');
COMMENT ON TYPE dwello.journal_status IS 'What became of a journal: another administrator has to approve it, it is booked, or it never will be.';

CREATE TYPE dwello.document_kind AS ENUM ('commission', 'commission_credit', 'receipt', 'receipt_credit');
COMMENT ON TYPE dwello.document_kind IS 'What a document is: an invoice of the platform about its fee, a receipt of a provider about work that was paid, and the credit notes that take them back.';
