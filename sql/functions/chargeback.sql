-- chargeback.sql
--   Commands of payment companies' workers: a bank takes a payment back.

CREATE OR REPLACE FUNCTION dwello.open_chargeback(
  job_id uuid,
  psp text,
  event_id text,
  amount bigint,
  currency text,
  psp_reference text DEFAULT NULL,
  reason text DEFAULT NULL,
  OUT job_id uuid,
  OUT chargeback_id uuid,
  OUT amount bigint,
  OUT held_amount bigint,
  OUT clawed_back bigint,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_open_chargeback';
GRANT EXECUTE ON FUNCTION dwello.open_chargeback(uuid, text, text, bigint, text, text, text)
  TO dwello_service;
COMMENT ON FUNCTION dwello.open_chargeback(uuid, text, text, bigint, text, text, text) IS
'Says that a homeowner''s bank asks for a payment back; for the worker of a payment company. The escrow is frozen until the bank has decided (close_chargeback). The amount is taken out of what is held (held_amount), then out of what was released (clawed_back: the provider owes it, and it is netted when he is paid out), and what is neither is the platform''s loss. The same psp and event_id again returns the same row with replayed true. Arguments: job_id; psp, the company the payment came through; event_id, its name for the event; amount in minor units and currency; psp_reference, its name for the case; reason, in words. Returns job_id, chargeback_id, amount, held_amount, clawed_back, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD401, 42501 not the service; 22004, 22001, 22023 the arguments; P0002 an unknown job; WD104 the event was another one before; WD101 no escrow, or nothing was paid yet; WD201 another currency; 22023 more than came through that company and is not charged back.';

CREATE OR REPLACE FUNCTION dwello.close_chargeback(
  job_id uuid,
  psp text,
  event_id text,
  won boolean,
  chargeback_id uuid DEFAULT NULL,
  OUT job_id uuid,
  OUT chargeback_id uuid,
  OUT chargeback_status dwello.chargeback_status,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_close_chargeback';
GRANT EXECUTE ON FUNCTION dwello.close_chargeback(uuid, text, text, boolean, uuid)
  TO dwello_service;
COMMENT ON FUNCTION dwello.close_chargeback(uuid, text, text, boolean, uuid) IS
'Says how a bank has decided on a chargeback; for the worker of a payment company. Won, all that was taken goes back to the very accounts it was taken from; lost, the money is the bank''s, and the milestones give up what can no longer be paid for them. The escrow is frozen no longer unless another chargeback is open, what was approved meanwhile is released, and submitted milestones have the time for review back that it was frozen. The same psp and event_id again returns the same row with replayed true; so does the same decision under another event_id if chargeback_id is given. Arguments: job_id; psp, the company that told of the chargeback; event_id, its name for this event; won; chargeback_id, NULL = the one that is open. Returns job_id, chargeback_id, chargeback_status (won or lost), then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD401, 42501 not the service; 22004, 22001 the arguments; P0002 an unknown job or chargeback; WD104 the event was another one before; WD101 no escrow, or none is open (the event may have come too early); 22023 several are open and none is named.';
