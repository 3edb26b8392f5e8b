/*
 * peer.js ANSWERS WORKERS
 *	Answers as many tasks by graphile-worker, one an agent and job, each with
 *	an answer and a row of activity in one transaction of its own, as
 *	run_agents() writes them; prints answers a second.
 *
 * The tables are peer.answers and peer.activity (peer.sql).  The tasks are
 * queued before the clock starts, and the rows are counted after it stops.
 * The connection is the one that the environment names.
 */
'use strict';

const { Pool } = require('pg');
const { Logger, run, runMigrations } = require('graphile-worker');

const silent = new Logger(() => () => {});

/* Queues the tasks, numbered from 1. */
async function queue(pool, answers) {
  await pool.query('TRUNCATE peer.answers, peer.activity');
  await pool.query(
    `SELECT count(*) FROM generate_series(1, $1::integer) AS n,
       graphile_worker.add_job('answer', json_build_object('n', n))`,
    [answers]);
}

/* What an agent decides and books, in one transaction. */
async function answer({ n }, { withPgClient }) {
  await withPgClient((client) => client.query(
    `WITH a AS (
       INSERT INTO peer.answers (job_id, terms_version, agent_id, state)
       SELECT w.job_id, 1, w.agent_id, 'answered' FROM peer.work AS w
        WHERE w.n = $1 RETURNING job_id, agent_id)
     INSERT INTO peer.activity (job_id, user_id, action, reason, inputs)
     SELECT a.job_id, a.agent_id, 'declined', 'NO_COST', w.inputs
       FROM a JOIN peer.work AS w ON w.n = $1`, [n]));
}

async function main() {
  const [answers, workers] = process.argv.slice(2).map(Number);
  const pool = new Pool({ max: workers + 2 });

  await runMigrations({ pgPool: pool, logger: silent });
  await queue(pool, answers);
  let done = 0;
  let finish;
  const finished = new Promise((resolve) => { finish = resolve; });
  const begin = process.hrtime.bigint();
  const runner = await run({
    pgPool: pool,
    concurrency: workers,
    logger: silent,
    noHandleSignals: true,
    taskList: {
      answer: async (payload, helpers) => {
        await answer(payload, helpers);
        done += 1;
        if (done === answers) {
          finish(process.hrtime.bigint());
        }
      },
    },
  });
  const seconds = Number((await finished) - begin) / 1e9;
  await runner.stop();
  const { rows: [counted] } = await pool.query(
    `SELECT (SELECT count(*) FROM peer.answers)::integer AS answers,
            (SELECT count(*) FROM peer.activity)::integer AS activity`);
  await pool.end();
  if (counted.answers !== answers || counted.activity !== answers) {
    throw new Error(`${counted.answers} answers and ${counted.activity} ` +
      `rows of activity of ${answers}`);
  }
  console.log((answers / seconds).toFixed(1));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
