// payout.js
//	Providers are paid out of what was released to them, less what they owe.
'use strict';

const { need } = require('./guard.js');
const { least, most } = require('./fee.js');
const { sum } = require('./milestone.js');
const { DAY } = require('./work.js');

const HOLD_DAYS = 2;

const payout = {
	// Their money in one currency: what is theirs, owed, promised already.
	position(user, currency)
	{
		return {
			available: this.balance(`provider_available ${user}`, currency),
			receivable: this.balance(`provider_receivable ${user}`, currency),
			promised: sum([...this.payouts.values()].filter((p) =>
				p.user === user && p.currency === currency &&
				p.status === 'pending'), (p) => p.amount) };
	},

	// Once what is free of their reserve is theirs.
	withdrawable(user, currency)
	{
		const { available, receivable, promised } =
			this.position(user, currency);

		return available + receivable - promised +
			this.freeOfReserve(user, currency);
	},

	payoutState(p)
	{
		return { user_id: p.user, amount: p.amount, currency: p.currency,
			paid_amount: p.paidAmount, paid_currency: p.paidCurrency,
			fee: p.fee, status: p.status, hold_until: new Date(p.holdUntil) };
	},

	// Who asks, and for whom.
	beginOwn({ actor, args }, roles, check = () => {})
	{
		need(roles.includes(actor.role), '42501');
		need(actor.role !== 'system' || args.user_id, '22004');
		check();
		const user = args.user_id ?? actor.id;

		need(actor.role !== 'provider' || user === actor.id, '42501');
		need(this.users.has(user), 'P0002');
		return user;
	},

	// The smallest amount that buys as much is spent, the rest remains.
	exchange(amount, from, to)
	{
		if (from === to)
			return { paidAmount: amount, remainder: 0n };
		const rate = this.rates.get(`${from} ${to}`);

		need(rate !== undefined, '22023');
		const paidAmount = amount * rate.numerator / rate.denominator;
		const cost = paidAmount * rate.denominator;
		const used = (cost + rate.numerator - 1n) / rate.numerator;

		need(paidAmount > 0n, '22023');
		return { paidAmount, remainder: amount - used };
	},

	request_payout(call)
	{
		const { args, now } = call;
		const user = this.beginOwn(call, ['provider', 'admin', 'system'],
			() => need(args.amount === undefined || args.amount > 0n, '22023'));
		const kept = this.kept(call, user);

		if (kept)
			return kept;
		const fee = this.payoutFees.get(args.currency) ?? 0n;
		const most = this.withdrawable(user, args.currency) - fee;

		need(most > 0n && (args.amount ?? most) <= most, 'WD202');
		const amount = args.amount ?? most;
		const paidCurrency = args.paid_currency ?? args.currency;
		const p = { user, amount, currency: args.currency, paidCurrency, fee,
			...this.exchange(amount, args.currency, paidCurrency),
			status: 'pending', hold: null, holdUntil: now + HOLD_DAYS * DAY };

		this.settleReserve(user, args.currency);
		this.takeFee(p);
		this.payouts.set(undefined, p);
		this.born.push([p, 'payout_id', this.payouts]);
		return this.payoutState(p);
	},

	// Out of what they have: what they owe is made good as far as the rest
	// goes, what they are owed is theirs again.
	nettedLegs(user, currency, amount)
	{
		const { available, receivable } = this.position(user, currency);
		const netted = least(-receivable, available - amount);

		return [[`provider_available ${user}`, currency, -amount - netted],
			[`provider_receivable ${user}`, currency, netted]];
	},

	// What it costs is taken once; it makes no debt good, the payout does.
	takeFee(p)
	{
		if (p.fee === 0n || p.feeLegs)
			return;
		const { available } = this.position(p.user, p.currency);
		const part = least(p.fee, most(available, 0n));

		p.feeLegs = [[`provider_available ${p.user}`, p.currency, -part],
			[`provider_receivable ${p.user}`, p.currency, part - p.fee],
			['platform_fee', p.currency, p.fee]];
		p.feeLegs.forEach((leg) => this.book(...leg));
	},

	returnFee(p)
	{
		if (p.feeLegs)
			this.mirror(p.feeLegs);
		p.feeLegs = undefined;
	},

	// What it made available may be gone, and is owed again.
	mirror(legs)
	{
		for (const [account, currency, amount] of legs)
			this.book(amount > 0n ? account.replace('provider_available',
				'provider_receivable') : account, currency, -amount);
	},

	cancel_payout(call)
	{
		const { args } = call;
		const user = this.beginOwn(call, ['provider', 'admin']);
		const p = this.payouts.get(args.payout_id);

		need(p && p.user === user, 'P0002');
		const kept = this.kept(call, user);

		if (kept)
			return kept;
		need(p.status === 'pending', 'WD101');
		this.returnFee(p);
		Object.assign(p, { status: 'cancelled', hold: null });
		this.review(user);
		return this.payoutState(p);
	},

	// What a company tells of a payout; told again it is no news.
	endPayout(call, status)
	{
		const { actor, args } = call;
		const p = this.payouts.get(args.payout_id);

		need(actor.role === 'system', '42501');
		need(this.users.has(args.user_id), 'P0002');
		need(p && p.user === args.user_id, 'P0002');
		const before = this.seen(call, status, { payout: args.payout_id });

		if (before)
			return before;
		const isNews = status === 'completed' ? p.status !== status
			: ['pending', 'completed'].includes(p.status);

		if (isNews && status === 'completed')
		{
			this.takeFee(p);
			this.bookPayout(p, args.psp);
		}
		if (p.status === 'completed' && status === 'failed')
			this.mirror(p.legs);
		if (isNews && status === 'failed')
			this.returnFee(p);
		if (isNews)
			Object.assign(p, { status, hold: null });
		this.review(p.user);
		return this.keep(call, status, { payout: args.payout_id },
			{ replayed: !isNews, ...this.payoutState(p) });
	},

	confirm_payout(call)
	{
		return this.endPayout(call, 'completed');
	},

	fail_payout(call)
	{
		return this.endPayout(call, 'failed');
	},

	// Those that were asked for first are covered first; one that is not
	// waits, and takes nothing from the next.
	holdPayouts(user)
	{
		const left = new Map();

		for (const p of this.payouts.values())
		{
			if (p.user !== user || p.status !== 'pending')
				continue;
			const { available, receivable } = this.position(user, p.currency);
			const rest = left.get(p.currency) ?? available + receivable;

			p.hold = rest >= p.amount ? null : 'balance';
			left.set(p.currency, p.hold === null ? rest - p.amount : rest);
		}
	},

	bookPayout(p, psp)
	{
		p.legs = [...this.nettedLegs(p.user, p.currency, p.amount),
			[`psp_clearing ${psp}`, p.paidCurrency, p.paidAmount]];
		if (p.paidCurrency !== p.currency)
			p.legs.push(
				['fx_liquidity', p.currency, p.amount - p.remainder],
				['rounding', p.currency, p.remainder],
				['fx_liquidity', p.paidCurrency, -p.paidAmount]);
		p.legs.forEach(leg => this.book(...leg));
	},

	provider_balance({ actor, args })
	{
		need(['provider', 'admin', 'system'].includes(actor.role), '42501');
		need(actor.role !== 'system' || args.user_id, '22004');
		const user = args.user_id ?? actor.id;

		need(actor.role !== 'provider' || user === actor.id, '42501');
		const { available, receivable, promised } =
			this.position(user, args.currency);
		const free = this.freeOfReserve(user, args.currency);
		const withdrawable = this.withdrawable(user, args.currency) -
			(this.payoutFees.get(args.currency) ?? 0n);

		return { rows: [{ currency: args.currency, available: available + free,
			receivable, pending_payouts: promised,
			reserved: this.balance(`provider_reserve ${user}`,
				args.currency) - free,
			withdrawable: withdrawable > 0n ? withdrawable : 0n }] };
	}
};

module.exports = { payout };
