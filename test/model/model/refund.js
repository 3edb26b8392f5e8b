// refund.js
//	What companies were asked to give back: they send it, or it fails.
'use strict';

const { need } = require('./guard.js');
const { least, most } = require('./fee.js');
const { sum, take, availableOf } = require('./milestone.js');

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

	// Those that its names fit.
	fitting(job, { psp, refund_id: id, transaction_id: transaction })
	{
		const isNamed = id || transaction;

		return this.refunds.filter((r) => r.job === job &&
			r.psp === psp && (!id || r.id === id) &&
			(!transaction || r.transfer?.id === transaction) &&
			(isNamed || r.status === 'pending' && (!job || !r.receipt)));
	},

	// Of them what is pending, else what was sent, else the last.
	pick(fitting, hasFailed)
	{
		const pending = fitting.filter((r) => r.status === 'pending');
		const sent = fitting.filter((r) => r.status === 'completed');

		need(pending.length === 1 || pending.length === 0 &&
			(sent.length <= 1 || !hasFailed), '22023');
		return pending[0] ?? sent.at(-1) ?? fitting.at(-1);
	},

	// Roles, arguments and events of both; a refund of no job has no escrow.
	beginRefund(call, type)
	{
		const { actor, args } = call;
		const job = this.jobs.get(args.job_id) ?? null;

		need(actor.role === 'system', '42501');
		need(args.amount === undefined || args.amount > 0n, '22023');
		const before = this.seen(call, type, { job: args.job_id,
			amount: args.amount, transaction: args.transaction_id,
			refund: args.refund_id });

		return before ? { before } : { job, fitting: this.fitting(job, args) };
	},

	toldOfRefund(call, type, r, amount, reply)
	{
		return this.keep(call, type, { job: call.args.job_id, amount,
			transaction: r.transfer?.id, refund: r.id },
		{ refund_status: r.status, amount, ...reply,
			...r.job && this.state(r.job), currency: r.currency });
	},

	// A part of it is a refund of its own, what is left stays to be sent; what
	// is above it, or was not asked for at all, is one that nobody asked for.
	confirm_refund(call)
	{
		const { args } = call;
		const { before, job, fitting } = this.beginRefund(call, 'refunded');

		if (before)
			return before;
		const known = fitting.at(-1);
		const isNamed = args.refund_id || args.transaction_id;
		const hasPending = fitting.some((r) => r.status === 'pending');

		need(known || !isNamed, 'WD101');
		need(known || args.amount !== undefined, '22023');
		if (known && (!hasPending || args.amount === undefined))
			this.pick(fitting, false);
		if (args.amount === undefined || known && !hasPending &&
			this.pick(fitting, false).status === 'completed')
			return this.confirmWhole(call, this.pick(fitting, false));
		const receipts = fitting.flatMap((r) => [r.failure,
			r.job ? null : r.receipt]).filter((r) => r);
		const most = sum(fitting.filter((r) => r.status !== 'completed'),
			(r) => r.amount);

		need(job || args.amount <= most, '22023');
		const booked = [];
		const rest = this.sendKnown(fitting, args.amount, booked);

		this.sendUnasked(job, args.psp, rest, receipts, booked);
		return this.toldOfRefund(call, 'refunded', booked[0], args.amount, {});
	},

	confirmWhole(call, r)
	{
		const isNews = r.status !== 'completed';

		if (isNews)
			this.sendRefund(r);
		return this.toldOfRefund(call, 'refunded', r,
			call.args.amount ?? r.amount - r.reversed, { replayed: !isNews });
	},

	// The one of just this amount, else one after the other.
	sendKnown(fitting, amount, booked)
	{
		const pending = fitting.filter((r) => r.status === 'pending');
		const exact = pending.find((r) => pendingOf(r) === amount);
		let rest = amount;

		for (const r of exact ? [exact] : pending.length > 0 ? pending
			: fitting.slice(-1))
		{
			if (rest === 0n)
				break;
			const sent = rest < r.amount - r.reversed
				? this.splitRefund(r, rest) : r;

			rest -= this.sendRefund(sent, least(rest, sent.amount));
			booked.push(sent);
		}
		return rest;
	},

	// Out of the receipts that lie there for it, out of what is held and
	// undisputed, and the platform bears the rest.
	sendUnasked(job, psp, amount, receipts, booked)
	{
		let rest = amount;

		for (const receipt of receipts.sort((a, b) => (a.id < b.id ? -1 : 1)))
		{
			const part = receipt.currency === job?.currency
				? least(rest, receipt.remaining) : 0n;

			if (part === 0n)
				continue;
			rest -= part;
			this.book(`suspense ${psp}`, receipt.currency, -part);
			this.book(`psp_clearing ${psp}`, receipt.currency, part);
			this.reduce(receipt, part, 'returned');
			booked.push(this.askBack({ receipt, job: receipt.job, psp,
				currency: receipt.currency, amount: part,
				method: receipt.method, status: 'completed' }));
		}
		if (rest > 0n)
			booked.push(this.sendOfJob(job, psp, rest));
	},

	sendOfJob(job, psp, amount)
	{
		const through = job.arrived.filter((p) => p.psp === psp);
		const payment = through.length === 1 ? through[0] : null;
		// a company that the escrow had nothing of takes nothing of it
		const held = through.length > 0 ? this.takeUnasked(job, amount) : 0n;
		const r = this.askBack({ job, psp, currency: job.currency, amount,
			payment, method: payment?.method, loss: amount - held,
			status: 'completed' });

		if (payment)
			payment.back += amount;

		if (held > 0n)
			r.transfer = this.transfer(job, 'refund', { amount: held },
				[[`refund_pending ${psp}`, held]]);
		this.bookSent(r, held, amount - held);
		r.transfer ??= job.transfers.at(-1);
		if (held > 0n)
			this.follow(job);
		return r;
	},

	takeUnasked(job, amount)
	{
		const part = least(amount, job.held - job.disputed);
		const available = sum(job.milestones, availableOf);
		const contested = sum(job.chargebacks.filter((c) =>
			c.status === 'open' && !c.isDetached), (c) => c.heldAmount);

		if (part <= 0n)
			return 0n;
		job.held -= part;
		job.refunded += part;
		const price = job.held + contested === 0n ? available
			: this.pricePaid(job) - this.covered(job);

		take(job.milestones, most(0n, least(price, available)), 'refunded');
		this.deriveAmounts(job);
		return part;
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
		return amount;
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
		const { before, fitting } = this.beginRefund(call, 'refund_failed');

		if (before)
			return before;
		need(fitting.length > 0, 'WD101');
		const r = this.pick(fitting, true);

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
