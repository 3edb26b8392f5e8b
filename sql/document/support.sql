/*
 * json_is_valid
 *	Whether a document fits a built-in JSON schema, formats included. It
 *	reads no table, so CHECKs of columns call it. Operators' own schemas are
 *	for validate_json().
 *
 * role: app, service, support, admin
 * args:
 *	schema_name: as the view dwello.json_schemas lists it
 *	document: the document
 * returns: true when it fits
 * errors:
 *	P0002: the library has no such schema
 *	22023: the document nests deeper than 1000 levels
 * example: system
 *	SELECT dwello.json_is_valid('review_axes', '{"quality": 5}') AS good,
 *	       dwello.json_is_valid('review_axes', '{"quality": 6}') AS bad;
 */
CREATE OR REPLACE FUNCTION dwello.json_is_valid(schema_name text, document jsonb)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_json_is_valid';
GRANT EXECUTE ON FUNCTION dwello.json_is_valid TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.json_is_valid IS
  'Whether a document fits a built-in JSON schema, formats included. Errors: P0002, 22023. See reference.md#json_is_valid.';

/*
 * builtin_json_schemas
 *	The JSON schemas of the library, of which the view dwello.json_schemas is
 *	made.
 *
 * role: app, service, support, admin
 * returns: rows, one a schema
 *	name: of the schema
 *	schema: the schema itself
 * example: system
 *	SELECT name, schema FROM dwello.builtin_json_schemas() WHERE name = 'review_axes';
 */
CREATE OR REPLACE FUNCTION dwello.builtin_json_schemas()
RETURNS TABLE (
  name text,
  schema jsonb
)
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_builtin_json_schemas';
GRANT EXECUTE ON FUNCTION dwello.builtin_json_schemas TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.builtin_json_schemas IS
  'The JSON schemas of the library, of which the view dwello.json_schemas is made. See reference.md#builtin_json_schemas.';
