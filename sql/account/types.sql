/*
 * Enum types of the domain, with every label that any feature uses: a label
 * cannot be used in the script that adds it, so none is left for later.  The
 * order of labels is the order of the enums of core.
 */
CREATE TYPE dwello.user_type AS ENUM ('homeowner', 'service_provider', 'admin');
COMMENT ON TYPE dwello.user_type IS 'What a user is on the platform.';

CREATE TYPE dwello.user_status AS ENUM ('active', 'inactive', 'suspended', 'pending_verification');
COMMENT ON TYPE dwello.user_status IS 'Status of an account; only an active one may act.';

CREATE TYPE dwello.address_type AS ENUM ('home', 'business', 'billing');
COMMENT ON TYPE dwello.address_type IS 'What an address is used for.';

CREATE TYPE dwello.credential_type AS ENUM ('license', 'insurance', 'certification', 'experience', 'equipment');
COMMENT ON TYPE dwello.credential_type IS 'Kind of a provider''s credential, and of a job''s requirement.';

CREATE TYPE dwello.payment_method_type AS ENUM ('credit_card', 'debit_card', 'bank_account', 'paypal', 'stripe');
COMMENT ON TYPE dwello.payment_method_type IS 'Kind of a payment method.';
