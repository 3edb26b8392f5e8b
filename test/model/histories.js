// histories.js [--runs N] [--seed N] [--path PATH] [--plant FAULT]
//              [--shrink SECONDS] [--trace]
//	Random histories of payment companies, told to dwello in any order.
//
// company/history.js says what must hold at each step and in the end.  A
// history that fails is made shorter for as long as --shrink says (60), and
// the shortest that was found is printed with what each call was answered;
// --seed and --path give the same one again.  PGDATABASE is a fresh database
// with a keyring.
'use strict';

const fc = require('fast-check');
const { Difference } = require('./driver/compare.js');
const { Server } = require('./driver/server.js');
const { actions, ASKING, WEIGHTS } = require('./company/actions.js');
const { Dice, MOST } = require('./company/dice.js');
const { faults } = require('./company/faults.js');
const { History } = require('./company/history.js');
const { Stage } = require('./company/stage.js');

const LONGEST = 40;
const CHECKED = 60;		// how often check() looks at the whole

Object.assign(History.prototype, actions);

// --NAME's value.
function option(name, otherwise)
{
	const at = process.argv.indexOf(`--${name}`);

	return at < 0 ? otherwise : process.argv[at + 1] ?? true;
}

const runs = Number(option('runs', 300));
const seed = Number(option('seed', Date.now() % 1000000));
const path = option('path', undefined);
const plant = option('plant', null);
const seconds = Number(option('shrink', plant === null ? 60 : 0));
const isTraced = option('trace', false) !== false;

const server = new Server(process.env.PGDATABASE);
const stage = new Stage(server);
const counts = new Map();
let number = 0;
let first = 0;
let failed = null;
let until = Infinity;

const numbers = fc.array(fc.nat(MOST), { minLength: 5, maxLength: 5,
	size: 'max' });
const action = fc.record({
	name: fc.oneof(...Object.entries(WEIGHTS).map(([name, weight]) =>
		({ weight, arbitrary: fc.constant(name) }))),
	numbers, isLate: fc.nat(2) });
const story = fc.record({
	beginning: fc.record({ returned: fc.nat(63), kept: fc.nat(3),
		paid: fc.nat(3),
		count: fc.integer({ min: 1, max: 2 }), numbers: fc.array(fc.nat(MOST), { minLength: 6,
		maxLength: 6, size: 'max' }) }),
	actions: fc.array(action, { minLength: 1, maxLength: LONGEST,
		size: 'max' }) });

// What a company does it mostly tells at once, what it is asked for it mostly
// hears at once.
async function step(history, { name, numbers: own, isLate })
{
	history.lines.push(`-- ${name}`);
	const event = await history[name](new Dice(own));

	if (isLate < 2 && ASKING.includes(name))
		await history.work();
	if (isLate < 2 && event && event.company.sayable().includes(event))
		await history.tell(event);
	await history.compare();
}

async function play({ beginning, actions: list })
{
	if (Date.now() > until)
		return;				// enough was tried to make it shorter
	const history = new History(stage, ++number,
		plant === null ? null : faults[plant]);

	try
	{
		await history.begin(beginning);
		for (const each of list)
			await step(history, each);
		await history.end();
		stage.wasPlayed(history, true);
		if (number % CHECKED === 0 || number === runs || failed !== null)
			await history.expectNone('check', await stage.check());
	}
	catch (error)
	{
		if (failed === null)
		{
			first = number;
			until = Date.now() + seconds * 1000;
		}
		failed = history;
		stage.wasPlayed(history, false);
		throw error;
	}
	finally
	{
		for (const [what, count] of history.counts)
			counts.set(what, (counts.get(what) ?? 0) + count);
		if (isTraced)
			history.lines.forEach((line) => console.log(`# ${line}`));
	}
}

async function main()
{
	console.log(`# seed ${seed}, ${runs} histories${
		plant === null ? '' : `, planted: ${plant}`}`);
	await server.connect();
	await stage.prepare();
	const found = await fc.check(fc.asyncProperty(story, play),
		{ numRuns: runs, seed, path, endOnFailure: seconds === 0 });
	const good = plant === null ? !found.failed
		: found.errorInstance instanceof Difference;

	if (plant === null)
		console.log(`# ${[...counts].sort().map(([k, v]) =>
			`${k} ${v}`).join(', ')}`);
	console.log(`${good ? 'ok' : 'not ok'} - ${plant === null
		? 'dwello holds what each company says'
		: `a planted fault (${plant}) is found`}`);
	if (found.failed)
	{
		console.log(`# found in history ${first} of ${runs}`);
		console.log(`# --seed ${seed} --path ${found.counterexamplePath}`);
		failed.lines.slice(-60).forEach((line) => console.log(`# ${line}`));
		console.log(`# ${found.errorInstance.message}`);
		if (!(found.errorInstance instanceof Difference))
			console.log(`# ${found.errorInstance.stack}`);
	}
	process.exit(good ? 0 : 1);
}

main().catch((error) => {
	console.log(`not ok - ${error.stack}`);
	process.exit(1);
});
