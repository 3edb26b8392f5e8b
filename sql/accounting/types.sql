CREATE TYPE dwello.journal_status AS ENUM ('proposed', 'posted', 'rejected');
COMMENT ON TYPE dwello.journal_status IS 'What became of a journal: another administrator has to approve it, it is booked, or it never will be.';
