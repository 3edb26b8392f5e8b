// plan.js
//	The contract is divided anew: by the homeowner while nothing is paid, by
//	both sides from then on.
'use strict';

const { need } = require('./guard.js');
const { part, fill, sum, leftOf } = require('./milestone.js');
const { PAYING } = require('./payment.js');

const UNPAID = ['created', 'funding', 'failed'];
const MOST = 100;

// Nothing has come of it but money that it holds.
const isUntouched = (m) => ['planned', 'funded'].includes(m.status) &&
	leftOf(m) === m.funded && m.disputed === 0n;

// Amounts as they are given, or equal parts, what is over to the first ones.
function divide(rest, given)
{
	const count = BigInt(given.length);

	if (given.some((amount) => amount !== undefined))
	{
		need(given.every((amount) => amount > 0n), '22023');
		need(sum(given, (amount) => amount) === rest, '22023');
		return given;
	}
	need(rest >= count, '22023');
	return given.map((_, i) =>
		rest / count + (BigInt(i) < rest % count ? 1n : 0n));
}

const checkWords = ({ milestones }) => need(milestones.length > 0 &&
	milestones.every((m) => m.amount === undefined || m.amount > 0n), '22023');

const plan = {
	// What is left to be divided.
	priceOfRest: (job) => job.contract - sum(job.milestones.filter((m) =>
		m.status !== 'cancelled' && !isUntouched(m)), (m) => m.amount),

	// The new parts, as far as they were paid; nothing is changed yet.
	replan(job, words)
	{
		need([...UNPAID, ...PAYING].includes(job.escrow), 'WD101');
		const rest = this.priceOfRest(job);
		const old = job.milestones.filter(isUntouched);
		const begun = job.milestones.filter((m) =>
			m.status !== 'cancelled' && !isUntouched(m)).length;

		need(rest > 0n, 'WD101');
		need(begun + words.length <= MOST, '22023');
		const parts = divide(rest, words.map((m) => m.amount)).map((amount, i) =>
			part(old[i]?.id, amount, words[i].is_required ?? true));

		fill(parts, sum(old, (m) => m.funded));
		return parts;
	},

	// Places keep their milestone; what is left over is cancelled.
	applyPlan(job, words)
	{
		const parts = this.replan(job, words);
		const isGone = (m) => m.status === 'cancelled';
		const old = job.milestones.filter(isUntouched);

		job.milestones = [
			...job.milestones.filter((m) => !isGone(m) && !isUntouched(m)),
			...parts, ...old.slice(parts.length).map((m) =>
				({ ...part(m.id, m.amount, m.required), status: 'cancelled' })),
			...job.milestones.filter(isGone)];
		return parts;
	},

	plan_milestones(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner'],
			{ check: () => checkWords(args) });

		if (kept)
			return kept;
		this.version(job, args);
		need(this.isUnderWay(job), 'WD101');
		this.needAnswered(job);
		need(job.funded === 0n, 'WD101');
		return { rows: this.applyPlan(job, args.milestones).map((m, i) =>
			({ amount: m.amount, sort_order: i + 1,
				milestone_status: m.status })) };
	},

	needChangeable(job)
	{
		need(this.isUnderWay(job) && job.disputed === 0n, 'WD101');
		this.needAnswered(job);
		need([...UNPAID, ...PAYING].includes(job.escrow), 'WD101');
	},

	propose_plan(call)
	{
		const { actor, args } = call;
		const { job, kept } = this.begin(call, ['homeowner', 'provider'],
			{ check: () => checkWords(args) });

		if (kept)
			return kept;
		this.proceed(job, args);
		this.needChangeable(job);
		this.replan(job, args.milestones);
		need(job.plan?.by !== actor.id, '23505');
		job.plan = { by: actor.id, milestones: args.milestones };
		return { plan_status: 'pending', offered_by: actor.id,
			...this.state(job) };
	},

	answer_plan(call)
	{
		const { actor, args } = call;
		const { job, kept } = this.begin(call, ['homeowner', 'provider']);

		if (kept)
			return kept;
		this.proceed(job, args);
		need(job.plan, 'WD101');
		const { by, milestones } = job.plan;

		need(by !== actor.id || !args.is_accepted, '42501');
		if (args.is_accepted)
		{
			this.needChangeable(job);
			this.applyPlan(job, milestones);
		}
		job.plan = null;
		return { plan_status: by === actor.id ? 'withdrawn'
			: args.is_accepted ? 'accepted' : 'rejected', offered_by: by,
		...this.state(job) };
	}
};

module.exports = { plan };
