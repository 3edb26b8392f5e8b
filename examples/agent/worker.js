// worker.js
//	Between dwello and a model: claims work, asks the model, answers.
//
//	SEED		of the model's moods and of the crashes; without it the model is
//				honest and nothing dies
//	LEASE		seconds that a claim is held (2)
//
// Claim and commit first, then think: no transaction is open while the model
// does, so nobody waits for it.  Dying between any two steps does no harm: the
// lease runs out, and the work is handed out again, or the agent decides by
// itself.  The claim is what makes an answer count once: a worker that was
// away for too long finds that its claim is stale.
'use strict';

const { randomUUID } = require('crypto');
const { Pool } = require('pg');
const { scripted } = require('./model.js');
const { seeded } = require('./random.js');

const LEASE = Number(process.env.LEASE ?? 2);
const PAUSE_MS = 50;

const pool = new Pool({ max: 2 });
const chance = process.env.SEED === undefined
	? () => 1 : seeded(Number(process.env.SEED));
const model = scripted(chance);
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// The places where a process may die; here it does so on purpose.
function mayCrash()
{
	if (chance() < 0.01)
		process.kill(process.pid, 'SIGKILL');
}

// Answers one piece of work, as often and as late as the model has it.
async function answer(work)
{
	const { amount, timeline_days, times, isSlow, isForged } = model(work.facts);

	if (isSlow)
		await sleep((LEASE + 0.5) * 1000);
	for (let n = 0; n < times; n++)
	{
		mayCrash();
		// what comes back says what became of it; an error is a fault of ours
		await pool.query(`SELECT action, reason FROM dwello.propose_agent_bid(
			job_id => $1, agent_id => $2, claim_id => $3, amount => $4,
			timeline_days => $5)`, [work.job_id, work.agent_id,
			isForged ? randomUUID() : work.claim_id, amount, timeline_days]);
	}
}

async function main()
{
	process.on('disconnect', () => process.exit(0));
	for (;;)
	{
		const { rows } = await pool.query(
			'SELECT * FROM dwello.claim_agent_work(max_rows => 5, lease_seconds => $1)',
			[LEASE]);

		mayCrash();
		for (const work of rows)
			await answer(work);
		if (rows.length === 0)
			await sleep(PAUSE_MS);
	}
}

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
