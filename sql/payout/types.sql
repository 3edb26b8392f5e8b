CREATE TYPE dwello.payout_status AS ENUM ('pending', 'completed', 'failed', 'cancelled');
COMMENT ON TYPE dwello.payout_status IS 'State of a payout.';
CREATE TYPE dwello.payout_hold_reason AS ENUM ('account', 'balance');
COMMENT ON TYPE dwello.payout_hold_reason IS
  'Why a payout is held: the provider''s account is not active, or their balance does not cover it any more.';
CREATE TYPE dwello.repayment_status AS ENUM ('pending', 'completed', 'expired', 'cancelled');
COMMENT ON TYPE dwello.repayment_status IS 'State of what a provider was asked to pay of a debt; cancelled: it was asked for anew.';
