/*
 * Enum types, with every label that any feature uses: a label cannot be used
 * in the script that adds it, so none is left for later.  The order of labels
 * is the order of the enums of core.
 */
CREATE TYPE dwello.user_type AS ENUM ('homeowner', 'service_provider', 'admin');
COMMENT ON TYPE dwello.user_type IS 'What a user is on the platform.';

CREATE TYPE dwello.user_status AS ENUM ('active', 'inactive', 'suspended', 'pending_verification');
COMMENT ON TYPE dwello.user_status IS 'Standing of a user; only an active one may act.';

CREATE TYPE dwello.address_type AS ENUM ('home', 'business', 'billing');
COMMENT ON TYPE dwello.address_type IS 'What an address is used for.';

CREATE TYPE dwello.credential_type AS ENUM ('license', 'insurance', 'certification', 'experience', 'equipment');
COMMENT ON TYPE dwello.credential_type IS 'Kind of a provider''s credential, and of a job''s requirement.';

CREATE TYPE dwello.payment_method_type AS ENUM ('credit_card', 'debit_card', 'bank_account', 'paypal', 'stripe');
COMMENT ON TYPE dwello.payment_method_type IS 'Kind of a payment method.';

CREATE TYPE dwello.urgency AS ENUM ('low', 'medium', 'high', 'urgent');
COMMENT ON TYPE dwello.urgency IS 'How soon a job must be done; urgent moves weight from price to timeline and responsiveness.';

CREATE TYPE dwello.job_status AS ENUM ('draft', 'open', 'awarded', 'in_progress', 'completed', 'cancelled', 'disputed');
COMMENT ON TYPE dwello.job_status IS 'State of a job; moves are listed by dwello.job_transitions().';

CREATE TYPE dwello.bid_mode AS ENUM ('sealed', 'open', 'rank_only');
COMMENT ON TYPE dwello.bid_mode IS 'What bidders see of each other: nothing, everything, or their own rank.';

CREATE TYPE dwello.scoring_method AS ENUM ('value', 'lowest_price', 'fixed_budget_quality', 'meat');
COMMENT ON TYPE dwello.scoring_method IS 'How the bids of a job are scored.';

CREATE TYPE dwello.reference_source AS ENUM ('budget_midpoint', 'budget_max', 'market', 'category_default');
COMMENT ON TYPE dwello.reference_source IS 'Where a job''s reference amount came from.';

CREATE TYPE dwello.milestone_status AS ENUM ('planned', 'funded', 'submitted', 'changes_requested', 'approved',
  'released', 'refunded', 'disputed', 'cancelled');
COMMENT ON TYPE dwello.milestone_status IS 'State of a milestone; moves are listed by dwello.milestone_transitions().';

CREATE TYPE dwello.bid_status AS ENUM ('pending', 'accepted', 'rejected', 'withdrawn', 'expired');
COMMENT ON TYPE dwello.bid_status IS 'State of a bid; moves are listed by dwello.bid_transitions().';

CREATE TYPE dwello.escrow_status AS ENUM ('created', 'funding', 'held', 'partially_released', 'released', 'refunded',
  'settled', 'disputed', 'frozen', 'charged_back', 'cancelled', 'failed');
COMMENT ON TYPE dwello.escrow_status IS 'State of an escrow, derived from its amounts; moves are listed by dwello.escrow_transitions().';

CREATE TYPE dwello.transaction_type AS ENUM ('payment', 'refund', 'dispute', 'fee', 'release', 'chargeback', 'payout', 'reversal');
COMMENT ON TYPE dwello.transaction_type IS 'What a transaction does.';

CREATE TYPE dwello.transaction_status AS ENUM ('pending', 'completed', 'failed', 'cancelled', 'disputed');
COMMENT ON TYPE dwello.transaction_status IS 'State of a transaction; only a completed one has ledger entries.';

CREATE TYPE dwello.ledger_account_kind AS ENUM ('psp_clearing', 'provider_available', 'provider_receivable',
  'platform_fee', 'tax_payable', 'psp_fee', 'platform_loss', 'rounding', 'fx_liquidity', 'chargeback_clearing');
COMMENT ON TYPE dwello.ledger_account_kind IS 'Kind of a ledger account; an escrow is an account of its own.';

CREATE TYPE dwello.fee_payer AS ENUM ('provider', 'homeowner', 'split');
COMMENT ON TYPE dwello.fee_payer IS 'Who pays the platform''s fee.';
CREATE TYPE dwello.fee_kind AS ENUM ('flat', 'marginal');
COMMENT ON TYPE dwello.fee_kind IS 'Whether a fee schedule''s tier is chosen once by the contract, or each holds for what lies in it.';

CREATE TYPE dwello.subscription_tier AS ENUM ('basic', 'premium', 'enterprise');
COMMENT ON TYPE dwello.subscription_tier IS 'Subscription tier of a provider.';

CREATE TYPE dwello.dispute_status AS ENUM ('open', 'answered', 'settled', 'resolved', 'withdrawn');
COMMENT ON TYPE dwello.dispute_status IS 'State of a dispute.';

CREATE TYPE dwello.chargeback_status AS ENUM ('open', 'won', 'lost');
COMMENT ON TYPE dwello.chargeback_status IS 'State of a chargeback.';

CREATE TYPE dwello.payout_status AS ENUM ('pending', 'completed', 'failed', 'cancelled');
COMMENT ON TYPE dwello.payout_status IS 'State of a payout.';

CREATE TYPE dwello.offer_status AS ENUM ('pending', 'accepted', 'rejected', 'withdrawn', 'expired', 'countered');
COMMENT ON TYPE dwello.offer_status IS 'State of a counter-offer or a change order.';

CREATE TYPE dwello.message_type AS ENUM ('text', 'image', 'file', 'system');
COMMENT ON TYPE dwello.message_type IS 'Kind of a message.';

CREATE TYPE dwello.notification_type AS ENUM ('bid_received', 'bid_accepted', 'bid_rejected', 'job_completed',
  'payment_received', 'message_received', 'system');
COMMENT ON TYPE dwello.notification_type IS 'Kind of a notification.';

CREATE TYPE dwello.agent_mode AS ENUM ('shadow', 'propose', 'auto');
COMMENT ON TYPE dwello.agent_mode IS 'How much an agent may do by itself.';

CREATE TYPE dwello.agent_strategy AS ENUM ('aggressive', 'balanced', 'premium');
COMMENT ON TYPE dwello.agent_strategy IS 'Price strategy of an agent.';

CREATE TYPE dwello.agent_action AS ENUM ('bid_submitted', 'bid_won', 'bid_lost', 'bid_expired', 'declined',
  'proposed', 'deferred');
COMMENT ON TYPE dwello.agent_action IS 'What an agent did, or what came of it.';
