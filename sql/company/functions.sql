/*
 * What companies and banks do with the platform's own money.
 */

/*
 * record_psp_fee
 *	Books the fee that a payment company keeps of what it holds (psp_fee
 *	against psp_clearing), also that of a dispute or a payout. A fact of
 *	its own: it belongs to no job.
 *
 * role: service
 * args:
 *	psp: the payment company
 *	event_id: its name for the event, told once and for all
 *	amount: in minor units, not 0; below zero for one that it gives back
 *	currency: ISO 4217 code
 *	psp_reference: what it is about, as the charge
 *	occurred_at: when it happened by their clock
 * returns: a row
 *	scope_id: of the fact: UUIDv8 of SHA-256(psp, 0, event_id)
 *	transaction_id: what was booked
 *	amount
 *	currency
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001 22003
 *	22023: an amount of 0, an unknown currency
 *	WD104: the event was another one before
 * example: system
 *	SELECT amount, currency, replayed FROM dwello.record_psp_fee(psp => 'demo-psp', event_id => 'evt_fee_1', amount => 1190,
 *	  currency => 'USD', occurred_at => '2031-03-03 09:00:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.record_psp_fee(
  psp text,
  event_id text,
  amount bigint,
  currency text,
  psp_reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_record_psp_fee';
GRANT EXECUTE ON FUNCTION dwello.record_psp_fee
  TO dwello_service;
COMMENT ON FUNCTION dwello.record_psp_fee IS
  'Books the fee that a payment company keeps of what it holds (psp_fee against psp_clearing), also that of a dispute or a payout. Errors: WD401, 42501, 22004, 22001, 22003, 22023, WD104. See reference.md#record_psp_fee.';

/*
 * record_settlement
 *	Books what a payment company has paid into the platform's bank account
 *	(psp_clearing to bank).
 *
 * role: service
 * args:
 *	psp: the payment company
 *	event_id: its name for the event, told once and for all
 *	amount: in minor units, not 0; below zero when the company collects it from there
 *	currency: ISO 4217 code
 *	psp_reference: what it is about, as the charge
 *	occurred_at: when it happened by their clock
 * returns: a row
 *	scope_id: of the fact: UUIDv8 of SHA-256(psp, 0, event_id)
 *	transaction_id: what was booked
 *	amount
 *	currency
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001 22003
 *	22023: an amount of 0, an unknown currency
 *	WD104: the event was another one before
 * example: system
 *	SELECT amount, currency, replayed FROM dwello.record_settlement(psp => 'demo-psp', event_id => 'evt_settlement_1', amount => 1190,
 *	  currency => 'USD', occurred_at => '2031-03-03 09:00:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.record_settlement(
  psp text,
  event_id text,
  amount bigint,
  currency text,
  psp_reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_record_settlement';
GRANT EXECUTE ON FUNCTION dwello.record_settlement
  TO dwello_service;
COMMENT ON FUNCTION dwello.record_settlement IS
  'Books what a payment company has paid into the platform''s bank account (psp_clearing to bank). Errors: WD401, 42501, 22004, 22001, 22003, 22023, WD104. See reference.md#record_settlement.';

/*
 * record_bank_fee
 *	Books the fee that a bank takes out of the platform's account there
 *	(psp_fee of that bank against bank).
 *
 * role: service
 * args:
 *	psp: the bank, by the name it has as a teller of events
 *	event_id: its name for the event, told once and for all
 *	amount: in minor units, not 0; below zero for one that it gives back
 *	currency: ISO 4217 code
 *	psp_reference: what it is about, as the charge
 *	occurred_at: when it happened by their clock
 * returns: a row
 *	scope_id: of the fact: UUIDv8 of SHA-256(psp, 0, event_id)
 *	transaction_id: what was booked
 *	amount
 *	currency
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001 22003
 *	22023: an amount of 0, an unknown currency
 *	WD104: the event was another one before
 * example: system
 *	SELECT amount, currency, replayed FROM dwello.record_bank_fee(psp => 'demo-bank', event_id => 'evt_bank_fee_1', amount => 1190,
 *	  currency => 'USD', occurred_at => '2031-03-03 09:00:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.record_bank_fee(
  psp text,
  event_id text,
  amount bigint,
  currency text,
  psp_reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_record_bank_fee';
GRANT EXECUTE ON FUNCTION dwello.record_bank_fee
  TO dwello_service;
COMMENT ON FUNCTION dwello.record_bank_fee IS
  'Books the fee that a bank takes out of the platform''s account there (psp_fee of that bank against bank). Errors: WD401, 42501, 22004, 22001, 22003, 22023, WD104. See reference.md#record_bank_fee.';

/*
 * withdraw_fees
 *	Books that the platform has taken fees that it earned out of its bank
 *	account (platform_fee against bank).
 *
 * role: app, admin
 * args:
 *	amount: in minor units
 *	currency: ISO 4217 code
 *	reference: the transfer, as the bank names it
 *	occurred_at: when it happened by the bank's clock
 *	idempotency_key
 * returns: a row
 *	scope_id: of the withdrawal
 *	transaction_id: what was booked
 *	amount
 *	currency
 *	remaining: of the fees earned, in minor units
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no administrator
 *	22004 22001
 *	22023: an amount that is not positive, an unknown currency
 *	WD104
 *	WD202: more than the fees earned
 *	22003
 * example: admin, painting released
 *	SELECT amount, remaining
 *	  FROM dwello.withdraw_fees(amount => 1, currency => 'USD', reference => 'wire 7', idempotency_key => 'fees-1');
 */
CREATE OR REPLACE FUNCTION dwello.withdraw_fees(
  amount bigint,
  currency text,
  reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT remaining bigint,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_withdraw_fees';
GRANT EXECUTE ON FUNCTION dwello.withdraw_fees
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.withdraw_fees IS
  'Books that the platform has taken fees that it earned out of its bank account (platform_fee against bank). Errors: WD402, WD401, 42501, 22004, 22001, 22023, WD104, WD202, 22003. See reference.md#withdraw_fees.';
