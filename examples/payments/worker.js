// worker.js
//	Between dwello and payment companies: carries intents out, events in.
//
//	PORT		where webhooks come in, each company's under its name
//	SEED		of the crashes; without it there are none
//	and what the adapters need, acme.js and stripe.js
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
const { readText } = require('./simulated.js');

const CONSUMER = 'payments';
const TYPES = ['payment_requested', 'payment_cancelled', 'refund_requested',
	'refund_failed', 'payout_requested'];

const pool = new Pool({ max: 4 });
const chance = process.env.SEED === undefined
	? () => 1 : seeded(Number(process.env.SEED));

// The adapters, by the name that dwello has of the company.
const find = async (text, values) => (await pool.query(text, values)).rows[0];
const companies = {};

for (const name of ['acme', 'stripe'])
	if (process.env[`${name.toUpperCase()}_KEY`] !== undefined)
	{
		const { Company } = require(`./${name}.js`);

		companies[name] = new Company(process.env, find);
	}

// The places where a process may die; here it does so on purpose.
function mayCrash()
{
	if (chance() < 0.01)
		process.kill(process.pid, 'SIGKILL');
}

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// ----------------------------------------------------------------------
// Out: intents of the outbox
// ----------------------------------------------------------------------

// Calls of dwello, [name, arguments] each.
async function tell(calls)
{
	for (const [name, args] of calls)
	{
		const names = Object.keys(args);
		const list = names.map((arg, i) => `${arg} => $${i + 1}`).join(', ');

		await pool.query(`SELECT * FROM dwello.${name}(${list})`,
			Object.values(args));
	}
}

// What could not go back to its charge goes to another method of who paid,
// one that has not failed for the job, by a company that can do so.  WD101:
// somebody has seen to it already.
async function retryRefund({ id, payload })
{
	const able = Object.keys(companies).filter((name) =>
		companies[name].canSend);
	const method = await find(`SELECT m.id FROM dwello.payment_methods AS m
		WHERE m.user_id = $1 AND m.psp = ANY ($2) AND m.removed_at IS NULL
		AND NOT EXISTS (SELECT FROM dwello.refunds AS r WHERE r.job_id = $3
			AND r.payment_method_id = m.id AND r.status = 'failed')
		ORDER BY m.id LIMIT 1`,
	[payload.homeowner_id, able, payload.job_id]);

	if (payload.failure_id === undefined)
		return;				// nothing came back of it
	if (method === undefined)
		throw new Error(`${payload.homeowner_id} has no other method`);
	await tell([['retry_refund', { receipt_id: payload.failure_id,
		payment_method_id: method.id, idempotency_key: id }]])
		.catch((error) => {
			if (error.code !== 'WD101')
				throw error;
		});
}

// Carries one event out; throws when it is to be tried again.
async function carryOut(event)
{
	if (event.type === 'refund_failed')
		return retryRefund(event);
	const company = companies[event.payload.psp];

	if (company === undefined)
		throw new Error(`no adapter for ${event.payload.psp}`);
	const calls = await company.carryOut(event);

	mayCrash();
	return tell(calls);
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

// The answer to a webhook: 200 when it need not come again, 400 when it is
// none of the company's.  WD101 is too early: it shall come again.
async function receive(request, response)
{
	const company = companies[request.url.slice(1)];
	const text = await readText(request);
	let status = 200;

	mayCrash();
	try
	{
		const calls = await company?.read(request.headers, text) ?? null;

		if (calls === null)
			status = 400;
		else
			await tell(calls);
	}
	catch (error)
	{
		status = error.code === 'WD101' ? 503 : 500;
		if (status === 500)
			console.error(`worker: ${text}: ${error.code} ${error.message}`);
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
