/*
 * What wakes agents: one row a published version of a job's terms.
 */
CREATE TABLE dwello.agent_work (
  job_id uuid NOT NULL CONSTRAINT agent_work_job_id_fkey REFERENCES dwello.jobs (id),
  terms_version integer NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  run_after timestamptz,
  claimed_at timestamptz,
  done_at timestamptz,
  created_at timestamptz NOT NULL,
  CONSTRAINT agent_work_pkey PRIMARY KEY (job_id, terms_version)
);
COMMENT ON TABLE dwello.agent_work IS 'Jobs that agents have to look at, once for each version of their terms.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_work', '');
GRANT SELECT ON dwello.agent_work TO dwello_service;
