--
-- category.sql
--	The tree of services: what is added to it and changed about it.
--
CREATE FUNCTION pg_temp.c(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE
AS $$ SELECT ('ca000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
\set services '''d0000000-0000-7000-8000-000000000001'''
\set plumbing '''d0000000-0000-7000-8000-000000000012'''

BEGIN;
SELECT t.login_as('a1');
-- of one's own: added, changed in place, moved, to the top
SELECT * FROM dwello.add_category('Roofing', :services, 'Tiles.', 'https://example.com/r.svg', 250000, 'USD', 9, pg_temp.c(1));
SELECT * FROM dwello.add_category('Gutters', pg_temp.c(1), category_id => pg_temp.c(2));
SELECT * FROM dwello.edit_category(pg_temp.c(2), name => 'Gutters & Drains', reference_amount => 40000, currency => 'USD', sort_order => 3);
SELECT * FROM dwello.edit_category(pg_temp.c(2), parent_id => :services, is_active => false, expected_version => 2);
SELECT * FROM dwello.edit_category(pg_temp.c(1), parent_id => '00000000-0000-0000-0000-000000000000', description => '');
SELECT name, parent_id, description, icon_url, reference_amounts, is_active, sort_order, is_builtin, version
  FROM dwello.categories WHERE id IN (pg_temp.c(1), pg_temp.c(2)) ORDER BY name;

-- a built-in one keeps its row; what is changed lies over it
SELECT * FROM dwello.edit_category(:plumbing, name => 'Plumbing & Gas');
SELECT * FROM dwello.edit_category(:plumbing, reference_amount => 30000, currency => 'USD', parent_id => :services, expected_version => 2);
SELECT name, description, reference_amounts, is_active, sort_order, version FROM dwello.categories WHERE id = :plumbing;
SELECT name, version FROM dwello.service_categories WHERE id = :plumbing;
SELECT t.try(format('SELECT dwello.edit_category(%L, parent_id => %L)', :plumbing, pg_temp.c(1)));
SELECT t.try(format('SELECT dwello.edit_category(%L, parent_id => %L)', :plumbing, '00000000-0000-0000-0000-000000000000'));

-- cycles, and the depth of ten
SELECT t.try(format('SELECT dwello.edit_category(%L, parent_id => %L)', pg_temp.c(1), pg_temp.c(1)));
SELECT n.n, a.version FROM generate_series(3, 11) AS n (n),
  dwello.add_category('Level ' || n.n - 1, pg_temp.c(CASE n.n WHEN 3 THEN 1 ELSE n.n - 1 END), category_id => pg_temp.c(n.n)) AS a;
SELECT t.try(format('SELECT dwello.edit_category(%L, parent_id => %L)', pg_temp.c(1), pg_temp.c(11)));
SELECT t.try(format('SELECT dwello.edit_category(%L, parent_id => %L)', pg_temp.c(3), pg_temp.c(7)));
SELECT t.try(format('SELECT dwello.add_category(%L, %L)', 'Level 11', pg_temp.c(11)));
SELECT t.try(format('SELECT dwello.edit_category(%L, parent_id => %L)', pg_temp.c(1), :services));
SELECT t.try(format('SELECT dwello.edit_category(%L, parent_id => %L)', pg_temp.c(3), '00000000-0000-0000-0000-000000000000'));
SELECT t.try(format('SELECT dwello.edit_category(%L, parent_id => %L)', pg_temp.c(1), :services));

-- past the commands: refused once the transaction is over, whatever it was on the way
SELECT what, t.try('SET CONSTRAINTS ALL DEFERRED; ' || sql || '; SET CONSTRAINTS ALL IMMEDIATE') AS answer
  FROM (VALUES
    ('itself', $$INSERT INTO dwello.service_categories (id, name, parent_id) VALUES (t.user('c'), 'c', t.user('c'))$$),
    ('two in one statement', $$INSERT INTO dwello.service_categories (id, name, parent_id)
       VALUES (t.user('d'), 'd', t.user('e')), (t.user('e'), 'e', t.user('d'))$$),
    ('child first', $$INSERT INTO dwello.service_categories (id, name, parent_id)
       VALUES (t.user('f'), 'f', t.user('g')), (t.user('g'), 'g', NULL)$$),
    ('below a child', $$UPDATE dwello.service_categories SET parent_id = t.user('f') WHERE id = t.user('g')$$),
    ('made, then moved', $$INSERT INTO dwello.service_categories (id, name) VALUES (t.user('h'), 'h');
       UPDATE dwello.service_categories SET parent_id = id WHERE id = t.user('h')$$),
    ('only on the way', $$UPDATE dwello.service_categories SET parent_id = t.user('f') WHERE id = t.user('g');
       UPDATE dwello.service_categories SET parent_id = NULL WHERE id = t.user('f')$$),
    ('to the top', $$UPDATE dwello.service_categories SET parent_id = NULL WHERE id = t.user('g')$$),
    ('as a replica', $$SET LOCAL session_replication_role = replica;
       INSERT INTO dwello.service_categories (id, name, parent_id) VALUES (t.user('c'), 'c', t.user('c'))$$)) AS v (what, sql);
DELETE FROM dwello.service_categories WHERE id IN (t.user('f'), t.user('g'));

-- keys and versions; without an id of its own a retry meets its row
SELECT category_id AS first, version, replayed FROM dwello.add_category('Attics', idempotency_key => 'c') \gset
SELECT category_id = :'first' AS same, version, replayed FROM dwello.add_category('Attics', idempotency_key => 'c');
SELECT t.try($$SELECT dwello.add_category('Cellars', idempotency_key => 'c')$$);
SELECT t.try(format('SELECT dwello.add_category(%L, category_id => %L)', 'Attics', :'first'));
SELECT version, replayed FROM dwello.edit_category(:'first', name => 'Lofts', expected_version => 1, idempotency_key => 'e');
SELECT version, replayed FROM dwello.edit_category(:'first', name => 'Lofts', expected_version => 1, idempotency_key => 'e');
SELECT t.try(format('SELECT dwello.edit_category(%L, name => %L, idempotency_key => %L)', :'first', 'Garrets', 'e'));
SELECT t.try(format('SELECT dwello.edit_category(%L, name => %L, expected_version => 1)', :'first', 'Garrets'));

-- refusals; of two errors the one that comes first
SELECT args, t.try(format('SELECT dwello.add_category(%s)', args))
  FROM (VALUES ($$NULL$$), ($$'x', sort_order => NULL$$), ($$' '$$), ($$repeat('x', 101)$$),
    ($$' ', description => repeat('x', 20001)$$), ($$'x', icon_url => repeat('x', 2001)$$),
    ($$'x', reference_amount => 0$$), ($$'x', gen_random_uuid(), reference_amount => -1$$),
    ($$'x', reference_amount => 1$$), ($$'x', currency => 'USD'$$), ($$'x', reference_amount => 1, currency => 'ABC'$$)) AS v (args);
SELECT t.try(format('SELECT dwello.add_category(%L, %L)', 'x', pg_temp.c(99)));
SELECT args, t.try(format('SELECT dwello.edit_category(%s)', args))
  FROM (VALUES ($$NULL, ''$$), ($$'ca000000-0000-7000-8000-000000000099', ''$$),
    ($$'ca000000-0000-7000-8000-000000000099', 'x', expected_version => 9$$),
    ($$'ca000000-0000-7000-8000-000000000001', parent_id => 'ca000000-0000-7000-8000-000000000099'$$),
    ($$'ca000000-0000-7000-8000-000000000001', parent_id => 'ca000000-0000-7000-8000-000000000001', expected_version => 9$$),
    ($$'ca000000-0000-7000-8000-000000000001', reference_amount => 0$$)) AS v (args);
SELECT name, t.try($$SELECT dwello.add_category(NULL)$$, name), t.try($$SELECT dwello.edit_category(NULL)$$, name)
  FROM unnest(ARRAY['h1', 'p1', 's1', 'u1', 'a1']) AS name;
SELECT t.app_as('h1');
SELECT t.try($$INSERT INTO dwello.service_categories (name) VALUES ('x')$$);
SELECT t.try($$INSERT INTO dwello.category_overrides (category_id) SELECT id FROM dwello.categories$$);

-- what is in force counts for jobs: the amount of the nearest, and no new ones
SELECT t.login_as('a1');
SELECT version FROM dwello.edit_category(:services, reference_amount => 77700, currency => 'USD');
SELECT t.login_as('h1');
CREATE FUNCTION pg_temp.post(category uuid) RETURNS TABLE (reference_amount bigint, reference_source text)
LANGUAGE sql AS $$
  SELECT p.reference_amount, p.reference_source
    FROM dwello.post_job(category, 'A job', 'Of a kind.', 100, 10) AS j, dwello.publish_job(j.job_id) AS p $$;
SELECT * FROM pg_temp.post(:plumbing);
SELECT * FROM pg_temp.post('d0000000-0000-7000-8000-000000000013');
-- an amount is of its currency
SELECT p.reference_amount, p.reference_source
  FROM dwello.post_job(:plumbing, 'A job', 'In euros.', 100, 10, currency => 'EUR', scoring_method => 'lowest_price') AS j, dwello.publish_job(j.job_id) AS p;
SELECT t.login_as('a1');
SELECT version FROM dwello.edit_category(:services, reference_amount => 66600, currency => 'EUR');
SELECT reference_amounts FROM dwello.categories WHERE id = :services;
SELECT t.login_as('h1');
SELECT p.reference_amount, p.reference_source
  FROM dwello.post_job(:plumbing, 'A job', 'In euros.', 100, 10, currency => 'EUR') AS j, dwello.publish_job(j.job_id) AS p;
SELECT t.login_as('a1');
SELECT version FROM dwello.edit_category(:plumbing, is_active => false);
SELECT version FROM dwello.edit_category(:services, is_active => false);
SELECT t.try(format('SELECT pg_temp.post(%L)', :plumbing), 'h1');
SELECT t.try('SELECT pg_temp.post(''d0000000-0000-7000-8000-000000000013'')', 'h1');
SELECT version FROM dwello.edit_category(:plumbing, is_active => true);
SELECT t.try(format('SELECT pg_temp.post(%L)', :plumbing), 'h1');
SELECT t.as_system();
SELECT rule, object, detail FROM dwello.check() WHERE rule = 'orphan';
ROLLBACK;
