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
SELECT (SELECT bool_and(dwello.escrow_is_valid(e)) FROM dwello.escrow_accounts AS e) AS escrows,
       (SELECT bool_and(dwello.milestone_is_valid(m)) FROM dwello.job_milestones AS m) AS milestones,
       (SELECT bool_and(dwello.transaction_is_valid(x)) FROM dwello.transactions AS x) AS transactions;

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

-- a row of another kind is none of theirs
SELECT t.try('SELECT dwello.escrow_is_valid(ROW(1, 2))'),
       t.try('SELECT dwello.milestone_is_valid(e) FROM dwello.escrow_accounts AS e'),
       t.try('SELECT dwello.transaction_is_valid(m) FROM dwello.job_milestones AS m');
SELECT t.forget('valid');
