// work.js
//	Work begins, is delivered, sent back and done.
'use strict';

const { need } = require('./guard.js');
const { PAYING } = require('./payment.js');

const DAY = 86400000;
const REVIEW_DAYS = 14;

const work = {
	start_job(call)
	{
		const { job, kept } = this.begin(call, ['provider']);

		if (kept)
			return kept;
		need(job.status === 'awarded', 'WD101');
		this.needAnswered(job);
		need(job.held > 0n, 'WD101');
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

		need(job.status === 'in_progress', 'WD101');
		this.needAnswered(job);
		need(job.held === 0n && (!waiting || now >= waiting.payBy) &&
			job.released > 0n && job.escrow !== 'frozen', 'WD101');
		this.end(job);
		return { status: job.status };
	},

	submit_milestone(call)
	{
		const { args, now } = call;
		const { job, kept } = this.begin(call, ['provider']);

		if (kept)
			return kept;
		this.needAnswered(job);
		const m = job.milestones.find(args.milestone_id
			? (x) => x.id === args.milestone_id
			: (x) => ['funded', 'changes_requested'].includes(x.status));

		need(m && job.status === 'in_progress' && PAYING.includes(job.escrow)
			&& m.funded === m.amount
			&& ['funded', 'changes_requested'].includes(m.status), 'WD101');
		m.status = 'submitted';
		m.wasDelivered = true;
		m.dueAt = now + REVIEW_DAYS * DAY;
		return { milestone_status: m.status, amount: m.amount };
	},

	request_changes(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner']);

		if (kept)
			return kept;
		this.needAnswered(job);
		const m = job.milestones.find(args.milestone_id
			? (x) => x.id === args.milestone_id
			: (x) => x.status === 'submitted');

		need(m && PAYING.includes(job.escrow) && m.status === 'submitted',
			'WD101');
		m.status = 'changes_requested';
		return { milestone_status: m.status, amount: m.amount };
	}
};

module.exports = { work, DAY };
