// play.js
//	One play: commands done by dwello and by the model side by side, in a
//	database of its own.
//
// After each step the reply (or the SQLSTATE), all rows of the job and all
// balances are compared; the first difference ends the play.  What a step
// does follows from its seed and from how things stand, so a play goes on
// making sense when steps are left out of it.
'use strict';

const { Model, Refusal } = require('../model/index.js');
const { Chance } = require('./random.js');
const { Server, plain } = require('./server.js');
const { World } = require('./world.js');
const { Commands } = require('./commands.js');
const { Difference, same, compareJob, compareOwn, Balances } = require('./compare.js');
const { Moves } = require('./moves.js');
const { compareBooks } = require('./books.js');
const { faults } = require('./faults.js');

const START = Date.UTC(2030, 0, 1);
const DAY = 86400000;
const EVERYWHERE = ['release_due_escrows', 'expire_disputes',
	'expire_payments', 'expire_authorizations', 'expire_refund_requests',
	'expire_no_shows'];

// What only dwello can know: ids, and how versions are counted.
function learn(model, [row])
{
	for (const [what, column, list] of model.born)
	{
		what.id = row[column];
		list?.delete(undefined);
		list?.set(what.id, what);
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

class Play
{
	// world: how chance decides on people and contracts; steps: of the whole
	// play, though some may be left out; plant: a fault, or null.
	constructor(database, { world, jobs, steps, plant })
	{
		const chance = new Chance(world);

		this.server = new Server(database);
		this.model = new Model();
		this.chance = chance;
		this.jobCount = jobs;
		this.world = new World(this.server, this.model, chance, START);
		this.commands = new Commands(this.world, steps);
		this.balances = new Balances(this.server, this.model);
		this.moves = new Moves(this.server, this.model);
		this.misread = plant === null ? undefined : faults[plant](this.model);
		this.now = START;
		this.counts = new Map();
		this.lines = [];
	}

	// Mostly seconds; now and then a deadline passes.
	turnClock()
	{
		const { chance } = this;

		this.now += chance.weighted([[982, () => chance.below(5000)],
			[10, () => chance.below(1200000)],
			[8, () => chance.below(10 * DAY)]])();
	}

	expect(call)
	{
		Object.assign(this.model, { now: call.now, born: [] });
		try
		{
			return { reply: { replayed: false,
				...this.model[call.name](call) } };
		}
		catch (error)
		{
			if (!(error instanceof Refusal))
				throw error;
			return { code: error.code };
		}
	}

	async compareRows(call, { reply, code })
	{
		const job = this.model.jobs.get(call.args.job_id);
		const touched = EVERYWHERE.includes(call.name) ? [...this.model.jobs.values()]
			: job === undefined ? [] : [job];

		for (const each of touched)
		{
			const version = await compareJob(this.server, this.model, each);

			if (code !== undefined || reply.replayed)
				same('version', version, each.version);
			each.version = version;
		}
		if (!call.args.job_id)
			await compareOwn(this.server, this.model);
		await this.balances.compare();
	}

	remember(call, answer, reply)
	{
		const { model } = this;

		learn(model, answer.rows);
		if (call.key === undefined)
			return;
		model.remember(call, call.args.receipt_id ?? call.args.job_id ??
			call.args.user_id ?? call.actor.id, reply);
		this.commands.wasDone(call);
	}

	// Does the n-th step as its seed will have it.
	async step({ n, seed })
	{
		this.chance.restart(seed);
		this.turnClock();
		const call = { ...this.commands.nextCall(n, this.now), now: this.now };

		this.moves.begin(call);
		const expected = this.expect(call);

		this.moves.end();
		const answer = await this.server.ask(call.actor, call.name, call.args,
			this.now);

		this.lines.push(`${n} ${call.name} by ${call.actor.role} ${
			plain(call.args)}: ${answer.code ?? 'ok'} ${answer.message ?? ''}`);
		this.misread?.(call, answer);
		compareReply(answer, expected);
		if (expected.reply && !expected.reply.replayed)
			this.remember(call, answer, expected.reply);
		await this.compareRows(call, expected);
		this.count(`${call.name} ${answer.code ??
			(expected.reply.replayed ? 'replayed' : 'ok')}`);
	}

	count(outcome)
	{
		this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
	}

	// What holds of the whole, when all is done.
	async compareWhole()
	{
		const broken = await this.server.rows(
			'SELECT * FROM dwello.reconcile()');
		const unforeseen = await this.moves.unforeseen();

		for (const job of this.model.jobs.values())
			await compareJob(this.server, this.model, job);
		if (broken.length + unforeseen.length > 0)
			throw new Difference([
				...broken.map((row) => `reconcile: ${JSON.stringify(row)}`),
				...unforeseen.map((line) => `in no table of moves: ${line}`)]
				.join('\n'));
		this.books = await compareBooks(this.server, this.now);
	}

	// Does all steps; throws the first Difference.
	async run(steps, trace = () => {})
	{
		await this.server.connect();
		try
		{
			await this.world.prepare(this.jobCount);
			for (const step of steps)
			{
				await this.step(step).finally(() => trace(this.lines.at(-1)));
			}
			await this.compareWhole();
			this.share = await this.moves.share();
		}
		finally
		{
			await this.server.end();
		}
	}
}

module.exports = { Play };
