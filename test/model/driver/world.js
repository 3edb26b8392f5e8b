// world.js
//	Before the commands: people, fee schedules, rates, contracts.
'use strict';

const { Chance } = require('./random.js');
const { part } = require('../model/milestone.js');
const { waivedOf, feeOf } = require('../model/fee.js');

const DAY = 86400000;
const PLACE = { longitude: -122.4194, latitude: 37.7749 };
const CURRENCIES = ['USD', 'EUR', 'JPY', 'KWD'];
const SYSTEM = { role: 'system' };
const TYPES = { homeowner: 'homeowner', provider: 'service_provider',
	admin: 'admin', support: 'admin' };

const BUILT_IN = { payer: 'provider', ppm: 50000n, fixed: 0n, min: 0n,
	max: null, tax: 0n, steps: [], promo: null };

// What contracts may say: one schedule a category.
const TERMS = [
	BUILT_IN,
	{ ...BUILT_IN, ppm: 120000n, fixed: 30n, min: 100n, max: 9000n,
		tax: 77500n },
	{ ...BUILT_IN, payer: 'homeowner', ppm: 72500n, tax: 190000n },
	{ ...BUILT_IN, payer: 'split', ppm: 65000n, fixed: 25n, max: 12000n,
		tax: 82500n },
	{ ...BUILT_IN, payer: 'split', ppm: 100000n, tax: 200000n,
		steps: [{ from: 20000n, ppm: 60000n }, { from: 90001n, ppm: 15000n }] },
	{ ...BUILT_IN, payer: 'homeowner', ppm: 0n, fixed: 0n, min: 500n,
		max: 3000n, tax: 1000000n,
		steps: [{ from: 7777n, ppm: 333333n }] }];
const PROMO = { code: 'SPRING', ppm: 333333n };

class World
{
	constructor(server, model, chance, now)
	{
		Object.assign(this, { server, model, chance, now, people: [],
			categories: [], promoOf: new Map(), contracts: 0 });
	}

	withRole(role)
	{
		return this.people.filter((p) => p.role === role);
	}

	must(actor, name, args)
	{
		return this.server.must(actor, name, args, this.now);
	}

	async addPerson(role, n)
	{
		const { user_id: id } = await this.must(SYSTEM, 'register_user', {
			email: `${role}.${n}@example.com`, user_type: TYPES[role],
			first_name: role, last_name: 'Model' });

		await this.must(SYSTEM, 'verify_user', { user_id: id, what: 'email' });
		if (role === 'provider')
			await this.letEarn(id);
		await this.must(SYSTEM, 'add_address', { address_type: 'home',
			street: '1 Market Street', city: 'San Francisco', state: 'CA',
			postal_code: '94105', country: 'US', ...PLACE, is_primary: true,
			user_id: id });
		const [{ token }] = await this.server.rows(
			'SELECT dwello.issue_token($1, $2, $3) AS token',
			[id, '1 day', role === 'support' ? 'support' : null]);

		this.model.users.add(id);
		if (role === 'provider')
			this.model.providers.add(id);
		this.people.push({ role, id, token });
		if (role === 'homeowner')
			await this.addCards(id);
	}

	// A card of each company, to pay with and to be paid back.
	async addCards(user)
	{
		for (const psp of ['acme', 'bolt'])
		{
			const { payment_method_id: id } = await this.must(SYSTEM,
				'add_payment_method', { method_type: 'credit_card', psp,
					psp_token: `card of ${user}`, user_id: user });

			this.model.methods.set(id, { id, user, psp });
		}
	}

	// A provider who may bid, and be paid.
	async letEarn(id)
	{
		const { payment_method_id: account } = await this.must(SYSTEM,
			'add_payment_method', { method_type: 'bank_account', psp: 'acme',
				psp_token: `account of ${id}`, user_id: id });

		await this.must(SYSTEM, 'verify_user',
			{ user_id: id, what: 'provider' });
		await this.must(SYSTEM, 'verify_payment_method',
			{ user_id: id, payment_method_id: account });
	}

	async addCategory(terms, n)
	{
		const { category_id: id } = await this.must(SYSTEM, 'add_category',
			{ name: `Category ${n}` });

		this.categories.push({ id, terms });
		if (terms === BUILT_IN)
			return;
		for (const currency of CURRENCIES)
			await this.must(SYSTEM, 'set_fee_schedule', { name: `Schedule ${n}`,
				rate_ppm: terms.ppm, fixed_fee: terms.fixed, min_fee: terms.min,
				max_fee: terms.max ?? undefined, tax_ppm: terms.tax,
				payer: terms.payer, kind: 'marginal', category_id: id, currency,
				tiers: JSON.stringify(terms.steps.map((s) => ({
					from_amount: Number(s.from), rate_ppm: Number(s.ppm) }))) });
	}

	async addRates()
	{
		const rates = [['USD', 'EUR', 9137n, 10000n], ['EUR', 'JPY', 163n, 100n],
			['KWD', 'USD', 326001n, 1000000n]];

		for (const [from, to, numerator, denominator] of rates)
		{
			await this.must(SYSTEM, 'set_fx_rate', { from_currency: from,
				to_currency: to, numerator, denominator });
			this.model.rates.set(`${from} ${to}`, { numerator, denominator });
		}
	}

	// A contract between two of them, at times with a promo code.
	async addJob()
	{
		const { chance } = this;
		const category = chance.pick(this.categories);
		const price = chance.happens(0.15) ? 10n + chance.amount(300n)
			: 5000n + chance.amount(200000n);
		const terms = { homeowner: chance.pick(this.withRole('homeowner')),
			provider: chance.pick(this.withRole('provider')),
			currency: chance.pick(CURRENCIES), post: this.cancellation() };
		const id = await this.award(category, price, terms);
		const milestones = await this.server.rows(
			`SELECT id, amount, is_required FROM dwello.job_milestones
			  WHERE job_id = $1 ORDER BY sort_order, id`, [id]);

		const [{ policy, starts_at: start }] = await this.server.rows(
			`SELECT policy, starts_at FROM dwello.cancellation_terms
			  WHERE job_id = $1`, [id]);

		this.model.addJob({ id, startsAt: start?.getTime() ?? null,
			policy: (policy ?? []).map((tier) => ({
				hours: tier.hours_before_start, ppm: BigInt(tier.share_ppm) })),
			homeowner: terms.homeowner.id,
			provider: terms.provider.id, currency: terms.currency,
			contract: price, terms: category.terms,
			milestones: milestones.map((m) =>
				part(m.id, BigInt(m.amount), m.is_required)) });
		if (chance.happens(0.15))
			await this.applyPromo(this.model.jobs.get(id), terms.homeowner);
	}

	async award(category, price,
		{ homeowner, provider, currency, post = {} })
	{
		const count = 1 + this.chance.below(5);
		const milestones = count === 1 ? [] : Array.from({ length: count },
			(_, i) => ({ title: `Part ${i}`,
				is_required: this.chance.happens(0.8) }));
		const { job_id } = await this.must(homeowner, 'post_job', {
			...post, category_id: category.id, title: 'A room', description: 'White.',
			...PLACE, budget_max: price * 2n, currency,
			milestones: JSON.stringify(milestones) });

		await this.must(homeowner, 'publish_job', { job_id });
		const { bid_id } = await this.must(provider, 'submit_bid',
			{ job_id, labor_cost: price });

		await this.must(homeowner, 'accept_bid', { job_id, bid_id });
		await this.must(provider, 'confirm_award', { job_id });
		return job_id;
	}

	// Some contracts pay the provider when they are given up late.
	cancellation()
	{
		const chance = new Chance(++this.contracts);
		const day = new Date(this.now + chance.below(60) * DAY);
		const [early, late] = chance.pick([[0, 0], [0, 333333],
			[77777, 333333], [77777, 1000000]]);

		return chance.happens(0.6) ? {} : {
			preferred_start_date: day.toISOString().slice(0, 10),
			cancellation_policy: JSON.stringify([
				{ hours_before_start: 240, share_ppm: early },
				{ hours_before_start: 24, share_ppm: late }]) };
	}

	// What it waives of the contract is the most that it ever waives.
	async applyPromo(job, homeowner)
	{
		const { waived } = await this.must(homeowner, 'apply_promo',
			{ job_id: job.id, code: PROMO.code });
		const most = waivedOf({ ppm: PROMO.ppm, max: null },
			feeOf(job.terms, job.contract));

		if (BigInt(waived) !== most)
			throw new Error(`apply_promo waives ${waived}, not ${most}`);
		job.terms = { ...job.terms, promo: { ppm: PROMO.ppm, max: null } };
		job.version++;
	}

	async prepare(jobCount)
	{
		await this.must(SYSTEM, 'ensure_partitions', {});
		await this.must(SYSTEM, 'set_setting_amount',
			{ name: 'min_bid_amount', currency: 'USD', amount: 1 });
		// what lapses by itself, and what is paid before the work, is not its matter
		await this.must(SYSTEM, 'set_setting',
			{ name: 'fund_days', value: '365' });
		await this.must(SYSTEM, 'set_setting',
			{ name: 'start_requires', value: 'any' });
		for (let n = 0; n < 3; n++)
		{
			await this.addPerson('homeowner', n);
			await this.addPerson('provider', n);
		}
		await this.addPerson('admin', 0);
		await this.addPerson('admin', 1);
		await this.addPerson('support', 0);
		for (const [n, terms] of TERMS.entries())
			await this.addCategory(terms, n);
		await this.addRates();
		await this.must(SYSTEM, 'add_promo_code',
			{ code: PROMO.code, rate_ppm: PROMO.ppm });
		for (let n = 0; n < jobCount; n++)
			await this.addJob();
	}
}

module.exports = { World, SYSTEM, CURRENCIES };
