/*
 * Enum types of the domain, with every label that any feature uses: a label
 * cannot be used in the script that adds it, so none is left for later.  The
 * order of labels is the order of the enums of core.
 */
CREATE TYPE dwello.urgency AS ENUM ('low', 'medium', 'high', 'urgent');
COMMENT ON TYPE dwello.urgency IS 'How soon a job must be done; urgent moves weight from price to timeline and responsiveness.';

CREATE TYPE dwello.job_side AS ENUM ('homeowner', 'provider');
COMMENT ON TYPE dwello.job_side IS 'One of the two sides of a contract.';

CREATE TYPE dwello.job_status AS ENUM ('draft', 'open', 'awarded', 'in_progress', 'completed', 'cancelled', 'disputed');
COMMENT ON TYPE dwello.job_status IS 'State of a job; moves are listed by dwello.job_transitions().';
