// run.js [--steps N] [--seed N] [--jobs N] [--plant FAULT] [--trace]
//	Random commands, done by dwello and by the model side by side.
//
// After each step the reply (or the SQLSTATE), all rows of the job and all
// balances are compared; the first difference ends the run with the step and
// what led to it.  --plant makes the model or the reply wrong on purpose, see
// driver/faults.js: then it is a difference that is wanted.  It needs a fresh
// database with a keyring.
'use strict';

const { Model, Refusal } = require('./model/index.js');
const { Chance } = require('./driver/random.js');
const { Server, plain } = require('./driver/server.js');
const { World } = require('./driver/world.js');
const { Commands } = require('./driver/commands.js');
const { Difference, same, compareJob, Balances } =
	require('./driver/compare.js');
const { Moves } = require('./driver/moves.js');
const { faults } = require('./driver/faults.js');

const START = Date.UTC(2030, 0, 1);
const DAY = 86400000;

// --NAME's value.
function option(name, otherwise)
{
	const at = process.argv.indexOf(`--${name}`);

	return at < 0 ? otherwise : process.argv[at + 1] ?? true;
}

const seed = Number(option('seed', Date.now() % 1000000));
const steps = Number(option('steps', 1500));
const jobCount = Number(option('jobs', Math.max(12, Math.floor(steps / 30))));
const plant = option('plant', null);
const isTraced = option('trace', false) !== false;
const chance = new Chance(seed);
const server = new Server();
const model = new Model();
const world = new World(server, model, chance, START);
const commands = new Commands(world, steps);
const balances = new Balances(server, model);
const moves = new Moves(server, model);
const misread = plant === null ? undefined : faults[plant](model);

let now = START;

// Mostly seconds; now and then a deadline passes.
function turnClock()
{
	now += chance.weighted([[982, () => chance.below(5000)],
		[10, () => chance.below(1200000)],
		[8, () => chance.below(10 * DAY)]])();
}

function expect(call)
{
	try
	{
		return { reply: { replayed: false, ...model[call.name](call) } };
	}
	catch (error)
	{
		if (!(error instanceof Refusal))
			throw error;
		return { code: error.code };
	}
}

function compareReply(answer, { reply, code })
{
	same('SQLSTATE', answer.code ?? 'none', code ?? 'none');
	if (code !== undefined)
		return;
	const { rows = [reply], ...common } = reply;

	if (reply.rows !== undefined)
		same('rows', answer.rows.length, rows.length);
	rows.forEach((row, i) => {
		for (const [column, value] of Object.entries({ ...common, ...row }))
			if (column !== 'replayed' || column in answer.rows[i])
				same(column, answer.rows[i][column], value);
	});
}

// What only dwello can know: ids, and how versions are counted.
function learn(call, job, [row], { reply })
{
	if (call.name === 'fund_escrow')
		job.payments.at(-1).id = row.transaction_id;
	if (call.name === 'request_payout')
	{
		model.payouts.set(row.payout_id, model.payouts.get(undefined));
		model.payouts.delete(undefined);
	}
	if (call.key !== undefined)
	{
		model.remember(call, call.args.job_id ?? call.args.user_id ??
			call.actor.id, reply);
		commands.wasDone(call);
	}
}

async function compareRows(call, { reply, code })
{
	const job = model.jobs.get(call.args.job_id);
	const touched = ['release_due_escrows', 'expire_disputes']
		.includes(call.name) ? [...model.jobs.values()]
		: job === undefined ? [] : [job];

	for (const each of touched)
	{
		const version = await compareJob(server, each);

		if (code !== undefined || reply.replayed)
			same('version', version, each.version);
		each.version = version;
	}
	await balances.compare();
}

async function step()
{
	turnClock();
	const call = { ...commands.nextCall(step.n, now), now };

	moves.begin(call);
	const expected = expect(call);

	moves.end();
	const answer = await server.ask(call.actor, call.name, call.args, now);
	const doing = `${call.name} by ${call.actor.role} ${plain(call.args)}`;

	if (isTraced)
		console.log(`# ${step.n} ${doing}: ${answer.code ?? 'ok'}`);
	try
	{
		misread?.(call, answer);
		compareReply(answer, expected);
		if (expected.reply && !expected.reply.replayed)
			learn(call, model.jobs.get(call.args.job_id), answer.rows,
				expected);
		await compareRows(call, expected);
	}
	catch (error)
	{
		if (error instanceof Difference)
			error.message = `${doing}\n#   ${error.message}\n#   ${
				answer.message ?? ''}`;
		throw error;
	}
	return `${call.name} ${answer.code ??
		(expected.reply.replayed ? 'replayed' : 'ok')}`;
}

async function play(counts)
{
	for (step.n = 1; step.n <= steps; step.n++)
	{
		try
		{
			const outcome = await step();

			counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
		}
		catch (error)
		{
			if (!(error instanceof Difference))
				throw error;
			return error.message;
		}
	}
	for (const job of model.jobs.values())
		await compareJob(server, job);
	return null;
}

async function main()
{
	const counts = new Map();

	console.log(`# seed ${seed}, ${steps} steps${
		plant ? `, planted: ${plant}` : ''}`);
	await server.connect();
	await world.prepare(jobCount);
	const difference = await play(counts);
	const broken = await server.rows('SELECT * FROM dwello.reconcile()');
	const unforeseen = await moves.unforeseen();
	const share = await moves.share();

	await server.end();
	if (plant === null)
		console.log(`# ${[...counts].sort().map(([k, v]) =>
			`${k} ${v}`).join(', ')}`);
	if (difference !== null)
		console.log(`# step ${step.n} of seed ${seed}: ${difference}`);
	broken.forEach((row) => console.log(`# reconcile: ${JSON.stringify(row)}`));
	unforeseen.forEach((line) => console.log(`# in no table of moves: ${line}`));
	const good = plant ? difference !== null
		: difference === null && broken.length + unforeseen.length === 0;

	if (plant === null)
		console.log(`# ${share}`);

	console.log(`${good ? 'ok' : 'not ok'} - ${plant
		? `a planted fault (${plant}) is found` : 'dwello and the model agree'}`);
	process.exit(good ? 0 : 1);
}

main().catch((error) => {
	console.log(`not ok - ${error.stack}`);
	process.exit(1);
});
