// stage.js
//	What all histories of a database share: people, fee schedules, rates.
'use strict';

const { Chance } = require('../driver/random.js');
const { World, SYSTEM, CURRENCIES } = require('../driver/world.js');
const { Model } = require('../model/index.js');

const START = Date.UTC(2030, 0, 1);

class Stage
{
	constructor(server)
	{
		this.server = server;
		this.now = START;
		this.world = new World(server, new Model(), new Chance(1), START);
		this.returned = null;
		this.known = new Set();
		this.providers = 100;
	}

	async prepare()
	{
		await this.world.prepare(0);
		for (const [name, value] of [['payout_hold_days', '0'],
			['fund_days', '7']])
			await this.world.must(SYSTEM, 'set_setting', { name, value });
		// the comparison after each event reads a company's accounts
		await this.server.rows('CREATE INDEX ON dwello.ledger_entries (account_id)');
		this.functions = new Map((await this.server.rows(
			`SELECT proname, proargnames FROM pg_proc
			  WHERE pronamespace = 'dwello'::regnamespace`))
			.map((row) => [row.proname, row.proargnames]));
		await this.check();
		[this.homeowner] = this.world.withRole('homeowner');
		[this.admin] = this.world.withRole('admin');
	}

	has(name, argument)
	{
		return this.functions.has(name) && (argument === undefined ||
			this.functions.get(name).includes(argument));
	}

	// What is wrong with the whole and was not before.
	async check()
	{
		await this.server.rows('ANALYZE');
		const rows = [...await this.server.rows('SELECT * FROM dwello.check()'),
			...await this.server.rows('SELECT * FROM dwello.reconcile()')];
		// the clock runs ahead of the months that have partitions
		const news = rows.filter((row) => !this.known.has(JSON.stringify(row))
			&& row.rule !== 'default_partition_not_empty');

		rows.forEach((row) => this.known.add(JSON.stringify(row)));
		return news;
	}

	// What goes back at once of money that fits nothing.
	async setReturned(reasons)
	{
		for (const reason of ['surplus', 'second_charge', 'wrong_currency',
			'unknown_job', 'job_over', 'late'])
			if (this.returned === null || reasons.includes(reason) !==
				this.returned.includes(reason))
				await this.world.must(SYSTEM, 'set_setting', {
					name: `receipt_default_${reason}`,
					value: reasons.includes(reason) ? 'return' : 'hold' });
		this.returned = reasons;
	}

	// A part of releases is kept back, payouts cost something; or not.
	async setKept(kept)
	{
		if (kept === this.kept)
			return;
		await this.world.must(SYSTEM, 'set_setting',
			{ name: 'reserve_ppm', value: kept & 1 ? '100000' : '0' });
		for (const currency of CURRENCIES)
			await this.world.must(SYSTEM, 'set_setting_amount', { currency,
				name: 'payout_fee', amount: kept & 2 ? 25 : null });
		this.kept = kept;
	}

	// One to whom nobody owes anything: that of the last history, if it ended.
	async freeProvider()
	{
		if (this.provider === undefined)
		{
			await this.world.addPerson('provider', this.providers++);
			this.provider = this.world.people.at(-1);
		}
		return this.provider;
	}

	// A history is over; the next one begins when it ended.
	wasPlayed(history, isGood)
	{
		this.now = history.now + 1000;
		if (!isGood)
			this.provider = undefined;
	}

	// A contract; its price is that of the work, without a fee on top.
	async addJob(provider, dice)
	{
		const { categories } = this.world;
		const category = dice.pick(categories);
		const currency = dice.pick(CURRENCIES);
		const price = 5000n + BigInt(dice.next());
		this.world.now = this.now;
		const id = await this.world.award(category, price,
			{ homeowner: this.homeowner, provider, currency });

		return { id, currency, price };
	}
}

module.exports = { Stage };
