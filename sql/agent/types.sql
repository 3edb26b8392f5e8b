/*
 * Enum types of the domain, with every label that any feature uses: a label
 * cannot be used in the script that adds it, so none is left for later.  The
 * order of labels is the order of the enums of core.
 */
CREATE TYPE dwello.subscription_tier AS ENUM ('basic', 'premium', 'enterprise');
COMMENT ON TYPE dwello.subscription_tier IS 'Subscription tier of a provider.';

CREATE TYPE dwello.agent_mode AS ENUM ('shadow', 'propose', 'auto');
COMMENT ON TYPE dwello.agent_mode IS 'How much an agent may do by itself.';

CREATE TYPE dwello.agent_strategy AS ENUM ('aggressive', 'balanced', 'premium');
COMMENT ON TYPE dwello.agent_strategy IS 'Price strategy of an agent.';

CREATE TYPE dwello.agent_goal AS ENUM ('max_profit', 'fill_hours', 'target_win_rate', 'min_margin');
COMMENT ON TYPE dwello.agent_goal IS 'What an agent aims at inside its limits.';

CREATE TYPE dwello.agent_action AS ENUM ('bid_submitted', 'bid_won', 'bid_lost', 'bid_expired', 'declined',
  'proposed', 'deferred', 'shadowed', 'quarantined', 'refused', 'approved');
COMMENT ON TYPE dwello.agent_action IS 'What an agent did, or what came of it.';

CREATE TYPE dwello.answer_state AS ENUM ('waiting', 'claimed', 'deferred', 'answered', 'quarantined');
COMMENT ON TYPE dwello.answer_state IS 'How far an agent is with a published version of a job.';
