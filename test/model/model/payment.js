// payment.js
//	Money comes in: asked for, arrived, failed, given up.
'use strict';

const { need } = require('./guard.js');
const { fill, availableOf } = require('./milestone.js');

const PAY_MINUTES = 15;
const PAYING = ['held', 'partially_released'];
const TAKING = ['created', 'funding', 'failed', 'disputed', 'frozen',
	...PAYING];

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
		this.needAnswered(job);
		const waiting = this.pending(job);

		const isReplaced = job.escrow === 'funding';

		need(!waiting || isReplaced || now >= waiting.payBy, 'WD101');
		need(['created', 'funding', 'failed', ...PAYING].includes(job.escrow),
			'WD101');
		need(args.currency === undefined || args.currency === job.currency,
			'WD201');
		const missing = this.missing(job);
		const amount = args.amount ?? missing;

		need(amount > 0n && amount <= missing, '22023');
		if (waiting)
			waiting.status = now >= waiting.payBy ? 'failed' : 'cancelled';
		if (job.funded === 0n)
			job.escrow = 'funding';
		job.payments.push({ amount, status: 'pending',
			method: this.methodOf(job.homeowner),
			payBy: now + PAY_MINUTES * 60000 });
		this.born.push([job.payments.at(-1), 'transaction_id']);
		return { amount, ...this.state(job) };
	},

	// What they pay with: their default, which is the first that they had.
	methodOf(user)
	{
		return [...this.methods.values()].find((m) => m.user === user);
	},

	paymentOf(job, args)
	{
		if (!args.transaction_id)
			return this.pending(job) ?? job.payments.at(-1);
		const found = job.payments.find((p) => p.id === args.transaction_id);

		need(found !== undefined, 'WD101');
		return found;
	},

	// Money that arrives is booked, whatever it is, and for no job, too.
	confirm_payment(call)
	{
		const { actor, args } = call;
		const job = this.jobs.get(args.job_id) ?? null;

		need(actor.role === 'system', '42501');
		need(args.amount > 0n, '22023');
		const facts = { amount: args.amount, currency: args.currency };
		const before = this.seen(call, 'confirmed',
			{ ...facts, job: args.job_id ?? undefined });

		if (before)
			return before;
		need(job || !args.transaction_id, 'WD101');
		const named = job && this.paymentOf(job, args);
		const authorization = this.authorizationOf(job, named);
		const paid = authorization && ['failed', 'cancelled'].includes(
			named.status) ? this.pending(job) : named;
		const { held, reason } = job ? this.divideArrival(call, job, paid)
			: { held: 0n, reason: 'unknown_job' };
		const rest = args.amount - held;
		const receipt = rest === 0n ? {} : { receipt_amount: rest,
			receipt_reason: reason };

		if (rest > 0n)
			this.keepApart({ job, args, amount: rest, reason,
				method: paid?.method });
		if (authorization)
			this.capture(authorization, args.amount);
		return this.keep(call, 'confirmed', { ...facts, job: job?.id },
			{ amount: args.amount, currency: args.currency,
				is_late: held === 0n, ...receipt, ...job && this.state(job) });
	},

	// What the escrow takes, and why not the rest; what it takes is booked.
	divideArrival({ args, now }, job, paid)
	{
		const isOver = ['completed', 'cancelled'].includes(job.status) &&
			!paid?.isTip;

		if (paid?.status === 'pending' && (isOver || now >= paid.payBy))
			this.lapse(job, paid, isOver && now < paid.payBy);
		if (args.currency !== job.currency)
			return { held: 0n, reason: 'wrong_currency' };
		if (paid?.isTip && paid.status === 'completed')
			return { held: 0n, reason: 'second_charge' };
		if (isOver)
			return { held: 0n, reason: 'job_over' };
		if (paid && ['failed', 'cancelled'].includes(paid.status))
			return { held: 0n, reason: paid === job.payments.at(-1)
				? 'late' : 'second_charge' };
		const { asked, held } = this.fit(job, paid, args.amount);

		if (held > 0n && paid?.isTip)
			this.giveTip(job, paid, held, args.psp);
		else if (held > 0n)
			this.arrive(job, this.completed(job, paid, held), args.psp);
		else if (asked > 0n)
			paid.status = 'cancelled';
		return { held, reason: asked > 0n ? 'surplus' : 'second_charge' };
	},

	// What was asked for, and beside it what nobody has asked for yet.
	fit(job, paid, amount, waiting = this.pending(job))
	{
		const asked = paid?.status === 'pending' ? paid.amount : 0n;
		if (paid?.isTip)
			return { asked, held: amount < asked ? amount : asked };
		const open = asked || (waiting?.amount ?? 0n);
		const missing = this.missing(job) - open;
		const room = TAKING.includes(job.escrow)
			? asked + (missing > 0n ? missing : 0n) : 0n;

		return { asked, held: amount < room ? amount : room };
	},

	// The payment that was asked for, or one that nobody asked for.
	completed(job, paid, amount)
	{
		if (paid?.status === 'pending')
			return Object.assign(paid, { status: 'completed', amount });
		job.payments.push({ amount, status: 'completed' });
		this.born.push([job.payments.at(-1), 'transaction_id']);
		return job.payments.at(-1);
	},

	// One that was awaited in vain.
	lapse(job, paid, isOver)
	{
		paid.status = isOver && !paid.isTip ? 'cancelled' : 'failed';
		if (paid.status === 'failed' && job.escrow === 'funding')
			job.escrow = 'failed';
	},

	arrive(job, paid, psp)
	{
		job.funded += paid.amount;
		job.held += paid.amount;
		job.arrived.push(Object.assign(paid, { psp, back: 0n }));
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

		while (PAYING.includes(job.escrow) && !this.isSilent(job) &&
			(m = job.milestones.find((x) => x.status === 'approved' &&
				x.funded === x.amount)) !== undefined)
			this.payOut(job, [m], availableOf(m), m);
	},

	fail_payment(call)
	{
		const { args, now } = call;
		const { job } = this.begin(call, ['system']);
		const before = this.seen(call, 'failed', { job: job.id,
			payment: args.transaction_id });

		if (before)
			return before;
		const paid = this.paymentOf(job, args);

		need(paid, 'WD101');
		const wasPending = paid.status === 'pending';

		// a failed attempt leaves it open
		if (wasPending && (args.is_final || now >= paid.payBy))
		{
			paid.status = 'failed';
			if (job.escrow === 'funding')
				job.escrow = 'failed';
		}
		return this.keep(call, 'failed', { job: job.id, payment: paid.id },
			{ amount: paid.amount, replayed: !wasPending,
				...this.state(job) });
	},

	// The payment alone; the contract lives.
	abandon_payment(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner']);

		if (kept)
			return kept;
		this.proceed(job, args);
		const waiting = this.pending(job);
		const open = waiting ? undefined : this.nextAuthorization(job);

		need(waiting || open, 'WD101');
		need(!waiting || waiting.isTip || ['funding', 'disputed', 'frozen',
			...PAYING].includes(job.escrow), 'WD101');
		if (open)
			open.status = 'voided';
		else
			waiting.status = 'cancelled';
		if (waiting && !waiting.isTip && job.escrow === 'funding')
			job.escrow = 'created';
		return this.state(job);
	},

	expire_payments(call)
	{
		let ended = 0;

		this.beginDue(call);
		for (const job of this.jobs.values())
		{
			const waiting = this.pending(job);

			if (!waiting || call.now < waiting.payBy)
				continue;
			this.lapse(job, waiting, false);
			ended++;
		}
		return { expire_payments: ended };
	},

	// --------------------------------------------------------------
	// Tips
	// --------------------------------------------------------------

	tip(call)
	{
		const { args, now } = call;
		const { job, kept } = this.begin(call, ['homeowner'],
			{ check: () => need(args.amount > 0n, '22023') });

		if (kept)
			return kept;
		need(job.status === 'completed', 'WD101');
		const waiting = this.pending(job);

		need(!waiting || now >= waiting.payBy, 'WD101');
		if (waiting)
			this.lapse(job, waiting, false);
		const asked = { amount: args.amount, status: 'pending', isTip: true,
			method: this.methodOf(job.homeowner),
			payBy: now + PAY_MINUTES * 60000 };

		job.payments.push(asked);
		this.born.push([asked, 'transaction_id']);
		return { amount: asked.amount, currency: job.currency,
			pay_by: new Date(asked.payBy) };
	},

	// Through the escrow's account, which it does not stay in.
	giveTip(job, paid, amount, psp)
	{
		Object.assign(paid, { status: 'completed', amount, psp, back: 0n });
		this.transfer(job, 'payment', { amount },
			[[`psp_clearing ${psp}`, -amount]]);
		this.transfer(job, 'tip', { amount, fee: 0n, tax: 0n,
			payout: amount },
		[[`provider_available ${job.provider}`, amount]]);
	},

	checkTip({ actor, args })
	{
		need(actor.role === 'provider', '42501');
		need(!args.milestone_id, '22023');
	},

	// By the provider, a part or what is left; the contract does not move.
	giveTipBack(job, { tip_id: id, amount: asked })
	{
		const paid = job.payments.find((p) => p.isTip && p.id === id);

		need(paid, 'P0002');
		need(paid.status === 'completed', 'WD101');
		const left = paid.amount - paid.back;
		const amount = asked ?? left;

		need(amount > 0n && amount <= left, 'WD202');
		const { available, owed } = this.givers(job, amount);

		paid.back += amount;
		this.transfer(job, 'tip', { amount, fee: 0n, tax: 0n,
			asked: [{ payment: paid, amount }] },
		[[`provider_available ${job.provider}`, -available],
			[`provider_receivable ${job.provider}`, -owed],
			[`refund_pending ${paid.psp}`, amount]]);
		return { amount, ...this.state(job) };
	},

	cancel_escrow(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner']);

		if (kept)
			return kept;
		this.proceed(job, args);
		need(['created', 'funding', 'failed'].includes(job.escrow), 'WD101');
		const waiting = this.pending(job);

		if (waiting)
			waiting.status = 'cancelled';
		this.voidAuthorizations(job);
		for (const m of job.milestones)
			if (m.status === 'planned')
				m.status = 'cancelled';
		job.escrow = 'cancelled';
		return this.state(job);
	}
};

module.exports = { payment, PAYING };
