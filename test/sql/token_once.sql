--
-- token_once.sql
--	With the setting dwello.money_tokens_once a token moves money in one transaction.
--
SET client_min_messages = warning;
SELECT count(dwello.register_user(name || '@example.test', 'homeowner', name, 'Once', user_id => t.user(name))) AS people FROM unnest(ARRAY['olga', 'paul']) AS name;
SELECT count(dwello.verify_user(t.user(name), 'email')) AS verified FROM unnest(ARRAY['olga', 'paul']) AS name;
SET dwello.money_tokens_once = on;
SELECT t.token('olga') AS once, t.token('olga') AS another, t.token('paul') AS of_paul \gset
CREATE FUNCTION pg_temp.pay_by(card text) RETURNS text LANGUAGE sql
AS $$ SELECT t.try(format($t$SELECT dwello.add_payment_method('credit_card', 'acme', %L, '4242')$t$, card)) $$;

-- several commands of one transaction
BEGIN;
SELECT dwello.login(:'once') \g /dev/null
SELECT pg_temp.pay_by('pm_1'), pg_temp.pay_by('pm_2');
SAVEPOINT s;
SELECT pg_temp.pay_by('pm_3');
ROLLBACK TO s;
SELECT pg_temp.pay_by('pm_4');
COMMIT;

-- no other transaction; what moves no money, and reads, are free
BEGIN;
SELECT dwello.login(:'once') \g /dev/null
SELECT pg_temp.pay_by('pm_5');
SELECT t.detail($$SELECT dwello.add_payment_method('credit_card', 'acme', 'pm_5', '4242')$$);
SELECT t.try($$SELECT dwello.update_profile(first_name => 'Hanna')$$);
SELECT count(*) >= 3 AS reads FROM dwello.payment_methods WHERE user_id = dwello.current_user_id();
-- another token of theirs is
SELECT dwello.login(:'another') \g /dev/null
SELECT pg_temp.pay_by('pm_5');
ROLLBACK;

-- what was rolled back has used nothing
BEGIN;
SELECT dwello.login(:'another') \g /dev/null
SELECT pg_temp.pay_by('pm_5');
COMMIT;

-- the ids of tokens are their user's; workers have none
SELECT count(*) AS uses, count(DISTINCT token_id) AS tokens, bool_and(expires_at > clock_timestamp()) AS alive
  FROM dwello.token_uses WHERE user_id = t.user('olga');
INSERT INTO dwello.token_uses SELECT t.user('paul'), token_id, 1, expires_at FROM dwello.token_uses WHERE user_id = t.user('olga') LIMIT 1;
BEGIN;
SELECT dwello.login(:'of_paul') \g /dev/null
SELECT pg_temp.pay_by('pm_p1');
ROLLBACK;
SELECT t.try(format($$SELECT dwello.expire_payments(%s)$$, 10));

-- the rows of tokens that have expired go as others are used
UPDATE dwello.token_uses SET expires_at = clock_timestamp() - interval '2 minutes'
 WHERE user_id IN (t.user('olga'), t.user('paul'));
BEGIN;
SELECT dwello.login(:'of_paul') \g /dev/null
SELECT pg_temp.pay_by('pm_p2');
COMMIT;
SELECT count(*) AS uses FROM dwello.token_uses WHERE user_id = t.user('paul');

-- without the setting a token is good until it expires
RESET dwello.money_tokens_once;
BEGIN;
SELECT dwello.login(:'once') \g /dev/null
SELECT pg_temp.pay_by('pm_6');
ROLLBACK;
DELETE FROM dwello.token_uses WHERE user_id IN (t.user('olga'), t.user('paul'));
-- it is the superuser's to set
SET ROLE dwello_app;
SET dwello.money_tokens_once = off;
