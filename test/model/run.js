// run.js [--steps N] [--seed N] [--jobs N] [--plant FAULT] [--shrink SECONDS]
//        [--trace]
//	Random commands, done by dwello and by the model side by side.
//
// A difference between the two ends a play (driver/play.js); fast-check then
// leaves out steps, in a fresh database each time, for as long as --shrink
// says (300; 0 with --plant), and the fewest that still differ are printed.
// --plant makes the model or the reply wrong on purpose, see
// driver/faults.js: then a difference is what is wanted.  PGDATABASE is a
// fresh database with a keyring, which is copied for each play.
'use strict';

const fc = require('fast-check');
const { Client } = require('pg');
const { Chance } = require('./driver/random.js');
const { Difference } = require('./driver/compare.js');
const { Play } = require('./driver/play.js');

// --NAME's value.
function option(name, otherwise)
{
	const at = process.argv.indexOf(`--${name}`);

	return at < 0 ? otherwise : process.argv[at + 1] ?? true;
}

const seed = Number(option('seed', Date.now() % 1000000));
const steps = Number(option('steps', 1500));
const jobs = Number(option('jobs', Math.max(12, Math.floor(steps / 30))));
const plant = option('plant', null);
const seconds = Number(option('shrink', plant === null ? 300 : 0));
const isTraced = option('trace', false) !== false;
const template = process.env.PGDATABASE;
const database = `${template}_play`;
const plays = { first: null, failed: null };

// The database of a play, made anew.
async function copyDatabase(isWanted)
{
	const client = new Client({ database: 'postgres' });

	await client.connect();
	// a play that was interrupted is still at it
	await client.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
	if (isWanted)
		await client.query(
			`CREATE DATABASE "${database}" TEMPLATE "${template}"`);
	await client.end();
}

async function playSteps(list)
{
	const play = new Play(database, { world: seed, jobs, steps, plant });

	plays.first ??= play;
	await copyDatabase(true);
	try
	{
		await play.run(list, isTraced ? (line) => console.log(`# ${line}`)
			: undefined);
	}
	catch (error)
	{
		if (error instanceof Difference)
			plays.failed = play;
		throw error;
	}
}

// As many steps as were asked for, each with a seed of its own.
function allSteps()
{
	const chance = new Chance(seed);

	return Array.from({ length: steps }, (_, i) =>
		({ n: i + 1, seed: chance.below(2 ** 31) }));
}

// What fast-check finds out: null, or the error and the steps that bring it.
async function check()
{
	const step = fc.noShrink(fc.record({ n: fc.nat(), seed: fc.nat() }));
	const details = await fc.check(
		fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: steps,
			size: 'max' }), playSteps),
		{ examples: [[allSteps()]], numRuns: 1, seed,
			endOnFailure: seconds === 0,
			interruptAfterTimeLimit: (seconds || 86400) * 1000 });

	return details.failed ? { error: details.errorInstance,
		steps: details.counterexample[0] } : null;
}

// The fewest steps that were found to differ, and in what.
function report(found)
{
	console.log(`# seed ${seed}: ${found.error.message}`);
	console.log(`# ${found.steps.length} steps of ${steps} are enough, and ${
		plays.failed.lines.length} of them were made:`);
	plays.failed.lines.slice(-40).forEach((line) => console.log(`# ${line}`));
}

async function main()
{
	console.log(`# seed ${seed}, ${steps} steps${
		plant ? `, planted: ${plant}` : ''}`);
	const found = await check();

	await copyDatabase(false);
	if (plant === null)
	{
		const { first } = plays;

		console.log(`# ${[...first.counts].sort().map(([k, v]) =>
			`${k} ${v}`).join(', ')}`);
		console.log(`# ${first.share ?? 'it ended before its time'}; ${
			first.books ?? 'hledger was not asked'}`);
	}
	const good = plant === null ? found === null
		: found?.error instanceof Difference;

	console.log(`${good ? 'ok' : 'not ok'} - ${plant
		? `a planted fault (${plant}) is found` : 'dwello and the model agree'}`);
	if (found !== null)
		report(found);
	process.exit(good ? 0 : 1);
}

main().catch((error) => {
	console.log(`not ok - ${error.stack}`);
	process.exit(1);
});
