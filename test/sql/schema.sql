--
-- schema.sql
--	JSON documents: validate_json(), json_errors(), schemas of the library and
--	of operators, and schemas that mean no good.
--
BEGIN;
-- what does not fit, and where
SELECT * FROM dwello.json_errors($${
  "type": "object",
  "required": ["city", "rooms"],
  "properties": {
    "city": {"type": "string", "maxLength": 5, "pattern": "^[A-Z]"},
    "rooms": {"type": "integer", "minimum": 1, "maximum": 20},
    "photos": {"items": {"type": "string", "format": "uri"}, "uniqueItems": true},
    "a/b": {"$ref": "#/definitions/even"}},
  "additionalProperties": false,
  "definitions": {"even": {"multipleOf": 2}}}$$,
  '{"city": "uppsala", "rooms": 0.5, "photos": ["x", "http://a/", "http://a/"], "a/b": 3, "c": 1}');
SELECT * FROM dwello.json_errors('{"format": "date", "contentEncoding": "base64"}', '"32"');
SELECT * FROM dwello.json_errors('{"format": "date", "contentEncoding": "base64"}', '"32"', check_formats => false);
SELECT * FROM dwello.json_errors('true', '1');
SELECT * FROM dwello.json_errors('false', '1');
SELECT * FROM dwello.json_errors('{"$ref": "http://json-schema.org/draft-07/schema#"}', '{"properties": {"a": {"minimum": "1"}}}');
SELECT count(*) AS no_more_than_1000
  FROM dwello.json_errors('{"items": {"type": "string"}}', (SELECT jsonb_agg(i) FROM generate_series(1, 3000) AS i));

-- a number is a number, whatever its digits
SELECT left(document::text, 40) AS document, count(e) AS errors
  FROM unnest(ARRAY['1', '1.0', '1e2', '-0.0', '1e131071', '1e-16383', '123456789012345678901234567890',
    '0.1000000000000000000000000000000001']::jsonb[]) AS v (document)
  LEFT JOIN LATERAL dwello.json_errors('{"type": "integer", "multipleOf": 0.5, "maximum": 1e131071}', v.document) AS e ON true
 GROUP BY v.document ORDER BY v.document;

-- formats: what each takes, and what not; a number has none
CREATE TEMP TABLE format (name text, good text[], bad text[]);
INSERT INTO format VALUES
  ('date', ARRAY['2024-02-29', '2000-12-31'],
    ARRAY['2023-02-29', '1900-02-29', '2024-13-01', '2024-1-01', '24-01-01', '2024-04-31']),
  ('time', ARRAY['23:59:59Z', '12:00:00.5+05:30', '23:59:60Z', '22:59:60-01:00'],
    ARRAY['24:00:00Z', '12:60:00Z', '12:00:00', '12:00:00+24:00', '1:00:00Z', '12:00:60Z']),
  ('date-time', ARRAY['2024-02-29T12:00:00Z', '1998-12-31T23:59:60Z', '2024-01-01t00:00:00z'],
    ARRAY['2024-02-30T00:00:00Z', '2024-01-01 00:00:00Z', '2024-01-01T25:00:00Z', 'x']),
  ('email', ARRAY['a@b.example', '"two words"@b.example', 'a+b@[127.0.0.1]', 'a@[IPv6:::1]'],
    ARRAY['a', '@b', 'a@', '.a@b.example', 'a..b@c.example', 'a@-b.example', 'a@[1.2.3.999]']),
  ('idn-email', ARRAY['어른@예제.example', 'a@b.example'],
    ARRAY['어른', '@']),
  ('hostname', ARRAY['a.example', 'xn--nxasmq6b', '1a.b-c.d'],
    ARRAY['-a', 'a-', 'a_b', 'a..b', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '']),
  ('idn-hostname', ARRAY['bücher.example', '실례.테스트', 'a。b'],
    ARRAY['-ü', '〮실례.테스트', 'a..b', 'xn--']),
  ('ipv4', ARRAY['127.0.0.1', '255.255.255.255'],
    ARRAY['256.1.1.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', 'a.b.c.d']),
  ('ipv6', ARRAY['::1', '2001:db8::ff00:42:8329', '::ffff:1.2.3.4', '1:2:3:4:5:6:7:8', '::'],
    ARRAY['1:2:3', '1::2::3', '12345::', '::1.2.3.999', '1:2:3:4:5:6:7:8:9', 'fe80::1%eth0', ':1']),
  ('uri', ARRAY['https://a.example:8080/b?c=d#e', 'urn:isbn:0', 'mailto:a@b.example', 'http://[::1]/', 'http://a/%20'],
    ARRAY['/b', 'a b', 'http://a b/', 'http://[::1/', '1http://a', 'http://a/%zz', 'http://a/"']),
  ('uri-reference', ARRAY['/b?c#d', '../x', '', '#a', '//h/p'],
    ARRAY['a b', '\x', '#a#b', '%g0']),
  ('iri', ARRAY['http://ƒøø.example/?∂éœ', 'http://a/'],
    ARRAY['/ƒ', 'a b']),
  ('iri-reference', ARRAY['/âππ', '#ƒ'],
    ARRAY['a b', '\âππ']),
  ('uri-template', ARRAY['/a/{b}/{+c*}/{?d,e:3}', 'x'],
    ARRAY['/a/{b', '/a/b}', '/{a b}', '{a:10000}']),
  ('json-pointer', ARRAY['', '/a/b~0~1', '/0'],
    ARRAY['a', '/~', '/~2']),
  ('relative-json-pointer', ARRAY['0', '1/a', '12#'],
    ARRAY['/a', '-1/a', '01/a', '1a', '']),
  ('regex', ARRAY['^a+(b|c)$', '[^\d]', '(?<n>a)\k<n>', 'a{2,3}?'],
    ARRAY['(', 'a**', '[b-a]', '\', '(?<n']),
  ('uuid', ARRAY['2eb8aa08-aa98-11ea-b4aa-73b441d16380', '2EB8AA08-AA98-11EA-B4AA-73B441D16380'],
    ARRAY['2eb8aa08-aa98-11ea-b4aa-73b441d1638', '2eb8aa08aa9811eab4aa73b441d16380', '2eb8-aa08-aa98-11ea-b4aa73b44-1d16380', 'zeb8aa08-aa98-11ea-b4aa-73b441d16380']);
SELECT f.name, v.value, v.is_good
  FROM format AS f
  CROSS JOIN LATERAL (SELECT g, true FROM unnest(f.good) AS g UNION ALL SELECT b, false FROM unnest(f.bad) AS b) AS v (value, is_good)
 WHERE v.is_good <> NOT EXISTS (SELECT FROM dwello.json_errors(jsonb_build_object('format', f.name), to_jsonb(v.value)))
 ORDER BY 1, 2;
SELECT count(*) AS formats, count(e) AS errors FROM format AS f LEFT JOIN LATERAL dwello.json_errors(jsonb_build_object('format', f.name), '5') AS e ON true;

-- patterns: what matches, what not, and what is none
CREATE TEMP TABLE pattern (pattern text, good text[], bad text[]);
INSERT INTO pattern VALUES
  ('^(a|bc)+?$', ARRAY['abc', 'bcbc'], ARRAY['', 'b']), ('^[^0-9a-f\-]{2,}$', ARRAY['xyz'], ARRAY['x-', 'x']),
  ('^\w+\W\d\D\s\S$', ARRAY['ab-1x y'], ARRAY['ab-xx y']), ('\bon\b', ARRAY['it is on'], ARRAY['one']), ('\Bn', ARRAY['on'], ARRAY['n']),
  ('^(?=.*z)[a-z]*$', ARRAY['abz'], ARRAY['ab']), ('^(?!.*z)[a-z]*$', ARRAY['ab'], ARRAY['abz']), ('(?<=a)b', ARRAY['ab'], ARRAY['cb']),
  ('(?<!a)b', ARRAY['cb', 'b'], ARRAY['ab']), ('^(?:a(?<n>b)){2,3}$', ARRAY['abab'], ARRAY['ab', 'abababab']), ('^\u{1F600}.\uD83D\uDE00$', ARRAY['😀é😀'], ARRAY['😀']),
  ('^\x41\cJ?\0?\t*\.$', ARRAY['A.'], ARRAY['B.', 'A']), ('^[\w\s\]]*$', ARRAY['a ]'], ARRAY['[']), ('^.{3}$', ARRAY['añb'], ARRAY['ab', E'a\nb']),
  ('a{0}b*c?d+', ARRAY['d', 'bcdd'], ARRAY['abc']), ('[]|x', ARRAY['x'], ARRAY['y']), ('[^]', ARRAY[E'\n'], ARRAY['']), ('^$', ARRAY[''], ARRAY['a']);
SELECT p.pattern, v.value, v.is_good
  FROM pattern AS p
  CROSS JOIN LATERAL (SELECT g, true FROM unnest(p.good) AS g UNION ALL SELECT b, false FROM unnest(p.bad) AS b) AS v (value, is_good)
 WHERE v.is_good <> NOT EXISTS (SELECT FROM dwello.json_errors(jsonb_build_object('pattern', p.pattern), to_jsonb(v.value)))
 ORDER BY 1, 2;
SELECT p AS none, t.try(format('SELECT dwello.json_errors(%L, ''"x"'')', jsonb_build_object('pattern', p)))
  FROM unnest(ARRAY['(', ')', '[', 'a{2,1}', '*', '\1', '\p{L}', '[b-a]', '(?<a', '(?#x)', '\', '\u{110000}', '\q', 'a{99999}']) AS p;

-- the schemas of the library
SELECT b.name, s.is_builtin, s.version FROM dwello.builtin_json_schemas() AS b JOIN dwello.json_schemas AS s USING (name, schema) ORDER BY name COLLATE "C";
SELECT count(*) AS fits_the_meta_schema FROM dwello.json_schemas AS s WHERE dwello.json_is_valid('json_schema', s.schema);
SELECT dwello.json_is_valid('review_axes', '{"quality": 5}') AS good, dwello.json_is_valid('review_axes', '{"quality": 6}') AS bad,
       dwello.json_is_valid('review_axes', NULL) AS none, dwello.json_is_valid(NULL, '1') AS of_none;
SELECT t.try($$SELECT dwello.json_is_valid('no_such', '1')$$);
SELECT t.try($$SELECT dwello.json_is_valid('', '1')$$);

-- every column that holds a document has a CHECK by them, and by them alone,
-- but for three that a release writes: check() looks at these
SELECT c.relname AS without_one, a.attname
  FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p') AND a.atttypid = 'jsonb'::regtype AND NOT a.attisdropped
   AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated
     AND pg_get_constraintdef(k.oid) ~ format('json_is_valid\(''\w+''::text, %s\)', a.attname))
 ORDER BY c.relname COLLATE "C";
CREATE TEMP VIEW named AS
  SELECT m[1] AS name FROM pg_constraint AS k
   CROSS JOIN LATERAL regexp_matches(pg_get_constraintdef(k.oid), 'json_is_valid\(''(\w+)''', 'g') AS m;
SELECT name AS of_no_column FROM dwello.builtin_json_schemas() EXCEPT SELECT name FROM named ORDER BY 1;
SELECT name AS unknown FROM named EXCEPT SELECT name FROM dwello.builtin_json_schemas();
-- none but the meta-schema takes what is neither an object nor a list
SELECT b.name, document FROM dwello.builtin_json_schemas() AS b, unnest(ARRAY['17', '"x"', 'null', 'true']::jsonb[]) AS document
 WHERE dwello.json_is_valid(b.name, document);
SELECT schema, document, dwello.json_is_valid(schema, document::jsonb) AS fits
  FROM (VALUES ('agent_costs', '{"hourly_rate": 6000, "waste_ppm": null}'), ('agent_costs', '{"hourly_rate": 1.5}'), ('agent_costs', '{"rate": 1}'),
    ('agent_parameters', '{"weight": [1, -2], "wins": 3}'), ('agent_parameters', '{"weight": [0.5]}'),
    ('attachments', '[{"url": "u", "name": "n", "size": 0}]'), ('attachments', '[{"url": " ", "name": "n"}]'), ('attachments', '[{"url": "u"}]'),
    ('availability_schedule', '{"mon": ["08:00", "24:00"], "note": 1}'), ('availability_schedule', '{"mon": ["8:00"]}'),
    ('fee_steps', '[{"from_amount": 1, "rate_ppm": 0}]'), ('fee_steps', '[]'), ('fee_steps', '[{"from_amount": 0, "rate_ppm": 0}]'),
    ('fee_tiers', '[]'), ('fee_tiers', '[{"from_amount": 1, "rate_ppm": 1000001}]'),
    ('flag_targets', '{"user_types": ["admin"], "regions": ["SE"], "minimum_rating": 4.5}'), ('flag_targets', '{"regions": ["se"]}'),
    ('job_timers', '{"fund_days": 7}'), ('job_timers', '{"fund_days": "7"}'), ('job_weights', '{"price": 10000}'), ('job_weights', '{"price": 10001}'),
    ('journal_lines', '[{"kind": "bank", "currency": "USD", "amount": -1}]'), ('journal_lines', '[{"kind": "bank", "currency": "USD", "amount": 0}]'),
    ('mandate_limits', '{"max_amount": 1, "currency": "USD"}'), ('mandate_limits', '{"max_amount": 0}'), ('metric_labels', '{"a": "b"}'), ('metric_labels', '{"a": 1}'),
    ('milestone_plan', '[{"title": "Doors", "amount": 60000}]'), ('milestone_plan', '[{"title": "Doors"}]'), ('milestone_plan', '[{"title": "Doors", "amount": 0}]'),
    ('score_inputs', '{"price": 1}'), ('score_inputs', '{"price": 1.5}'), ('service_areas', '{"type": "Polygon", "coordinates": [[[1, 2]]]}'),
    ('service_areas', '{"type": "Point", "coordinates": [1, 2]}'), ('working_hours', '{"mon": ["08:00", "17:00"]}'), ('working_hours', '{"mon": ["25:00", "26:00"]}'),
    ('working_hours', '{"monday": []}')) AS v (schema, document);
-- a command refuses such a document before it writes, and says where it is wrong
SELECT t.login_as('p1');
SELECT t.try($$SELECT dwello.update_profile(availability_schedule => '{"mon": ["8:00", "17:00"]}')$$);
SELECT t.detail($$SELECT dwello.update_profile(availability_schedule => '{"mon": ["8:00", "17:00"]}')$$);

-- an operator's own, each session has what is committed
SELECT t.login_as('a1');
SELECT name, version, replayed FROM dwello.set_json_schema('note', '{"type": "object", "required": ["item"]}');
SELECT dwello.validate_json('note', '{"item": 1}') AS good, dwello.validate_json('note', '{}') AS bad;
SELECT name, version FROM dwello.set_json_schema('note', '{"type": "array"}', expected_version => 1);
SELECT dwello.validate_json('note', '[]') AS good, dwello.validate_json('note', '{}') AS bad;
SAVEPOINT s;
UPDATE dwello.custom_json_schemas SET schema = '{"type": "null"}' WHERE name = 'note';
ROLLBACK TO s;
SELECT name, schema, is_builtin, version FROM dwello.json_schemas WHERE name = 'note';
SELECT t.as_system();
UPDATE dwello.custom_json_schemas SET schema = '{"type": "null"}' WHERE name = 'note';
SELECT dwello.validate_json('note', 'null') AS good, dwello.validate_json('note', '[]') AS bad;
ROLLBACK TO s;
SELECT t.login_as('a1');
SELECT dwello.validate_json('note', '[]') AS good, dwello.validate_json('note', 'null') AS bad;
SELECT t.try($$SELECT dwello.set_json_schema('note', 'true', expected_version => 1)$$);
SELECT name, version FROM dwello.set_json_schema('note', NULL);
SELECT t.try($$SELECT dwello.validate_json('note', '[]')$$);
SELECT count(*) FROM dwello.json_schemas WHERE name = 'note';
SELECT name, version FROM dwello.set_json_schema('note', 'true', expected_version => 3);
SELECT name, t.try(format('SELECT dwello.set_json_schema(%s)', arguments), 'a1')
  FROM (VALUES ('name', $$'Note', 'true'$$), ('blank', $$'', 'true'$$), ('NULL', $$NULL, 'true'$$),
    ('long', $$repeat('a', 64), 'true'$$), ('ours', $$'review_axes', 'true'$$), ('no schema', $$'n', '1'$$),
    ('no type', $$'n', '{"type": "objekt"}'$$), ('no pattern', $$'n', '{"pattern": "("}'$$),
    ('no reference', $x$'n', '{"$ref": "#/x"}'$x$), ('itself', $x$'n', '{"$ref": "#"}'$x$)) AS v (name, arguments);
SELECT name, t.try($$SELECT dwello.set_json_schema('n', 'true')$$, name)
  FROM unnest(ARRAY['h1', 'p1', 's1', NULL]) AS name;
SELECT t.try($$INSERT INTO dwello.custom_json_schemas (name, schema) VALUES ('n', '{"type": 1}')$$);

-- who may ask
SELECT name, t.try($$SELECT dwello.validate_json('review_axes', '{}')$$, name)
  FROM unnest(ARRAY['h1', 'p1', 'a1', 's1', 'u1', NULL]) AS name;
SELECT arguments, t.try(format('SELECT dwello.validate_json(%s)', arguments), 'h1')
  FROM (VALUES ($$NULL, '1'$$), ($$'note', NULL$$), ($$'note', '1', NULL$$), ($$'', '1'$$), ($$'no_such', '1'$$),
    ($$repeat('x', 64), '1'$$)) AS v (arguments);
SELECT arguments, t.try(format('SELECT * FROM dwello.json_errors(%s)', arguments), 'h1')
  FROM (VALUES ($$NULL, '1'$$), ($$'true', NULL$$), ($$'true', '1', NULL$$), ($$'1', '1'$$), ($$'{"type": 1}', '1'$$)) AS v (arguments);

-- the command that writes says the place
SELECT t.login_as('a1');
SELECT t.detail($$SELECT dwello.set_json_schema('n', '{"items": {"maximum": "1"}}')$$);
SELECT t.detail($x$SELECT dwello.set_json_schema('n', '{"items": {"$ref": "x"}}')$x$);
ROLLBACK;

-- schemas and documents that mean no good end, and soon
BEGIN;
SET LOCAL statement_timeout = '5s';
CREATE FUNCTION pg_temp.errors(schema text, document text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  RETURN (SELECT count(*) FROM dwello.json_errors(schema::jsonb, document::jsonb));
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT what, pg_temp.errors(schema, document) AS errors
  FROM (VALUES
    ('itself', '{"$ref": "#"}', '1'),
    ('each other', '{"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"allOf": [{"$ref": "#/definitions/a"}]}}}', '1'),
    ('by dependencies', '{"dependencies": {"x": {"$ref": "#"}}}', '{"x": 1}'),
    ('by items', '{"items": {"$ref": "#"}}', '[[[]]]'),
    ('schema of 6000 levels', repeat('{"items":', 6000) || 'true' || repeat('}', 6000), '1'),
    ('schema of 6000 nots', repeat('{"not":', 6000) || 'true' || repeat('}', 6000), '1'),
    ('schema of 900 nots', repeat('{"not":', 900) || 'true' || repeat('}', 900), '1'),
    ('document of 6000 levels', '{"items": {"$ref": "#"}}', repeat('[', 6000) || repeat(']', 6000)),
    ('document of 900 levels', '{"items": {"$ref": "#"}}', repeat('[', 900) || repeat(']', 900)),
    ('both', '{"items": {"allOf": [{"allOf": [{"allOf": [{"$ref": "#"}]}]}]}}', repeat('[', 900) || repeat(']', 900)),
    ('(a+)+', '{"pattern": "^(a+)+$"}', '"' || repeat('a', 100000) || 'b"'),
    ('(a|a)*', '{"pattern": "^(a|a)*$"}', '"' || repeat('a', 100000) || 'b"'),
    ('a{20000}', '{"pattern": "a{20000}"}', '"a"'),
    ('(a{1000}){1000}', '{"pattern": "(a{1000}){1000}"}', '"a"'),
    ('a back reference', '{"pattern": "(a)\\1"}', '"aa"'),
    ('names twice', '{"definitions": {"a": {"$id": "#x"}, "b": {"$id": "#x"}}}', '1'),
    ('a name of bytes', '{"properties": {"a\u0001\"/~": {"type": "null"}}}', '{"a\u0001\"/~": 1}'),
    ('multipleOf 0', '{"multipleOf": 0}', '1'),
    ('multipleOf of many digits', '{"multipleOf": 1.' || repeat('0', 900) || '1}', '1e2000'),
    ('multipleOf far away', '{"multipleOf": 1e-16000}', '1e130000')) AS v (what, schema, document);
SELECT t.try($$SELECT dwello.json_errors('true', '"\u0000"')$$);
SELECT count(*) AS ten_thousand_keys
  FROM dwello.json_errors((SELECT jsonb_build_object('properties', jsonb_object_agg('k' || i, '{"type": "string"}'::jsonb))
    FROM generate_series(1, 10000) AS i), (SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 10000) AS i));
SELECT count(*) AS ten_thousand_references
  FROM dwello.json_errors((SELECT jsonb_build_object('definitions', jsonb_object_agg('k' || i, '{"type": "null"}'::jsonb),
    'items', jsonb_agg(jsonb_build_object('$ref', '#/definitions/k' || i))) FROM generate_series(1, 10000) AS i),
    (SELECT jsonb_agg(i) FROM generate_series(1, 500) AS i));
-- doubled thirty times: it would take days, and is cancelled at once
SET LOCAL statement_timeout = '200ms';
\set VERBOSITY terse
SELECT pg_temp.errors((SELECT jsonb_build_object('allOf', '[{"$ref": "#/definitions/d1"}]'::jsonb, 'definitions',
    jsonb_object_agg('d' || i, CASE WHEN i < 30 THEN jsonb_build_object('allOf', jsonb_build_array(r, r)) ELSE 'true' END))
    FROM (SELECT i, jsonb_build_object('$ref', '#/definitions/d' || i + 1) AS r FROM generate_series(1, 30) AS i) AS d)::text, '1');
ROLLBACK;
