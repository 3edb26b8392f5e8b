// work.js
//	Work begins, is delivered, sent back and done; and how it is divided.
'use strict';

const { need } = require('./guard.js');
const { part, fill, sum } = require('./milestone.js');
const { PAYING } = require('./payment.js');

const DAY = 86400000;
const REVIEW_DAYS = 14;

// Amounts as they are given, or equal parts, what is over to the first ones.
function divide(contract, given)
{
	const count = BigInt(given.length);

	if (given.some((amount) => amount !== undefined))
	{
		need(given.every((amount) => amount > 0n), '22023');
		need(sum(given, (amount) => amount) === contract, '22023');
		return given;
	}
	need(contract >= count, '22023');
	return given.map((_, i) =>
		contract / count + (BigInt(i) < contract % count ? 1n : 0n));
}

const work = {
	start_job(call)
	{
		const { job, kept } = this.begin(call, ['provider']);

		if (kept)
			return kept;
		need(job.status === 'awarded' && job.held > 0n, 'WD101');
		job.status = 'in_progress';
		job.isStarted = true;
		return { status: job.status };
	},

	complete_job(call)
	{
		const { now } = call;
		const { job, kept } = this.begin(call, ['homeowner']);

		if (kept)
			return kept;
		if (job.status === 'completed')
			return { status: job.status, replayed: true };
		const waiting = this.pending(job);

		need(job.held === 0n && (!waiting || now >= waiting.payBy) &&
			job.status === 'in_progress' && job.released > 0n &&
			job.escrow !== 'frozen', 'WD101');
		this.end(job);
		return { status: job.status };
	},

	submit_milestone(call)
	{
		const { args, now } = call;
		const { job, kept } = this.begin(call, ['provider']);

		if (kept)
			return kept;
		const m = job.milestones.find(args.milestone_id
			? (x) => x.id === args.milestone_id
			: (x) => ['funded', 'changes_requested'].includes(x.status));

		need(m && job.status === 'in_progress' && PAYING.includes(job.escrow)
			&& m.funded === m.amount
			&& ['funded', 'changes_requested'].includes(m.status), 'WD101');
		m.status = 'submitted';
		m.dueAt = now + REVIEW_DAYS * DAY;
		return { milestone_status: m.status, amount: m.amount };
	},

	request_changes(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner']);

		if (kept)
			return kept;
		const m = job.milestones.find(args.milestone_id
			? (x) => x.id === args.milestone_id
			: (x) => x.status === 'submitted');

		need(m && PAYING.includes(job.escrow) && m.status === 'submitted',
			'WD101');
		m.status = 'changes_requested';
		return { milestone_status: m.status, amount: m.amount };
	},

	// Places keep their milestone; what is left over is cancelled.
	plan_milestones(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner'], { check: () =>
			need(args.milestones.length > 0 && args.milestones.every((m) =>
				m.amount === undefined || m.amount > 0n), '22023') });

		if (kept)
			return kept;
		this.version(job, args);
		need(['awarded', 'in_progress'].includes(job.status) &&
			['created', 'funding', 'failed'].includes(job.escrow) &&
			job.funded === 0n, 'WD101');
		const amounts = divide(job.contract,
			args.milestones.map((m) => m.amount));
		const paid = sum(job.milestones, (m) => m.funded);
		const isGone = (m) => m.status === 'cancelled';
		const old = job.milestones.filter((m) => !isGone(m));
		const plan = amounts.map((amount, i) => part(old[i]?.id, amount,
			args.milestones[i].is_required ?? true));

		fill(plan, paid);
		job.milestones = [...plan, ...old.slice(plan.length).map((m) =>
			({ ...part(m.id, m.amount, m.required), status: 'cancelled' })),
		...job.milestones.filter(isGone)];
		return { rows: plan.map((m, i) => ({ amount: m.amount,
			sort_order: i + 1, milestone_status: m.status })) };
	}
};

module.exports = { work, DAY };
