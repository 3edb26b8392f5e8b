/*
 * Enum types of the domain, with every label that any feature uses: a label
 * cannot be used in the script that adds it, so none is left for later.  The
 * order of labels is the order of the enums of core.
 */
CREATE TYPE dwello.milestone_status AS ENUM ('planned', 'funded', 'submitted', 'changes_requested', 'approved',
  'released', 'refunded', 'disputed', 'cancelled');
COMMENT ON TYPE dwello.milestone_status IS 'State of a milestone; moves are listed by dwello.milestone_transitions().';

CREATE TYPE dwello.escrow_status AS ENUM ('created', 'funding', 'held', 'partially_released', 'released', 'refunded',
  'settled', 'disputed', 'frozen', 'charged_back', 'cancelled', 'failed');
COMMENT ON TYPE dwello.escrow_status IS 'State of an escrow, derived from its amounts; moves are listed by dwello.escrow_transitions().';

CREATE TYPE dwello.receipt_reason AS ENUM ('surplus', 'second_charge', 'wrong_currency', 'unknown_job', 'job_over', 'late',
  'refund_failed', 'gone');
COMMENT ON TYPE dwello.receipt_reason IS 'Why money that has arrived fits no payment.';

CREATE TYPE dwello.receipt_status AS ENUM ('held', 'assigned', 'returned', 'cleared', 'charged_back');
COMMENT ON TYPE dwello.receipt_status IS 'What became of money that fits no payment.';

CREATE TYPE dwello.authorization_status AS ENUM ('open', 'captured', 'voided', 'expired');
COMMENT ON TYPE dwello.authorization_status IS 'What became of money that a payment company may take later.';

CREATE TYPE dwello.refund_status AS ENUM ('pending', 'completed', 'failed');
COMMENT ON TYPE dwello.refund_status IS 'State of a refund: asked of the payment company, sent by it, or not to be had from it.';
