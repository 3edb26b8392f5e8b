/*
 * Ways in beside a token.
 */
CREATE TYPE dwello.code_purpose AS ENUM ('email', 'phone', 'password', 'sign_in');
COMMENT ON TYPE dwello.code_purpose IS 'What a code that is sent to a user is for.';
