// refund.js
//	What companies were asked to give back: they send it, or it fails.
'use strict';

const { need } = require('./guard.js');
const { least, most } = require('./fee.js');
const { sum } = require('./milestone.js');

const pendingOf = (r) => (r.status === 'pending'
	? r.amount - r.reversed : 0n);

const refund = {
	// A company is asked for a part of a payment, or for a receipt.
	askBack(facts)
	{
		const r = { receipt: null, job: null, payment: null, transfer: null,
			reversed: 0n, loss: 0n, failed: 0n, status: 'pending',
			failure: null, ...facts, methodId: facts.method?.id ?? null };

		this.refunds.push(r);
		return r;
	},

	refundsOf(transfer)
	{
		return this.refunds.filter((r) => r.transfer === transfer);
	},

	// The last of those of a company first; what was sent cannot be undone.
	withdraw(transfer, psp, amount)
	{
		let rest = amount;

		for (const r of this.refundsOf(transfer).reverse()
			.filter((x) => x.psp === psp))
		{
			const part = least(rest, pendingOf(r));

			r.reversed += part;
			r.payment.back -= part;
			if (r.reversed === r.amount)
				r.status = 'failed';
			rest -= part;
		}
		return amount - rest;
	},

	// The one that is meant, of those that its names fit: what is pending,
	// else what was sent, else the last.
	refundMeant(job, { psp, refund_id: id, transaction_id: transaction },
		hasFailed)
	{
		const isNamed = id || transaction;
		const fitting = this.refunds.filter((r) => r.job === job &&
			r.psp === psp && (!id || r.id === id) &&
			(!transaction || r.transfer?.id === transaction) &&
			(isNamed || r.status === 'pending' && (!job || !r.receipt)));
		const pending = fitting.filter((r) => r.status === 'pending');
		const sent = fitting.filter((r) => r.status === 'completed');

		need(fitting.length > 0, isNamed || hasFailed ? 'WD101' : '22023');
		need(pending.length === 1 || pending.length === 0 &&
			(sent.length <= 1 || !hasFailed), '22023');
		return pending[0] ?? sent.at(-1) ?? fitting.at(-1);
	},

	// Roles, arguments and events of both; a refund of no job has no escrow.
	beginRefund(call, type, hasFailed)
	{
		const { actor, args } = call;
		const job = this.jobs.get(args.job_id) ?? null;

		need(actor.role === 'system', '42501');
		need(args.amount === undefined || args.amount > 0n, '22023');
		const before = this.seen(call, type, { job: args.job_id,
			amount: args.amount, transaction: args.transaction_id,
			refund: args.refund_id });

		return before ? { before }
			: { r: this.refundMeant(job, args, hasFailed) };
	},

	toldOfRefund(call, type, r, amount, reply)
	{
		return this.keep(call, type, { job: call.args.job_id, amount,
			transaction: r.transfer?.id, refund: r.id },
		{ refund_status: r.status, amount, ...reply,
			...r.job && this.state(r.job), currency: r.currency });
	},

	// A part of it is a refund of its own, what is left stays to be sent.
	confirm_refund(call)
	{
		const { args } = call;
		const { before, r } = this.beginRefund(call, 'refunded', false);

		if (before)
			return before;
		const isNews = r.status !== 'completed';
		const isPart = isNews && args.amount < r.amount - r.reversed;
		const sent = isPart ? this.splitRefund(r, args.amount) : r;

		if (isNews)
			this.sendRefund(sent, args.amount);
		return this.toldOfRefund(call, 'refunded', sent,
			args.amount ?? sent.amount - sent.reversed, { replayed: !isNews });
	},

	splitRefund(r, amount)
	{
		const owned = r.amount - r.reversed - r.loss;
		const part = this.askBack({ ...r, id: undefined, amount, reversed: 0n,
			loss: most(0n, amount - owned), failed: least(r.failed, amount) });

		r.amount -= amount;
		r.loss -= part.loss;
		r.failed -= part.failed;
		return part;
	},

	// Out of what was asked for; what had failed out of the receipt that it
	// lies in, while all of it is there; the rest is the platform's loss.
	sendRefund(r, told)
	{
		const asked = r.amount - r.reversed;
		const amount = told ?? (asked > 0n ? asked : r.amount);
		const isThere = r.failure && r.failure.remaining >= asked - r.loss;

		need(amount >= asked && amount <= r.amount, '22023');
		const pending = pendingOf(r);
		const apart = isThere ? asked - r.loss : 0n;
		const loss = amount - pending - apart;

		if (r.payment)
			r.payment.back += r.reversed - (r.amount - amount);
		Object.assign(r, { reversed: r.amount - amount, loss,
			status: 'completed' });
		if (apart > 0n)
			this.reduce(r.failure, apart, 'returned');
		this.book(`suspense ${r.psp}`, r.currency, -apart);
		this.book(`psp_clearing ${r.psp}`, r.currency, apart);
		r.failure = null;
		this.bookSent(r, pending, loss);
	},

	bookSent(r, pending, loss)
	{
		const legs = [[`refund_pending ${r.psp}`, -pending],
			['platform_loss', -loss], [`psp_clearing ${r.psp}`, pending + loss]];

		if (pending + loss === 0n)
			return;
		if (r.job && !r.receipt)
			this.transfer(r.job, 'refund_payment',
				{ amount: pending + loss, currency: r.currency }, legs);
		else
			legs.forEach(([account, amount]) =>
				this.book(account, r.currency, amount));
	},

	// Its money lies in a receipt then, whether it was sent before or not.
	fail_refund(call)
	{
		const { args } = call;
		const { before, r } = this.beginRefund(call, 'refund_failed', true);

		if (before)
			return before;
		if (r.status === 'failed')
			return this.toldOfRefund(call, 'refund_failed', r, 0n,
				{ replayed: true });
		const pending = pendingOf(r);
		const wasSent = r.status === 'completed';
		const sent = wasSent ? r.amount - r.reversed - r.loss : 0n;
		const loss = wasSent ? r.loss : 0n;

		r.failed += pending;
		r.status = 'failed';
		this.book(`refund_pending ${r.psp}`, r.currency, -pending);
		this.book(`psp_clearing ${r.psp}`, r.currency, -sent - loss);
		this.book('platform_loss', r.currency, loss);
		this.book(`suspense ${r.psp}`, r.currency, pending + sent);
		if (pending + sent > 0n)
			r.failure = this.keepReceipt({ job: r.job, psp: r.psp,
				event: args.event_id, amount: pending + sent,
				currency: r.currency, method: r.method, reason: 'refund_failed' });
		return this.toldOfRefund(call, 'refund_failed', r,
			pending + sent + loss, {});
	},

	hasFailedRefund(transfer)
	{
		return this.refundsOf(transfer).some((r) => r.failure);
	},

	unsent: (refunds, psp) => sum(refunds.filter((r) => r.psp === psp),
		pendingOf)
};

module.exports = { refund };
