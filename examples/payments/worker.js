// worker.js
//	Between dwello and a payment company: carries intents out, events in.
//
//	PSP_URL		where the company is
//	PORT		where its webhooks come in
//	SEED		of the crashes; without it there are none
//
// Out: events of the outbox are claimed, carried out under a key that is the
// event's id, and acknowledged.  Dying between any two of those does no harm:
// the lease runs out, somebody claims the event again, and the company knows
// the key.  In: a webhook is answered with 200 when dwello has taken it or will
// never take it; otherwise the company sends it again.  dwello knows the event
// by its id, so twice is once.
'use strict';

const http = require('http');
const { Pool } = require('pg');
const { seeded } = require('./random.js');
const { readBody } = require('./psp.js');

const CONSUMER = 'payments';
const PSP = 'acme';
const TYPES = ['payment_requested', 'payment_cancelled', 'refund_requested',
	'payout_requested'];

const pool = new Pool({ max: 4 });
const chance = process.env.SEED === undefined
	? () => 1 : seeded(Number(process.env.SEED));

// The places where a process may die; here it does so on purpose.
function mayCrash()
{
	if (chance() < 0.025)
		process.kill(process.pid, 'SIGKILL');
}

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// ----------------------------------------------------------------------
// Out: intents of the outbox
// ----------------------------------------------------------------------

// The company's own name for the payment that is to be given back.
async function companyPayment(payload)
{
	if (payload.psp_reference)
		return payload.psp_reference;
	throw new Error(`no reference for payment ${payload.payment_id}`);
}

// What to ask the company for: where, and with what.
async function order(event)
{
	const { payload } = event;

	switch (event.type)
	{
		case 'payment_requested':
			return ['/payments', { job_id: event.scope_id,
				transaction_id: payload.transaction_id,
				amount: String(payload.amount), currency: payload.currency }];
		case 'payment_cancelled':
			return ['/cancellations',
				{ transaction_id: payload.transaction_id }];
		case 'refund_requested':
			return ['/refunds', { payment: await companyPayment(payload),
				amount: String(payload.amount), job_id: payload.job_id,
				refund_id: payload.refund_id }];
		case 'payout_requested':
			return ['/payouts', { provider_id: payload.provider_id,
				payout_id: payload.payout_id,
				amount: String(payload.paid_amount),
				currency: payload.paid_currency,
				send_after: payload.hold_until }];
		default:
			throw new Error(`nobody knows ${event.type}`);
	}
}

// Carries one event out; throws when it is to be tried again.
async function carryOut(event)
{
	const [path, body] = await order(event);
	const response = await fetch(process.env.PSP_URL + path, {
		method: 'POST', body: JSON.stringify(body),
		headers: { 'Idempotency-Key': event.id },
		signal: AbortSignal.timeout(5000) });

	if (response.status !== 200)
		throw new Error(`${path} was answered with ${response.status}`);
	await response.text();
}

// Claims once, and does what was claimed; the number of events.  Within a
// scope the order counts: what comes after a failure fails with it.
async function turn()
{
	const { rows } = await pool.query(
		`SELECT * FROM dwello.claim_events(consumer => $1, max_rows => 5,
			types => $2, lease => '1 second')`, [CONSUMER, TYPES]);
	const failed = new Map();		// scope → ids
	const done = [];
	let error = null;

	for (const event of rows)
	{
		try
		{
			mayCrash();
			if (failed.has(event.scope_id))
				throw new Error('an earlier event of the job failed');
			await carryOut(event);
			mayCrash();
			done.push(event.id);
		}
		catch (failure)
		{
			error = failure.message;
			failed.set(event.scope_id,
				[...(failed.get(event.scope_id) ?? []), event.id]);
		}
	}
	if (rows.length > 0)
		await pool.query(
			`SELECT * FROM dwello.ack_events(consumer => $1, lease_id => $2,
				ids => $3, failed_ids => $4, error => $5)`,
			[CONSUMER, rows[0].lease_id, done, [...failed.values()].flat(),
				error]);
	mayCrash();
	return rows.length;
}

// ----------------------------------------------------------------------
// In: events of the company
// ----------------------------------------------------------------------

// Tells dwello what became of a payment, a refund or a payout.
async function report(event)
{
	if (event.type === 'payout_paid')
		await pool.query(
			`SELECT * FROM dwello.confirm_payout(user_id => $1, payout_id => $2,
				psp => $3, event_id => $4, psp_reference => $5)`,
			[event.provider_id, event.payout_id, PSP, event.id, event.payout]);
	else if (event.type === 'payout_failed')
		await pool.query(
			`SELECT * FROM dwello.fail_payout(user_id => $1, payout_id => $2,
				psp => $3, event_id => $4)`,
			[event.provider_id, event.payout_id, PSP, event.id]);
	else if (event.type === 'refund_paid')
		await pool.query(
			`SELECT * FROM dwello.confirm_refund(job_id => $1, psp => $2,
				event_id => $3, refund_id => $4)`,
			[event.job_id, PSP, event.id, event.refund_id]);
	else if (event.type === 'succeeded')
		await pool.query(
			`SELECT * FROM dwello.confirm_payment(job_id => $1, psp => $2,
				event_id => $3, amount => $4, currency => $5,
				transaction_id => $6, psp_reference => $7)`,
			[event.job_id, PSP, event.id, event.amount, event.currency,
				event.transaction_id, event.payment]);
	else
		await pool.query(
			`SELECT * FROM dwello.fail_payment(job_id => $1, psp => $2,
				event_id => $3, transaction_id => $4, is_final => true)`,
			[event.job_id, PSP, event.id, event.transaction_id]);
}

// The answer to a webhook: 200 when it need not come again.  WD101 about a
// payment is a failure that was told after the success: history, by now.
async function receive(request, response)
{
	const event = await readBody(request);
	let status = 200;

	mayCrash();
	try
	{
		await report(event);
	}
	catch (error)
	{
		if (error.code !== 'WD101')
		{
			console.error(`worker: ${event.id}: ${error.code} ${error.message}`);
			status = 500;
		}
	}
	mayCrash();
	response.writeHead(status).end();
}

// ----------------------------------------------------------------------

async function main()
{
	http.createServer((request, response) => {
		receive(request, response).catch(() => response.destroy());
	}).listen(Number(process.env.PORT), '127.0.0.1');
	process.on('disconnect', () => process.exit(0));	// nobody left to serve
	for (;;)
		if (await turn() === 0)
			await sleep(50);
}

main().catch((error) => {
	console.error(`worker: ${error.message}`);
	process.exit(1);
});
