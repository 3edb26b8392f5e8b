/*
 * kill.js WAY JOBS AGENTS WORKERS KILLS CRASHES
 *	Answers JOBS for each of AGENTS by graphile-worker, a task an answer, with
 *	at most 20 bids an agent, while backends of its workers are ended and the
 *	server under them crashes, evenly over the work; then counts what came
 *	of it.  test/t/agent_kill.pl does the same to run_agents().
 *
 * WAY is "plain", a task that looks at what is there and writes, in one
 * transaction, or "keys", the same with a unique key on answers and a counter
 * that is locked.  Prints WAY, kills, crashes, answers given twice, not given
 * when nothing goes on any more, and agents over their cap, tabs between.
 * The server restarts by itself; it is the one that the environment names,
 * and runs on this machine.
 */
'use strict';

const { fork } = require('child_process');
const { Pool } = require('pg');
const { Logger, run, runMigrations } = require('graphile-worker');

const CAP = 20;
const PAUSE = 20;          /* ms between two looks */
const PATIENCE = 60000;    /* ms without any progress */

const silent = new Logger(() => () => {});
const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

const ways = {
  plain: {
    async bid(client, agent) {
      const { rows: [{ bids }] } = await client.query(
        'SELECT count(*)::integer AS bids FROM kill.bids WHERE agent = $1',
        [agent]);
      return bids < CAP;
    },
    key: '',
    write: '',
  },
  keys: {
    async bid(client, agent) {
      const { rowCount } = await client.query(
        `UPDATE kill.counters SET bids = bids + 1
          WHERE agent = $1 AND bids < $2`, [agent, CAP]);
      return rowCount === 1;
    },
    key: ', PRIMARY KEY (job, agent)',
    write: 'ON CONFLICT DO NOTHING',
  },
};

/* What an agent decides and books, in one transaction. */
async function answer(way, { job, agent }, { withPgClient }) {
  await withPgClient(async (client) => {
    await client.query('BEGIN');
    try {
      const { rowCount } = await client.query(
        `INSERT INTO kill.answers (job, agent) VALUES ($1, $2) ${way.write}`,
        [job, agent]);
      if (rowCount === 1 && await way.bid(client, agent)) {
        await client.query(
          'INSERT INTO kill.bids (job, agent) VALUES ($1, $2)', [job, agent]);
      }
      await client.query('SELECT pg_sleep(0.002)');
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    }
  });
}

/* A process that works until it is told to stop. */
async function work(name) {
  const pool = new Pool({ max: 3, application_name: 'worker' });

  pool.on('error', () => {});
  const runner = await run({
    pgPool: pool,
    concurrency: 1,
    pollInterval: 200,
    logger: silent,
    noHandleSignals: true,
    taskList: { answer: (task, helpers) => answer(ways[name], task, helpers) },
  });
  process.on('SIGTERM', () => {
    runner.stop().catch(() => {}).finally(() => process.exit(0));
  });
  await runner.promise;
}

/* Tables, and tasks in no order of agents. */
async function prepare(pool, way, jobs, agents) {
  await pool.query('DROP SCHEMA IF EXISTS graphile_worker CASCADE');
  await runMigrations({ pgPool: pool, logger: silent });
  await pool.query(`DROP SCHEMA IF EXISTS kill CASCADE; CREATE SCHEMA kill;
    CREATE TABLE kill.answers (job integer, agent integer${way.key});
    CREATE TABLE kill.bids (job integer, agent integer);
    CREATE TABLE kill.counters (agent integer PRIMARY KEY, bids integer);
    INSERT INTO kill.counters SELECT n, 0 FROM generate_series(1, ${agents}) AS n;
    SELECT count(graphile_worker.add_job('answer',
      json_build_object('job', j, 'agent', a)))
      FROM generate_series(1, ${jobs}) AS j, generate_series(1, ${agents}) AS a`);
}

/* Ends a backend of a worker, or kills it, which takes the server along. */
async function strike(pool, crashes) {
  const { rows: [victim] } = await pool.query(
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'worker'
      AND query NOT LIKE 'LISTEN%' ORDER BY random() LIMIT 1`);
  if (!victim) {
    return false;
  }
  if (crashes) {
    process.kill(victim.pid, 'SIGKILL');
  } else {
    await pool.query('SELECT pg_terminate_backend($1)', [victim.pid]);
  }
  return true;
}

/* Tasks that are left, and of these those that nobody has. */
const LEFT = `SELECT count(*)::integer AS tasks,
  count(*) FILTER (WHERE locked_at IS NULL AND attempts < max_attempts)::integer
    AS free FROM graphile_worker.jobs`;

const COUNTS = `SELECT
  (SELECT count(*) FROM (SELECT FROM kill.answers GROUP BY job, agent
    HAVING count(*) > 1) AS d)::integer AS twice,
  $1::integer - (SELECT count(*) FROM (SELECT DISTINCT job, agent
    FROM kill.answers) AS d)::integer AS missing,
  (SELECT count(*) FROM (SELECT FROM kill.bids GROUP BY agent
    HAVING count(*) > ${CAP}) AS o)::integer AS over`;

/* Lets the workers work and strikes them; gives kills and crashes. */
async function regime(pool, total, start, plan) {
  const done = { kills: 0, crashes: 0 };
  const events = plan.kills + plan.crashes;
  let before = total;
  let since = Date.now();

  for (;;) {
    await sleep(PAUSE);
    start();
    try {
      const { rows: [left] } = await pool.query(LEFT);
      if (left.tasks !== before) {
        before = left.tasks;
        since = Date.now();
      }
      /* what is locked by nobody alive stays so for four hours */
      if (left.tasks === 0 || Date.now() - since > PATIENCE) {
        return done;
      }
      const struck = done.kills + done.crashes;
      if (struck < events &&
          events * (total - left.tasks) >= struck * total) {
        const crash = done.crashes < plan.crashes &&
          done.crashes * plan.kills <= done.kills * plan.crashes;
        if (await strike(pool, crash)) {
          done[crash ? 'crashes' : 'kills'] += 1;
        }
      }
    } catch (error) {
      /* the server is not there; it comes again */
    }
  }
}

async function main() {
  const [name, ...numbers] = process.argv.slice(2);
  const [jobs, agents, workers, kills, crashes] = numbers.map(Number);
  const pool = new Pool({ max: 1 });
  const running = new Set();

  pool.on('error', () => {});
  await prepare(pool, ways[name], jobs, agents);
  const start = () => {
    while (running.size < workers) {
      const child = fork(__filename, ['worker', name], { stdio: 'ignore' });

      running.add(child);
      child.on('exit', () => running.delete(child));
    }
  };
  const done = await regime(pool, jobs * agents, start, { kills, crashes });
  for (const child of running) {
    child.kill('SIGKILL');
  }
  const { rows: [counted] } = await pool.query(COUNTS, [jobs * agents]);
  await pool.end();
  console.log([name, done.kills, done.crashes, counted.twice, counted.missing,
    counted.over].join('\t'));
}

const task = process.argv[2] === 'worker' ? work(process.argv[3]) : main();

task.catch((error) => {
  console.error(error);
  process.exit(1);
});
