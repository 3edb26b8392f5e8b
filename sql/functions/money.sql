-- money.sql
--   Between decimal amounts and minor units.

CREATE OR REPLACE FUNCTION dwello.to_minor(
  amount numeric,
  currency text
)
RETURNS bigint
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_to_minor';
GRANT EXECUTE ON FUNCTION dwello.to_minor(numeric, text)
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.to_minor(numeric, text) IS
'A decimal amount in minor units, exactly: 950.00 USD is 95000, 950 JPY is 950, 1.500 KWD is 1500. Arguments: amount; currency, an ISO 4217 code (0, 2, 3 or 4 digits). Returns minor units. Errors: 22004 a NULL; 22003 out of the range of bigint; 22023 NaN or infinity, an unknown currency; WD203 more digits than the currency has.';

CREATE OR REPLACE FUNCTION dwello.from_minor(
  amount bigint,
  currency text
)
RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_from_minor';
GRANT EXECUTE ON FUNCTION dwello.from_minor(bigint, text)
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.from_minor(bigint, text) IS
'Minor units as a decimal amount with the digits of its currency: 95000 USD is 950.00. Arguments: amount in minor units; currency, an ISO 4217 code. Returns the decimal amount. Errors: 22004 a NULL; 22023 an unknown currency.';
