--
-- message.sql
--	Messages: who may write to whom, what is read by whom, and in what order.
--
SET client_min_messages = warning;

-- The clock, in minutes of a day.
CREATE FUNCTION t.minute(n integer) RETURNS void
LANGUAGE sql
AS $$
  SELECT set_config('dwello.now',
                    (timestamptz '2030-01-01 10:00+00' + n * interval '1 minute')::text, true)
$$;

-- A published job of h1's: p1 has bid, p3 was invited, p2 has nothing to do
-- with it; and a draft.
CREATE FUNCTION t.message_job() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.minute(0);
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', name,
    'White.', -122.4194, 37.7749, budget_max => 100000, job_id => t.user(name))
    FROM unnest(ARRAY['job', 'draft']) AS name;
  PERFORM dwello.publish_job(t.user('job'));
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(t.user('job'), 90000, bid_id => t.user('bid'));
  PERFORM t.as_system();
  INSERT INTO dwello.job_invites (job_id, homeowner_id, provider_id, created_at)
    VALUES (t.user('job'), t.user('h1'), t.user('p3'), now());
END
$$;

-- Somebody writes something: "ok", or why not.
CREATE FUNCTION t.say(who text, to_whom text, words text, more text DEFAULT '')
RETURNS text
LANGUAGE sql
AS $$
  SELECT t.try(format('SELECT dwello.send_message(%L, %L, %L, message_id => %L%s)',
                      t.user('job'), t.user(to_whom), words, t.user(words), more), who)
$$;

-- The name that an id follows from.
CREATE FUNCTION t.name(id uuid) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
  SELECT name
    FROM unnest(ARRAY['h1', 'h2', 'p1', 'p2', 'p3', 'a1', 'job', 'draft', 'one', 'two', 'three',
                      'four', 'five', 'six', 'long']) AS name
   WHERE t.user(name) = id
$$;

-- the happy line: a question, an answer, what each side sees
BEGIN;
SELECT t.message_job();
SELECT t.minute(1);
SELECT t.app_as('p1');
SELECT t.name(m.job_id) AS job, t.name(m.recipient_id) AS recipient, m.message_id = t.user('one') AS same_id,
       m.created_at = timestamptz '2030-01-01 10:01+00' AS now, m.version, m.replayed
  FROM dwello.send_message(t.user('job'), content => 'Which white?', subject => 'Colour',
    message_id => t.user('one'), idempotency_key => 'k1') AS m;
SELECT t.as_system(), t.minute(2);
SELECT t.app_as('h1');
SELECT t.name(m.recipient_id) AS recipient, m.version, m.replayed
  FROM dwello.send_message(t.user('job'), t.user('p1'), '', 'image',
    attachments => '[{"url": "https://example.org/white.jpg", "name": "white.jpg",
      "content_type": "image/jpeg", "size": 12345}, {"url": "s3://x/y", "name": "y"}]',
    message_id => t.user('two')) AS m;
SELECT t.name(message_id) AS message, t.name(sender_id) AS sender, t.name(recipient_id) AS recipient,
       message_type, subject, content, jsonb_array_length(attachments) AS files,
       read_at, to_char(created_at AT TIME ZONE 'UTC', 'HH24:MI') AS at
  FROM dwello.thread(t.user('job'), t.user('p1'));
SELECT t.name(message_id) AS message FROM dwello.thread(t.user('job'), t.user('p1'), t.user('two'));
SELECT t.name(job_id) AS job, t.name(with_user_id) AS with_user, title, t.name(last_message_id) AS last,
       to_char(last_message_at AT TIME ZONE 'UTC', 'HH24:MI') AS at, last_content, unread
  FROM dwello.threads();
SELECT t.app_as('p1');
SELECT t.name(with_user_id) AS with_user, t.name(last_message_id) AS last, unread FROM dwello.threads();
SELECT t.name(message_id) AS message, t.name(sender_id) AS sender FROM dwello.thread(t.user('job'));
SELECT t.name(message_id) AS message
  FROM dwello.thread(t.user('job'), t.user('h1'), max_results => 1);

-- they read it: both see when, and nobody else could
SELECT t.as_system(), t.minute(3);
SELECT t.app_as('p1');
SELECT t.name(job_id) AS job, marked, version, replayed
  FROM dwello.mark_read(t.user('job'), idempotency_key => 'k2');
SELECT marked, replayed FROM dwello.mark_read(t.user('job'), idempotency_key => 'k2');
SELECT marked, replayed FROM dwello.mark_read(t.user('job'));
SELECT t.app_as('h1');
SELECT t.name(message_id) AS message, to_char(read_at AT TIME ZONE 'UTC', 'HH24:MI') AS read_at
  FROM dwello.thread(t.user('job'), t.user('p1'));
SELECT t.name(with_user_id) AS with_user, unread FROM dwello.threads();

-- nothing of what was said is in an event; each recipient is told once
SELECT t.as_system();
SELECT type, aggregatetype, aggregateid = t.user('one')::text OR aggregateid = t.user('two')::text AS of_message,
       t.name((payload ->> 'recipient_id')::uuid) AS recipient, t.name((payload ->> 'provider_id')::uuid) AS provider,
       payload ->> 'message_type' AS message_type, payload ->> 'marked' AS marked,
       (SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(payload) AS k) AS members
  FROM dwello.outbox WHERE scope_id = t.user('job') AND type LIKE 'message%' ORDER BY id;
SELECT count(*) FROM dwello.outbox WHERE payload::text ~ 'white|Colour';
SELECT dwello.deliver_events() > 0 AS delivered, dwello.deliver_events();
SELECT t.name(user_id) AS told, title, count(*) FROM dwello.notifications
 WHERE notification_type = 'message_received' GROUP BY user_id, title ORDER BY told;
ROLLBACK;

-- who may write to whom, before the award
BEGIN;
SELECT t.message_job();
SELECT who, coalesce(to_whom, '-') AS to_whom,
       t.try(format('SELECT dwello.send_message(%L, %L, ''x'')', t.user('job'), t.user(to_whom)), who) AS result
  FROM (VALUES ('p1', NULL), ('p1', 'h1'), ('p1', 'p2'), ('p1', 'p1'),
               ('h1', NULL), ('h1', 'p1'), ('h1', 'p3'), ('h1', 'p2'), ('h1', 'h1'), ('h1', 'h2'),
               ('h1', 'nobody'), ('h2', NULL), ('h2', 'h1'), ('u1', 'h1'), ('a1', 'h1'), ('s1', 'h1'))
       AS v (who, to_whom);
-- who wrote first may be answered
SELECT t.say('p2', 'h1', 'one');
SELECT t.say('h1', 'p2', 'two');
SELECT t.login_as('h1');
SELECT t.try(format('SELECT dwello.send_message(%L, content => ''x'')', t.user('draft')), 'h1') AS own_draft;
SELECT t.try(format('SELECT dwello.send_message(%L, content => ''x'')', t.user('draft')), 'p1') AS draft;
SELECT t.try(format('SELECT dwello.send_message(%L, content => ''x'')', t.user('nothing')), 'p1') AS unknown;
-- the award names the homeowner's recipient, also while it is not confirmed
SELECT bid_status FROM dwello.accept_bid(t.user('job'), t.user('bid'));
SELECT t.name(recipient_id) AS recipient FROM dwello.send_message(t.user('job'), content => 'Welcome.');
SELECT t.say('h1', 'p3', 'three') AS invited_still;
SELECT t.say('p3', 'h1', 'four') AS and_answers;
-- a suspended provider writes nothing and is written to
SELECT t.login_as('p3');
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('p3');
SELECT t.try(format('SELECT dwello.send_message(%L, content => ''x'')', t.user('job')));
SELECT t.as_system();
SELECT t.say('h1', 'p3', 'six');
ROLLBACK;

-- the system writes to either side, as nobody, and only they see it
BEGIN;
SELECT t.message_job();
SELECT t.try(format('SELECT dwello.send_message(%L, %L, ''x'')', t.user('job'), t.user('p1'))) AS as_a_user;
SELECT t.try(format('SELECT dwello.send_message(%L, content => ''x'', message_type => ''system'')',
                    t.user('job'))) AS to_nobody;
SELECT t.try(format('SELECT dwello.send_message(%L, %L, ''x'', ''system'')', t.user('job'), t.user('h1'))) AS no_thread;
SELECT t.try(format('SELECT dwello.send_message(%L, %L, ''x'', ''system'')', t.user('job'), t.user('p2'))) AS stranger;
SELECT t.say('h1', 'p1', 'one', ', message_type => ''system''') AS as_the_system;
SELECT t.name(recipient_id) AS recipient
  FROM dwello.send_message(t.user('job'), t.user('p1'), 'Your bid lapses soon.', 'system', message_id => t.user('one'));
SELECT t.login_as('h1');
SELECT bid_status FROM dwello.accept_bid(t.user('job'), t.user('bid'));
SELECT t.as_system();
SELECT t.name(recipient_id) AS recipient
  FROM dwello.send_message(t.user('job'), t.user('h1'), 'Pay soon.', 'system', message_id => t.user('two'));
SELECT t.app_as('p1');
SELECT t.name(message_id) AS message, sender_id, message_type FROM dwello.thread(t.user('job'));
SELECT t.name(with_user_id) AS with_user, last_content, unread FROM dwello.threads();
SELECT t.app_as('h1');
SELECT t.name(message_id) AS message, sender_id, message_type FROM dwello.thread(t.user('job'));
SELECT t.name(id) AS row_seen FROM dwello.messages;
SELECT t.as_system();
SELECT t.name(message_id) AS message, t.name(recipient_id) AS recipient FROM dwello.thread(t.user('job'))
 ORDER BY message_id;
ROLLBACK;

-- refusals of send_message, alone and competing
BEGIN;
SELECT t.message_job();
SELECT t.login_as('p1');
SELECT what, t.try(format('SELECT dwello.send_message(job_id => %L, content => %L%s)',
                          CASE WHEN what <> 'no job' THEN t.user('job') END,
                          CASE WHEN what <> 'no content' THEN content END, more))
  FROM (VALUES
    ('no job', 'x', ''), ('no content', 'x', ''),
    ('no type', 'x', ', message_type => NULL'),
    ('no attachments', 'x', ', attachments => NULL'),
    ('NULL before too long', repeat('x', 10001), ', message_type => NULL'),
    ('10000 characters', repeat('é', 10000), ''),
    ('10001 characters', repeat('é', 10001), ''),
    ('subject too long', 'x', ', subject => repeat(''x'', 201)'),
    ('too long before blank', ' ', ', subject => repeat(''x'', 201)'),
    ('blank', E' \t\n', ''), ('blank subject', 'x', ', subject => '' '''),
    ('blank with a file', ' ', ', attachments => ''[{"url": "a", "name": "b"}]'''),
    ('not an array', 'x', ', attachments => ''{}'''),
    ('a scalar', 'x', ', attachments => ''1'''),
    ('not an object', 'x', ', attachments => ''["a"]'''),
    ('no url', 'x', ', attachments => ''[{"name": "b"}]'''),
    ('no name', 'x', ', attachments => ''[{"url": "a", "name": null}]'''),
    ('blank url', 'x', ', attachments => ''[{"url": " ", "name": "b"}]'''),
    ('url is a number', 'x', ', attachments => ''[{"url": 1, "name": "b"}]'''),
    ('stray member', 'x', ', attachments => ''[{"url": "a", "name": "b", "mime": "c"}]'''),
    ('size below zero', 'x', ', attachments => ''[{"url": "a", "name": "b", "size": -1}]'''),
    ('size beyond bigint', 'x', ', attachments => ''[{"url": "a", "name": "b", "size": 1e30}]'''),
    ('size is half', 'x', ', attachments => ''[{"url": "a", "name": "b", "size": 1.5}]'''),
    ('url too long before stray', 'x',
     ', attachments => jsonb_build_array(''{"x": 1}''::jsonb, jsonb_build_object(''url'', repeat(''u'', 2001), ''name'', ''n''))'),
    ('ten', 'x', ', attachments => (SELECT jsonb_agg(''{"url": "a", "name": "b"}''::jsonb) FROM generate_series(1, 10))'),
    ('eleven', 'x', ', attachments => (SELECT jsonb_agg(''{"url": "a", "name": "b"}''::jsonb) FROM generate_series(1, 11))'))
    AS v (what, content, more);
-- a bad value before an unknown job, an unknown job before a forbidden type
SELECT t.try(format('SELECT dwello.send_message(%L, content => '' '')', t.user('nothing')));
SELECT t.try(format('SELECT dwello.send_message(%L, content => ''x'', message_type => ''system'')', t.user('nothing')));
-- the same id again; no key makes it safe
SELECT t.say('p1', 'h1', 'one');
SELECT t.say('p1', 'h1', 'one');
SELECT t.say('p1', 'p2', 'one') AS recipient_first;
ROLLBACK;

-- keys: the same request, another argument, another function, another actor
BEGIN;
SELECT t.message_job();
SELECT t.login_as('p1');
SELECT replayed FROM dwello.send_message(t.user('job'), content => 'x', message_id => t.user('one'), idempotency_key => 'k');
SELECT t.name(message_id) AS message, t.name(recipient_id) AS recipient, version, replayed
  FROM dwello.send_message(t.user('job'), content => 'x', message_id => t.user('one'), idempotency_key => 'k');
SELECT t.try(format('SELECT dwello.send_message(%L, content => ''y'', message_id => %L, idempotency_key => ''k'')',
                    t.user('job'), t.user('one'))) AS other_content;
SELECT t.try(format('SELECT dwello.mark_read(%L, idempotency_key => ''k'')', t.user('job'))) AS other_function;
SELECT t.try(format('SELECT dwello.send_message(%L, content => ''x'', message_id => %L, idempotency_key => ''k'')',
                    t.user('job'), t.user('one')), 'p2') AS other_actor;
-- a replay comes before the recipient is judged, a mismatch too
SELECT t.try(format('SELECT dwello.send_message(%L, %L, ''x'', message_id => %L, idempotency_key => ''k'')',
                    t.user('job'), t.user('p2'), t.user('one'))) AS other_recipient;
SELECT count(*) FROM dwello.messages;
ROLLBACK;

-- mark_read: up to a message, in one thread or in all
BEGIN;
SELECT t.message_job();
SELECT t.minute(n), t.say(who, 'h1', words)
  FROM (VALUES (1, 'p1', 'one'), (2, 'p2', 'two'), (3, 'p1', 'three'), (4, 'p2', 'four'), (5, 'p1', 'five')) AS v (n, who, words);
SELECT t.minute(6);
SELECT t.login_as('h1');
SELECT marked FROM dwello.mark_read(t.user('job'), t.user('p1'), t.user('three'));
SELECT t.name(with_user_id) AS with_user, t.name(last_message_id) AS last, unread FROM dwello.threads();
SELECT marked FROM dwello.mark_read(t.user('job'), up_to_id => t.user('two'));
SELECT marked FROM dwello.mark_read(t.user('job'), with_user_id => t.user('p3'));
SELECT t.try(format('SELECT dwello.mark_read(%L, %L, %L)', t.user('job'), t.user('p1'), t.user('four'))) AS other_thread;
SELECT t.try(format('SELECT dwello.mark_read(%L, up_to_id => %L)', t.user('job'), t.user('one')), 'p2') AS not_his;
SELECT t.try(format('SELECT dwello.mark_read(%L, %L)', t.user('job'), t.user('p1')), 'p2') AS not_the_homeowner;
SELECT t.try('SELECT dwello.mark_read(NULL)') AS no_job;
SELECT t.try(format('SELECT dwello.mark_read(%L)', t.user('nothing'))) AS unknown;
SELECT t.try(format('SELECT dwello.mark_read(%L)', t.user('job')), 'h2') AS stranger;
SELECT t.try(format('SELECT dwello.mark_read(%L)', t.user('job')), 'a1') AS admin;
SELECT marked FROM dwello.mark_read(t.user('job'));
SELECT marked FROM dwello.mark_read(t.user('job'));
-- one's own words are never unread
SELECT t.login_as('p1');
SELECT marked FROM dwello.mark_read(t.user('job'));
-- nothing marked, nothing told
SELECT t.as_system();
SELECT payload ->> 'marked' AS marked FROM dwello.outbox
 WHERE scope_id = t.user('job') AND type = 'messages_read' ORDER BY id;
ROLLBACK;

-- paging: every message once, newest first, also where times are equal
BEGIN;
SELECT t.message_job();
SELECT count(t.try(format('SELECT dwello.send_message(%L, content => %L, message_id => %L)',
                          t.user('job'), n::text, t.user('n' || n)), 'p1')) AS sent
  FROM generate_series(1, 7) AS n;
SELECT t.app_as('p1');
WITH RECURSIVE page AS (
  SELECT 1 AS number, array_agg(m.message_id) AS ids
    FROM dwello.thread(t.user('job'), max_results => 3) AS m
  UNION ALL
  SELECT p.number + 1, (SELECT array_agg(m.message_id)
                          FROM dwello.thread(t.user('job'), NULL, p.ids[array_length(p.ids, 1)], 3) AS m)
    FROM page AS p WHERE p.ids IS NOT NULL)
SELECT number, array_length(ids, 1) AS messages FROM page;
SELECT array_agg(message_id) = array_agg(message_id ORDER BY message_id DESC) AS by_id, count(*)
  FROM dwello.thread(t.user('job'), max_results => 200);
SELECT t.as_system();
SELECT t.minute(1), t.say('p2', 'h1', 'one'), t.minute(2), t.say('p3', 'h1', 'long'), t.minute(3);
SELECT t.app_as('h1');
SELECT t.name(with_user_id) AS with_user, unread FROM dwello.threads(max_results => 2);
SELECT t.name(with_user_id) AS with_user, unread FROM dwello.threads(t.user('one'));
-- a deleted message is gone, and still a place to go on from
SELECT t.as_system();
UPDATE dwello.messages SET deleted_at = now() WHERE id = t.user('long');
SELECT t.app_as('h1');
SELECT t.name(with_user_id) AS with_user FROM dwello.threads(t.user('long'));
SELECT count(*) FROM dwello.thread(t.user('job'), t.user('p3'));
ROLLBACK;

-- a long message is cut at 200 characters in the list of threads
BEGIN;
SELECT t.message_job();
SELECT t.login_as('p1');
SELECT version FROM dwello.send_message(t.user('job'), content => repeat('é', 10000));
SELECT char_length(last_content), (SELECT char_length(content) FROM dwello.thread(t.user('job'))) AS whole
  FROM dwello.threads();
ROLLBACK;

-- who reads a thread, and refusals of the lists
BEGIN;
SELECT t.message_job();
SELECT t.say('p1', 'h1', 'one');
SELECT who, t.try(format('SELECT dwello.thread(%L, %L)', t.user('job'), t.user(with_whom)), who) AS result
  FROM (VALUES ('h1', 'p1'), ('h1', NULL), ('h1', 'p2'), ('p1', NULL), ('p1', 'p2'), ('p2', NULL), ('p2', 'p1'),
               ('h2', 'p1'), ('u1', NULL), ('a1', 'p1'), ('s1', 'p1'), ('s1', NULL)) AS v (who, with_whom);
SELECT t.app_as('p2');
SELECT count(*) AS rival_sees FROM dwello.thread(t.user('job'));
SELECT count(*) AS rival_sees FROM dwello.threads();
SELECT count(*) AS rival_sees FROM dwello.messages;
SELECT t.app_as('s1');
SELECT t.name(message_id) AS support_sees FROM dwello.thread(t.user('job'), t.user('p1'));
SELECT count(*) AS support_has FROM dwello.threads();
SELECT t.app_as('h2');
SELECT count(*) AS stranger_sees FROM dwello.threads();
SELECT t.as_system();
SELECT t.name(message_id) AS system_sees FROM dwello.thread(t.user('job'), t.user('p1'));
SELECT count(*) AS system_has FROM dwello.threads();
SELECT t.try(format('SELECT dwello.thread(%L)', t.user('draft')), 'p1') AS draft;
SELECT t.try('SELECT dwello.thread(NULL)', 'p1') AS no_job;
SELECT t.try(format('SELECT dwello.thread(%L, max_results => NULL)', t.user('job')), 'p1') AS no_size;
SELECT n, t.try(format('SELECT dwello.thread(%L, max_results => %s)', t.user('job'), n), 'p1') AS thread,
       t.try(format('SELECT dwello.threads(max_results => %s)', n), 'p1') AS threads
  FROM unnest(ARRAY[-1, 0, 1, 200, 201]) AS n;
SELECT t.try(format('SELECT dwello.thread(%L, after_id => %L)', t.user('job'), t.user('one')), 'p2') AS not_his;
SELECT t.try(format('SELECT dwello.threads(%L)', t.user('one')), 'p2') AS not_his;
SELECT t.try(format('SELECT dwello.thread(%L, max_results => 0)', t.user('nothing')), 'p1') AS size_first;
ROLLBACK;

-- no identity, a transaction that cannot write, rights of the roles
BEGIN;
SET LOCAL ROLE dwello_app;
\set VERBOSITY sqlstate
SAVEPOINT s;
SELECT dwello.send_message(t.user('job'), content => 'x');
ROLLBACK TO s;
SELECT dwello.mark_read(t.user('job'));
ROLLBACK TO s;
SELECT dwello.threads();
ROLLBACK TO s;
SELECT dwello.thread(t.user('job'));
ROLLBACK TO s;
SELECT count(*) FROM dwello.messages;
ROLLBACK TO s;
INSERT INTO dwello.messages DEFAULT VALUES;
ROLLBACK;
BEGIN;
SELECT t.message_job();
SELECT t.say('p1', 'h1', 'one');
SET TRANSACTION READ ONLY;
SELECT t.login_as('h1');
SELECT t.name(message_id) AS message FROM dwello.thread(t.user('job'), t.user('p1'));
SELECT unread FROM dwello.threads();
SAVEPOINT s;
SELECT dwello.mark_read(t.user('job'));
ROLLBACK TO s;
SELECT dwello.send_message(t.user('job'), t.user('p1'), 'x');
ROLLBACK;
\set VERBOSITY default

DROP FUNCTION t.minute(integer), t.message_job(), t.say(text, text, text, text),
  t.name(uuid);
