// release.js
//	Money goes on to the provider, or back to the homeowner.
'use strict';

const { need } = require('./guard.js');
const { least, most, feeOf, taxOf } = require('./fee.js');
const { take, sum, availableOf, OVER } = require('./milestone.js');
const { PAYING } = require('./payment.js');

const OVER_AND_PAID = ['released', 'settled', 'charged_back'];
const ALL = 2n ** 62n;

const release = {
	selection({ args })
	{
		need(args.amount === undefined || args.amount > 0n, '22023');
		need(args.amount === undefined || !args.milestone_id, '22023');
	},

	// Of what is chosen, how much, out of which milestones.
	choose(job, args)
	{
		const from = args.milestone_id
			? job.milestones.filter((m) => m.id === args.milestone_id)
			: job.milestones;
		const available = sum(from, availableOf);

		need(PAYING.includes(job.escrow), 'WD101');
		need(!args.milestone_id || available > 0n ||
			from[0].status === 'planned', 'WD101');
		const price = args.amount ?? available;

		need(price <= available, 'WD202');
		return { from, price };
	},

	// Fee and tax are those of all that is released so far, less what was
	// taken; what does not fit into a part that bears them waits.
	divideRelease(job, price)
	{
		const { terms } = job;
		const total = this.priceReleased(job) + price;
		const isOnTop = terms.payer === 'homeowner';
		let fee = most(0n, feeOf(terms, total) - job.fee);

		if (!isOnTop)
			fee = least(fee, price);
		let tax = most(0n, taxOf(terms, job.fee + fee) - job.tax);

		if (terms.payer === 'provider')
			tax = least(tax, price - fee);
		const own = this.homeownersShare(terms, job.fee + job.tax + fee + tax) -
			this.borne(job);
		const payout = price - most(0n, least(price, fee + tax - own));

		return { amount: payout + fee + tax, fee, tax, payout };
	},

	releaseLegs(job, { fee, tax, payout })
	{
		const kept = this.keepBack(job, payout);

		return [[`provider_available ${job.provider}`, payout - kept],
			[`provider_reserve ${job.provider}`, kept],
			['platform_fee', fee], ['tax_payable', tax]];
	},

	payOut(job, from, price, milestone)
	{
		const paid = this.divideRelease(job, price);

		need(paid.amount <= job.held - job.disputed, 'WD202');
		this.openReserve(job);
		take(from, price, 'released');
		job.held -= paid.amount;
		job.released += paid.amount;
		job.fee += paid.fee;
		job.tax += paid.tax;
		this.transfer(job, 'release', { ...paid, milestone },
			this.releaseLegs(job, paid));
		this.derive(job);
		this.returnRest(job);
		return paid;
	},

	// What is held though no work is left goes back, with what a reversal has
	// put into a milestone that was given up.
	returnRest(job)
	{
		const amount = job.held;

		if (amount === 0n || job.released === 0n || job.escrow === 'frozen' ||
			job.milestones.some((m) => !OVER.includes(m.status)))
			return;
		take(job.milestones, sum(job.milestones, availableOf), 'refunded');
		job.held = 0n;
		job.refunded += amount;
		const legs = this.refundLegs(job, amount);

		this.transfer(job, 'refund', { amount, asked: legs.asked }, legs);
		this.derive(job);
	},

	release_escrow(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner', 'admin'],
			{ check: () => this.selection(call) });

		if (kept)
			return kept;
		this.proceed(job, args);
		const { from, price } = this.choose(job, args);

		need(price > 0n, 'WD202');
		const paid = this.payOut(job, from, price,
			args.milestone_id ? from[0] : undefined);

		return { ...paid, ...this.state(job) };
	},

	approve_milestone(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner', 'admin']);

		if (kept)
			return kept;
		this.proceed(job, args);
		const m = job.milestones.find((x) => x.id === args.milestone_id);
		let paid = { amount: 0n, fee: 0n, tax: 0n, payout: 0n };

		need([...PAYING, 'frozen'].includes(job.escrow) &&
			['planned', 'funded', 'submitted', 'changes_requested']
				.includes(m.status), 'WD101');
		if (m.funded === m.amount && job.escrow !== 'frozen')
			paid = this.payOut(job, [m], availableOf(m), m);
		else
			m.status = 'approved';
		return { ...paid, ...this.state(job) };
	},

	// What of each payment went neither back nor to a bank.  What a bank took
	// without a name is missing of its company's first payments.
	rooms(job)
	{
		const taken = job.chargebacks.filter((c) => c.status !== 'won' &&
			!c.isDetached);
		const rooms = job.arrived.map((p) => p.amount - p.back -
			sum(taken.filter((c) => c.payment === p), (c) => c.lost ?? c.amount));

		// and what a company gave back of none by name
		const unnamed = [...taken.filter((c) => !c.payment).map((c) =>
			({ psp: c.psp, amount: c.lost ?? c.amount })),
		...this.refunds.filter((r) => r.job === job && !r.receipt &&
			!r.payment)];

		for (const { psp, amount } of unnamed)
		{
			let rest = amount;

			for (const [i, p] of job.arrived.entries())
			{
				const part = p.psp === psp
					? most(0n, least(rest, rooms[i])) : 0n;

				rooms[i] -= part;
				rest -= part;
			}
		}
		return rooms;
	},

	// Refunds go back as the payments came, none more than there is room; what
	// none can take, their payer has already, and the platform bore it.
	refundLegs(job, amount)
	{
		const legs = new Map();
		const asked = [];
		let left = amount;

		for (const [i, room] of this.rooms(job).entries())
		{
			const payment = job.arrived[i];
			const part = most(0n, least(left, room));

			payment.back += part;
			left -= part;
			if (part === 0n)
				continue;
			asked.push({ payment, amount: part });
			legs.set(`refund_pending ${payment.psp}`, part +
				(legs.get(`refund_pending ${payment.psp}`) ?? 0n));
		}
		legs.set('platform_loss', left);
		return Object.assign([...legs], { asked });
	},

	refund_escrow(call)
	{
		const { actor, args } = call;
		const { job, kept } = this.begin(call,
			['homeowner', 'provider', 'admin'], { check: () => {
				this.selection(call);
				if (args.tip_id)
					this.checkTip(call);
			} });
		const isProvider = actor.role === 'provider';

		if (kept)
			return kept;
		this.proceed(job, args);
		if (args.tip_id)
			return this.giveTipBack(job, args);
		need([...PAYING, ...isProvider ? OVER_AND_PAID : []]
			.includes(job.escrow), 'WD101');
		need(actor.role !== 'homeowner' || !job.isStarted &&
			!this.policyPays(job), 'WD101');
		const beyond = isProvider ? this.beyondHeld(job, args) : 0n;

		if (beyond > 0n)		// or nothing of it happens
			this.decideRefund(structuredClone(job), args, beyond);
		const refund = this.decideRefund(job, args, beyond);

		this.applyRefund(job, refund);
		return { amount: refund.amount, ...this.state(job) };
	},

	// What a provider gives back of what was released: all that is not held.
	beyondHeld(job, args)
	{
		const held = sum(job.milestones, availableOf);
		const m = job.milestones.find(({ id }) => id === args.milestone_id);

		if (m)
			return m.status === 'released' ? ALL : 0n;
		if (args.amount === undefined)
			return held > 0n ? 0n : ALL;
		return most(0n, args.amount - held);
	},

	// How much of what is held goes back, and of what was released.
	decideRefund(job, args, beyond)
	{
		const m = job.milestones.find(({ id }) => id === args.milestone_id);
		const ofHeld = beyond === 0n ? args
			: { amount: (args.amount ?? 0n) - beyond };
		const refund = { amount: 0n, milestone: m };

		if (beyond === 0n || ofHeld.amount > 0n)
			refund.amount = this.takeHeld(job, ofHeld);
		if (beyond === 0n)
			return refund;
		this.deriveAmounts(job);
		const back = this.takeReleased(job, beyond, m);

		need(back.amount > 0n && (beyond === ALL || back.price === beyond),
			'WD202');
		refund.amount += back.amount;
		return { ...refund, back };
	},

	takeHeld(job, args)
	{
		const { from, price } = this.choose(job, args);
		const isAll = args.amount === undefined && !args.milestone_id &&
			job.disputed === 0n;
		const amount = isAll ? job.held : this.unearned(job, price);

		need(amount > 0n && amount <= job.held, 'WD202');
		take(from, price, 'refunded');
		job.held -= amount;
		job.refunded += amount;
		return amount;
	},

	applyRefund(job, { amount, milestone, back })
	{
		if (back)
			this.undoReleases(job, back);
		const legs = this.refundLegs(job, amount);

		this.transfer(job, 'refund', { amount, milestone, asked: legs.asked },
			legs);
		this.derive(job);
	}
};

module.exports = { release };
