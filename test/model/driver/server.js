// server.js
//	dwello, one call in a transaction of its own at a time of our choosing.
//
// The connection is the environment's, but for its database; a superuser,
// because the clock is turned by dwello.now.
'use strict';

const { Client, escapeLiteral } = require('pg');

// BigInt as text, objects as jsonb; both inside and outside of a list.
function plain(value)
{
	if (typeof value === 'bigint')
		return value.toString();
	if (value instanceof Date)
		return value.toISOString();
	if (value !== null && typeof value === 'object')
		return JSON.stringify(value, (_, v) =>
			(typeof v === 'bigint' ? Number(v) : v));
	return value;
}

// A value within a statement.
function literal(value)
{
	return value === null ? 'NULL' : escapeLiteral(String(plain(value)));
}

class Server
{
	constructor(database)
	{
		this.db = new Client({ database });
		this.db.on('error', () => {});	// the next query says it
	}

	connect()
	{
		return this.db.connect();
	}

	end()
	{
		return this.db.end();
	}

	// A call: its rows, or its SQLSTATE.  One string is one transaction.
	async ask(actor, name, args, now)
	{
		const list = Object.keys(args).filter((arg) => args[arg] !== undefined)
			.map((arg) => `${arg} => ${literal(args[arg])}`).join(', ');
		const login = actor.token
			? `SELECT dwello.login(${literal(actor.token)});` : '';

		try
		{
			const results = await this.db.query(
				`SELECT set_config('dwello.now', '${
					new Date(now).toISOString()}', true); ${login}
				SELECT * FROM dwello.${name}(${list})`);

			return { rows: results.at(-1).rows };
		}
		catch (error)
		{
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

	// A text that is given as {name, text} is prepared once.
	async rows(text, values)
	{
		return (await this.db.query(text, values)).rows;
	}
}

module.exports = { Server, plain };
