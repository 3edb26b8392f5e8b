// cancellation.js
//	A homeowner gives the contract up before the work begins: the provider is
//	paid by its policy, the rest goes back.
//
// A policy is a list of {hours, ppm}, what holds earlier first.
'use strict';

const { need } = require('./guard.js');
const { least, halfEven } = require('./fee.js');
const { take, sum, availableOf } = require('./milestone.js');

const HOUR = 3600000;
const MILLION = 1000000n;

const cancellation = {
	policyPays: (job) => (job.policy.at(-1)?.ppm ?? 0n) > 0n,

	// What holds now of the price.
	shareNow(job)
	{
		const held = job.startsAt === null ? [] : job.policy.filter(
			({ hours }) => job.startsAt - hours * HOUR <= this.now);

		return held.at(-1)?.ppm ?? 0n;
	},

	cancel_job(call)
	{
		const { job, kept } = this.begin(call, ['homeowner']);

		if (kept)
			return kept;
		need(this.isUnderWay(job), 'WD101');
		this.needAnswered(job);
		need(job.status === 'awarded' ||
			job.released === 0n && job.held === 0n, 'WD101');
		need(job.held === 0n || job.disputed === 0n &&
			job.escrow !== 'frozen', 'WD101');
		const waiting = this.pending(job);
		const wasStarted = job.isStarted;

		if (waiting)
			waiting.status = 'cancelled';
		this.voidAuthorizations(job);
		const reply = job.held > 0n ? this.cancelHeld(job)
			: this.cancelEmpty(job);

		this.end(job);
		Object.assign(job, { status: 'cancelled', isStarted: wasStarted });
		return { status: job.status, ...reply };
	},

	cancelEmpty(job)
	{
		if (!['created', 'funding', 'failed'].includes(job.escrow))
			return {};
		for (const m of job.milestones)
			if (m.status === 'planned')
				m.status = 'cancelled';
		job.escrow = 'cancelled';
		return {};
	},

	// The price of what is neither paid nor given up.
	priceLeft: (job) => sum(job.milestones.filter((m) =>
		m.status !== 'cancelled'), (m) => m.amount - m.released - m.refunded),

	// The largest part that what is held pays for.
	payable(job, limit)
	{
		let low = 0n;
		let high = limit;

		while (low < high)
		{
			const middle = (low + high + 1n) / 2n;

			if (this.divideRelease(job, middle).amount <= job.held)
				low = middle;
			else
				high = middle - 1n;
		}
		return low;
	},

	cancelHeld(job)
	{
		const ppm = this.shareNow(job);
		const share = this.payable(job, least(
			halfEven(this.priceLeft(job) * ppm, MILLION),
			sum(job.milestones, availableOf)));
		const paid = share > 0n ? this.divideRelease(job, share)
			: { amount: 0n, fee: 0n, tax: 0n, payout: 0n };

		take(job.milestones, share, 'released');
		job.held -= paid.amount;
		job.released += paid.amount;
		job.fee += paid.fee;
		job.tax += paid.tax;
		this.deriveAmounts(job);
		const back = job.held > 0n ? this.takeHeld(job, {}) : 0n;
		const legs = this.refundLegs(job, back);

		for (const m of job.milestones)
			if (['planned', 'approved'].includes(m.status))
				m.status = 'cancelled';
		if (paid.amount > 0n)
			this.transfer(job, 'cancellation', { ...paid, asked: legs.asked,
				amount: paid.amount + back },
			[...this.releaseLegs(job, paid), ...legs]);
		else
			this.transfer(job, 'refund', { amount: back, asked: legs.asked },
				legs);
		this.deriveAmounts(job);
		return { share_ppm: ppm, ...paid, refund: back,
			currency: job.currency };
	}
};

module.exports = { cancellation };
