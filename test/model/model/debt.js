// debt.js
//	What providers owe beyond what they have: they pay it, or nobody does.
'use strict';

const { need } = require('./guard.js');
const { DAY } = require('./work.js');

const PAY_DAYS = 14;			// by bank account, which is all they have

const debt = {
	owes(job)
	{
		const { available, receivable } =
			this.position(job.provider, job.currency);

		return available + receivable < 0n;
	},

	// What of it is meant: all, or a part.
	owed(user, { currency, amount })
	{
		const { available, receivable } = this.position(user, currency);
		const all = -(available + receivable) -
			this.freeOfReserve(user, currency);

		need(all > 0n && (amount ?? all) <= all, 'WD202');
		this.settleReserve(user, currency);
		return amount ?? all;
	},

	repay_balance(call)
	{
		const { args, now } = call;
		const user = this.beginOwn(call, ['provider', 'admin'],
			() => need(args.amount === undefined || args.amount > 0n, '22023'));
		const kept = this.kept(call, user);

		if (kept)
			return kept;
		const amount = this.owed(user, args);
		const r = { user, amount, currency: args.currency, received: 0n,
			status: 'pending', payBy: now + PAY_DAYS * DAY };

		for (const other of this.repayments.values())
			if (other.user === user && other.currency === args.currency &&
				other.status === 'pending')
				other.status = 'cancelled';
		this.repayments.set(undefined, r);
		this.born.push([r, 'repayment_id', this.repayments]);
		return { user_id: user, amount, currency: args.currency,
			pay_by: new Date(r.payBy) };
	},

	// What has arrived is theirs, whether it was asked for or not.
	confirm_repayment(call)
	{
		const { actor, args } = call;
		const { user_id: user, amount, currency } = args;

		need(actor.role === 'system', '42501');
		need(amount > 0n, '22023');
		need(this.users.has(user), 'P0002');
		const facts = { user, amount, currency,
			repayment: args.repayment_id };
		const before = this.seen(call, 'repaid', facts);

		if (before)
			return before;
		const r = this.repayments.get(args.repayment_id);

		need(!args.repayment_id || r && r.user === user, 'WD101');
		if (args.repayment_id && r.currency === currency)
		{
			r.received += amount;
			if (r.received >= r.amount)
				r.status = 'completed';
		}
		this.book(`psp_clearing ${args.psp}`, currency, -amount);
		this.book(`provider_receivable ${user}`, currency, amount);
		this.review(user);
		return this.keep(call, 'repaid', facts,
			{ user_id: user, amount, currency });
	},

	write_off(call)
	{
		const { actor, args } = call;
		const { user_id: user, currency } = args;

		need(actor.role === 'admin', '42501');
		need(args.amount === undefined || args.amount > 0n, '22023');
		need(this.users.has(user), 'P0002');
		const kept = this.kept(call, user);

		if (kept)
			return kept;
		const amount = this.owed(user, args);

		this.book('platform_loss', currency, -amount);
		this.book(`provider_receivable ${user}`, currency, amount);
		this.review(user);
		return { user_id: user, amount, currency };
	},

	expire_repayments(call)
	{
		this.beginDue(call);
		const late = [...this.repayments.values()].filter((r) =>
			r.status === 'pending' && r.payBy <= call.now);

		for (const r of late)
			r.status = 'expired';
		return { expire_repayments: late.length };
	}
};

module.exports = { debt };
