-- verify.sql
--   Proof that nobody has changed the books.

CREATE OR REPLACE FUNCTION dwello.verify_ledger(
  job_id uuid DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT leg integer,
  OUT problem text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 1
AS 'MODULE_PATHNAME', 'dwello_verify_ledger';
GRANT EXECUTE ON FUNCTION dwello.verify_ledger(uuid)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.verify_ledger(uuid) IS
'Makes the hash chain of every escrow anew and names the first row of each that was tampered with: zero rows = nobody has. For administrators, support and the service. Argument: job_id, NULL = all. Returns a row for each chain that does not hold: job_id (of a payout: the user''s id), transaction_id (NULL where it cannot be known), leg (the entry''s, else NULL), problem (entry_changed, entry_missing, transaction_changed, transaction_missing; chain_broken for the columns of the chain itself, or a transaction that was put in). Errors: WD402, WD401, 42501 the caller; P0002 an unknown job.';
