// request.js
//	What a homeowner asks of the provider: a refund of work that has begun, or
//	that the contract ends, for they did not come.
'use strict';

const { need, Refusal } = require('./guard.js');
const { least } = require('./fee.js');
const { sum, availableOf } = require('./milestone.js');
const { PAYING } = require('./payment.js');
const { DAY } = require('./work.js');
const { DISPUTABLE } = require('./dispute.js');

const REFUND_DAYS = 7;
const NO_SHOW_DAYS = 4;

const request = {
	// Past the time to answer, the answer was yes; nothing else comes first.
	isSilent(job)
	{
		return job.request !== null && job.request.answerBy <= this.now &&
			job.escrow !== 'frozen';
	},

	needAnswered(job)
	{
		need(!this.isSilent(job), 'WD102');
	},

	ask(job, facts, days)
	{
		const r = { status: 'pending', dispute: null, ...facts,
			answerBy: this.now + days * DAY };

		job.request = r;
		job.requests.push(r);
		return { request_status: r.status, answer_by: new Date(r.answerBy),
			...this.state(job) };
	},

	// Of the price that is asked for, what is still there.
	priceAsked(job, { amount })
	{
		const left = sum(job.milestones, availableOf);

		return amount === undefined ? left : least(amount, left);
	},

	request_refund(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner'], { check: () =>
			need(args.amount === undefined || args.amount > 0n, '22023') });

		if (kept)
			return kept;
		this.proceed(job, args);
		need(job.isStarted && PAYING.includes(job.escrow), 'WD101');
		need(!job.request, '23505');
		const price = this.priceAsked(job, args);

		need(price >= (args.amount ?? 1n), 'WD202');
		return this.ask(job, { isNoShow: false, amount: args.amount },
			REFUND_DAYS);
	},

	report_no_show(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner']);

		if (kept)
			return kept;
		this.proceed(job, args);
		need(this.isUnderWay(job) && job.held > 0n && job.released === 0n
			&& !this.isDelivered(job) && this.mayEnd(job), 'WD101');
		// nobody has to come before the start that was agreed on
		need(job.isStarted || job.startsAt === null ||
			this.now >= job.startsAt, 'WD101');
		need(!job.request, '23505');
		return this.ask(job, { isNoShow: true }, NO_SHOW_DAYS);
	},

	isUnderWay: (job) => ['awarded', 'in_progress'].includes(job.status),
	isDelivered: (job) => job.milestones.some((m) => m.wasDelivered),

	mayEnd(job)
	{
		return this.isUnderWay(job) && job.disputed === 0n &&
			job.escrow !== 'frozen';
	},

	answer(call, isNoShow)
	{
		const { actor, args } = call;
		const { job, kept } = this.begin(call, ['homeowner', 'provider']);
		const isOwn = actor.role === 'homeowner';

		if (kept)
			return kept;
		this.proceed(job, args);
		const r = job.request;
		const before = job.refunded;

		need(r && r.isNoShow === isNoShow, 'WD101');
		need(!isOwn || !args.is_accepted, '42501');
		need(isOwn || (isNoShow ? this.mayEnd(job)
			: PAYING.includes(job.escrow)), 'WD101');
		if (isOwn)
			this.closeRequest(job, 'withdrawn');
		else if (!args.is_accepted)
			this.disagree(job, r);
		else if (isNoShow)
			this.endUnshown(job);
		else
			this.agree(job, r);
		return { request_status: r.status, refund: job.refunded - before,
			answer_by: new Date(r.answerBy), ...this.state(job),
			...isNoShow ? { status: job.status } : {} };
	},

	answer_refund(call)
	{
		return this.answer(call, false);
	},

	answer_no_show(call)
	{
		return this.answer(call, true);
	},

	closeRequest(job, status)
	{
		job.request.status = status;
		job.request = null;
	},

	// The money goes back, as far as it is there.
	agree(job, r)
	{
		const price = this.priceAsked(job, r);
		const args = r.amount === undefined ? {} : { amount: price };
		let status = 'accepted';

		try
		{
			need(args.amount !== 0n, '22023');
			this.applyRefund(job, { amount: this.takeHeld(job, args) });
		}
		catch (error)
		{
			if (!(error instanceof Refusal))
				throw error;
			status = 'expired';		// nothing is left to go back
		}
		this.closeRequest(job, status);
		this.follow(job);
	},

	// A dispute about all of it, in which both have named their figure.
	disagree(job, r)
	{
		const left = sum(job.milestones, availableOf);
		const homeowner = left - this.priceAsked(job, r);
		// not what a reversal has put into a milestone that was given up
		const amount = sum(job.milestones.filter((m) =>
			DISPUTABLE.includes(m.status)), availableOf);

		if (amount > 0n && homeowner <= amount && !this.hasGeneral(job))
			r.dispute = this.beginOpen(job, { isReleased: false, amount,
				by: 'homeowner', openedAt: this.now, provider: amount,
				homeowner, isNoShow: r.isNoShow, status: 'answered' });
		this.closeRequest(job, 'rejected');
	},

	endUnshown(job)
	{
		this.closeRequest(job, 'accepted');
		this.endContract(job);
	},

	// All that is held goes back; the job is cancelled.
	endContract(job)
	{
		const waiting = this.pending(job);

		this.voidAuthorizations(job);
		if (waiting)
			waiting.status = 'cancelled';
		const wasStarted = job.isStarted;

		if (job.held > 0n)
		{
			const amount = this.takeHeld(job, {});
			const legs = this.refundLegs(job, amount);

			this.transfer(job, 'refund', { amount, asked: legs.asked }, legs);
			this.deriveAmounts(job);
		}
		this.end(job);
		Object.assign(job, { status: 'cancelled', isStarted: wasStarted });
	},

	// Nobody came, as both or a mediator say in the end.
	holdsNoShow(job, d, figure)
	{
		if (d.isNoShow && figure === 0n && this.mayEnd(job))
			this.endContract(job);
	},

	expireRequests(call, isNoShow)
	{
		let ended = 0;

		this.beginDue(call);
		for (const job of this.jobs.values())
		{
			if (!this.isSilent(job) || job.request.isNoShow !== isNoShow)
				continue;
			if (!isNoShow)
				this.agree(job, job.request);
			else if (this.mayEnd(job) && !this.isDelivered(job))
				this.endUnshown(job);
			else
				this.closeRequest(job, 'expired');
			ended++;
		}
		return ended;
	},

	expire_refund_requests(call)
	{
		return { expire_refund_requests: this.expireRequests(call, false) };
	},

	expire_no_shows(call)
	{
		return { expire_no_shows: this.expireRequests(call, true) };
	}
};

module.exports = { request };
