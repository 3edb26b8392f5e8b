// dispute.js
//	Both sides name what the provider shall be paid of disputed work.
'use strict';

const { need } = require('./guard.js');
const { least } = require('./fee.js');
const { close, sum, availableOf, leftOf } = require('./milestone.js');
const { PAYING } = require('./payment.js');
const { DAY } = require('./work.js');

const ANSWER_DAYS = { homeowner: 4, provider: 14 };	// by who opened it
const MEDIATION_DAYS = 30;
const DISPUTABLE = ['planned', 'funded', 'submitted', 'changes_requested',
	'approved'];

const LATE = ['disputed', 'released', 'settled', 'charged_back'];
const LATE_DAYS = 30;

const isOpen = (d) => d.status === 'open' || d.status === 'answered';
const otherOf = (side) => (side === 'homeowner' ? 'provider' : 'homeowner');

const dispute = {
	disputeState(job, d)
	{
		return { dispute_status: d.status, disputed_amount: d.amount,
			homeowner_offer: d.homeowner, provider_offer: d.provider,
			settled_amount: d.settled,
			answer_by: isOpen(d) ? new Date(d.answerBy) : null,
			...this.state(job) };
	},

	deadline(d, now)
	{
		return now + DAY * (d.status === 'answered' ? MEDIATION_DAYS
			: ANSWER_DAYS[d.by]);
	},

	// About what was released.
	isLate(job, actor, m)
	{
		if (actor.role !== 'homeowner')
			return false;
		return m ? m.status === 'released' : job.released > 0n &&
			sum(job.milestones, availableOf) === 0n;
	},

	open_dispute(call)
	{
		const { actor, args, now } = call;
		const { job, kept } = this.begin(call, ['homeowner', 'provider'],
			{ check: () => need(args.amount >= 0n, '22023') });

		if (kept)
			return kept;
		const m = job.milestones.find(({ id }) => id === args.milestone_id);

		this.proceed(job, args);
		need((actor.role === 'homeowner' ? [...PAYING, ...LATE] : PAYING)
			.includes(job.escrow), 'WD101');
		need(m || !this.hasGeneral(job), 'WD101');
		const isReleased = this.isLate(job, actor, m);

		// one about its release, which was undone since, goes on
		need(isReleased || !m || !job.disputes.some((d) => isOpen(d) &&
			d.isReleased && d.milestone === m.id), 'WD101');
		const amount = isReleased ? this.disputeReleased(job, m)
			: this.disputable(job, m);

		need(args.amount <= amount, '22023');
		return this.disputeState(job, this.beginOpen(job, { isReleased, amount,
			by: actor.role, milestone: m?.id, openedAt: now,
			[actor.role]: args.amount }));
	},

	hasGeneral: (job) => job.disputes.some((d) => isOpen(d) &&
		!d.milestone && !d.isReleased),

	// What was released lately, of a milestone or in all.
	disputeReleased(job, m)
	{
		const since = this.now - LATE_DAYS * DAY;
		const lately = sum(this.releasesOf(job).filter((t) =>
			t.at >= since && (!m || !t.milestone || t.milestone === m)), (t) => {
			const taken = t.fee - t.back.fee + t.tax - t.back.tax;

			return t.payout - t.back.net + taken -
				this.homeownersShare(job.terms, taken);
		});

		need(!job.disputes.some((d) => isOpen(d) && d.isReleased), 'WD101');
		need(lately !== 0n, 'WD102');
		need(this.releasedOf(job, m) > 0n, 'WD101');
		const amount = least(lately, this.releasedLeft(job, m));

		need(amount > 0n, 'WD202');
		return amount;
	},

	// What is held and undisputed, of a milestone or in all.
	disputable(job, m)
	{
		const about = m ? [m] : job.milestones.filter((x) =>
			DISPUTABLE.includes(x.status));

		need(PAYING.includes(job.escrow), 'WD101');
		need(about.every((x) => DISPUTABLE.includes(x.status)), 'WD101');
		const amount = sum(about, availableOf);

		need(amount > 0n, 'WD202');
		return amount;
	},

	beginOpen(job, facts)
	{
		const d = { status: 'open', homeowner: null, provider: null,
			settled: null, ...facts };
		const about = job.milestones.filter((m) => !d.isReleased &&
			(!d.milestone || m.id === d.milestone) && availableOf(m) > 0n &&
			DISPUTABLE.includes(m.status));

		d.answerBy = this.deadline(d, this.now);
		job.disputes.push(d);
		for (const m of about)
			Object.assign(m, { disputed: availableOf(m), dispute: d,
				before: m.status, status: 'disputed' });
		this.derive(job);
		return d;
	},

	// The dispute that is meant, or the one that is open.
	beginDispute(call, roles, check)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, roles, { check, named: (j) =>
			!args.dispute_id || j.disputes.some((d) => d.id === args.dispute_id) });

		if (kept)
			return { kept };
		this.version(job, args);
		const open = job.disputes.filter(isOpen);

		need(args.dispute_id || open.length > 0, 'WD101');
		need(args.dispute_id || open.length === 1, '22023');
		return { job, d: args.dispute_id
			? job.disputes.find((x) => x.id === args.dispute_id) : open[0] };
	},

	mayMove(job, d, now)
	{
		need(isOpen(d), 'WD101');
		need([...PAYING, ...LATE, 'refunded'].includes(job.escrow), 'WD101');
		need(now < d.answerBy, 'WD102');
	},

	halfWay: (d) => (d.homeowner + d.provider) / 2n,

	// What holds when nobody speaks any more.
	defaultFigure(d)
	{
		if (d.provider === null)
			return d.homeowner;
		return d.homeowner === null ? d.provider : this.halfWay(d);
	},

	answer_dispute(call)
	{
		const { actor, args, now } = call;
		const { kept, job, d } = this.beginDispute(call,
			['homeowner', 'provider'], () => need(args.amount >= 0n, '22023'));

		if (kept)
			return kept;
		this.mayMove(job, d, now);
		need(args.amount <= d.amount, '22023');
		d[actor.role] = args.amount;
		if (d.status === 'open' && d[otherOf(actor.role)] !== null)
		{
			d.status = 'answered';
			d.answerBy = this.deadline(d, now);
		}
		if (d.status === 'answered' && d.homeowner >= d.provider)
			this.settle(job, d, this.halfWay(d), 'settled');
		return this.disputeState(job, d);
	},

	resolve_dispute(call)
	{
		const { args, now } = call;
		const { kept, job, d } = this.beginDispute(call, ['support', 'admin'],
			() => need(args.homeowner_amount >= 0n &&
				(args.provider_amount ?? 0n) >= 0n, '22023'));

		if (kept)
			return kept;
		this.mayMove(job, d, now);
		const figure = d.amount - args.homeowner_amount;

		need(figure >= 0n && (args.provider_amount ?? figure) === figure,
			'22023');
		this.settle(job, d, figure, 'resolved');
		return this.disputeState(job, d);
	},

	// Work that waited for review waits as long as it had left.
	withdraw_dispute(call)
	{
		const { actor, now } = call;
		const { kept, job, d } = this.beginDispute(call,
			['homeowner', 'provider']);

		if (kept)
			return kept;
		need(d.by === actor.role, '42501');
		this.mayMove(job, d, now);
		d.status = 'withdrawn';
		for (const m of job.milestones.filter((x) => x.dispute === d))
		{
			const isFull = m.before === 'planned' && m.funded === m.amount;

			Object.assign(m, { disputed: 0n, dispute: null,
				status: isFull ? 'funded' : m.before });
			if (m.status === 'submitted')
				m.dueAt += now - d.openedAt;
		}
		this.derive(job);
		return this.disputeState(job, d);
	},

	// The figure goes to the provider, the rest back; the last of the work
	// takes all that lies there with it.
	settle(job, d, figure, status)
	{
		if (d.isReleased)
			this.settleReleased(job, d, figure);
		else
			this.settleHeld(job, d, figure);
		Object.assign(d, { status, settled: figure });
		this.derive(job);
		this.returnRest(job);
		this.holdsNoShow(job, d, figure);
	},

	// What they do not keep is taken from them, as far as it is there.
	settleReleased(job, d, figure)
	{
		const m = job.milestones.find(({ id }) => id === d.milestone);
		const left = this.releasedLeft(job, m);
		const back = this.takeReleased(job, least(d.amount, left) -
			least(figure, left), m);

		if (back.amount > 0n)
			this.applyRefund(job, { amount: back.amount, milestone: m, back });
	},

	settleHeld(job, d, figure)
	{
		const paid = this.divideRelease(job, figure);
		const price = d.amount - figure;
		const rest = sum(job.milestones, leftOf) - d.amount;
		let back = 0n;

		need(paid.amount <= job.held, 'the accounts do not cover a dispute');
		if (price > 0n)
			back = rest === 0n ? job.held - paid.amount
				: least(this.unearned(job, price), job.held - paid.amount);
		this.payDisputed(job, d, figure);
		job.held -= paid.amount + back;
		job.released += paid.amount;
		job.refunded += back;
		job.fee += paid.fee;
		job.tax += paid.tax;
		const legs = this.refundLegs(job, back);

		this.transfer(job, 'dispute', { ...paid, amount: paid.amount + back,
			asked: legs.asked,
			milestone: job.milestones.find((m) => m.id === d.milestone) },
		[...this.releaseLegs(job, paid), ...legs]);
	},

	payDisputed(job, d, figure)
	{
		let left = figure;

		for (const m of job.milestones.filter((x) => x.dispute === d))
		{
			const piece = least(m.disputed, left);

			m.released += piece;
			m.refunded += m.disputed - piece;
			left -= piece;
			Object.assign(m, { disputed: 0n, dispute: null });
			if (!close(m))
				m.status = m.funded === m.amount ? 'funded' : 'planned';
		}
	},

	// A bank took a part of what is disputed: the dispute is about the rest.
	shrink(job, d, now)
	{
		const left = d.isReleased
			? this.releasedLeft(job, job.milestones.find(({ id }) =>
				id === d.milestone))
			: sum(job.milestones.filter((m) => m.dispute === d),
				(m) => m.disputed);
		const atMost = (figure) => (figure === null ? null : least(figure, left));

		d.homeowner = atMost(d.homeowner);
		d.provider = atMost(d.provider);
		if (left === 0n)
			Object.assign(d, { status: 'settled', settled: 0n });
		else
			d.amount = least(d.amount, left);
		if (left > 0n && job.escrow !== 'frozen')
			d.answerBy = Math.max(d.answerBy, this.deadline(d, now));
	}
};

module.exports = { dispute, isOpen, DISPUTABLE };
