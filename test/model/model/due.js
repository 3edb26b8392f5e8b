// due.js
//	What the clock does: work that nobody reviewed, disputes without answer.
'use strict';

const { need } = require('./guard.js');
const { availableOf } = require('./milestone.js');
const { PAYING } = require('./payment.js');
const { isOpen } = require('./dispute.js');

const due = {
	// Roles and arguments of a worker's call.
	beginDue({ actor, args })
	{
		need(actor.role === 'system', '42501');
		need(args.max_rows > 0, '22023');
	},

	// max_rows is more than can be due here.
	release_due_escrows(call)
	{
		const isDue = (m) => (m.status === 'submitted' && m.dueAt <= call.now)
			|| (m.status === 'approved' && m.funded === m.amount);
		let released = 0;
		let jobs = 0;

		this.beginDue(call);
		for (const job of this.jobs.values())
		{
			if (!PAYING.includes(job.escrow) || !job.milestones.some(isDue))
				continue;
			jobs++;
			this.openReserve(job);
			if (this.isSilent(job))
				continue;
			for (const m of job.milestones.filter(isDue))
				if (PAYING.includes(job.escrow) && availableOf(m) > 0n)
				{
					this.payOut(job, [m], availableOf(m), m);
					released++;
				}
		}
		return { released, jobs };
	},

	expire_disputes(call)
	{
		let settled = 0;

		this.beginDue(call);
		for (const job of this.jobs.values())
			for (const d of job.disputes.filter((x) => isOpen(x) &&
				x.answerBy <= call.now).sort((a, b) => a.answerBy - b.answerBy))
				if (job.escrow !== 'frozen')
				{
					this.settle(job, d, this.defaultFigure(d), 'settled');
					settled++;
				}
		return { settled };
	}
};

module.exports = { due };
