// run.js [--jobs N] [--seed N]
//	The loop end to end: jobs are paid, released and refunded and providers
//	paid out while workers die and the payment company repeats, loses and
//	reorders; at the end the company's books and dwello's agree to the cent.
//
// The connection is the environment's (PGHOST, PGPORT, PGDATABASE ...): a
// database with the extension and a keyring, as a superuser or a member of
// dwello_service.  It makes people and jobs of its own; take a fresh one.
'use strict';

const { fork } = require('child_process');
const net = require('net');
const path = require('path');
const { Pool } = require('pg');
const { Psp } = require('./psp.js');
const { seeded } = require('./random.js');

const WORKERS = 2;
const LIMIT_MS = 85000;
const PLACE = { longitude: -122.4194, latitude: 37.7749 };
const CURRENCIES = ['USD', 'EUR', 'JPY', 'KWD'];

const pool = new Pool({ max: 4 });
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// The value of --NAME, a whole number.
function option(name, otherwise)
{
	const at = process.argv.indexOf(`--${name}`);

	return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

// ----------------------------------------------------------------------
// Calls of dwello
// ----------------------------------------------------------------------

// Calls a function with named arguments; token null: as the system.  The row
// that it returns, or all of them.
async function call(token, name, args, isList = false)
{
	const client = await pool.connect();
	const names = Object.keys(args);
	const list = names.map((arg, i) => `${arg} => $${i + 1}`).join(', ');

	try
	{
		await client.query('BEGIN');
		if (token !== null)
			await client.query('SELECT dwello.login($1)', [token]);
		const { rows } = await client.query(
			`SELECT * FROM dwello.${name}(${list})`, Object.values(args));

		await client.query('COMMIT');
		return isList ? rows : rows[0];
	}
	catch (error)
	{
		await client.query('ROLLBACK');
		throw error;
	}
	finally
	{
		client.release();
	}
}

const one = async (sql, values) => (await pool.query(sql, values)).rows[0];

// Vouches for a provider, and for the account that their payouts go to.
async function letEarn(user_id)
{
	const { payment_method_id } = await call(null, 'add_payment_method', {
		method_type: 'bank_account', psp: 'acme', psp_token: `ba_${user_id}`,
		user_id });

	await call(null, 'verify_user', { user_id, what: 'provider' });
	await call(null, 'verify_payment_method', { user_id, payment_method_id });
}

// A new user who may act, with an address; their token.
async function person(name, type)
{
	const { user_id } = await call(null, 'register_user', {
		email: `${name}.${process.pid}@example.com`, user_type: type,
		first_name: name, last_name: 'Example' });

	await call(null, 'verify_user', { user_id, what: 'email' });
	if (type === 'service_provider')
		await letEarn(user_id);
	await call(null, 'add_address', { address_type: 'home',
		street: '1 Market Street', city: 'San Francisco', state: 'CA',
		postal_code: '94105', country: 'US', ...PLACE, is_primary: true,
		user_id });
	return (await one('SELECT dwello.issue_token($1) AS token',
		[user_id])).token;
}

// A job up to the point where it can be paid.
async function awardedJob(homeowner, provider, category, currency, price)
{
	const { job_id } = await call(homeowner, 'post_job', {
		category_id: category, title: 'A room', description: 'White.',
		...PLACE, budget_max: price * 2, currency });

	await call(homeowner, 'publish_job', { job_id });
	const { bid_id } = await call(provider, 'submit_bid',
		{ job_id, labor_cost: price });

	await call(homeowner, 'accept_bid',
		{ job_id, bid_id, expected_amount: price });
	await call(provider, 'confirm_award', { job_id });
	return job_id;
}

// ----------------------------------------------------------------------
// The people of one job
// ----------------------------------------------------------------------

const escrowOf = (job) => one(
	'SELECT * FROM dwello.escrow_accounts WHERE job_id = $1', [job]);

// Pays until it is paid; some lose patience and give the escrow up.
async function pay(homeowner, job, chance)
{
	for (let turn = 0; turn < 6; turn++)
	{
		await call(homeowner, 'fund_escrow', { job_id: job });
		if (chance() < 0.15)
		{
			await sleep(chance() * 600);
			if ((await escrowOf(job)).status === 'funding')
				await call(homeowner, 'cancel_escrow', { job_id: job })
					.catch((error) => {
						if (error.code !== 'WD101')	// it has just been paid
							throw error;
					});
		}
		for (;;)
		{
			const { status } = await escrowOf(job);

			if (status === 'held' || status === 'cancelled')
				return status === 'held';
			if (status === 'failed')
				break;
			await sleep(50);
		}
	}
	return false;
}

// Part is released, part goes back, the rest is released.
async function work(homeowner, provider, job, price, chance)
{
	const part = 1 + Math.floor(chance() * (price / 3));

	await call(provider, 'start_job', { job_id: job });
	await call(homeowner, 'release_escrow', { job_id: job, amount: part });
	if (chance() < 0.5)
		await call(provider, 'refund_escrow', { job_id: job, amount: part });
	await call(homeowner, 'release_escrow', { job_id: job });
}

// What a provider asks for: all that they have in a currency, or a part, some
// of it in another currency.  Nothing to take (WD202) is an answer, too.
async function payOut(provider, currency, chance)
{
	const args = { currency };

	if (chance() < 0.3)
		args.amount = 1 + Math.floor(chance() * 5000);
	if (currency === 'EUR' && chance() < 0.5)
		args.paid_currency = 'USD';
	await call(provider, 'request_payout', args).catch((error) => {
		if (error.code !== 'WD202')
			throw error;
	});
}

// Until they have nothing left; what could not be paid is asked for again.
async function payOutAll(provider)
{
	for (;;)
	{
		const balances = await call(provider, 'provider_balance', {}, true);

		if (balances.every((b) => b.withdrawable === '0' &&
			b.pending_payouts === '0'))
			return;
		for (const { currency, withdrawable } of balances)
			if (withdrawable !== '0')
				await call(provider, 'request_payout', { currency });
		await sleep(100);
	}
}

async function story(people, category, n, chance)
{
	const price = 10000 + Math.floor(chance() * 90000);
	const [homeowner, provider] = people;
	const currency = CURRENCIES[n % CURRENCIES.length];
	const job = await awardedJob(homeowner, provider, category, currency,
		price);

	if (!await pay(homeowner, job, chance))
		return;
	await work(homeowner, provider, job, price, chance);
	// twice at once: together they get no more than there is
	await Promise.all([payOut(provider, currency, chance),
		payOut(provider, currency, chance)]);
}

// ----------------------------------------------------------------------
// Workers, which die and come back
// ----------------------------------------------------------------------

function freePort()
{
	return new Promise((resolve) => {
		const server = net.createServer().listen(0, '127.0.0.1', () => {
			const { port } = server.address();

			server.close(() => resolve(port));
		});
	});
}

class Crew
{
	constructor(pspUrl, seed)
	{
		this.pspUrl = pspUrl;
		this.seed = seed;
		this.deaths = 0;
		this.ports = [];
		this.children = new Set();
		this.over = false;
	}

	async start()
	{
		for (let i = 0; i < WORKERS; i++)
			this.ports.push(await freePort());
		this.ports.forEach((port) => this.hire(port));
	}

	hire(port)
	{
		const child = fork(path.join(__dirname, 'worker.js'), {
			env: { ...process.env, PSP_URL: this.pspUrl, PORT: String(port),
				SEED: String(this.seed * 1000 + this.deaths) } });

		this.children.add(child);
		child.on('exit', () => {
			this.children.delete(child);
			if (this.over)
				return;
			this.deaths++;
			this.hire(port);
		});
	}

	urls()
	{
		return this.ports.map((port) => `http://127.0.0.1:${port}/`);
	}

	end()
	{
		this.over = true;
		this.children.forEach((child) => child.kill('SIGKILL'));
	}
}

// ----------------------------------------------------------------------
// The end
// ----------------------------------------------------------------------

// Nothing to carry out, nothing to deliver.
async function isQuiet(psp)
{
	const { open } = await one(`SELECT count(*)::int AS open
		FROM dwello.outbox AS o LEFT JOIN dwello.outbox_deliveries AS d
			ON d.scope_id = o.scope_id AND d.event_id = o.id
			AND d.consumer = 'payments'
		WHERE o.type IN ('payment_requested', 'payment_cancelled',
			'refund_requested', 'payout_requested') AND d.done_at IS NULL AND d.dead_at IS NULL`);

	return open === 0 && psp.isQuiet();
}

// What is wrong at the end, as lines; none is right.
async function faults(psp)
{
	const found = [];
	const ours = {};
	const books = psp.balances();
	const { rows: broken } = await pool.query('SELECT * FROM dwello.reconcile()');
	const { rows: clearing } = await pool.query(
		`SELECT e.currency, -sum(e.amount) AS amount
		   FROM dwello.ledger_entries AS e
		   JOIN dwello.ledger_accounts AS a ON a.id = e.account_id
		  WHERE a.kind = 'psp_clearing' AND a.psp = 'acme'
		  GROUP BY e.currency`);
	const { dead } = await one(
		`SELECT count(*)::int AS dead FROM dwello.outbox_deliveries
		  WHERE consumer = 'payments' AND dead_at IS NOT NULL`);

	broken.forEach((row) => found.push(`reconcile: ${JSON.stringify(row)}`));
	clearing.forEach((row) => { ours[row.currency] = BigInt(row.amount); });
	for (const currency of new Set([...Object.keys(ours), ...Object.keys(books)]))
		if ((ours[currency] ?? 0n) !== (books[currency] ?? 0n))
			found.push(`${currency}: ${ours[currency]} here, `
				+ `${books[currency]} at the company`);
	const { rows: payouts } = await pool.query(
		`SELECT id, status, paid_amount, paid_currency FROM dwello.payouts`);
	const sent = [...psp.payouts.values()];

	for (const { id, status, paid_amount, paid_currency } of payouts)
	{
		const paid = sent.filter((p) => p.payout_id === id &&
			p.state === 'paid' && String(p.amount) === paid_amount &&
			p.currency === paid_currency).length;

		if (paid !== (status === 'completed' ? 1 : 0) ||
			sent.filter((p) => p.payout_id === id).length !== 1)
			found.push(`payout ${id} is ${status} here, paid ${paid} times`);
	}
	if (dead > 0)
		found.push(`${dead} events were left aside as dead`);
	return found;
}

async function main()
{
	const seed = option('seed', Date.now() % 1000000);
	const jobs = option('jobs', 24);
	const chance = seeded(seed);
	const psp = new Psp(seeded(seed + 1), () => crew.urls());
	const crew = new Crew(await psp.listen(), seed);
	const start = Date.now();

	console.log(`# seed ${seed}, ${jobs} jobs`);
	setTimeout(() => {
		console.log(`not ok - not over after ${LIMIT_MS / 1000} s`);
		crew.end();
		process.exit(1);
	}, LIMIT_MS).unref();
	await call(null, 'ensure_partitions', {});
	for (const [name, value] of [['event_retry_seconds', '1'],
		['event_attempts', '50'], ['payout_hold_days', '0']])
		await call(null, 'set_setting', { name, value });
	await call(null, 'set_fx_rate', { from_currency: 'EUR',
		to_currency: 'USD', numerator: 10937, denominator: 10000 });
	await crew.start();

	const category = (await one(
		'SELECT id FROM dwello.service_categories ORDER BY id LIMIT 1')).id;
	const people = await Promise.all([person('Hanna', 'homeowner'),
		person('Paul', 'service_provider')]);

	await call(people[0], 'add_payment_method', { method_type: 'credit_card',
		psp: 'acme', psp_token: 'tok_hanna', is_default: true });
	await Promise.all(Array.from({ length: jobs },
		(_, n) => story(people, category, n, chance)));
	while (!await isQuiet(psp))
		await sleep(100);
	await payOutAll(people[1]);
	while (!await isQuiet(psp))
		await sleep(100);
	crew.end();

	const found = await faults(psp);
	const taken = [...psp.payments.values()];
	const sent = [...psp.payouts.values()];

	console.log(`# ${taken.length} payments, `
		+ `${taken.filter((p) => p.state === 'failed').length} failed, `
		+ `${taken.filter((p) => p.state === 'cancelled').length} cancelled, `
		+ `${taken.filter((p) => p.refunded > 0n).length} refunded; `
		+ `${sent.length} payouts, `
		+ `${sent.filter((p) => p.state === 'failed').length} failed; `
		+ `${crew.deaths} workers died; ${JSON.stringify(psp.counts)}; `
		+ `${((Date.now() - start) / 1000).toFixed(1)} s`);
	found.forEach((line) => console.log(`# ${line}`));
	console.log(`${found.length === 0 ? 'ok' : 'not ok'} - `
		+ 'the company\'s books and dwello\'s agree');
	console.log(`${crew.deaths > 0 ? 'ok' : 'not ok'} - workers died on the way`);
	psp.close();
	await pool.end();
	process.exit(found.length === 0 && crew.deaths > 0 ? 0 : 1);
}

main().catch((error) => {
	console.log(`not ok - ${error.stack}`);
	process.exit(1);
});
