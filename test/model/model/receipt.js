// receipt.js
//	Money that fits nothing: it lies apart until somebody says what it is.
'use strict';

const { need } = require('./guard.js');
const { least } = require('./fee.js');

const STAFF = ['system', 'support', 'admin'];

const receipt = {
	keepReceipt({ amount, ...facts })
	{
		const receipt = { ...facts, amount, remaining: amount,
			status: 'held', methodId: facts.method?.id ?? null };

		this.born.push([receipt, 'receipt_id', this.receipts]);
		return receipt;
	},

	// What has arrived and is not held: it lies apart, or goes back at once.
	keepApart({ job, args, amount, reason, method })
	{
		const { psp, currency, event_id: event } = args;
		const receipt = this.keepReceipt({ job, psp, currency, event, amount,
			reason, method });

		this.book(`psp_clearing ${psp}`, currency, -amount);
		this.book(`suspense ${psp}`, currency, amount);
		if (this.goesBack.get(reason))
			this.giveBack(receipt, psp);
		return receipt;
	},

	// All that remains, through a company.
	giveBack(receipt, psp, method = receipt.method)
	{
		const { currency, remaining: amount } = receipt;

		this.book(`suspense ${receipt.psp}`, currency, -amount);
		this.book(`refund_pending ${psp}`, currency, amount);
		this.reduce(receipt, amount, 'returned');
		return this.askBack({ receipt, job: receipt.job, psp, currency,
			amount, method });
	},

	reduce(receipt, amount, status)
	{
		receipt.remaining -= amount;
		receipt.status = receipt.remaining > 0n ? 'held' : status;
	},

	// What a bank has taken of the very charge cannot leave another way.
	room(receipt)
	{
		const event = this.events.get(`${receipt.psp} ${receipt.event}`);
		const taken = (receipt.job?.chargebacks ?? []).filter((c) =>
			c.status !== 'won' && c.receipt === receipt &&
			c.currency === receipt.currency);

		return event?.type !== 'confirmed' || taken.length === 0 ? null
			: taken.reduce((left, c) => left - (c.lost ?? c.amount),
				event.amount);
	},

	beginReceipt({ actor, args })
	{
		need(STAFF.includes(actor.role), '42501');
		need(this.receipts.has(args.receipt_id), 'P0002');
		return this.receipts.get(args.receipt_id);
	},

	checkRoom(receipt)
	{
		const room = this.room(receipt);

		need(room === null || receipt.remaining <= room, 'WD202');
	},

	return_receipt(call)
	{
		const receipt = this.beginReceipt(call);
		const kept = this.kept(call, receipt.id);

		if (kept)
			return kept;
		need(receipt.status === 'held', 'WD101');
		need(receipt.reason !== 'refund_failed' || !receipt.job, 'WD101');
		return this.returned(receipt, receipt.psp);
	},

	// What could not take a refund of the job is not asked again.
	hasFailedBefore(job, method)
	{
		return this.refunds.some((r) => r.job === job && r.failure &&
			r.method === method);
	},

	returned(receipt, psp, method)
	{
		this.checkRoom(receipt);
		const { amount } = this.giveBack(receipt, psp, method);

		return { amount, currency: receipt.currency,
			receipt_status: receipt.status };
	},

	// To another method of who paid it.
	retry_refund(call)
	{
		const { args } = call;
		const receipt = this.beginReceipt(call);
		const method = this.methods.get(args.payment_method_id);

		need(receipt.job && method?.user === receipt.job.homeowner, 'P0002');
		const kept = this.kept(call, receipt.id);

		if (kept)
			return kept;
		need(receipt.status === 'held', 'WD101');
		this.checkRoom(receipt);
		need(!this.hasFailedBefore(receipt.job, method), '22023');
		return this.returned(receipt, method.psp, method);
	},

	assign_receipt(call)
	{
		const { args, now } = call;
		const receipt = this.beginReceipt(call);
		const job = this.jobs.get(args.job_id);

		need(job, 'P0002');
		const kept = this.kept(call, receipt.id);

		if (kept)
			return kept;
		const mistake = this.mistakeIn(call, receipt, job);

		if (mistake)
			return this.restore(receipt, job, mistake);
		need(receipt.status === 'held', 'WD101');
		need(['awarded', 'in_progress'].includes(job.status), 'WD101');
		need(receipt.currency === job.currency, 'WD201');
		this.checkRoom(receipt);
		const open = this.pending(job);
		const paid = open && now < open.payBy ? open : undefined;
		const { held } = this.fit(job, paid, receipt.remaining, paid ?? null);

		need(held > 0n, 'WD101');
		if (open && !paid)
			this.lapse(job, open, false);
		this.book(`suspense ${receipt.psp}`, receipt.currency, -held);
		this.book(`psp_clearing ${receipt.psp}`, receipt.currency, held);
		this.arrive(job, this.completed(job, paid, held), receipt.psp);
		this.reduce(receipt, held, 'assigned');
		return { receipt_status: receipt.status,
			remaining: receipt.remaining, amount: held,
			currency: receipt.currency, ...this.state(job) };
	},

	// What the escrow gave that nobody had asked for, and that came back.
	mistakeIn({ actor }, receipt, job)
	{
		return actor.role !== 'admin' || receipt.status !== 'held' ? undefined
			: this.refunds.find((r) => r.job === job && !r.receipt &&
				r.isUnasked && r.failure === receipt &&
				r.amount - r.reversed > r.loss);
	},

	// It is undone, as any refund that was sent, but at the receipt's cost.
	restore(receipt, job, r)
	{
		const amount = least(receipt.remaining,
			r.amount - r.reversed - r.loss);

		this.checkRoom(receipt);
		need(job.escrow !== 'frozen', 'WD101');
		need(amount <= r.transfer.amount - r.transfer.undone, 'WD202');
		r.reversed += amount;
		if (r.payment)
			r.payment.back -= amount;
		this.book(`suspense ${receipt.psp}`, receipt.currency, -amount);
		this.book('platform_loss', receipt.currency, amount);
		this.undo(job, r.transfer, amount);
		this.reduce(receipt, amount, 'assigned');
		return { receipt_status: receipt.status,
			remaining: receipt.remaining, amount,
			currency: receipt.currency, ...this.state(job) };
	}
};

module.exports = { receipt };
