// commands.js
//	Commands at random: mostly sensible, at times not.
//
// A command is {name, actor or role, args}; who is of a role is chosen by the
// caller of nextCall.
'use strict';

const { SYSTEM, CURRENCIES } = require('./world.js');
const { availableOf, sum } = require('../model/milestone.js');
const { isOpen } = require('../model/dispute.js');
const { DAY } = require('../model/work.js');

const NOBODY = '00000000-0000-7000-8000-00000000dead';
const COMPANIES = ['acme', 'acme', 'bolt'];
const REASONS = ['surplus', 'second_charge', 'wrong_currency', 'unknown_job',
	'job_over', 'late'];
const BUSY = 4;
const KEY_DAYS = 29;
const VERSIONED = ['fund_escrow', 'cancel_escrow', 'release_escrow',
	'approve_milestone', 'refund_escrow', 'open_dispute', 'answer_dispute',
	'withdraw_dispute', 'resolve_dispute', 'reverse_transaction',
	'plan_milestones', 'propose_plan', 'answer_plan', 'request_refund',
	'answer_refund', 'report_no_show', 'answer_no_show', 'abandon_payment',
	'request_capture'];
const KEYED = [...VERSIONED, 'start_job', 'complete_job', 'submit_milestone',
	'request_changes', 'tip', 'cancel_job', 'request_payout', 'cancel_payout', 'repay_balance',
	'write_off', 'post_journal', 'approve_journal', 'reject_journal',
	'reverse_journal', 'assign_receipt', 'return_receipt', 'retry_refund'];
// What is about no job.
const DUE = ['release_due_escrows', 'expire_disputes', 'release_reserves',
	'expire_repayments', 'expire_payments', 'expire_authorizations',
	'expire_refund_requests', 'expire_no_shows'];
const JOBLESS = [...DUE, 'request_payout', 'cancel_payout',
	'provider_balance', 'repay_balance', 'write_off', 'post_journal',
	'approve_journal', 'reject_journal', 'reverse_journal', 'return_receipt',
	'retry_refund'];

class Commands
{
	constructor(world, steps)
	{
		Object.assign(this, { world, model: world.model, chance: world.chance,
			steps, serial: 0, sent: [], done: [] });
	}

	// --------------------------------------------------------------
	// Pieces
	// --------------------------------------------------------------

	eventId()
	{
		return `evt_${++this.serial}`;
	}

	// Nearly always the one who should.
	caller(job, role)
	{
		const { chance, world } = this;

		if (chance.happens(0.05))
			return chance.pick([...world.people, SYSTEM]);
		if (role === 'homeowner' || role === 'provider')
			return world.people.find((p) => p.id === job[role]);
		return role === 'system' ? SYSTEM : chance.pick(world.withRole(role));
	}

	milestone(job)
	{
		return this.chance.happens(0.03) ? NOBODY
			: this.chance.pick(job.milestones).id;
	}

	// An amount, a milestone, neither, or nonsense.
	selector(job)
	{
		const { chance } = this;

		return chance.weighted([
			[3, () => ({ amount: chance.pick([0n, -5n]) })],
			[2, () => ({ amount: 1n, milestone_id: job.milestones[0].id })],
			[35, () => ({ milestone_id: this.milestone(job) })],
			[48, () => ({ amount: chance.amount(
				job.held > 0n && chance.happens(0.9) ? job.held
					: job.contract) })],
			[12, () => ({})]])();
	}

	// --------------------------------------------------------------
	// Payments
	// --------------------------------------------------------------

	fund(job)
	{
		const { chance } = this;

		return { name: 'fund_escrow', role: 'homeowner', args: {
			amount: chance.happens(0.5) ? undefined
				: chance.happens(0.05) ? 0n : chance.amount(job.contract),
			currency: chance.happens(0.03) ? chance.pick(CURRENCIES)
				: undefined } };
	}

	tellOfPayment(job)
	{
		const { chance } = this;
		const payment = job.payments.length > 0 && chance.happens(0.97)
			? (chance.happens(0.75) ? job.payments.at(-1)
				: chance.pick(job.payments)) : undefined;
		const args = { job_id: job.id, psp: chance.pick(COMPANIES),
			event_id: this.eventId(), transaction_id: payment?.id };

		if (payment !== undefined && chance.happens(0.02))
			args.transaction_id = NOBODY;
		if (chance.happens(0.2))
			return { name: 'fail_payment', actor: SYSTEM,
				args: { ...args, is_final: chance.happens(0.6) } };
		args.amount = payment?.amount ?? 100n;
		args.currency = job.currency;
		if (chance.happens(0.03))
			args.amount += 1n;
		if (chance.happens(0.03))
			args.currency = CURRENCIES.find((c) => c !== job.currency);
		if (chance.happens(0.02))
			args.amount = 0n;
		if (chance.happens(0.04))
			Object.assign(args, { job_id: chance.pick([null, null, NOBODY]),
				transaction_id: chance.happens(0.1) ? args.transaction_id
					: undefined });
		return { name: 'confirm_payment', actor: SYSTEM, args };
	}

	abandon()
	{
		return { name: 'abandon_payment', role: 'homeowner', args: {} };
	}

	tip(job)
	{
		return { name: 'tip', role: 'homeowner', args: {
			amount: this.chance.happens(0.03) ? 0n
				: this.chance.amount(job.contract / 5n) } };
	}

	tipBack(job)
	{
		const { chance } = this;
		const tips = job.payments.filter((p) => p.isTip);
		const there = tips.filter((p) => p.status === 'completed');
		const p = chance.pick(there.length > 0 && chance.happens(0.95)
			? there : tips);

		return { name: 'refund_escrow', role: chance.happens(0.95)
			? 'provider' : 'homeowner', args: {
			tip_id: p === undefined || chance.happens(0.03) ? NOBODY : p.id,
			amount: chance.happens(0.4) ? undefined
				: chance.amount(p?.amount ?? 5n) } };
	}

	tellOfAuthorization(job, now)
	{
		const { chance } = this;
		const payment = this.model.pending(job) ?? chance.pick(job.payments);

		return { name: 'confirm_authorization', actor: SYSTEM, args: {
			job_id: job.id, psp: chance.pick(COMPANIES),
			event_id: this.eventId(), amount: chance.happens(0.7)
				? payment?.amount ?? 100n : chance.amount(job.contract),
			currency: chance.happens(0.03) ? chance.pick(CURRENCIES)
				: job.currency,
			expires_at: new Date(now + chance.weighted([[80, () => 7 * DAY],
				[15, () => chance.below(3 * DAY)], [5, () => -DAY]])()),
			transaction_id: chance.happens(0.5) ? undefined
				: chance.happens(0.03) ? NOBODY : payment?.id } };
	}

	capture(job)
	{
		const { chance } = this;
		const a = chance.pick(job.authorizations);
		const left = a === undefined ? 100n : a.amount - a.captured;

		return { name: 'request_capture',
			role: chance.pick(['homeowner', 'admin', 'system']), args: {
				amount: chance.weighted([[50, () => undefined],
					[42, () => chance.amount(left > 0n ? left : 5n)],
					[2, () => 0n], [6, () => left + 1n]])(),
				authorization_id: chance.happens(0.6) ? undefined
					: chance.happens(0.03) ? NOBODY : a?.id,
				is_last: chance.happens(0.5) } };
	}

	// --------------------------------------------------------------
	// Refunds, and what fits nothing
	// --------------------------------------------------------------

	// Mostly one that is pending, by one of its names.
	tellOfRefund(job)
	{
		const { chance, model } = this;
		const all = model.refunds.filter((r) => r.job === job ||
			r.job === null);
		const open = all.filter((r) => r.status === 'pending');
		const r = chance.pick(open.length > 0 && chance.happens(0.6)
			? open : all);
		const name = chance.happens(0.45) ? 'fail_refund' : 'confirm_refund';
		const args = { job_id: r ? r.job?.id ?? null : job.id,
			psp: r && chance.happens(0.97) ? r.psp : 'acme',
			event_id: this.eventId() };

		if (chance.happens(0.75))
			args.refund_id = chance.happens(0.02) ? NOBODY : r?.id;
		if (chance.happens(0.2))
			args.transaction_id = r?.transfer?.id;
		if (chance.happens(0.3))
			args.refund_reference = r?.name && chance.happens(0.6) ? r.name
				: `re_${++this.serial}`;
		// a part, what was asked for, more than that; or what nobody asked for
		if (name === 'confirm_refund' && chance.happens(0.5))
			args.amount = r === undefined || !args.refund_id
				&& chance.happens(0.5) ? chance.amount(job.contract)
				: chance.weighted([[30, () => chance.amount(r.amount)],
					[50, () => r.amount - r.reversed || 1n],
					[10, () => r.amount],
					[10, () => r.amount + chance.amount(r.amount)]])();
		return { name, actor: SYSTEM, args };
	}

	// A receipt of the job or of none, mostly one that is held.
	receiptOf(job)
	{
		const { chance, model } = this;
		const all = [...model.receipts.values()].filter((r) =>
			r.job === job || r.job === null);
		const held = all.filter((r) => r.status === 'held');
		const r = chance.pick(held.length > 0 && chance.happens(0.9)
			? held : all);

		return { r, receipt_id: r === undefined || chance.happens(0.02)
			? NOBODY : r.id };
	}

	assignReceipt(job)
	{
		return { name: 'assign_receipt',
			role: this.chance.pick(['support', 'admin', 'system']),
			args: { receipt_id: this.receiptOf(job).receipt_id } };
	}

	returnReceipt(job)
	{
		return { name: 'return_receipt',
			role: this.chance.pick(['support', 'admin', 'system']),
			args: { receipt_id: this.receiptOf(job).receipt_id,
				reason: 'Nobody knows what it is for.' } };
	}

	retryRefund(job)
	{
		const { chance, model } = this;
		const { r, receipt_id } = this.receiptOf(job);
		const own = [...model.methods].filter(([, m]) =>
			m.user === r?.job?.homeowner);
		const [method] = chance.pick(own.length > 0 && chance.happens(0.95)
			? own : [...model.methods]);

		return { name: 'retry_refund',
			role: chance.pick(['support', 'admin', 'system']),
			args: { receipt_id, payment_method_id: method } };
	}

	// --------------------------------------------------------------
	// Work and its price
	// --------------------------------------------------------------

	parts(price)
	{
		const { chance } = this;
		const count = chance.happens(0.03) ? 0 : 1 + chance.below(5);
		let left = Number(price);
		const milestones = Array.from({ length: count }, (_, i) => {
			const amount = i === count - 1 ? left
				: 1 + chance.below(Math.max(1, left - count));

			left -= amount;
			return { title: `New ${i}`, amount: BigInt(amount),
				is_required: chance.happens(0.8) };
		});

		if (chance.happens(0.4))
			milestones.forEach((m) => delete m.amount);
		else if (count > 0 && chance.happens(0.1))
			milestones[0].amount += 1n;
		return milestones;
	}

	plan(job)
	{
		return { name: 'plan_milestones', role: 'homeowner',
			args: { milestones: this.parts(job.contract) } };
	}

	proposePlan(job)
	{
		const rest = this.model.priceOfRest(job);

		return { name: 'propose_plan',
			role: this.chance.pick(['homeowner', 'provider']), args: {
				milestones: this.parts(rest > 0n ? rest : job.contract) } };
	}

	answerPlan(job)
	{
		const { chance } = this;
		const isOther = chance.happens(0.85);

		return { name: 'answer_plan', args: {
			is_accepted: chance.happens(0.75) },
		role: (job.plan?.by === job.homeowner) === isOther
			? 'provider' : 'homeowner' };
	}

	// --------------------------------------------------------------
	// What a homeowner asks of the provider
	// --------------------------------------------------------------

	requestRefund(job)
	{
		const { chance } = this;
		const left = sum(job.milestones, availableOf);

		return { name: 'request_refund', role: 'homeowner', args: {
			reason: 'It stays as it is.', amount: chance.weighted([
				[30, () => undefined], [2, () => 0n], [5, () => left + 1n],
				[63, () => chance.amount(left)]])() } };
	}

	reportNoShow()
	{
		return { name: 'report_no_show', role: 'homeowner',
			args: { reason: 'Nobody came.' } };
	}

	answerRequest(job)
	{
		const { chance } = this;
		const isNoShow = (job.request?.isNoShow ?? false) !==
			chance.happens(0.03);

		return { name: isNoShow ? 'answer_no_show' : 'answer_refund',
			role: chance.happens(0.85) ? 'provider' : 'homeowner',
			args: { is_accepted: chance.happens(0.5) } };
	}

	submit(job)
	{
		return { name: 'submit_milestone', role: 'provider',
			args: { milestone_id: this.chance.happens(0.5) ? undefined
				: this.milestone(job) } };
	}

	requestChanges(job)
	{
		return { name: 'request_changes', role: 'homeowner',
			args: { milestone_id: this.chance.happens(0.5) ? undefined
				: this.milestone(job) } };
	}

	release(job)
	{
		return { name: 'release_escrow', args: this.selector(job),
			role: this.chance.happens(0.8) ? 'homeowner' : 'admin' };
	}

	approve(job)
	{
		return { name: 'approve_milestone',
			role: this.chance.happens(0.8) ? 'homeowner' : 'admin',
			args: { milestone_id: this.milestone(job) } };
	}

	refund(job)
	{
		const { chance } = this;
		const args = job.released > 0n && chance.happens(0.3)
			? { amount: chance.amount(job.held + job.released) }
			: this.selector(job);
		const role = chance.pick(['homeowner', 'provider', 'provider',
			'admin']);

		return { name: 'refund_escrow', args, role };
	}

	// --------------------------------------------------------------
	// Disputes
	// --------------------------------------------------------------

	openDispute(job)
	{
		const { chance } = this;
		const isGeneral = chance.happens(0.4);
		const about = isGeneral ? job.milestones
			: [chance.pick(job.milestones)];
		const held = sum(about, availableOf);
		const most = held > 0n ? held : sum(about, (m) => m.released);

		return { name: 'open_dispute',
			role: chance.pick(['homeowner', 'provider']), args: {
				amount: chance.weighted([[80, () => BigInt(
					chance.below(Number(most) + 1))], [8, () => 0n],
				[8, () => most], [2, () => -1n], [2, () => most + 1n]])(),
				reason: 'Not as agreed.',
				milestone_id: isGeneral ? undefined
					: chance.happens(0.03) ? NOBODY : about[0].id } };
	}

	// One of the job's disputes, mostly an open one; or none is named.
	disputeOf(job)
	{
		const { chance } = this;
		const open = job.disputes.filter(isOpen);
		const d = open.length > 0 && chance.happens(0.9) ? chance.pick(open)
			: chance.pick(job.disputes);

		return { d, dispute_id: chance.happens(0.4) ? undefined
			: d === undefined || chance.happens(0.03) ? NOBODY : d.id };
	}

	answerDispute(job)
	{
		const { chance } = this;
		const { d, dispute_id } = this.disputeOf(job);
		const amount = d?.amount ?? 100n;

		return { name: 'answer_dispute',
			role: d === undefined || chance.happens(0.25)
				? chance.pick(['homeowner', 'provider'])
				: d.by === 'homeowner' ? 'provider' : 'homeowner',
			args: { dispute_id, amount: chance.weighted([
				[90, () => BigInt(chance.below(Number(amount) + 1))],
				[5, () => amount + 1n], [5, () => -1n]])() } };
	}

	withdrawDispute(job)
	{
		const { d, dispute_id } = this.disputeOf(job);

		return { name: 'withdraw_dispute', role: d?.by ?? 'homeowner',
			args: { dispute_id } };
	}

	resolveDispute(job)
	{
		const { chance } = this;
		const { d, dispute_id } = this.disputeOf(job);
		const amount = d?.amount ?? 100n;
		const homeowner_amount = chance.happens(0.05) ? amount + 1n
			: BigInt(chance.below(Number(amount) + 1));

		return { name: 'resolve_dispute',
			role: chance.pick(['support', 'admin']), args: { dispute_id,
				homeowner_amount, provider_amount: chance.happens(0.5)
					? undefined : amount - homeowner_amount +
						(chance.happens(0.1) ? 1n : 0n) } };
	}

	// --------------------------------------------------------------
	// Banks, administrators, payouts, the clock
	// --------------------------------------------------------------

	openChargeback(job)
	{
		const { chance } = this;
		const paid = chance.pick(job.arrived) ?? { psp: 'acme', amount: 100n };
		const amount = chance.weighted([[60, () => paid.amount],
			[36, () => chance.amount(paid.amount)],
			[2, () => paid.amount + 1n], [2, () => 0n]])();

		return { name: 'open_chargeback', actor: SYSTEM, args: {
			job_id: job.id, psp: chance.happens(0.95) ? paid.psp : 'bolt',
			event_id: this.eventId(), amount,
			currency: chance.happens(0.03) ? chance.pick(CURRENCIES)
				: job.currency, transaction_id: chance.happens(0.5)
				? undefined : chance.happens(0.03) ? NOBODY : paid.id } };
	}

	closeChargeback(job)
	{
		const { chance } = this;
		const open = job.chargebacks.filter((c) => c.status === 'open');
		const c = chance.happens(0.9) && open.length > 0 ? chance.pick(open)
			: chance.pick(job.chargebacks);
		const won = chance.happens(0.5);
		const lost = c !== undefined && chance.happens(0.3)
			? chance.amount(c.amount) + (chance.happens(0.05) ? 1n : 0n)
			: undefined;

		return { name: 'close_chargeback', actor: SYSTEM, args: {
			job_id: job.id, psp: c?.psp ?? 'acme', event_id: this.eventId(),
			won, lost_amount: won && chance.happens(0.95) ? undefined : lost,
			chargeback_id: chance.happens(0.5)
				? undefined : chance.happens(0.03) ? NOBODY : c?.id } };
	}

	reverse(job)
	{
		const { chance } = this;
		const transfer = chance.pick(job.transfers.filter((d) => chance.happens(0.05)
			|| ['release', 'refund', 'dispute', 'cancellation']
				.includes(d.type)));
		const left = transfer === undefined ? 100n
			: sum(transfer.legs, ([, amount]) => amount) - transfer.undone;

		return { name: 'reverse_transaction', role: 'admin', args: {
			transaction_id: transfer?.id ?? NOBODY,
			amount: chance.weighted([[30, () => undefined],
				[62, () => chance.amount(left > 0n ? left : 5n)],
				[3, () => 0n], [5, () => left + 1n]])() } };
	}

	payout(job)
	{
		const { chance, model } = this;
		const most = model.withdrawable(job.provider, job.currency);
		const others = [...model.rates.keys()].map((k) => k.split(' '))
			.filter(([from]) => from === job.currency);

		return { name: 'request_payout', args: {
			currency: job.currency,
			amount: chance.weighted([[25, () => undefined],
				[68, () => chance.amount(most > 0n ? most : 5n)],
				[2, () => 0n], [5, () => most + 1n]])(),
			paid_currency: chance.happens(0.3)
				? (chance.pick(others)?.[1] ?? chance.pick(CURRENCIES))
				: undefined,
			user_id: chance.happens(0.5) ? undefined : job.provider },
		role: chance.pick(['provider', 'provider', 'admin', 'system']) };
	}

	tellOfPayout(job)
	{
		const { chance, model } = this;
		const all = [...model.payouts].filter(([, p]) =>
			p.user === job.provider);
		const open = all.filter(([, p]) => p.status === 'pending');
		const [id, p] = chance.pick(open.length > 0 && chance.happens(0.9)
			? open : all) ?? [NOBODY, undefined];

		return { name: chance.happens(0.7) ? 'confirm_payout' : 'fail_payout',
			actor: SYSTEM, args: {
				user_id: chance.happens(0.03)
					? chance.pick(this.world.withRole('provider')).id
					: p?.user ?? job.provider,
				payout_id: chance.happens(0.03) ? NOBODY : id,
				psp: chance.pick(COMPANIES), event_id: this.eventId() } };
	}

	balance(job)
	{
		return { name: 'provider_balance', role: 'provider',
			args: { currency: job.currency } };
	}

	cancelPayout(job)
	{
		const { chance, model } = this;
		const all = [...model.payouts].filter(([, p]) =>
			p.user === job.provider);
		const open = all.filter(([, p]) => p.status === 'pending');
		const [id] = chance.pick(open.length > 0 && chance.happens(0.9)
			? open : all) ?? [NOBODY];
		const role = chance.pick(['provider', 'provider', 'admin']);

		return { name: 'cancel_payout', role, args: { payout_id: id,
			user_id: role === 'admin' || chance.happens(0.5)
				? job.provider : undefined } };
	}

	// Of what is owed, a part or all of it, or a little too much.
	partOfDebt(job)
	{
		const { chance, model } = this;
		const { available, receivable } =
			model.position(job.provider, job.currency);
		const owed = -(available + receivable);

		return chance.weighted([[40, () => undefined],
			[50, () => chance.amount(owed > 0n ? owed : 5n)],
			[2, () => 0n], [8, () => (owed > 0n ? owed : 0n) + 1n]])();
	}

	repay(job)
	{
		const role = this.chance.pick(['provider', 'provider', 'admin']);

		return { name: 'repay_balance', role, args: {
			amount: this.partOfDebt(job), currency: job.currency,
			user_id: role === 'admin' || this.chance.happens(0.5)
				? job.provider : undefined } };
	}

	tellOfRepayment(job)
	{
		const { chance, model } = this;
		const [id, r] = chance.pick([...model.repayments].filter(([, x]) =>
			x.user === job.provider)) ?? [];

		return { name: 'confirm_repayment', actor: SYSTEM, args: {
			user_id: chance.happens(0.03)
				? chance.pick(this.world.withRole('provider')).id
				: job.provider, psp: chance.pick(COMPANIES),
			event_id: this.eventId(), repayment_id: chance.happens(0.1)
				? undefined : chance.happens(0.03) ? NOBODY : id,
			amount: r === undefined || chance.happens(0.3)
				? chance.amount(5000n) : r.amount - (chance.happens(0.2)
					&& r.amount > 1n ? 1n : 0n),
			currency: chance.happens(0.05) ? chance.pick(CURRENCIES)
				: r?.currency ?? job.currency } };
	}

	writeOff(job)
	{
		return { name: 'write_off', role: 'admin', args: {
			user_id: job.provider, reason: 'They moved abroad.',
			amount: this.partOfDebt(job), currency: job.currency } };
	}

	// --------------------------------------------------------------
	// Journals
	// --------------------------------------------------------------

	// An account, and what a line may take of it or give to it.
	lineOf(job)
	{
		const { chance, model } = this;
		const kind = chance.pick(['platform_fee', 'tax_payable', 'psp_fee',
			'platform_loss', 'bank', 'rounding', 'fx_liquidity',
			'provider_available', 'provider_receivable', 'suspense']);
		const { r, receipt_id } = this.receiptOf(job);

		if (kind === 'suspense')
			return { kind, owner: receipt_id, currency: r?.currency ??
				job.currency, lies: r?.remaining ?? 100n };
		const owner = kind.startsWith('provider_')
			? chance.happens(0.2) ? chance.pick(this.world.people).id
				: job.provider : undefined;
		const lies = model.balance([kind, owner].filter((word) => word)
			.join(' '), job.currency);

		return { kind, owner, currency: job.currency, psp: kind === 'psp_fee'
			? chance.pick(COMPANIES) : undefined, lies };
	}

	postJournal(job)
	{
		const { chance } = this;
		const lines = Array.from({ length: 2 + chance.below(3) }, () =>
			this.lineOf(job));
		let left = 0;

		for (const [i, line] of lines.entries())
		{
			const most = line.lies === 0n || chance.happens(0.1) ? 900n
				: line.lies > 0n ? line.lies : -line.lies;

			line.amount = i === lines.length - 1
				? left + (chance.happens(0.03) ? 1 : 0)
				: Number(chance.amount(most)) * (line.lies > 0n ? -1 : 1);
			left -= line.amount;
			delete line.lies;
		}
		const foreign = lines.find(({ currency }) =>
			currency !== job.currency)?.currency;

		if (foreign && chance.happens(0.9))
			lines.forEach((line) => { line.currency = foreign; });
		if (chance.happens(0.02))
			lines[0].currency = chance.pick(CURRENCIES);
		return { name: 'post_journal', role: 'admin', args: { lines,
			reason: 'It was counted otherwise.' } };
	}

	decideJournal()
	{
		const { chance, model } = this;
		const open = [...model.journals].filter(([, j]) =>
			j.status === 'proposed');
		const [id, j] = chance.pick(open.length > 0 && chance.happens(0.9)
			? open : [...model.journals]) ?? [NOBODY];
		const admins = this.world.withRole('admin');
		const name = chance.happens(0.75) ? 'approve_journal'
			: 'reject_journal';

		return { name, role: 'admin', by: chance.happens(0.8)
			? admins.find(({ id: admin }) => admin !== j?.by) : undefined,
		args: { journal_id: chance.happens(0.02) ? NOBODY : id,
			reason: name === 'reject_journal' ? 'No.' : undefined } };
	}

	reverseJournal()
	{
		const { chance, model } = this;
		const [id] = chance.pick([...model.journals]) ?? [NOBODY];

		return { name: 'reverse_journal', role: 'admin', args: {
			journal_id: id, reason: 'It was right before.' } };
	}

	// --------------------------------------------------------------
	// The operator, and the clock
	// --------------------------------------------------------------

	set()
	{
		const { chance } = this;
		const [name, values] = chance.pick([
			['reserve_ppm', ['0', '100000', '333333']],
			['journal_second_approver', ['true', 'false']], ['payout_fee'],
			[`receipt_default_${chance.pick(REASONS)}`, ['return', 'hold']]]);

		return values === undefined
			? { name: 'set_setting_amount', actor: SYSTEM, isCommand: true,
				args: { name, currency: chance.pick(CURRENCIES),
					amount: chance.pick([0n, 25n, 199n]) } }
			: { name: 'set_setting', actor: SYSTEM, isCommand: true,
				args: { name, value: chance.pick(values) } };
	}

	due()
	{
		return { name: this.chance.pick(DUE), role: 'system',
		args: { max_rows: this.chance.happens(0.03) ? 0 : 1000 } };
	}

	// --------------------------------------------------------------
	// The next call
	// --------------------------------------------------------------

	// Mostly one of the few that are busy now.
	nextJob(n)
	{
		const jobs = [...this.model.jobs.values()];
		const first = Math.floor((n / this.steps) * jobs.length);

		if (this.chance.happens(0.05))
			return this.chance.pick(jobs);
		return jobs[(first + this.chance.below(BUSY)) % jobs.length];
	}

	// What is likely depends on how things stand; anything is possible.
	make(job)
	{
		const when = (condition, weight) => (condition ? weight : weight / 10);
		const isPaid = job.funded > 0n;
		const isMoving = job.held > 0n && job.escrow !== 'frozen';
		const isDisputed = job.disputes.some(isOpen);
		const hasReceipt = [...this.model.receipts.values()].some((r) =>
			(r.job === job || r.job === null) && r.status === 'held');
		const isDelivered = job.milestones.some((m) => m.status === 'submitted');

		return this.chance.weighted([
			[when(!this.model.pending(job), 14), 'fund'],
			[when(this.model.pending(job), 22), 'tellOfPayment'],
			[when(this.model.refunds.some((r) => r.job === job), 6),
				'tellOfRefund'],
			[when(hasReceipt, 4), 'assignReceipt'],
			[when(hasReceipt, 2), 'returnReceipt'],
			[when(hasReceipt, 4), 'retryRefund'],
			[1, 'abandon'],
			[when(this.model.pending(job), 5), 'tellOfAuthorization'],
			[when(job.authorizations.some((a) => a.status === 'open'), 9),
				'capture'],
			[when(job.status === 'completed', 5), 'tip'],
			[when(job.payments.some((p) => p.isTip), 3), 'tipBack'],
			[when(job.funded === 0n, 3), 'plan'],
			[when(isMoving, 3), 'proposePlan'],
			[when(job.plan, 8), 'answerPlan'],
			[when(isMoving && job.isStarted, 3), 'requestRefund'],
			[when(isMoving && job.released === 0n, 2), 'reportNoShow'],
			[when(job.request, 10), 'answerRequest'],
			[when(isMoving && !job.isStarted, 16), () => ({ name: 'start_job',
				role: 'provider', args: {} })],
			[1, () => ({ name: 'complete_job', role: 'homeowner', args: {} })],
			[when(isMoving && !job.isStarted, 2), () => ({ name: 'cancel_job',
				role: 'homeowner', args: {} })],
			[0.6, () => ({ name: 'cancel_escrow', role: 'homeowner',
				args: {} })],
			[when(job.isStarted, 10), 'submit'],
			[when(isDelivered, 5), 'requestChanges'],
			[when(isMoving, 11), 'release'], [when(isPaid, 6), 'approve'],
			[when(isMoving || job.released > 0n, 7), 'refund'],
			[when(isMoving || job.released > 0n, 7), 'openDispute'],
			[when(isDisputed, 12), 'answerDispute'],
			[when(isDisputed, 3), 'withdrawDispute'],
			[when(isDisputed, 4), 'resolveDispute'],
			[when(isPaid, 4), 'openChargeback'],
			[when(job.escrow === 'frozen', 20), 'closeChargeback'],
			[when(job.chargebacks.length > 0, 2), 'closeChargeback'],
			[when(job.transfers.length > 1, 7), 'reverse'],
			[when(job.released > 0n, 4), 'payout'],
			[when(this.model.payouts.size > 0, 5), 'tellOfPayout'],
			[when(this.model.payouts.size > 0, 2), 'cancelPayout'],
			[when(this.model.owes(job), 3), 'repay'],
			[when(this.model.repayments.size > 0, 2), 'tellOfRepayment'],
			[when(this.model.owes(job), 1), 'writeOff'],
			[2, 'postJournal'], [when(this.model.journals.size > 0, 2),
				'decideJournal'],
			[when(this.model.journals.size > 0, 1), 'reverseJournal'],
			[0.5, 'set'], [2, 'balance'], [5, 'due']]);
	}

	// A new one, or one that was made before, word for word.
	nextCall(n, now)
	{
		const { chance } = this;
		const job = this.nextJob(n);

		this.done = this.done.filter((c) => c.now > now - KEY_DAYS * DAY);
		if (this.sent.length > 0 && chance.happens(0.07))
			return chance.pick(this.sent.slice(-40));
		if (this.done.length > 0 && chance.happens(0.04))
			return chance.pick(this.done);		// its key is remembered
		const make = this.make(job);
		const call = typeof make === 'string' ? this[make](job, now) : make();

		if (call.isCommand)
			return call;
		return call.actor === undefined ? this.fromPerson(call, job)
			: this.fromCompany(call);
	}

	fromCompany(call)
	{
		if (this.chance.happens(0.02))		// a name that others have had
			call.args.event_id = `evt_${1 + this.chance.below(this.serial)}`;
		if (this.chance.happens(0.01))
			call.actor = this.chance.pick(this.world.people);
		else
			this.sent.push(call);
		return call;
	}

	fromPerson(call, job)
	{
		const { chance } = this;
		const isAboutJob = !JOBLESS.includes(call.name);

		call.actor = call.by ?? this.caller(job, call.role);
		if (isAboutJob)
			call.args.job_id = chance.happens(0.01) ? NOBODY : job.id;
		if (VERSIONED.includes(call.name) && chance.happens(0.1))
			call.args.expected_version = job.version -
				(chance.happens(0.4) ? 1 : 0);
		if (KEYED.includes(call.name) && chance.happens(0.15))
			call.args.idempotency_key = call.key = this.eventId();
		return call;
	}

	// A call with a key went through: it can be made again, as long as keys
	// are remembered.
	wasDone(call)
	{
		this.done.push(call);
	}
}

module.exports = { Commands };
