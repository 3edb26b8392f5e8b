CREATE OR REPLACE FUNCTION dwello.uuidv7() RETURNS uuid
  AS 'MODULE_PATHNAME', 'dwello_uuidv7' LANGUAGE c VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION dwello.uuidv7() IS
  'A fresh time-ordered UUID (version 7): milliseconds of the clock, 12 bits of their fraction, 62 random bits; each greater than the one before in a session. No arguments, no errors.';
GRANT EXECUTE ON FUNCTION dwello.uuidv7() TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
