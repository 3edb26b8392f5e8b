// run.js [--jobs N] [--seed N]
//	The loop end to end: jobs are paid, released and refunded and providers
//	paid out while workers die and two payment companies, acme and a double of
//	Stripe, repeat, lose and reorder, take too much or too little, fail refunds,
//	keep fees and settle; at the end each company's books and dwello's agree to the cent.
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
const { StripeDouble } = require('./stripe_double.js');

const WORKERS = 2;
const LIMIT_MS = 150000;
const SPARES = 8;
const PLACE = { longitude: -122.4194, latitude: 37.7749 };
// Stripe counts dinars otherwise than others: in tens of fils.
const CURRENCIES = { acme: ['USD', 'EUR', 'JPY', 'KWD'],
	stripe: ['USD', 'EUR', 'JPY'] };
const KEYS = { ACME_KEY: 'key', STRIPE_KEY: 'sk_test_1',
	STRIPE_WEBHOOK_SECRET: 'whsec_1' };
const TOKENS = { homeowner: { acme: 'tok_hanna', stripe: 'cus_1/pm_1' },
	service_provider: { acme: 'ba_paul', stripe: 'acct_1' } };

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

// Calls a function with named arguments; actor null: as the system.  The row
// that it returns, or all of them.
async function call(actor, name, args, isList = false)
{
	const client = await pool.connect();
	const names = Object.keys(args);
	const list = names.map((arg, i) => `${arg} => $${i + 1}`).join(', ');

	try
	{
		await client.query('BEGIN');
		if (actor !== null)
			await client.query('SELECT dwello.login($1)', [actor.token]);
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

// A way to pay, or to be paid, through each company: their ids.
async function addMethods(user_id, type)
{
	const method_type = type === 'homeowner' ? 'credit_card' : 'bank_account';
	const methods = {};

	for (const [psp, psp_token] of Object.entries(TOKENS[type]))
	{
		const { payment_method_id } = await call(null, 'add_payment_method',
			{ method_type, psp, psp_token, user_id, is_default: psp === 'acme' });

		methods[psp] = payment_method_id;
		if (type === 'service_provider')
			await call(null, 'verify_payment_method',
				{ user_id, payment_method_id });
	}
	// ways for refunds that could not go back to where they came from
	for (let i = 1; type === 'homeowner' && i <= SPARES; i++)
		await call(null, 'add_payment_method', { method_type, psp: 'acme',
			psp_token: `${TOKENS[type].acme}_${i}`, user_id, is_default: false });
	return methods;
}

// A new user who may act, with an address: their token and methods.
async function person(name, type)
{
	const { user_id } = await call(null, 'register_user', {
		email: `${name}.${process.pid}@example.com`, user_type: type,
		first_name: name, last_name: 'Example' });

	await call(null, 'verify_user', { user_id, what: 'email' });
	if (type === 'service_provider')
		await call(null, 'verify_user', { user_id, what: 'provider' });
	const methods = await addMethods(user_id, type);

	await call(null, 'add_address', { address_type: 'home',
		street: '1 Market Street', city: 'San Francisco', state: 'CA',
		postal_code: '94105', country: 'US', ...PLACE, is_primary: true,
		user_id });
	const { token } = await one('SELECT dwello.issue_token($1) AS token',
		[user_id]);

	return { token, methods };
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

// Calls, where a refusal with one of the codes is an answer, too: null.
function callOr(codes, actor, name, args)
{
	return call(actor, name, args).catch((error) => {
		if (!codes.includes(error.code))
			throw error;
		return null;
	});
}

// Waits until no payment is open any more.
async function waitForPayment(job)
{
	for (;;)
	{
		const { open } = await one(`SELECT count(*)::int AS open
			FROM dwello.transactions WHERE scope_id = $1 AND
				transaction_type = 'payment' AND status = 'pending'`, [job]);

		if (open === 0)
			return;
		await sleep(50);
	}
}

// Pays until all is paid, for less may come than was asked for; some lose
// patience and give the escrow up.
async function pay(homeowner, job, psp, chance)
{
	for (let turn = 0; turn < 12; turn++)
	{
		const asked = await callOr(['22023'], homeowner, 'fund_escrow',
			{ job_id: job, payment_method_id: homeowner.methods[psp] });

		if (asked === null)
			return true;			// nothing is missing
		if (chance() < 0.1)
		{
			await sleep(chance() * 600);
			if ((await escrowOf(job)).status === 'funding')
				await callOr(['WD101'], homeowner, 'cancel_escrow',
					{ job_id: job });	// WD101: it has just been paid
		}
		await waitForPayment(job);
		if ((await escrowOf(job)).status === 'cancelled')
			return false;
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
async function payOut(provider, currency, psp, chance)
{
	const args = { currency, payment_method_id: provider.methods[psp] };

	if (chance() < 0.3)
		args.amount = 1 + Math.floor(chance() * 5000);
	if (currency === 'EUR' && chance() < 0.5)
		args.paid_currency = 'USD';
	await callOr(['WD202'], provider, 'request_payout', args);
}

// Until they have nothing left; what could not be paid is asked for again.
async function payOutAll(provider, chance)
{
	for (;;)
	{
		const balances = await call(provider, 'provider_balance', {}, true);

		if (balances.every((b) => b.withdrawable === '0' &&
			b.pending_payouts === '0'))
			return;
		for (const { currency, withdrawable } of balances)
			if (withdrawable !== '0')
				await call(provider, 'request_payout', { currency,
					payment_method_id: provider.methods[currency === 'KWD' ||
						chance() < 0.5 ? 'acme' : 'stripe'] });
		await sleep(100);
	}
}

async function story(people, category, n, chance)
{
	const price = 10000 + Math.floor(chance() * 90000);
	const [homeowner, provider] = people;
	const psp = n % 2 === 0 ? 'acme' : 'stripe';
	const currency = CURRENCIES[psp][(n >> 1) % CURRENCIES[psp].length];
	const job = await awardedJob(homeowner, provider, category, currency,
		price);

	if (!await pay(homeowner, job, psp, chance))
		return;
	await work(homeowner, provider, job, price, chance);
	// twice at once: together they get no more than there is
	await Promise.all([payOut(provider, currency, psp, chance),
		payOut(provider, currency, psp, chance)]);
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
	// settings: of the adapters
	constructor(settings, seed)
	{
		this.settings = settings;
		this.seed = seed;
		this.deaths = 0;
		this.hired = 0;
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
			env: { ...process.env, ...this.settings, PORT: String(port),
				SEED: String(this.seed * 1000 + this.hired++) } });

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
		return this.ports.map((port) => `http://127.0.0.1:${port}`);
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
async function isQuiet(companies)
{
	const { open } = await one(`SELECT count(*)::int AS open
		FROM dwello.outbox AS o LEFT JOIN dwello.outbox_deliveries AS d
			ON d.scope_id = o.scope_id AND d.event_id = o.id
			AND d.consumer = 'payments'
		WHERE o.type IN ('payment_requested', 'payment_cancelled',
			'refund_requested', 'refund_failed', 'payout_requested')
			AND d.done_at IS NULL AND d.dead_at IS NULL`);

	return open === 0 && companies.every((c) => c.isQuiet());
}

// What a company holds, here and there: lines where they differ.
async function compareBooks(name, { books })
{
	const { rows } = await pool.query(
		`SELECT e.currency, -sum(e.amount) AS amount
		   FROM dwello.ledger_entries AS e
		   JOIN dwello.ledger_accounts AS a ON a.id = e.account_id
		  WHERE a.kind = 'psp_clearing' AND a.psp = $1
		  GROUP BY e.currency`, [name]);
	const ours = Object.fromEntries(rows.map((row) =>
		[row.currency, BigInt(row.amount)]));

	return [...new Set([...Object.keys(ours), ...Object.keys(books)])]
		.filter((c) => (ours[c] ?? 0n) !== (books[c] ?? 0n))
		.map((c) => `${name}: ${ours[c]} ${c} here, ${books[c]} there`);
}

// Every payout was sent once, and is what became of it.
async function comparePayouts(companies)
{
	const { rows } = await pool.query(
		`SELECT id, status, paid_amount, paid_currency FROM dwello.payouts`);
	const sent = companies.flatMap((c) => c.payouts);
	const found = [];

	for (const { id, status, paid_amount, paid_currency } of rows)
	{
		const own = sent.filter((p) => p.payout_id === id);
		const paid = own.filter((p) => p.state === 'paid' &&
			String(p.amount) === paid_amount &&
			p.currency === paid_currency).length;

		if (paid !== (status === 'completed' ? 1 : 0) || own.length !== 1)
			found.push(`payout ${id} is ${status} here, sent ${own.length}`
				+ ` times, paid ${paid} times`);
	}
	return found;
}

// What is wrong at the end, as lines; none is right.
async function faults(psp, stripe)
{
	const { rows: broken } = await pool.query('SELECT * FROM dwello.reconcile()');
	const { dead } = await one(
		`SELECT count(*)::int AS dead FROM dwello.outbox_deliveries
		  WHERE consumer = 'payments' AND dead_at IS NOT NULL`);
	const { pending } = await one(
		`SELECT count(*)::int AS pending FROM dwello.refunds
		  WHERE status = 'pending'`);

	const { failed } = await one(
		`SELECT count(*)::int AS failed FROM dwello.receipts
		  WHERE reason = 'refund_failed' AND status = 'held'`);

	return [...broken.map((row) => `reconcile: ${JSON.stringify(row)}`),
		...await compareBooks('acme', psp),
		...await compareBooks('stripe', stripe),
		...await comparePayouts([psp, stripe]),
		...dead > 0 ? [`${dead} events were left aside as dead`] : [],
		...pending > 0 ? [`${pending} refunds are still pending`] : [],
		...failed > 0 ? [`${failed} refunds failed and were left so`] : []];
}

// Settings and rates that the stories need.
async function prepare()
{
	await call(null, 'ensure_partitions', {});
	for (const [name, value] of [['event_retry_seconds', '1'],
		['event_attempts', '50'], ['payout_hold_days', '0']])
		await call(null, 'set_setting', { name, value });
	await call(null, 'set_fx_rate', { from_currency: 'EUR',
		to_currency: 'USD', numerator: 10937, denominator: 10000 });
}

async function play(jobs, chance, companies)
{
	const category = (await one(
		'SELECT id FROM dwello.service_categories ORDER BY id LIMIT 1')).id;
	const people = await Promise.all([person('Hanna', 'homeowner'),
		person('Paul', 'service_provider')]);
	const wait = async () => {
		while (!await isQuiet(companies))
			await sleep(100);
	};

	await Promise.all(Array.from({ length: jobs },
		(_, n) => story(people, category, n, chance)));
	await wait();
	await payOutAll(people[1], chance);
	await wait();
}

async function main()
{
	const seed = option('seed', Date.now() % 1000000);
	const jobs = option('jobs', 24);
	const chance = seeded(seed);
	const psp = new Psp(seeded(seed + 1), () => crew.urls());
	const stripe = new StripeDouble(seeded(seed + 2), () => crew.urls(),
		{ key: KEYS.STRIPE_KEY, secret: KEYS.STRIPE_WEBHOOK_SECRET });
	const crew = new Crew({ ...KEYS, ACME_URL: await psp.listen(),
		STRIPE_URL: await stripe.listen() }, seed);
	const start = Date.now();

	console.log(`# seed ${seed}, ${jobs} jobs`);
	setTimeout(() => {
		console.log(`not ok - not over after ${LIMIT_MS / 1000} s`);
		crew.end();
		process.exit(1);
	}, LIMIT_MS).unref();
	await prepare();
	await crew.start();
	await play(jobs, chance, [psp, stripe]);
	crew.end();

	const found = await faults(psp, stripe);
	const results = [[found.length === 0,
		'the companies\' books and dwello\'s agree'],
	[crew.deaths > 0, 'workers died on the way'],
	[stripe.refused > 0 && stripe.taken > 0 && !stripe.wrong,
		'a wrong signature is refused, an unknown event is taken']];

	console.log(`# acme ${JSON.stringify(psp.counts)}`);
	console.log(`# stripe ${JSON.stringify(stripe.counts)}`);
	console.log(`# ${crew.deaths} workers died; `
		+ `${((Date.now() - start) / 1000).toFixed(1)} s`);
	for (const [isGood, what] of results)
		console.log(`${isGood ? 'ok' : 'not ok'} - ${what}`);
	if (stripe.wrong)
		found.push(`a worker answers ${stripe.wrong}`);
	found.forEach((line) => console.log(`# ${line}`));
	await pool.end();
	process.exit(results.every(([isGood]) => isGood) ? 0 : 1);
}

main().catch((error) => {
	console.log(`not ok - ${error.stack}`);
	process.exit(1);
});
