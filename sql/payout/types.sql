CREATE TYPE dwello.payout_status AS ENUM ('pending', 'completed', 'failed', 'cancelled');
COMMENT ON TYPE dwello.payout_status IS 'State of a payout.';
