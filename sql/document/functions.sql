-- ----------------------------------------------------------------------
-- JSON documents and the schemas they are to fit.
-- ----------------------------------------------------------------------

/*
 * validate_json
 *	Whether a document fits a JSON schema of draft 7, a built-in one or an
 *	operator's own. A schema is compiled once in a session.
 *
 * role: app, service, support, admin
 * args:
 *	schema_name: as the view dwello.json_schemas lists it
 *	document: any JSON
 *	check_formats: false: the keywords format, contentEncoding and
 *	  contentMediaType ask for nothing
 * returns: true when it fits
 * errors:
 *	WD402 WD401 22004 22001
 *	22023: a blank name, or the document nests deeper than 1000 levels
 *	P0002: no such schema
 *	54001: schema and document nest too deep together
 * example: homeowner
 *	SELECT dwello.validate_json('review_axes', '{"quality": 5}') AS good,
 *	       dwello.validate_json('review_axes', '{"quality": "high"}') AS bad;
 */
CREATE OR REPLACE FUNCTION dwello.validate_json(
  schema_name text,
  document jsonb,
  check_formats boolean DEFAULT true
)
RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_validate_json';
GRANT EXECUTE ON FUNCTION dwello.validate_json TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.validate_json IS
  'Whether a document fits a JSON schema of draft 7, a built-in one or an operator''s own. Errors: WD402, WD401, 22004, 22001, 22023, P0002, 54001. See reference.md#validate_json.';

/*
 * json_errors
 *	In what a document does not fit a JSON schema of draft 7, up to 1000
 *	things. A schema of the view dwello.json_schemas will do as well as one
 *	written in the call.
 *
 * role: app, service, support, admin
 * args:
 *	schema: an object, true or false
 *	document: any JSON
 *	check_formats: false: the keywords format, contentEncoding and
 *	  contentMediaType ask for nothing
 * returns: rows, one an error; none when it fits
 *	path: JSON pointer into the document, empty for all of it
 *	keyword: of the schema; "false" for a schema that nothing fits
 *	message: the end of a sentence about what is there
 *	schema_path: JSON pointer to the keyword, behind the URI of the
 *	  meta-schema where it is that
 * errors:
 *	22004
 *	22023: the schema is none of draft 7, or one of the two nests deeper
 *	  than 1000 levels
 *	54001: schema and document nest too deep together
 * example: homeowner
 *	SELECT * FROM dwello.json_errors(
 *	  '{"properties": {"rooms": {"type": "integer", "minimum": 1}}, "required": ["city"]}',
 *	  '{"rooms": 0}');
 */
CREATE OR REPLACE FUNCTION dwello.json_errors(
  schema jsonb,
  document jsonb,
  check_formats boolean DEFAULT true
)
RETURNS TABLE (
  path text,
  keyword text,
  message text,
  schema_path text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_json_errors';
GRANT EXECUTE ON FUNCTION dwello.json_errors TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.json_errors IS
  'In what a document does not fit a JSON schema of draft 7, up to 1000 things. Errors: 22004, 22023, 54001. See reference.md#json_errors.';

/*
 * set_json_schema
 *	Sets an operator's own JSON schema of draft 7 for validate_json(), or
 *	removes it. Documents that were written before are not looked at: so a
 *	schema that asks for more is better a new one, under a new name.
 *
 * role: app, service, admin
 * args:
 *	name: up to 63 small letters, digits and underscores, a letter first;
 *	  not that of a built-in schema
 *	schema: an object, true or false; NULL removes it
 *	expected_version: version of the schema, 0 for one never set
 *	idempotency_key
 * returns: a row
 *	name
 *	version: version of the schema
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004: no name
 *	22001
 *	22023: no such name, or the schema is none of draft 7
 *	WD104 WD103
 * example: admin
 *	SELECT name, version FROM dwello.set_json_schema(
 *	  name => 'delivery_note', schema => '{"type": "object", "required": ["item"]}');
 */
CREATE OR REPLACE FUNCTION dwello.set_json_schema(
  INOUT name text,
  schema jsonb,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_json_schema';
GRANT EXECUTE ON FUNCTION dwello.set_json_schema
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_json_schema IS
  'Sets an operator''s own JSON schema of draft 7 for validate_json(), or removes it. Errors: WD402, WD401, 42501, 22004, 22001, 22023, WD104, WD103. See reference.md#set_json_schema.';
