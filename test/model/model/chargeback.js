// chargeback.js
//	A homeowner's bank takes a payment back, and decides in the end.
'use strict';

const { need } = require('./guard.js');
const { least } = require('./fee.js');
const { take, close, sum, availableOf, leftOf } = require('./milestone.js');
const { isOpen } = require('./dispute.js');

const BEFORE_MONEY = ['created', 'funding', 'failed', 'cancelled'];

const chargeback = {
	open_chargeback(call)
	{
		const { args, now } = call;
		const { job } = this.begin(call, ['system'],
			{ check: () => need(args.amount > 0n, '22023') });
		const before = this.seen(call, 'opened', { job: job.id,
			amount: args.amount, currency: args.currency });

		if (before)
			return before;
		need(!BEFORE_MONEY.includes(job.escrow), 'WD101');
		const through = job.arrived.filter((p) => p.psp === args.psp);
		const payment = args.transaction_id
			? through.find((p) => p.id === args.transaction_id)
			: through.length === 1 ? through[0] : undefined;

		need(payment || !args.transaction_id, 'P0002');
		need(args.currency === job.currency, 'WD201');
		const standing = job.chargebacks.filter((c) => c.status !== 'won');
		const room = sum(through, (p) => p.amount) -
			sum(standing.filter((c) => c.psp === args.psp), (c) => c.amount);

		need(args.amount <= room, '22023');
		const heldAmount = least(args.amount, job.held);
		const clawedBack = least(args.amount - heldAmount,
			job.released - sum(standing, (c) => c.clawedBack));
		const c = { status: 'open', psp: args.psp, amount: args.amount,
			heldAmount, clawedBack, payment };

		if (!job.chargebacks.some((x) => x.status === 'open'))
			job.frozenSince = now;
		job.chargebacks.push(c);
		job.held -= heldAmount;
		job.taken += heldAmount;
		this.transfer(job, 'chargeback', { amount: c.amount },
			this.chargebackLegs(job, c, 1n));
		this.derive(job);
		return this.keep(call, 'opened', { job: job.id, amount: c.amount,
			currency: job.currency }, { amount: c.amount,
			held_amount: heldAmount, clawed_back: clawedBack,
			...this.state(job) });
	},

	// Taken (1) or given back (-1); what nobody else has is the platform's.
	chargebackLegs(job, c, sign)
	{
		return [[`provider_receivable ${job.provider}`, -sign * c.clawedBack],
			['platform_loss', -sign * (c.amount - c.heldAmount - c.clawedBack)],
			[`chargeback_clearing ${c.psp}`, sign * c.amount]];
	},

	close_chargeback(call)
	{
		const { args, now } = call;
		const { job } = this.begin(call, ['system'], { named: (j) =>
			!args.chargeback_id || j.chargebacks.some((c) =>
				c.id === args.chargeback_id && c.psp === args.psp) });
		const type = args.won ? 'won' : 'lost';
		const before = this.seen(call, type,
			{ job: job.id, chargeback: args.chargeback_id });

		if (before)
			return before;
		const open = job.chargebacks.filter((c) =>
			c.status === 'open' && c.psp === args.psp);
		const c = args.chargeback_id ? job.chargebacks.find((x) =>
			x.id === args.chargeback_id) : open[0];

		need(c && ['open', type].includes(c.status), 'WD101');
		need(args.chargeback_id || open.length === 1, '22023');
		const isNews = c.status === 'open';

		if (isNews)
			this.decide(job, c, args.won, now);
		return this.keep(call, type, { job: job.id, chargeback: c.id },
			{ chargeback_status: c.status, replayed: !isNews,
				...this.state(job) });
	},

	decide(job, c, won, now)
	{
		c.status = won ? 'won' : 'lost';
		if (won)
		{
			job.held += c.heldAmount;
			job.taken -= c.heldAmount;
			this.transfer(job, 'chargeback', { amount: c.amount },
				this.chargebackLegs(job, c, -1n));
		}
		else
		{
			this.giveUp(job, c);
			this.transfer(job, 'chargeback', { amount: c.amount },
				[[`chargeback_clearing ${c.psp}`, -c.amount],
					[`psp_clearing ${c.psp}`, c.amount]]);
		}
		job.escrow = this.statusOf(job);
		for (const d of job.disputes.filter(isOpen))
			this.shrink(job, d, now);
		this.derive(job);
		if (!job.chargebacks.some((x) => x.status === 'open'))
			for (const m of job.milestones.filter((x) =>
				x.status === 'submitted'))
				m.dueAt += now - job.frozenSince;
		this.payApproved(job);
	},

	// Lost: milestones give up what is not paid any more, the undisputed
	// first, then the disputed from the last one on.
	giveUp(job, c)
	{
		const left = sum(job.milestones, leftOf);
		const isEmpty = job.held === 0n && !job.chargebacks.some((x) =>
			x.status === 'open' && x.heldAmount > 0n);
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

module.exports = { chargeback };
