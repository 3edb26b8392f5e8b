/*
 * Enum types of the domain, with every label that any feature uses: a label
 * cannot be used in the script that adds it, so none is left for later.  The
 * order of labels is the order of the enums of core.
 */
CREATE TYPE dwello.fee_payer AS ENUM ('provider', 'homeowner', 'split');
COMMENT ON TYPE dwello.fee_payer IS 'Who pays the platform''s fee.';

CREATE TYPE dwello.fee_kind AS ENUM ('flat', 'marginal');
COMMENT ON TYPE dwello.fee_kind IS 'Whether a fee schedule''s tier is chosen once by the contract, or each holds for what lies in it.';
