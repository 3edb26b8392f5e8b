CREATE TYPE dwello.dispute_status AS ENUM ('open', 'answered', 'settled', 'resolved', 'withdrawn');
COMMENT ON TYPE dwello.dispute_status IS 'State of a dispute.';

CREATE TYPE dwello.chargeback_status AS ENUM ('open', 'won', 'lost');
COMMENT ON TYPE dwello.chargeback_status IS 'State of a chargeback.';
