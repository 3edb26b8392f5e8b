// payment.js
//	Money comes in: asked for, arrived, failed, given up.
'use strict';

const { need } = require('./guard.js');
const { fill, availableOf } = require('./milestone.js');

const PAY_MINUTES = 15;
const PAYING = ['held', 'partially_released'];

const payment = {
	pending(job)
	{
		return job.payments.find((p) => p.status === 'pending');
	},

	fund_escrow(call)
	{
		const { args, now } = call;
		const { job, kept } = this.begin(call, ['homeowner'], { check: () =>
			need(args.amount === undefined || args.amount > 0n, '22023') });

		if (kept)
			return kept;
		this.version(job, args);
		need(['awarded', 'in_progress'].includes(job.status), 'WD101');
		const waiting = this.pending(job);

		need(!waiting || now >= waiting.payBy, 'WD101');
		need(['created', 'funding', 'failed', ...PAYING].includes(job.escrow),
			'WD101');
		need(args.currency === undefined || args.currency === job.currency,
			'WD201');
		const missing = this.missing(job);
		const amount = args.amount ?? missing;

		need(amount > 0n && amount <= missing, '22023');
		if (waiting)
			waiting.status = 'failed';
		if (job.funded === 0n)
			job.escrow = 'funding';
		job.payments.push({ amount, status: 'pending', arrived: false,
			payBy: now + PAY_MINUTES * 60000 });
		return { amount, ...this.state(job) };
	},

	paymentOf(job, args)
	{
		if (!args.transaction_id)
			return this.pending(job) ?? job.payments.at(-1);
		const found = job.payments.find((p) => p.id === args.transaction_id);

		need(found !== undefined, 'P0002');
		return found;
	},

	confirm_payment(call)
	{
		const { args, now } = call;
		const { job } = this.begin(call, ['system'],
			{ check: () => need(args.amount > 0n, '22023') });
		const before = this.seen(call, 'confirmed', { job: job.id,
			amount: args.amount, currency: args.currency });

		if (before)
			return before;
		const paid = this.paymentOf(job, args);

		need(paid && !paid.arrived, 'WD101');
		need(args.currency === job.currency, 'WD201');
		need(args.amount === paid.amount, '22023');
		const late = ['completed', 'cancelled'].includes(job.status) ||
			paid.status !== 'pending' || now >= paid.payBy ||
			!['funding', 'disputed', 'frozen', ...PAYING].includes(job.escrow);

		paid.arrived = true;
		if (paid.status === 'pending')
			paid.status = 'completed';
		if (!late)
			this.arrive(job, paid, args.psp);
		return this.keep(call, 'confirmed', { job: job.id, amount: paid.amount,
			currency: job.currency }, { amount: paid.amount, is_late: late,
			...this.state(job) });
	},

	arrive(job, paid, psp)
	{
		job.funded += paid.amount;
		job.held += paid.amount;
		job.arrived.push({ psp, amount: paid.amount });
		this.transfer(job, 'payment', { amount: paid.amount },
			[[`psp_clearing ${psp}`, -paid.amount]]);
		fill(job.milestones, this.covered(job) - this.pricePaid(job));
		this.derive(job);
		this.payApproved(job);
	},

	// What was approved before it could be paid.
	payApproved(job)
	{
		let m;

		while (PAYING.includes(job.escrow) && (m = job.milestones.find((x) =>
			x.status === 'approved' && x.funded === x.amount)) !== undefined)
			this.payOut(job, [m], availableOf(m), m);
	},

	fail_payment(call)
	{
		const { args } = call;
		const { job } = this.begin(call, ['system']);
		const before = this.seen(call, 'failed', { job: job.id,
			payment: args.transaction_id });

		if (before)
			return before;
		const paid = this.paymentOf(job, args);

		need(paid && !paid.arrived, 'WD101');
		const wasPending = paid.status === 'pending';

		if (wasPending)
		{
			paid.status = 'failed';
			if (job.escrow === 'funding')
				job.escrow = 'failed';
		}
		return this.keep(call, 'failed', { job: job.id, payment: paid.id },
			{ amount: paid.amount, replayed: !wasPending,
				...this.state(job) });
	},

	cancel_escrow(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner']);

		if (kept)
			return kept;
		this.version(job, args);
		need(['created', 'funding', 'failed'].includes(job.escrow), 'WD101');
		const waiting = this.pending(job);

		if (waiting)
			waiting.status = 'cancelled';
		for (const m of job.milestones)
			if (m.status === 'planned')
				m.status = 'cancelled';
		job.escrow = 'cancelled';
		return this.state(job);
	}
};

module.exports = { payment, PAYING };
