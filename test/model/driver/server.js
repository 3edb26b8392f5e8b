// server.js
//	dwello, one call in a transaction of its own at a time of our choosing.
//
// The connection is the environment's, but for its database; a superuser,
// because the clock is turned by dwello.now.
'use strict';

const { Client } = require('pg');

// BigInt as text, objects as jsonb; both inside and outside of a list.
function plain(value)
{
	if (typeof value === 'bigint')
		return value.toString();
	if (value !== null && typeof value === 'object')
		return JSON.stringify(value, (_, v) =>
			(typeof v === 'bigint' ? Number(v) : v));
	return value;
}

class Server
{
	constructor(database)
	{
		this.db = new Client({ database });
	}

	connect()
	{
		return this.db.connect();
	}

	end()
	{
		return this.db.end();
	}

	// A call: its rows, or its SQLSTATE.
	async ask(actor, name, args, now)
	{
		const names = Object.keys(args).filter((arg) => args[arg] !== undefined);
		const list = names.map((arg, i) => `${arg} => $${i + 1}`).join(', ');

		await this.db.query(
			`BEGIN; SET LOCAL dwello.now = '${new Date(now).toISOString()}'`);
		try
		{
			if (actor.token)
				await this.db.query('SELECT dwello.login($1)', [actor.token]);
			const { rows } = await this.db.query(
				`SELECT * FROM dwello.${name}(${list})`,
				names.map((arg) => plain(args[arg])));

			await this.db.query('COMMIT');
			return { rows };
		}
		catch (error)
		{
			await this.db.query('ROLLBACK');
			if (error.code === undefined)
				throw error;
			return { code: error.code, message: error.message };
		}
	}

	// The same where a refusal is none that is tested.
	async must(actor, name, args, now)
	{
		const { rows, code, message } = await this.ask(actor, name, args, now);

		if (code !== undefined)
			throw new Error(`${name}: ${code} ${message}`);
		return rows[0];
	}

	async rows(text, values)
	{
		return (await this.db.query(text, values)).rows;
	}
}

module.exports = { Server, plain };
