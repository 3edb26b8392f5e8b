/*
 * Enum types of the domain, with every label that any feature uses: a label
 * cannot be used in the script that adds it, so none is left for later.  The
 * order of labels is the order of the enums of core.
 */
CREATE TYPE dwello.bid_mode AS ENUM ('sealed', 'open', 'rank_only');
COMMENT ON TYPE dwello.bid_mode IS 'What bidders see of each other: nothing, everything, or their own rank.';

CREATE TYPE dwello.scoring_method AS ENUM ('value', 'lowest_price', 'fixed_budget_quality', 'meat');
COMMENT ON TYPE dwello.scoring_method IS 'How the bids of a job are scored.';

CREATE TYPE dwello.reference_source AS ENUM ('budget_midpoint', 'budget_max', 'market', 'category_default');
COMMENT ON TYPE dwello.reference_source IS 'Where a job''s reference amount came from.';

CREATE TYPE dwello.bid_status AS ENUM ('pending', 'accepted', 'rejected', 'withdrawn', 'expired');
COMMENT ON TYPE dwello.bid_status IS 'State of a bid; moves are listed by dwello.bid_transitions().';

CREATE TYPE dwello.offer_status AS ENUM ('pending', 'accepted', 'rejected', 'withdrawn', 'expired', 'countered');
COMMENT ON TYPE dwello.offer_status IS 'State of a counter-offer, a change order or an invitation; moves are listed by dwello.offer_transitions().';
