// actions.js
//	What may happen next: of the platform's people, of the companies.
//
// Each is a method that takes its dice; what makes no sense now does nothing.
'use strict';

const { SYSTEM, CURRENCIES } = require('../driver/world.js');

const MINUTE = 60000;
const DAY = 1440 * MINUTE;
const NOBODY = '00000000-0000-7000-8000-00000000dead';
const INTENTS = ['payment_requested', 'refund_requested', 'refund_withdrawn',
	'payout_requested', 'repayment_requested'];
const WAITS = [MINUTE, 20 * MINUTE, 3 * DAY, 8 * DAY, 15 * DAY, 31 * DAY];

const actions = {
	// --------------------------------------------------------------
	// The platform's people
	// --------------------------------------------------------------

	async fund(dice)
	{
		const job = dice.pick(this.jobs);
		const isPart = dice.pick([false, false, true]);

		await this.ask(this.stage.homeowner, 'fund_escrow', { job_id: job.id,
			amount: isPart ? dice.share(job.price) : undefined });
	},

	async abandon(dice)
	{
		await this.ask(this.stage.homeowner, dice.pick(['abandon_payment',
			'cancel_escrow', 'cancel_job']),
		{ job_id: dice.pick(this.jobs).id });
	},

	async start(dice)
	{
		await this.ask(this.provider, 'start_job',
			{ job_id: dice.pick(this.jobs).id });
	},

	async release(dice)
	{
		const job = dice.pick(this.jobs);
		const isPart = dice.pick([false, true]);

		await this.ask(this.stage.homeowner, 'release_escrow',
			{ job_id: job.id,
				amount: isPart ? dice.share(job.price) : undefined });
	},

	async giveBack(dice)
	{
		const job = dice.pick(this.jobs);
		const isPart = dice.pick([false, true]);

		await this.ask(dice.pick([this.provider, this.stage.admin]),
			'refund_escrow', { job_id: job.id,
				amount: isPart ? dice.share(job.price) : undefined });
	},

	// An administrator undoes the last of what can be undone.
	async undo(dice)
	{
		const job = dice.pick(this.jobs);
		const isPart = dice.pick([false, true]);
		const [done] = await this.server.rows(
			`SELECT id, amount FROM dwello.transactions
			  WHERE scope_id = $1 AND status = 'completed' AND
				transaction_type IN ('release', 'refund', 'dispute')
			  ORDER BY id DESC LIMIT 1`, [job.id]);

		if (done)
			await this.ask(this.stage.admin, 'reverse_transaction', {
				job_id: job.id, transaction_id: done.id, amount: isPart
					? dice.share(BigInt(done.amount)) : undefined });
	},

	// Disputed, and at times decided at once.
	async dispute(dice)
	{
		const job = dice.pick(this.jobs);
		const { rows, code } = await this.ask(this.stage.homeowner,
			'open_dispute', { job_id: job.id, amount: 0,
				reason: 'Not as agreed.' });

		if (code === undefined && dice.pick([true, false]))
			await this.ask(this.stage.admin, 'resolve_dispute', {
				job_id: job.id, homeowner_amount:
					dice.share(BigInt(rows[0].disputed_amount)) });
	},

	async payOut(dice)
	{
		const currency = dice.pick(this.jobs).currency;
		const [row] = await this.must(SYSTEM, 'provider_balance',
			{ user_id: this.provider.id, currency });
		const isPart = dice.pick([false, true]);
		const most = BigInt(row?.withdrawable ?? 0);

		if (most > 0n)
			await this.ask(this.provider, 'request_payout', { currency,
				amount: isPart ? dice.share(most) : undefined,
				paid_currency: dice.pick([undefined, undefined,
					...CURRENCIES]) });
	},

	async cancelPayout(dice)
	{
		const [payout] = await this.server.rows(
			`SELECT id FROM dwello.payouts WHERE user_id = $1 AND
				status = 'pending' ORDER BY id LIMIT 1`, [this.provider.id]);

		if (payout)
			await this.ask(dice.pick([this.provider, this.stage.admin]),
				'cancel_payout', { payout_id: payout.id,
					user_id: this.provider.id });
	},

	async tip(dice)
	{
		const job = dice.pick(this.jobs);

		await this.ask(this.stage.homeowner, 'tip',
			{ job_id: job.id, amount: dice.share(job.price / 10n) });
	},

	// Money that fitted nothing becomes a contract's after all, or goes back.
	async assign(dice)
	{
		const { rows = [] } = await this.ask(SYSTEM, 'receipts',
			{ status: 'held', max_results: 20 });
		const receipt = dice.pick(rows.filter((r) => this.companyOf(r.psp)));
		const isBack = dice.pick([false, true]);

		if (receipt)
			await this.ask(this.stage.admin, isBack ? 'return_receipt'
				: 'assign_receipt', { receipt_id: receipt.receipt_id,
				...isBack ? { reason: 'It is nobody\'s.' }
					: { job_id: dice.pick(this.jobs).id } });
	},

	async repay(dice)
	{
		await this.ask(this.provider, 'repay_balance',
			{ currency: dice.pick(this.jobs).currency });
	},

	async writeOff(dice)
	{
		await this.ask(this.stage.admin, 'write_off', {
			user_id: this.provider.id, reason: 'They moved abroad.',
			currency: dice.pick(this.jobs).currency });
	},

	// Time passes, and what lapses by it lapses, unless nobody looks.
	async wait(dice)
	{
		this.now += dice.pick(WAITS);
		if (!dice.pick([true, false]))
			return;
		for (const name of ['expire_payments', 'expire_contracts',
			'expire_disputes', 'release_due_escrows', 'deliver_events'])
			await this.must(SYSTEM, name, {});
	},

	// The worker gives the companies what was asked of them.
	async work()
	{
		const events = await this.must(SYSTEM, 'claim_events', {
			consumer: 'companies', max_rows: 1000, types: `{${INTENTS}}` });

		if (events.length > 0)
			await this.must(SYSTEM, 'ack_events', { consumer: 'companies',
				lease_id: events[0].lease_id });
		for (const { type, payload, created_at } of events)
			this[type]?.(payload, created_at);
	},

	// --------------------------------------------------------------
	// What the companies are asked for
	// --------------------------------------------------------------

	companyOf(name)
	{
		return this.companies.find((c) => c.name === name);
	},

	payment_requested({ job_id, transaction_id, amount })
	{
		const job = this.jobs.find((j) => j.id === job_id);

		if (job)
			this.payments.push({ job, transaction_id, amount: BigInt(amount) });
	},

	refund_requested({ psp, psp_reference, job_id = null, refund_id, currency,
		...payload }, at)
	{
		const company = this.companyOf(psp);
		const amount = BigInt(payload.amount);

		if (company)
			this.refunds.push({ company, job_id, refund_id, amount, currency,
				state: 'asked',
				charge: psp_reference ? company.asked({ psp_reference, amount, at,
					isOfReceipt: payload.receipt_id != null }) : null });
	},

	// A company that has sent it already cannot help it.
	refund_withdrawn({ psp, psp_reference, refund_id, ...payload })
	{
		const refund = this.refunds.find((r) => r.refund_id === refund_id &&
			r.state === 'asked');
		const charge = this.companyOf(psp)?.charges.find((c) =>
			c.reference === psp_reference);
		const amount = BigInt(payload.amount);

		if (refund === undefined)
		{
			if (charge)
				charge.isOverdrawn = true;
			return;
		}
		charge.back -= amount;
		refund.amount -= amount;
		this.refunds = this.refunds.filter((r) => r.amount > 0n);
	},

	payout_requested({ provider_id, payout_id, paid_amount, paid_currency })
	{
		if (provider_id === this.provider.id)
			this.payouts.push({ user_id: provider_id, payout_id, paid_currency,
				paid_amount: BigInt(paid_amount), state: 'asked',
				company: this.companies[this.payouts.length % 2] });
	},

	repayment_requested({ provider_id, repayment_id, amount, currency })
	{
		if (provider_id === this.provider.id)
			this.companies[0].repayment({ user_id: provider_id, repayment_id,
				amount: BigInt(amount), currency, at: this.now });
	},

	// --------------------------------------------------------------
	// What the companies do
	// --------------------------------------------------------------

	// Money comes: as it was asked for, or otherwise.
	charge(dice)
	{
		const company = dice.pick(this.companies);
		const asked = dice.pick(this.payments);
		const job = asked?.job ?? dice.pick(this.jobs);
		const kind = dice.pick(['exact', 'exact', 'exact', 'part', 'over',
			'foreign', 'unnamed', 'unasked', 'early', 'jobless', 'unknown']);
		const whole = asked?.amount ?? job.price;
		const amount = kind === 'part' ? dice.share(whole)
			: kind === 'over' ? whole + dice.share(whole) : whole;
		const currency = kind === 'foreign'
			? CURRENCIES.find((c) => c !== job.currency) : job.currency;
		const isOfNone = ['jobless', 'unknown'].includes(kind);
		const { event } = company.charge({ amount, currency, at: this.now,
			job: isOfNone ? null : job, args: {
				job_id: kind === 'jobless' ? null
					: kind === 'unknown' ? NOBODY : job.id,
				transaction_id: kind === 'early' ? NOBODY : isOfNone ||
					['unnamed', 'unasked'].includes(kind) ? undefined
					: asked?.transaction_id } });

		event.isEarly = kind === 'early';
		return event;
	},

	// An attempt fails; the payment may come all the same.
	decline(dice)
	{
		const company = dice.pick(this.companies);
		const asked = dice.pick(this.payments);
		const is_final = dice.pick([false, true]);

		return asked && company.happens({ call: 'fail_payment', at: this.now,
			mayBeOld: true, args: { job_id: asked.job.id, is_final,
				transaction_id: asked.transaction_id, reason: 'declined' } });
	},

	// It is sent, or not; it may come back, and be sent after all.
	send(dice)
	{
		const refund = dice.pick(this.refunds);
		const isOdd = dice.pick([false, false, true]);

		if (!refund || refund.state !== 'asked' && !isOdd)
			return undefined;
		return refund.company.refund({ refund, at: this.now,
			state: isOdd === (refund.state === 'failed') ? 'sent' : 'failed' });
	},

	// From its dashboard: of any charge, often as much as before.
	sendUnasked(dice)
	{
		const company = dice.pick(this.companies);
		const charge = dice.pick(company.charges.filter((c) =>
			c.amount > c.back));
		const isAlike = dice.pick([true, false]);
		const alike = this.refunds.find((r) => r.charge === charge);
		const rest = charge ? charge.amount - charge.back : 0n;
		const share = dice.share(rest > 0n ? rest : 1n);

		if (!charge)
			return undefined;
		const refund = company.giveBack({ charge, at: this.now,
			amount: isAlike && alike?.amount <= rest ? alike.amount : share });

		this.refunds.push(refund);
		return refund.last;
	},

	// Whatever a bank says of whatever charge.
	takeBack(dice)
	{
		const company = dice.pick(this.companies);
		const charge = dice.pick(company.charges);
		const kind = dice.pick(['whole', 'part', 'more', 'foreign', 'inquiry']);
		const isFee = dice.pick([false, true]);

		if (!charge)
			return undefined;
		const amount = kind === 'part' ? dice.share(charge.amount)
			: kind === 'more' ? charge.amount + dice.share(charge.amount)
				: charge.amount;

		return company.dispute({ charge, amount, at: this.now,
			currency: kind === 'foreign' ? CURRENCIES.find((c) =>
				c !== charge.currency) : charge.currency,
			isInquiry: kind === 'inquiry',
			fee: isFee && kind !== 'inquiry' ? 1500n : 0n }).open;
	},

	// Won, lost, lost in part; some decisions do not last.
	decide(dice)
	{
		const company = dice.pick(this.companies);
		const dispute = dice.pick(company.charges.flatMap((c) => c.disputes)
			.filter((d) => d.state !== 'inquired'));
		const kind = dice.pick(['won', 'lost', 'part']);

		return dispute && company.decide({ dispute, at: this.now,
			lost: kind === 'won' ? 0n : kind === 'lost' ? dispute.amount
				: dice.share(dispute.amount) });
	},

	fee(dice)
	{
		const company = dice.pick(this.companies);
		const { currency, price } = dice.pick(this.jobs);
		const isBack = dice.pick([false, false, true]);
		const amount = dice.share(price / 10n);

		return company.fact({ call: 'record_psp_fee', kind: 'fee',
			amount: isBack ? -amount : amount, currency, at: this.now });
	},

	settle(dice)
	{
		const company = dice.pick(this.companies);
		const { currency, price } = dice.pick(this.jobs);
		const isBack = dice.pick([false, false, true]);
		const amount = dice.share(price);

		return company.fact({ call: 'record_settlement', kind: 'settlement',
			amount: isBack ? -amount : amount, currency, at: this.now });
	},

	// A payout that was paid may come back, one that failed may be paid.
	paid(dice)
	{
		const payout = dice.pick(this.payouts);
		const isOdd = dice.pick([false, true]);

		if (!payout)
			return undefined;
		payout.company.payout({ payout, at: this.now,
			state: (payout.state === 'paid') === isOdd ? 'paid' : 'failed' });
		return payout.last;
	},

	// --------------------------------------------------------------
	// How the companies tell
	// --------------------------------------------------------------

	// Any that was not told yet.
	async say(dice)
	{
		const event = dice.pick(this.companies.flatMap((c) => c.sayable()));

		if (event)
			await this.tell(event);
	},

	// The same again; or, where that is known by a name of its own, under
	// another event's name.
	async again(dice)
	{
		const event = dice.pick(this.companies.flatMap((c) => c.told));
		const isRenamed = dice.pick([false, true]);

		if (event)
			await this.tellAgain(event, isRenamed && event.isNamed
				? { event_id: event.company.newName('again') } : {});
	},

	// An event's name that stands for something else is nothing that happened.
	async mixUp(dice)
	{
		const event = dice.pick(this.companies.flatMap((c) => c.told)
			.filter((e) => e.args.amount !== undefined));

		if (!event)
			return;
		// one unit back would be none at all
		const amount = event.args.amount + (event.args.amount === -1n ? 2n : 1n);

		await this.mustBeRefused('WD104', event.call,
			this.argsOf(event, { amount }));
	}
};

// What companies are asked for something by.
const ASKING = ['fund', 'tip', 'assign', 'giveBack', 'payOut', 'repay', 'undo'];

// By how often they happen, what is simplest first.
const WEIGHTS = { charge: 6, fund: 4, work: 2, say: 4, again: 3, start: 2,
	release: 5, giveBack: 3, send: 4, sendUnasked: 2, decline: 2, takeBack: 3, decide: 3,
	payOut: 4, paid: 5, tip: 1, assign: 2,
	fee: 1, settle: 1, wait: 2, undo: 2, dispute: 1,
	abandon: 1, cancelPayout: 1, repay: 1, writeOff: 1, mixUp: 1 };

module.exports = { actions, ASKING, WEIGHTS };
