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
			failure: null, name: null, ...facts, methodId: facts.method?.id ?? null };

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

	// What the company calls so, whatever else is said.
	calledSo({ psp, refund_reference: name })
	{
		return name ? this.refunds.filter((r) => r.psp === psp &&
			r.name === name) : [];
	},

	// Those that its names fit; without one, what is to be sent, what was
	// withdrawn, and all of the only payment through the company.
	fitting(job, { psp, refund_id: id, transaction_id: transaction })
	{
		const through = job ? job.arrived.filter((p) => p.psp === psp) : [];
		const only = through.length === 1 ? through[0] : undefined;

		return this.refunds.filter((r) => r.job === job && r.psp === psp &&
			(!id || r.id === id) &&
			(!transaction || r.transfer?.id === transaction) &&
			(id || transaction || r.status === 'pending' ||
				only && r.payment === only ||
				r.status === 'failed' && r.reversed === r.amount));
	},

	// Of them what is pending, else what was sent, else the last.
	foremost(fitting)
	{
		const of = (status) => fitting.filter((r) => r.status === status);

		return of('pending').at(-1) ?? of('completed').at(-1) ??
			fitting.at(-1);
	},

	// Of them the one that failed: which, if several were sent?
	pick(fitting)
	{
		const pending = fitting.filter((r) => r.status === 'pending');
		const sent = fitting.filter((r) => r.status === 'completed');

		need(pending.length === 1 || pending.length === 0 &&
			sent.length <= 1, 'WD101');
		return this.foremost(fitting);
	},

	// The one that an event says was sent: told before, or after all.  Equal
	// amounts are one refund, unless they are told by another name.
	meant(fitting, { amount, refund_id, transaction_id,
		refund_reference: name })
	{
		const sent = fitting.filter((r) => r.status === 'completed');
		const failed = fitting.filter((r) => r.status === 'failed').reverse();
		const whole = (r) => r.told ?? (r.amount - r.reversed || r.amount);

		if (refund_id || transaction_id)
		{
			const r = sent.at(-1) ?? fitting.at(-1);

			return r.status === 'completed' && name && r.name &&
				amount !== undefined ? undefined : r;
		}
		const again = sent.find((r) => amount === undefined ||
			!r.isUnasked && amount === r.told);

		if (again && !name)
			return again;
		return failed.find((r) => (amount === undefined ||
			amount === whole(r)) && !(name && (r.name || r.told))) ??
			failed.slice(0, 1).find((r) => !name && sent.length === 0 &&
				!r.told && r.amount > r.reversed);
	},

	// Roles, arguments and events of both; a refund of no job has no escrow.
	beginRefund(call, type)
	{
		const { actor, args } = call;
		const called = this.calledSo(args);
		const job = called[0]?.job ?? this.jobs.get(args.job_id) ?? null;

		need(actor.role === 'system', '42501');
		need(args.amount === undefined || args.amount > 0n, '22023');
		const before = this.seen(call, type, { job: args.job_id,
			amount: args.amount, transaction: args.transaction_id,
			refund: args.refund_id });

		return before ? { before } : { job, called,
			fitting: this.fitting(job, args) };
	},

	toldOfRefund(call, type, r, amount, reply)
	{
		r.name ??= call.args.refund_reference ?? null;
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
		const { before, job, called, fitting } =
			this.beginRefund(call, 'refunded');
		const { amount, refund_reference: name } = args;

		if (before)
			return before;
		if (called.length > 0)
			return this.confirmCalled(call, called);
		const pending = fitting.filter((r) => r.status === 'pending');

		need(fitting.length > 0 || !args.refund_id && !args.transaction_id,
			'WD101');
		need(pending.length <= 1 || amount !== undefined, 'WD101');
		const one = pending.length > 0 || fitting.length === 0 ? null
			: this.meant(fitting, args);
		const known = one === null ? pending : one ? [one] : [];

		need(amount !== undefined || known.length > 0,
			name ? 'WD101' : '22023');
		if (amount === undefined || one?.status === 'completed')
			return this.confirmWhole(call, known[0]);
		const most = sum(known, (r) => r.amount);

		need(job || amount <= most, name ? 'WD101' : '22023');
		return this.confirmAmount(call, job, known,
			[this.foremost(fitting)?.failure]);
	},

	// All of what a name stands for is told as one amount, once.
	confirmCalled(call, called)
	{
		const { amount } = call.args;
		const failed = called.filter((r) => r.status !== 'completed');
		const [first] = called;

		need(amount === undefined || !first.told || amount === first.told,
			'WD104');
		if (failed.length === 0)
			return this.confirmWhole(call, first);
		if (amount !== undefined)
			return this.confirmAmount(call, first.job, failed,
				called.map((r) => r.failure));
		failed.forEach((r) => this.sendRefund(r));
		const told = failed[0].amount - failed[0].reversed;

		failed.forEach((r) => Object.assign(r,
			{ told, event: call.args.event_id }));
		return this.toldOfRefund(call, 'refunded', failed[0], told, {});
	},

	confirmAmount(call, job, known, failures)
	{
		const { args } = call;
		const { amount } = args;
		const booked = [];
		const rest = this.sendKnown(known, amount, booked);
		const receipts = failures.filter((r) => r);

		this.sendUnasked(job, args.psp, rest, receipts, booked);
		for (const r of booked)
			Object.assign(r, { told: amount, event: args.event_id,
				name: r.name ?? args.refund_reference ?? null });
		return this.toldOfRefund(call, 'refunded', booked[0], amount, {});
	},

	confirmWhole(call, r)
	{
		const isNews = r.status !== 'completed';

		if (isNews)
			this.sendRefund(r);
		const amount = call.args.amount ?? r.amount - r.reversed;

		if (isNews)
			Object.assign(r, { told: amount, event: call.args.event_id });
		return this.toldOfRefund(call, 'refunded', r, amount,
			{ replayed: !isNews });
	},

	// The one of just this amount, else one after the other.
	sendKnown(known, amount, booked)
	{
		const exact = known.find((r) => pendingOf(r) === amount);
		let rest = amount;

		for (const r of exact ? [exact] : known)
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
				method: receipt.method, isUnasked: true,
				status: 'completed' }));
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
			isUnasked: true, status: 'completed' });

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
		const part = this.askBack({ ...r, id: undefined, name: null,
			amount, reversed: 0n,
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

	// Its money lies in a receipt then, whether it was sent before or not, with
	// what was sent beside it.
	fail_refund(call)
	{
		const { args } = call;
		const { before, called, fitting } =
			this.beginRefund(call, 'refund_failed');

		if (before)
			return before;
		const r = called.length > 0 ? this.foremost(called)
			: this.failing(fitting, args);

		// what was sent by another name did not fail by this one
		if (r.status === 'failed' || called.length === 0 && r.name &&
			args.refund_reference)
			return this.toldOfRefund(call, 'refund_failed', r, 0n,
				{ replayed: true });
		const failing = [r, ...r.status === 'completed'
			? this.besides(r, called) : []];
		const parts = failing.map((o) => this.failOne(o));
		const apart = sum(parts, (part) => part.apart);

		if (apart > 0n)
			r.failure = this.keepReceipt({ job: r.job, psp: r.psp,
				event: args.event_id, amount: apart,
				currency: r.currency, method: r.method, reason: 'refund_failed' });
		for (const o of failing)
			o.failure = r.failure;
		return this.toldOfRefund(call, 'refund_failed', r,
			apart + sum(parts, (part) => part.loss), {});
	},

	// What else was sent by that name, or that event.
	besides(r, called)
	{
		return this.refunds.filter((o) => o !== r && o.status === 'completed'
			&& (called.length > 0 ? called.includes(o)
				: o.isUnasked && o.event === r.event && o.psp === r.psp
					&& o.currency === r.currency));
	},

	// A name that nobody knows was not sent yet; an id says which it is.
	failing(fitting, { refund_id, transaction_id, refund_reference: name })
	{
		const r = this.foremost(fitting);

		need(r && (!name || refund_id || transaction_id), 'WD101');
		return this.pick(fitting);
	},

	failOne(r)
	{
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
		return { apart: pending + sent, loss };
	},

	hasFailedRefund(transfer)
	{
		return this.refundsOf(transfer).some((r) => r.failure);
	},

	unsent: (refunds, psp) => sum(refunds.filter((r) => r.psp === psp),
		pendingOf)
};

module.exports = { refund };
