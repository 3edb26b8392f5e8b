// faults.js
//	Faults to plant, to see that each is found: run.js --plant NAME.
//
// A fault changes a method of the model, as a bug in dwello would change
// dwello; "reply" changes what dwello answered.  Most are bugs that others
// have had.
'use strict';

const { sum, availableOf } = require('../model/milestone.js');
const { DAY } = require('../model/work.js');

// Replaces a method by one that is given the right one.
function twist(name, wrong)
{
	return (model) => {
		const right = model[name].bind(model);

		model[name] = (...args) => wrong.call(model, right, ...args);
	};
}

const faults = {
	// a cent too much is taken of some releases
	fee: twist('divideRelease', (right, job, price) => {
		const paid = right(job, price);

		return price % 7n === 0n && paid.payout > 0n
			? { ...paid, fee: paid.fee + 1n, payout: paid.payout - 1n } : paid;
	}),

	// where both bear the fee, the provider bears the remainder
	share: twist('homeownersShare', (right, terms, total) =>
		(terms.payer === 'split' ? total / 2n : right(terms, total))),

	// a refund leaves through the company that paid last
	refund: twist('refundLegs', (right, job, amount) =>
		Object.assign([[`refund_pending ${job.arrived.at(-1).psp}`, amount]],
			{ asked: right(job, amount).asked })),

	// a receipt that is assigned stays where it is
	assign: twist('assign_receipt', function (right, call) {
		const reply = right(call);
		const { psp } = this.receipts.get(call.args.receipt_id);

		this.book(`suspense ${psp}`, reply.currency, reply.amount);
		this.book(`psp_clearing ${psp}`, reply.currency, -reply.amount);
		return reply;
	}),

	// what comes back is not taken by a case that found too little
	raised: twist('raiseOthers', () => undefined),

	// a refund that fails before it was sent is not put back
	put_back: twist('fail_refund', function (right, call) {
		const before = this.refunds.filter((r) => r.status === 'pending')
			.map((r) => [r, r.amount - r.reversed]);
		const reply = right(call);

		for (const [{ status, psp, currency }, amount] of before)
			if (status === 'failed')
			{
				this.book(`suspense ${psp}`, currency, -amount);
				this.book(`refund_pending ${psp}`, currency, amount);
			}
		return reply;
	}),

	// what is retried leaves by the company that could not send it
	retry: twist('retry_refund', function (right, call) {
		const { psp } = this.receipts.get(call.args.receipt_id) ?? {};
		const method = this.methods.get(call.args.payment_method_id);

		return right({ ...call, args: { ...call.args, payment_method_id:
			[...this.methods].find(([, m]) => m.psp === psp &&
				m.user === method?.user)?.[0] } });
	}),

	// what was undone and is sent all the same comes out of nothing
	sent_after: twist('bookSent', (right, r, pending) =>
		right(r, pending, 0n)),

	// a plan in equal parts: what is over goes to the last one
	plan: twist('plan_milestones', (right, call) => {
		const reply = right(call);

		return { rows: reply.rows.map((row, i) => ({ ...row,
			amount: reply.rows[reply.rows.length - 1 - i].amount })) };
	}),

	// the remainder of a settlement goes to the provider
	dispute: twist('halfWay', (right, d) =>
		(d.homeowner + d.provider + 1n) / 2n),

	// who is silent past the deadline is asked nothing: all goes back
	silence: twist('defaultFigure', () => 0n),

	// a chargeback that is won pays the provider anew
	chargeback: twist('chargebackLegs', (right, job, c, sign) =>
		right(job, c, sign).map(([account, amount]) => [sign > 0n ? account
			: account.replace('receivable', 'available'), amount])),

	// a chargeback that is lost in part keeps all of it
	part: twist('endChargeback', (right, job, c, won) =>
		right(job, c, won, c.amount)),

	// what is promised to a payout can be promised again
	promise: twist('position', (right, user, currency) =>
		({ ...right(user, currency), promised: 0n })),

	// a payout leaves what the provider owes as it is
	netting: (model) => twist('bookPayout', (right, p, psp) => {
		const owed = `provider_receivable ${p.user}`;
		const before = model.balance(owed, p.currency);

		right(p, psp);
		const netted = model.balance(owed, p.currency) - before;

		model.book(owed, p.currency, -netted);
		model.book(`provider_available ${p.user}`, p.currency, netted);
	})(model),

	// a reversal keeps the fee
	reversal: twist('undo', (right, job, transfer, amount) => {
		const reply = right(job, transfer, amount);

		job.fee += reply.fee;
		return reply;
	}),

	// work is released before its time for review is over
	clock: twist('release_due_escrows', (right, call) =>
		right({ ...call, now: call.now + 13 * DAY })),

	// what was kept back is freed twice
	reserve: (model) => twist('settleReserve', (right, user, currency) => {
		const amount = model.freeOfReserve(user, currency);

		model.book(`provider_available ${user}`, currency, amount);
		model.book(`provider_reserve ${user}`, currency, -amount);
		return right(user, currency);
	})(model),

	// what was kept back is theirs when its release is undone
	kept: (model) => twist('undo', (right, job, transfer, amount) => {
		const owed = `provider_receivable ${job.provider}`;
		const before = model.balance(owed, job.currency);
		const reply = right(job, transfer, amount);

		if (transfer.legs.some(([account]) => account.startsWith(
			'provider_reserve')))
		{
			const taken = before - model.balance(owed, job.currency);

			model.book(owed, job.currency, taken);
			model.book(`provider_reserve ${job.provider}`, job.currency, -taken);
		}
		return reply;
	})(model),

	// the fee of a payout that was not paid stays with the platform
	payout_fee: twist('returnFee', () => {}),

	// a debt that is paid by half is paid
	repayment: (model) => twist('confirm_repayment', (right, call) => {
		const reply = right(call);
		const r = model.repayments.get(call.args.repayment_id);

		if (r?.status === 'pending' && 2n * r.received >= r.amount)
			r.status = 'completed';
		return reply;
	})(model),

	// a payout that the balance does not cover goes on
	hold: twist('holdPayouts', () => {}),

	// a journal needs no second administrator
	approver: twist('propose', function (right, actor, lines, reverses) {
		this.needsApprover = false;
		return right(actor, lines, reverses);
	}),

	// a provider who did not come is paid
	no_show: twist('endContract', function (right, job) {
		if (job.held > 0n)
			this.payOut(job, job.milestones, sum(job.milestones, availableOf));
		return right(job);
	}),

	// of what a homeowner's cancel gives back, the provider has a tenth
	cancel: twist('cancelHeld', function (right, job) {
		const reply = right(job);

		this.book(`provider_available ${job.provider}`, job.currency,
			reply.refund / 10n);
		return { ...reply, refund: reply.refund - reply.refund / 10n };
	}),

	// who does not answer a request for a refund says no
	no_answer: twist('agree', function (right, job, r) {
		return r.answerBy <= this.now ? this.disagree(job, r)
			: right(job, r);
	}),

	// a provider who gives back pays the fee of it again
	give_back: twist('undoRelease', (right, job, t, parts) =>
		right(job, t, { ...parts, fee: 0n, net: parts.net + parts.fee,
			owed: parts.owed + parts.fee })),

	// a dispute after the release takes nothing back
	late_dispute: twist('settleReleased', () => {}),

	// a new plan of both sides forgets what was paid
	new_plan: twist('replan', (right, job, words) => right(job, words)
		.map((m) => ({ ...m, funded: 0n, status: 'planned' }))),

	// of a tip the platform takes its part
	tip: twist('giveTip', function (right, job, paid, amount, psp) {
		right(job, paid, amount, psp);
		this.book(`provider_available ${job.provider}`, job.currency,
			-amount / 20n);
		this.book('platform_fee', job.currency, amount / 20n);
	}),

	// who gives a tip back owes it, whatever they have
	tip_back: twist('giveTipBack', function (right, job, args) {
		const had = `provider_available ${job.provider}`;
		const before = this.balance(had, job.currency);
		const reply = right(job, args);
		const taken = before - this.balance(had, job.currency);

		this.book(had, job.currency, taken);
		this.book(`provider_receivable ${job.provider}`, job.currency, -taken);
		return reply;
	}),

	// a capture takes nothing of what was authorised
	capture: twist('capture', () => {}),

	// every tenth answer says one more
	reply: () => {
		let count = 0;

		return (call, { rows }) => {
			if (rows?.[0]?.amount && ++count % 10 === 0)
				rows[0].amount = String(BigInt(rows[0].amount) + 1n);
		};
	}
};

module.exports = { faults };
