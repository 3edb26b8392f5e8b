// run.js [--steps N] [--seed N] [--jobs N] [--plant fee|refund]
//	Random deeds, done by dwello and by the model side by side.
//
// After each step the reply (or the SQLSTATE), the job's escrow, its
// milestones and all balances are compared; the first difference ends the
// run with the step and what led to it.  --plant makes the model wrong on
// purpose: then it is a difference that is wanted.  The connection is the
// environment's; a superuser on a fresh database with a keyring, because the
// clock is turned by dwello.now.
'use strict';

const { Client } = require('pg');
const { Model, Refusal } = require('./model.js');

const PLACE = { longitude: -122.4194, latitude: 37.7749 };
const CURRENCIES = ['USD', 'EUR', 'JPY', 'KWD'];
const BUSY = 4;
const START = Date.UTC(2030, 0, 1);
const NOBODY = '00000000-0000-7000-8000-00000000dead';

// --NAME's value.
function option(name, otherwise)
{
	const at = process.argv.indexOf(`--${name}`);

	return at < 0 ? otherwise : process.argv[at + 1];
}

// Numbers in [0, 1) that the seed repeats (mulberry32).
function seeded(seed)
{
	let state = seed >>> 0;

	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

const seed = Number(option('seed', Date.now() % 1000000));
const steps = Number(option('steps', 1500));
const jobCount = Number(option('jobs', Math.max(12, Math.floor(steps / 25))));
const plant = option('plant', null);
const chance = seeded(seed);
const below = (n) => Math.floor(chance() * n);
const pick = (list) => list[below(list.length)];
const amountBelow = (n) => BigInt(1 + Math.floor(chance() * Number(n)));

const db = new Client();
const model = new Model(plant);
const people = [];		// {role, id, token}
const sent = [];		// events of the company so far
const done = [];		// calls with a key that went through
let now = START;
let serial = 0;

// ----------------------------------------------------------------------
// dwello
// ----------------------------------------------------------------------

// A call in a transaction of its own: its row, or its SQLSTATE.
async function ask(actor, name, args)
{
	const names = Object.keys(args).filter((arg) => args[arg] !== undefined);
	const list = names.map((arg, i) => `${arg} => $${i + 1}`).join(', ');

	await db.query(`BEGIN; SET LOCAL dwello.now = '${new Date(now).toISOString()}'`);
	try
	{
		if (actor.token)
			await db.query('SELECT dwello.login($1)', [actor.token]);
		const { rows } = await db.query(`SELECT * FROM dwello.${name}(${list})`,
			names.map((arg) => (typeof args[arg] === 'bigint'
				? args[arg].toString() : args[arg])));

		await db.query('COMMIT');
		return { row: rows[0] };
	}
	catch (error)
	{
		await db.query('ROLLBACK');
		if (error.code === undefined)
			throw error;
		return { code: error.code, message: error.message };
	}
}

// The same where a refusal is none that is tested.
async function must(actor, name, args)
{
	const { row, code, message } = await ask(actor, name, args);

	if (code !== undefined)
		throw new Error(`${name}: ${code} ${message}`);
	return row;
}

const system = { role: 'system' };

async function addPerson(role, n)
{
	const type = { homeowner: 'homeowner', provider: 'service_provider',
		admin: 'admin' }[role];
	const { user_id: id } = await must(system, 'register_user', {
		email: `${role}.${n}@example.com`, user_type: type,
		first_name: role, last_name: 'Model' });

	await must(system, 'verify_user', { user_id: id, what: 'email' });
	if (role === 'provider')
		await must(system, 'verify_user', { user_id: id, what: 'provider' });
	await must(system, 'add_address', { address_type: 'home',
		street: '1 Market Street', city: 'San Francisco', state: 'CA',
		postal_code: '94105', country: 'US', ...PLACE, is_primary: true,
		user_id: id });
	const { rows } = await db.query(
		"SELECT dwello.issue_token($1, '1 day') AS token", [id]);
	const person = { role, id, token: rows[0].token };

	people.push(person);
	return person;
}

const withRole = (role) => people.filter((p) => p.role === role);

async function addJob(category)
{
	const homeowner = pick(withRole('homeowner'));
	const provider = pick(withRole('provider'));
	const price = 5000n + amountBelow(200000n);
	const count = 1 + below(5);
	const currency = pick(CURRENCIES);
	const milestones = count === 1 ? [] : Array.from({ length: count },
		(_, i) => ({ title: `Part ${i}`, is_required: chance() < 0.8 }));
	const { job_id } = await must(homeowner, 'post_job', {
		category_id: category, title: 'A room', description: 'White.',
		...PLACE, budget_max: price * 2n, currency,
		milestones: JSON.stringify(milestones) });

	await must(homeowner, 'publish_job', { job_id });
	const { bid_id } = await must(provider, 'submit_bid',
		{ job_id, labor_cost: price });

	await must(homeowner, 'accept_bid', { job_id, bid_id });
	await must(provider, 'confirm_award', { job_id });
	const { rows } = await db.query(
		`SELECT id, amount, is_required FROM dwello.job_milestones
		  WHERE job_id = $1 ORDER BY sort_order, id`, [job_id]);

	model.addJob({ id: job_id, homeowner: homeowner.id, provider: provider.id,
		currency, contract: price, version: 1,
		milestones: rows.map((m) => ({ id: m.id, amount: BigInt(m.amount),
			required: m.is_required, status: 'planned', funded: 0n,
			released: 0n, refunded: 0n })) });
}

// ----------------------------------------------------------------------
// Deeds at random: mostly sensible, at times not
// ----------------------------------------------------------------------

const byId = (id) => people.find((p) => p.id === id);

// Who calls: nearly always who should.
function caller(job, role)
{
	if (chance() < 0.06)
		return pick(people);
	if (role === 'homeowner')
		return byId(job.homeowner);
	if (role === 'provider')
		return byId(job.provider);
	return pick(withRole(role));
}

// An amount, a milestone, neither, or nonsense.
function selector(job)
{
	const luck = chance();

	if (luck < 0.03)
		return { amount: pick([0n, -5n]) };
	if (luck < 0.05)
		return { amount: 1n, milestone_id: job.milestones[0].id };
	if (luck < 0.07)
		return { milestone_id: NOBODY };
	if (luck < 0.4)
		return { milestone_id: pick(job.milestones).id };
	if (luck < 0.9)
		return { amount: amountBelow(job.held > 0n && chance() < 0.9
			? job.held : job.contract) };
	return {};
}

function fromCompany(job)
{
	const payment = job.payments.length > 0 && chance() < 0.97
		? (chance() < 0.75 ? job.payments.at(-1) : pick(job.payments))
		: undefined;
	const isFailure = chance() < 0.2;
	const args = { job_id: job.id, psp: 'acme', event_id: `evt_${++serial}`,
		transaction_id: payment?.id };

	if (payment !== undefined && chance() < 0.02)
		args.transaction_id = NOBODY;
	if (isFailure)
		return { name: 'fail_payment', actor: system, args };
	args.amount = payment?.amount ?? 100n;
	args.currency = job.currency;
	if (chance() < 0.03)
		args.amount += 1n;
	if (chance() < 0.03)
		args.currency = CURRENCIES.find((c) => c !== job.currency);
	if (chance() < 0.02)
		args.amount = 0n;
	return { name: 'confirm_payment', actor: system, args };
}

const deeds = [
	[20, (job) => ({ name: 'fund_escrow', role: 'homeowner', args: {
		amount: chance() < 0.5 ? undefined : chance() < 0.1 ? 0n
			: amountBelow(job.contract),
		currency: chance() < 0.03 ? pick(CURRENCIES) : undefined } })],
	[26, fromCompany],
	[0.7, () => ({ name: 'cancel_escrow', role: 'homeowner', args: {} })],
	[8, () => ({ name: 'start_job', role: 'provider', args: {} })],
	[2, () => ({ name: 'complete_job', role: 'homeowner', args: {} })],
	[12, (job) => ({ name: 'submit_milestone', role: 'provider', args: {
		milestone_id: chance() < 0.5 ? undefined
			: chance() < 0.04 ? NOBODY : pick(job.milestones).id } })],
	[5, (job) => ({ name: 'request_changes', role: 'homeowner', args: {
		milestone_id: chance() < 0.5 ? undefined : pick(job.milestones).id } })],
	[14, (job) => ({ name: 'release_escrow',
		role: chance() < 0.8 ? 'homeowner' : 'admin', args: selector(job) })],
	[6, (job) => ({ name: 'approve_milestone',
		role: chance() < 0.8 ? 'homeowner' : 'admin', args: {
			milestone_id: chance() < 0.04 ? NOBODY : pick(job.milestones).id } })],
	[8, (job) => ({ name: 'refund_escrow',
		role: pick(['homeowner', 'provider', 'provider', 'admin']),
		args: selector(job) })]];
const weight = deeds.reduce((total, [w]) => total + w, 0);
const versioned = ['fund_escrow', 'cancel_escrow', 'release_escrow',
	'approve_milestone', 'refund_escrow'];

// A job: mostly one of the few that are busy now.
function nextJob(n)
{
	const jobs = [...model.jobs.values()];
	const first = Math.floor((n / steps) * jobs.length);

	if (chance() < 0.05)
		return pick(jobs);
	return jobs[(first + below(BUSY)) % jobs.length];
}

// The next call: a new one, or one that was made before, word for word.
function nextCall(n)
{
	const job = nextJob(n);
	let ticket = chance() * weight;

	if (sent.length > 0 && chance() < 0.08)
		return pick(sent.slice(-40));
	if (done.length > 0 && chance() < 0.04)
		return pick(done);
	const [, make] = deeds.find(([w]) => (ticket -= w) < 0);
	const call = make(job);

	if (call.actor !== undefined)
	{
		if (chance() < 0.02)		// an event that others have had
			call.args.event_id = `evt_${1 + below(serial)}`;
		sent.push(call);
		return call;
	}
	call.actor = caller(job, call.role);
	call.args.job_id = chance() < 0.01 ? NOBODY : job.id;
	if (versioned.includes(call.name) && chance() < 0.1)
		call.args.expected_version = job.version - (chance() < 0.4 ? 1 : 0);
	if (chance() < 0.15)
		call.args.idempotency_key = call.key = `key_${++serial}`;
	return call;
}

// ----------------------------------------------------------------------
// Comparing
// ----------------------------------------------------------------------

const plain = (value) => (typeof value === 'bigint' ? value.toString()
	: String(value));

class Difference extends Error {}

function same(what, here, there)
{
	if (plain(here) !== plain(there))
		throw new Difference(`${what}: dwello ${plain(here)}, model ${plain(there)}`);
}

function expect(call)
{
	try
	{
		const reply = model[call.name]({ ...call, now });

		return { reply: { replayed: false, ...reply } };
	}
	catch (error)
	{
		if (!(error instanceof Refusal))
			throw error;
		return { code: error.code };
	}
}

// The model learns what only dwello can know: ids and versions.
async function learn(call, job, row, reply)
{
	const { rows: [escrow] } = await db.query(
		'SELECT version FROM dwello.escrow_accounts WHERE job_id = $1', [job.id]);
	const last = job.payments.at(-1);

	if (reply && !reply.replayed && call.name === 'fund_escrow')
		last.id = row.transaction_id;
	if (!reply || reply.replayed)
		same('version', escrow.version, job.version);
	job.version = escrow.version;
	if (call.key !== undefined && reply && !reply.replayed)
	{
		job.keys.set(call.key, { ...reply, replayed: true });
		done.push(call);
	}
}

async function compareJob(job)
{
	const { rows: [escrow] } = await db.query(
		`SELECT e.status AS escrow, e.funded, e.held, e.released, e.refunded,
				e.charged_back, j.status
		   FROM dwello.escrow_accounts AS e JOIN dwello.jobs AS j ON j.id = e.job_id
		  WHERE e.job_id = $1`, [job.id]);
	const { rows: milestones } = await db.query(
		`SELECT id, status, funded, released, refunded
		   FROM dwello.job_milestones WHERE job_id = $1`, [job.id]);

	for (const column of ['escrow', 'funded', 'held', 'released', 'refunded', 'status'])
		same(column, escrow[column], job[column]);
	for (const row of milestones)
	{
		const m = job.milestones.find((x) => x.id === row.id);

		for (const column of ['status', 'funded', 'released', 'refunded'])
			same(`milestone ${column}`, row[column], m[column]);
	}
}

async function compareBalances()
{
	const { rows } = await db.query(
		`SELECT a.kind || CASE WHEN a.kind = 'provider_available'
					THEN ' ' || a.owner_id ELSE '' END || ' ' || e.currency AS account,
				sum(e.amount) AS amount
		   FROM dwello.ledger_entries AS e
		   JOIN dwello.ledger_accounts AS a ON a.id = e.account_id
		  GROUP BY 1`);
	const ours = new Map(rows.map((row) => [row.account, row.amount]));

	for (const account of new Set([...ours.keys(), ...model.balances.keys()]))
		same(account, ours.get(account) ?? 0, model.balances.get(account) ?? 0n);
}

async function step(n)
{
	const call = nextCall(n);
	const job = model.jobs.get(call.args.job_id);

	now += below(chance() < 0.01 ? 1200000 : 5000);
	const { reply, code } = expect(call);
	const answer = await ask(call.actor, call.name, call.args);
	const doing = `${call.name} by ${call.actor.role} ${JSON.stringify(call.args,
		(_, v) => (typeof v === 'bigint' ? Number(v) : v))}`;

	try
	{
		same('SQLSTATE', answer.code ?? 'none', code ?? 'none');
		for (const column of Object.keys(reply ?? {}))
			same(column, answer.row[column], reply[column]);
		if (job !== undefined)
		{
			await learn(call, job, answer.row, reply);
			await compareJob(job);
		}
		await compareBalances();
	}
	catch (error)
	{
		if (error instanceof Difference)
			error.message = `${doing}\n#   ${error.message}\n#   ${answer.message ?? ''}`;
		throw error;
	}
	return `${call.name} ${code ?? (reply.replayed ? 'replayed' : 'ok')}`;
}

// ----------------------------------------------------------------------

async function prepare()
{
	await db.connect();
	await must(system, 'ensure_partitions', {});
	for (let n = 0; n < 3; n++)
	{
		await addPerson('homeowner', n);
		await addPerson('provider', n);
	}
	await addPerson('admin', 0);
	const { rows } = await db.query(
		'SELECT id FROM dwello.service_categories ORDER BY id LIMIT 1');

	for (let n = 0; n < jobCount; n++)
		await addJob(rows[0].id);
}

async function main()
{
	const counts = new Map();
	let difference = null;
	let n = 0;

	console.log(`# seed ${seed}, ${steps} steps${plant ? `, planted: ${plant}` : ''}`);
	await prepare();
	for (; n < steps && difference === null; n++)
	{
		try
		{
			const outcome = await step(n);

			counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
		}
		catch (error)
		{
			if (!(error instanceof Difference))
				throw error;
			difference = error.message;
		}
	}
	const { rows: broken } = await db.query('SELECT * FROM dwello.reconcile()');

	await db.end();
	console.log(`# ${[...counts].sort().map(([k, v]) => `${k} ${v}`).join(', ')}`);
	if (difference !== null)
		console.log(`# step ${n} of seed ${seed}: ${difference}`);
	const good = plant ? difference !== null
		: difference === null && broken.length === 0;

	broken.forEach((row) => console.log(`# reconcile: ${JSON.stringify(row)}`));
	console.log(`${good ? 'ok' : 'not ok'} - ${plant
		? `a planted fault (${plant}) is found` : 'dwello and the model agree'}`);
	process.exit(good ? 0 : 1);
}

main().catch((error) => {
	console.log(`not ok - ${error.stack}`);
	process.exit(1);
});
