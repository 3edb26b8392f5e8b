--
-- peer.sql
--	What the job queue writes: tables with the keys and columns of
--	dwello.agent_answers and dwello.ai_agent_activity that an answer fills, and
--	:answers tasks of work, with a document of inputs as long as ours.
--
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;
CREATE TABLE peer.answers (
  job_id uuid NOT NULL,
  terms_version integer NOT NULL,
  agent_id uuid NOT NULL,
  state text NOT NULL,
  decision_id uuid NOT NULL DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, terms_version, agent_id)
);
CREATE INDEX ON peer.answers (agent_id, job_id);
CREATE TABLE peer.activity (
  job_id uuid NOT NULL,
  user_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  action text NOT NULL,
  reason text,
  inputs jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, user_id, id)
);
CREATE TABLE peer.work AS
SELECT n, md5('job' || n / 20)::uuid AS job_id, md5('agent' || n)::uuid AS agent_id,
       (SELECT jsonb_object_agg('input_' || i, (n * 7919 + i) % 100000) FROM generate_series(1, :inputs) AS i) AS inputs
  FROM generate_series(1, :answers) AS n;
ALTER TABLE peer.work ADD PRIMARY KEY (n);
ANALYZE peer.work;
