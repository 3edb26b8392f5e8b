// chargeback.js
//	A homeowner's bank takes a payment back, and decides in the end.
'use strict';

const { need } = require('./guard.js');
const { least, most } = require('./fee.js');
const { take, giveBack, close, sum, availableOf, leftOf } =
	require('./milestone.js');
const { isOpen } = require('./dispute.js');

// One that took none of the escrow's money leaves it alone.
const isFreezing = (c) => c.status === 'open' && !c.isDetached;
const standing = (job, but) => job.chargebacks.filter((c) =>
	c.status !== 'won' && c !== but);

const chargeback = {
	open_chargeback(call)
	{
		const { args, now } = call;
		const { job } = this.begin(call, ['system'],
			{ check: () => need(args.amount > 0n, '22023') });
		const facts = { job: job.id, amount: args.amount,
			currency: args.currency };
		const before = this.seen(call, 'opened', facts);

		if (before)
			return before;
		const { payment, isHeld } = this.askedPayment(job, args);
		const c = { status: 'open', psp: args.psp, amount: args.amount,
			currency: args.currency, lost: null, payment,
			isDetached: !isHeld || args.currency !== job.currency ||
				job.funded === 0n };

		this.takeBack(job, c, now);
		job.chargebacks.push(c);
		this.derive(job);
		return this.keep(call, 'opened', facts, { amount: c.amount,
			held_amount: c.heldAmount, clawed_back: c.clawedBack,
			...this.state(job) });
	},

	// Which payment, and whether the escrow ever had it.
	askedPayment(job, args)
	{
		const through = job.arrived.filter((p) => p.psp === args.psp);
		const named = through.find((p) => p.id === args.transaction_id);

		if (!args.transaction_id)
			return { payment: through.length === 1 ? through[0] : undefined,
				isHeld: through.length > 0 };
		need(named || job.payments.some((p) =>
			p.id === args.transaction_id), 'WD101');
		return { payment: named, isHeld: named !== undefined };
	},

	// What is held first, then what was released, the rest is a loss.
	takeBack(job, c, now)
	{
		const clawed = sum(standing(job, c), (x) => x.clawedBack);

		c.heldAmount = c.isDetached ? 0n : least(c.amount, job.held);
		c.clawedBack = c.isDetached ? 0n
			: least(c.amount - c.heldAmount, job.released - clawed);
		if (!c.isDetached && !job.chargebacks.some(isFreezing))
			job.frozenSince = now;
		job.held -= c.heldAmount;
		job.taken += c.heldAmount;
		this.moveTaken(job, c, `chargeback_clearing ${c.psp}`, c, 1n);
	},

	// Taken (1) or given back (-1) of each; what nobody else has is the
	// platform's.
	moveTaken(job, c, account, { amount, clawedBack, heldAmount }, sign)
	{
		const legs = this.chargebackLegs(job, { account, amount, clawedBack,
			heldAmount }, sign);

		if (amount > 0n)
			this.transfer(job, 'chargeback', { amount, currency: c.currency },
				legs);
	},

	chargebackLegs(job, c, sign)
	{
		return [[`provider_receivable ${job.provider}`, -sign * c.clawedBack],
			['platform_loss', -sign * (c.amount - c.heldAmount - c.clawedBack)],
			[c.account, sign * c.amount]];
	},

	close_chargeback(call)
	{
		const { args, now } = call;
		const { job } = this.begin(call, ['system'], {
			check: () => need(args.lost_amount === undefined ||
				(!args.won && args.lost_amount > 0n), '22023') });
		const type = args.won ? 'won' : 'lost';
		const facts = { job: job.id, chargeback: args.chargeback_id,
			amount: args.lost_amount };
		const before = this.seen(call, type, facts);

		if (before)
			return before;
		const open = job.chargebacks.filter((c) =>
			c.status === 'open' && c.psp === args.psp);
		const c = args.chargeback_id ? job.chargebacks.find((x) =>
			x.id === args.chargeback_id && x.psp === args.psp) : open[0];

		need(c, 'WD101');
		need(args.chargeback_id || open.length === 1, 'WD101');
		need((args.lost_amount ?? 0n) <= c.amount, '22023');
		const isNews = c.status !== type || (!args.won &&
			(args.lost_amount ?? c.lost) !== c.lost);

		if (isNews)
			this.decide(job, c, args, now);
		return this.keep(call, type, { ...facts, chargeback: c.id,
			amount: args.lost_amount ?? 0n },
		{ chargeback_status: c.status, replayed: !isNews,
			...this.state(job) });
	},

	// The first decision, or another one than before.
	decide(job, c, { won, lost_amount: lost }, now)
	{
		const wasFrozen = job.chargebacks.some(isFreezing);

		if (c.status === 'lost')
			this.regain(job, c);
		if (c.status === 'won' && !won)
		{
			this.takeBack(job, c, now);
			c.status = 'open';
		}
		if (c.status === 'open')
		{
			c.status = won ? 'won' : 'lost';
			this.endChargeback(job, c, won, lost ?? c.amount);
		}
		if (c.isDetached)
			return;
		this.raiseOthers(job);
		job.escrow = this.statusOf(job);
		for (const d of job.disputes.filter(isOpen))
			this.shrink(job, d, now);
		this.derive(job);
		if (wasFrozen && !job.chargebacks.some(isFreezing))
			for (const m of job.milestones.filter((x) =>
				x.status === 'submitted'))
				m.dueAt += now - job.frozenSince;
		this.payApproved(job);
	},

	// What of a payment neither banks nor refunds have taken.
	leftOfPayment(job, payment)
	{
		const taken = standing(job).filter((c) => c.payment === payment);
		const given = this.refunds.filter((r) => r.payment === payment);

		return payment.amount - sum(taken, (c) => c.heldAmount + c.clawedBack) -
			sum(given, (r) => (r.isUnasked ? 0n : r.amount - r.reversed));
	},

	// Cases that found less than they ask for take of what is there again.
	raiseOthers(job)
	{
		for (const c of standing(job).filter((x) => !x.isDetached && x.payment))
		{
			const clawed = sum(standing(job), (x) => x.clawedBack);
			const loss = (c.lost ?? c.amount) - c.heldAmount - c.clawedBack;
			const amount = least(loss, this.leftOfPayment(job, c.payment));

			if (amount <= 0n)
				continue;
			const heldAmount = least(amount, job.held);
			const clawedBack = most(0n, least(amount - heldAmount,
				job.released - clawed));

			if (heldAmount + clawedBack === 0n)
				continue;
			job.held -= heldAmount;
			job.taken += heldAmount;
			c.heldAmount += heldAmount;
			c.clawedBack += clawedBack;
			if (c.status === 'lost')
				this.giveUp(job, c);
			this.transfer(job, 'chargeback', { amount: heldAmount + clawedBack,
				currency: c.currency },
			[[`provider_receivable ${job.provider}`, -clawedBack],
				['platform_loss', heldAmount + clawedBack]]);
		}
	},

	// What comes back, and what the bank keeps: what that alone had taken.
	endChargeback(job, c, won, lost)
	{
		const amount = won ? c.amount : c.amount - lost;
		const heldAmount = won ? c.heldAmount
			: most(0n, c.heldAmount - lost);
		const stays = won ? c.clawedBack : least(c.clawedBack,
			lost - c.heldAmount + heldAmount);
		const clawedBack = won ? c.clawedBack : c.clawedBack - stays;

		job.held += heldAmount;
		job.taken -= heldAmount;
		this.moveTaken(job, c, `chargeback_clearing ${c.psp}`,
			{ amount, heldAmount, clawedBack }, -1n);
		if (won)
			return;
		Object.assign(c, { lost, clawedBack: stays,
			heldAmount: c.heldAmount - heldAmount });
		if (!c.isDetached)
			this.giveUp(job, c);
		this.transfer(job, 'chargeback',
			{ amount: lost, currency: c.currency },
			[[`chargeback_clearing ${c.psp}`, -lost],
				[`psp_clearing ${c.psp}`, lost]]);
	},

	// A lost one is won after all.
	regain(job, c)
	{
		c.status = 'won';
		job.held += c.heldAmount;
		job.taken -= c.heldAmount;
		this.moveTaken(job, c, `psp_clearing ${c.psp}`,
			{ ...c, amount: c.lost }, -1n);
		c.lost = null;
		if (c.heldAmount > 0n)
			giveBack(job.milestones, most(0n, this.covered(job) -
				this.pricePaid(job)), 'refunded');
	},

	// Lost: milestones give up what is not paid any more, the undisputed
	// first, then the disputed from the last one on.
	giveUp(job, c)
	{
		const left = sum(job.milestones, leftOf);
		const isEmpty = job.held === 0n && !job.chargebacks.some((x) =>
			isFreezing(x) && x.heldAmount > 0n);
		let price = isEmpty ? left
			: least(left, this.pricePaid(job) - this.covered(job));

		if (c.heldAmount === 0n)
			return;
		const free = least(price, sum(job.milestones, availableOf));

		take(job.milestones, free, 'refunded');
		price -= free;
		for (const m of [...job.milestones].reverse())
		{
			const piece = least(price, m.disputed);

			if (piece === 0n)
				continue;
			m.disputed -= piece;
			m.refunded += piece;
			price -= piece;
			const isOver = close(m);

			if (m.disputed > 0n)
				continue;
			if (!isOver)
				m.status = 'planned';
			m.dispute = null;
		}
	}
};

module.exports = { chargeback, isFreezing };
