// authorization.js
//	Money that a company may take later: it is no money yet.
'use strict';

const { need } = require('./guard.js');
const { least } = require('./fee.js');
const { PAYING } = require('./payment.js');

const HOUR = 3600000;
const WARN_HOURS = 24;
const PAY_MINUTES = 15;
const ASKABLE = ['created', 'failed', ...PAYING];
const USEFUL = ['funding', 'disputed', 'frozen', ...ASKABLE];

const authorization = {
	confirm_authorization(call)
	{
		const { args, now } = call;
		const { job } = this.begin(call, ['system'],
			{ check: () => need(args.amount > 0n, '22023') });
		const facts = { job: job.id, amount: args.amount,
			currency: args.currency, payment: args.transaction_id };
		const before = this.seen(call, 'authorized', facts);

		if (before)
			return before;
		const paid = args.transaction_id
			? job.payments.find((p) => p.id === args.transaction_id)
			: this.pending(job);

		need(paid || !args.transaction_id, 'WD101');
		const isOfUse = (!paid || !paid.isTip && paid.status === 'pending' &&
			now < paid.payBy) && this.isUnderWay(job) &&
			args.currency === job.currency && USEFUL.includes(job.escrow) &&
			now < args.expires_at.getTime();
		const a = { payment: paid ?? null, psp: args.psp, captured: 0n,
			amount: args.amount, currency: args.currency, isLast: false,
			method: paid?.method, status: isOfUse ? 'open' : 'voided', asked: null,
			expiresAt: args.expires_at.getTime(),
			dueAt: args.expires_at.getTime() - WARN_HOURS * HOUR };

		if (isOfUse && paid)
			paid.status = 'cancelled';
		if (isOfUse && job.escrow === 'funding')
			job.escrow = 'created';
		job.authorizations.push(a);
		this.born.push([a, 'authorization_id']);
		return this.keep(call, 'authorized', { ...facts, payment: paid?.id },
			{ authorization_status: a.status, amount: a.amount,
				expires_at: args.expires_at, ...this.state(job),
				currency: a.currency });
	},

	// The one that expires first, of those that have not.
	nextAuthorization(job)
	{
		return job.authorizations.filter((a) => a.status === 'open' &&
			a.expiresAt > this.now)
			.sort((a, b) => a.expiresAt - b.expiresAt)[0];
	},

	request_capture(call)
	{
		const { args, now } = call;
		const { job, kept } = this.begin(call,
			['homeowner', 'admin', 'system'], { check: () =>
				need(args.amount === undefined || args.amount > 0n, '22023') });

		if (kept)
			return kept;
		this.proceed(job, args);
		need(this.isUnderWay(job), 'WD101');
		const a = args.authorization_id
			? job.authorizations.find(({ id }) => id === args.authorization_id)
			: this.nextAuthorization(job);

		need(a || !args.authorization_id, 'P0002');
		need(a?.status === 'open' && now < a.expiresAt, 'WD101');
		const waiting = this.pending(job);
		const isStale = waiting && now >= waiting.payBy;

		need(!waiting || isStale, 'WD101');
		need([...ASKABLE, ...isStale ? ['funding'] : []].includes(job.escrow),
			'WD101');
		const left = a.amount - a.captured;
		const missing = this.missing(job);
		const amount = args.amount ?? least(left, missing);

		need(amount <= left, 'WD202');
		need(amount > 0n && amount <= missing, '22023');
		if (isStale)
			this.lapse(job, waiting, false);
		if (job.funded === 0n)
			job.escrow = 'funding';
		a.asked = { amount, status: 'pending', method: a.method,
			payBy: now + PAY_MINUTES * 60000 };
		a.isLast = args.is_last ?? true;
		job.payments.push(a.asked);
		this.born.push([a.asked, 'transaction_id']);
		return { amount, pay_by: new Date(a.asked.payBy),
			...this.state(job) };
	},

	// What a payment takes of what was authorised.
	authorizationOf(job, paid)
	{
		const open = !job || !paid ? [] : job.authorizations.filter((a) =>
			a.status === 'open' && (a.asked === paid || a.payment === paid));

		return open.find((a) => a.asked === paid) ?? open[0];
	},

	capture(a, amount)
	{
		a.captured += least(amount, a.amount - a.captured);
		if (a.isLast || a.captured === a.amount)
			a.status = 'captured';
	},

	voidAuthorizations(job)
	{
		for (const a of job.authorizations)
			if (a.status === 'open')
				a.status = 'voided';
	},

	// Soon over is told once, over once more.
	expire_authorizations(call)
	{
		let told = 0;

		this.beginDue(call);
		for (const job of this.jobs.values())
			for (const a of job.authorizations.filter((x) =>
				x.status === 'open' && x.dueAt <= call.now))
			{
				told++;
				if (call.now >= a.expiresAt)
					a.status = 'expired';
				else
					a.dueAt = a.expiresAt;
			}
		return { expire_authorizations: told };
	}
};

module.exports = { authorization };
