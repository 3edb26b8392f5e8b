--
-- valid.sql
--	The CHECKs of the tables that money is in: no write gets past them, even
--	a superuser's with the guards off.
--
SET client_min_messages = warning;

SELECT t.award('valid', 100000, '{1,1}');
SELECT t.pay('valid', 60000);
BEGIN;
SELECT t.login_as('h1');
SELECT amount, fee FROM dwello.release_escrow(t.user('valid'), 30000);
COMMIT;
SELECT status, funded, held, released, fee_taken FROM dwello.escrow_accounts WHERE job_id = t.user('valid');

-- all that the commands write is valid
SELECT (SELECT bool_and(dwello.escrow_is_valid(contract_amount, funded, held, released, refunded, charged_back, disputed,
                                               fee_taken, tax_taken)) FROM dwello.escrow_accounts) AS escrows,
       (SELECT bool_and(dwello.milestone_is_valid(amount, funded, released, refunded, disputed, status, dispute_id,
                                                  status_before, title)) FROM dwello.job_milestones) AS milestones,
       (SELECT bool_and(dwello.transaction_is_valid(amount, platform_fee, tax, net_amount, status, hash, completed_at))
          FROM dwello.transactions) AS transactions;

BEGIN;
SET LOCAL session_replication_role = replica;
SELECT change, split_part(t.try('UPDATE dwello.escrow_accounts SET ' || change ||
                                ' WHERE job_id = t.user(''valid'')'), ' constraint ', 2) AS refused_by
  FROM unnest(ARRAY['funded = funded + 1', 'held = held - 1', 'released = released + 1', 'refunded = 1',
    'charged_back = charged_back - 1, held = held + 1', 'refunded = -1, held = held + 1',
    'held = -1, refunded = refunded + held + 1', 'contract_amount = 0', 'disputed = -1', 'disputed = held + 1',
    'fee_taken = -1', 'tax_taken = -1', 'fee_taken = released + 1',
    'funded = 9223372036854775807, held = 9223372036854775807, released = 9223372036854775807, refunded = 2',
    'held = held - 1, refunded = refunded + 1', 'disputed = held']) AS change;
SELECT change, split_part(t.try('UPDATE dwello.job_milestones SET ' || change ||
                                ' WHERE job_id = t.user(''valid'') AND sort_order = 1'), ' constraint ', 2) AS refused_by
  FROM unnest(ARRAY['released = -1', 'refunded = -1', 'disputed = -1', 'amount = -1', 'funded = -1',
    'released = funded + 1', 'refunded = funded - released + 1', 'disputed = funded - released + 1',
    'released = 9223372036854775807, refunded = 9223372036854775807', 'status = ''disputed''',
    'dispute_id = id', 'status_before = ''funded''', 'title = ''''', 'title = repeat(''é'', 201)',
    'title = repeat(''é'', 200)', 'amount = NULL',
    'status = ''disputed'', dispute_id = id, status_before = ''submitted''']) AS change;
SELECT change, split_part(t.try('UPDATE dwello.transactions SET ' || change ||
                                ' WHERE scope_id = t.user(''valid'') AND transaction_type = ''release'''), ' constraint ', 2) AS refused_by
  FROM unnest(ARRAY['amount = 0', 'platform_fee = -1', 'tax = -1', 'net_amount = -1', 'hash = NULL',
    'completed_at = NULL', 'status = ''pending''', 'status = ''failed''',
    'status = ''failed'', hash = NULL', 'status = ''pending'', hash = NULL, completed_at = NULL']) AS change;
ROLLBACK;

-- a copy of a table, with a row type of its own, carries the CHECKs, too
BEGIN;
CREATE TABLE copy_escrow (LIKE dwello.escrow_accounts INCLUDING CONSTRAINTS);
CREATE TABLE copy_milestone (LIKE dwello.job_milestones INCLUDING CONSTRAINTS);
CREATE TABLE copy_transaction (LIKE dwello.transactions INCLUDING CONSTRAINTS);
INSERT INTO copy_escrow SELECT * FROM dwello.escrow_accounts WHERE job_id = t.user('valid');
INSERT INTO copy_milestone SELECT * FROM dwello.job_milestones WHERE job_id = t.user('valid');
INSERT INTO copy_transaction SELECT * FROM dwello.transactions WHERE scope_id = t.user('valid');
SELECT t.try('UPDATE copy_escrow SET held = held - 1') AS escrow;
SELECT t.try('UPDATE copy_milestone SET amount = -1') AS milestone;
SELECT t.try('UPDATE copy_transaction SET tax = -1') AS transaction;
ROLLBACK;

-- documents that are read again
SELECT change, split_part(t.try(format('UPDATE dwello.user_profiles SET %s WHERE user_id = t.user(''p1'')', change)),
                          ' constraint ', 2) AS refused_by
  FROM unnest(ARRAY[$$service_areas = '"junk"'$$, $$service_areas = '{"type": "Point"}'$$, $$availability_schedule = '[1, 2]'$$,
    $$insurance_info = '1'$$, $$license_info = 'null'$$]) AS change;
SELECT document, dwello.service_areas_are_valid(document), dwello.working_hours_are_valid(document), dwello.json_is_valid('agent_costs', document) AS costs_are_valid
  FROM unnest(ARRAY['{}', '[1]', '{"foo": 1}', '{"mon": ["08:00", "17:00"]}', '{"mon": ["17:00", "08:00"]}',
    '{"hourly_rate": 1}', '{"hourly_rate": -1}']::jsonb[]) AS document;
SELECT t.forget('valid');
