// model.js
//	The money of jobs as design and documentation have it, written plainly and
//	apart from dwello: BigInt and objects, no shared table, no shared code.
//
// A deed either returns its reply or throws a Refusal with the SQLSTATE that
// dwello must give; then nothing has changed.  The order of the guards is the
// order of errors that the API promises.
'use strict';

const FEE_PPM = 50000n;
const PAY_MINUTES = 15;
const OVER = ['released', 'refunded', 'cancelled'];
const PAYING = ['held', 'partially_released'];

class Refusal extends Error
{
	constructor(code)
	{
		super(code);
		this.code = code;
	}
}

function need(condition, code)
{
	if (!condition)
		throw new Refusal(code);
}

// amount × rate, half to even.
function fee(amount)
{
	const product = amount * FEE_PPM;
	const whole = product / 1000000n;
	const rest = (product % 1000000n) * 2n;

	if (rest > 1000000n || (rest === 1000000n && whole % 2n === 1n))
		return whole + 1n;
	return whole;
}

const least = (a, b) => (a < b ? a : b);
const availableOf = (m) => m.funded - m.released - m.refunded;
const sum = (list, value) => list.reduce((total, x) => total + value(x), 0n);

class Model
{
	// plant: a fault to make, to see that it is found
	constructor(plant)
	{
		this.plant = plant;
		this.jobs = new Map();
		this.events = new Map();		// psp event id → what it was
		this.balances = new Map();		// account → amount
	}

	addJob(job)
	{
		this.jobs.set(job.id, { ...job, status: 'awarded', escrow: 'created',
			funded: 0n, held: 0n, released: 0n, refunded: 0n, fee: 0n,
			version: job.version, payments: [], keys: new Map() });
	}

	book(account, currency, amount)
	{
		const name = `${account} ${currency}`;

		this.balances.set(name, (this.balances.get(name) ?? 0n) + amount);
	}

	// What every deed on an escrow says of it.
	state(job)
	{
		return { escrow_status: job.escrow, funded: job.funded,
			held: job.held, released: job.released, refunded: job.refunded };
	}

	// --------------------------------------------------------------
	// Guards
	// --------------------------------------------------------------

	// The actor's role first, then the arguments, then what he may see, then
	// what is his, then the version he knew.
	begin(call, roles, check)
	{
		const { actor, args } = call;
		const job = this.jobs.get(args.job_id);

		need(roles.includes(actor.role), '42501');
		if (check !== undefined)
			check();
		need(job !== undefined, 'P0002');
		need(actor.role !== 'homeowner' || actor.id === job.homeowner, 'P0002');
		if (args.milestone_id)
			need(job.milestones.some((m) => m.id === args.milestone_id), 'P0002');
		need(actor.role !== 'provider' || actor.id === job.provider, '42501');
		if (call.key !== undefined && job.keys.has(call.key))
			return { job, kept: job.keys.get(call.key) };
		return { job };
	}

	version(job, args)
	{
		need(args.expected_version === undefined ||
			args.expected_version === job.version, 'WD103');
	}

	pending(job)
	{
		return job.payments.find((p) => p.status === 'pending');
	}

	selection({ args })
	{
		need(args.amount === undefined || args.amount > 0n, '22023');
		need(args.amount === undefined || !args.milestone_id, '22023');
	}

	// Of what is chosen, how much, out of which milestones.
	choose(job, args)
	{
		const from = args.milestone_id
			? job.milestones.filter((m) => m.id === args.milestone_id)
			: job.milestones;
		const available = sum(from, availableOf);

		need(PAYING.includes(job.escrow), 'WD101');
		need(!args.milestone_id || available > 0n ||
			from[0].status === 'planned', 'WD101');
		const part = args.amount ?? available;

		need(part <= available && part > 0n, 'WD202');
		return { from, part };
	}

	// --------------------------------------------------------------
	// What follows from amounts
	// --------------------------------------------------------------

	derive(job)
	{
		if (job.funded === 0n)
			return;
		if (job.held > 0n)
			job.escrow = job.released > 0n ? 'partially_released' : 'held';
		else if (job.refunded === job.funded)
			job.escrow = 'refunded';
		else if (job.funded < job.contract)
			job.escrow = 'partially_released';
		else
			job.escrow = job.released === job.funded ? 'released' : 'settled';
	}

	complete(job)
	{
		if (job.held === 0n && job.released > 0n &&
			['awarded', 'in_progress'].includes(job.status) &&
			job.milestones.every((m) => !m.required ||
				['released', 'cancelled'].includes(m.status)))
			this.end(job);
	}

	// A job is done: what still waits for money gets none.
	end(job)
	{
		job.status = 'completed';
		for (const m of job.milestones)
			if (m.status === 'planned')
				m.status = 'cancelled';
	}

	take(from, part, kind)
	{
		let left = part;

		for (const m of from)
		{
			const piece = least(left, availableOf(m));

			if (piece === 0n)
				continue;
			m[kind] += piece;
			left -= piece;
			if (m.released + m.refunded === m.amount)
				m.status = m.released > 0n ? 'released' : 'refunded';
		}
	}

	payOut(job, from, part)
	{
		const due = fee(job.released + part) - job.fee;
		const taken = this.plant === 'fee' && part % 7n === 0n ? due + 1n : due;

		this.take(from, part, 'released');
		job.held -= part;
		job.released += part;
		job.fee += taken;
		this.book(`provider_available ${job.provider}`, job.currency, part - taken);
		this.book('platform_fee', job.currency, taken);
		this.derive(job);
		this.complete(job);
		return { amount: part, fee: taken, tax: 0n, payout: part - taken };
	}

	// --------------------------------------------------------------
	// Deeds
	// --------------------------------------------------------------

	fund_escrow(call)
	{
		const { args, now } = call;
		const { job, kept } = this.begin(call, ['homeowner'],
			() => need(args.amount === undefined || args.amount > 0n, '22023'));

		if (kept)
			return kept;
		this.version(job, args);
		need(['awarded', 'in_progress'].includes(job.status), 'WD101');
		const waiting = this.pending(job);

		need(!waiting || now >= waiting.payBy, 'WD101');
		need(['created', 'funding', 'failed', ...PAYING].includes(job.escrow),
			'WD101');
		need(args.currency === undefined || args.currency === job.currency,
			'WD201');
		const missing = job.contract - job.funded;
		const amount = args.amount ?? missing;

		need(amount > 0n && amount <= missing, '22023');
		if (waiting)
			waiting.status = 'failed';
		if (job.funded === 0n)
			job.escrow = 'funding';
		job.payments.push({ amount, status: 'pending', arrived: false,
			payBy: now + PAY_MINUTES * 60000 });
		return { amount, ...this.state(job) };
	}

	// An event that came before: its reply again, if it is the same event.
	replay({ args }, type)
	{
		const before = this.events.get(args.event_id);

		if (before === undefined)
			return undefined;
		need(before.job_id === args.job_id && before.type === type, 'WD104');
		if (type === 'confirmed')
			need(before.amount === args.amount &&
				before.currency === args.currency, 'WD104');
		else
			need(!args.transaction_id ||
				before.transaction_id === args.transaction_id, 'WD104');
		return { ...before.reply, replayed: true };
	}

	keep({ args }, type, payment, job, reply)
	{
		this.events.set(args.event_id, { job_id: args.job_id, type,
			amount: payment.amount, currency: job.currency,
			transaction_id: payment.id, reply });
		return reply;
	}

	paymentOf(job, args)
	{
		if (!args.transaction_id)
			return this.pending(job) ?? job.payments.at(-1);
		const payment = job.payments.find((p) => p.id === args.transaction_id);

		need(payment !== undefined, 'P0002');
		return payment;
	}

	confirm_payment(call)
	{
		const { args, now } = call;
		const { job } = this.begin(call, ['system'],
			() => need(args.amount > 0n, '22023'));
		const before = this.replay(call, 'confirmed');

		if (before)
			return before;
		const payment = this.paymentOf(job, args);

		need(payment && !payment.arrived, 'WD101');
		need(args.currency === job.currency, 'WD201');
		need(args.amount === payment.amount, '22023');
		const late = ['completed', 'cancelled'].includes(job.status) ||
			payment.status !== 'pending' || now >= payment.payBy ||
			!['funding', ...PAYING].includes(job.escrow);

		payment.arrived = true;
		if (payment.status === 'pending')
			payment.status = 'completed';
		if (!late)
			this.arrive(job, payment.amount);
		return this.keep(call, 'confirmed', payment, job,
			{ amount: payment.amount, is_late: late, ...this.state(job) });
	}

	arrive(job, amount)
	{
		let left = amount;

		for (const m of job.milestones)
		{
			const piece = least(left, m.amount - m.funded);

			if (OVER.includes(m.status) || piece <= 0n)
				continue;
			m.funded += piece;
			left -= piece;
			if (m.status === 'planned' && m.funded === m.amount)
				m.status = 'funded';
		}
		job.funded += amount;
		job.held += amount;
		this.book('psp_clearing', job.currency, -amount);
		this.derive(job);
		for (const m of job.milestones)
			if (m.status === 'approved' && m.funded === m.amount)
				this.payOut(job, [m], availableOf(m));
	}

	fail_payment(call)
	{
		const { args } = call;
		const { job } = this.begin(call, ['system']);
		const before = this.replay(call, 'failed');

		if (before)
			return before;
		const payment = this.paymentOf(job, args);

		need(payment && !payment.arrived, 'WD101');
		const wasPending = payment.status === 'pending';

		if (wasPending)
		{
			payment.status = 'failed';
			if (job.escrow === 'funding')
				job.escrow = 'failed';
		}
		return this.keep(call, 'failed', payment, job,
			{ amount: payment.amount, replayed: !wasPending,
				...this.state(job) });
	}

	cancel_escrow(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner']);

		if (kept)
			return kept;
		this.version(job, args);
		need(['created', 'funding', 'failed'].includes(job.escrow), 'WD101');
		const waiting = this.pending(job);

		if (waiting)
			waiting.status = 'cancelled';
		for (const m of job.milestones)
			if (m.status === 'planned')
				m.status = 'cancelled';
		job.escrow = 'cancelled';
		return this.state(job);
	}

	start_job(call)
	{
		const { job, kept } = this.begin(call, ['provider']);

		if (kept)
			return kept;
		need(job.status === 'awarded' && job.held > 0n, 'WD101');
		job.status = 'in_progress';
		return { status: job.status };
	}

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
			job.status === 'in_progress', 'WD101');
		this.end(job);
		return { status: job.status };
	}

	submit_milestone(call)
	{
		const { args } = call;
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
		return { milestone_status: m.status, amount: m.amount };
	}

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
	}

	release_escrow(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner', 'admin'],
			() => this.selection(call));

		if (kept)
			return kept;
		this.version(job, args);
		const { from, part } = this.choose(job, args);
		const paid = this.payOut(job, from, part);

		return { ...paid, ...this.state(job) };
	}

	approve_milestone(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['homeowner', 'admin']);

		if (kept)
			return kept;
		this.version(job, args);
		const m = job.milestones.find((x) => x.id === args.milestone_id);
		let paid = { amount: 0n, fee: 0n, tax: 0n, payout: 0n };

		need(PAYING.includes(job.escrow) && ['planned', 'funded', 'submitted',
			'changes_requested'].includes(m.status), 'WD101');
		if (m.funded === m.amount)
			paid = this.payOut(job, [m], availableOf(m));
		else
			m.status = 'approved';
		return { ...paid, ...this.state(job) };
	}

	refund_escrow(call)
	{
		const { actor, args } = call;
		const { job, kept } = this.begin(call,
			['homeowner', 'provider', 'admin'], () => this.selection(call));

		if (kept)
			return kept;
		this.version(job, args);
		need(PAYING.includes(job.escrow), 'WD101');
		need(actor.role !== 'homeowner' || !job.milestones.some((m) =>
			['submitted', 'changes_requested', 'approved'].includes(m.status)),
		'WD101');
		const { from, part } = this.choose(job, args);

		this.take(from, part, 'refunded');
		job.held -= part;
		job.refunded += part;
		this.book('psp_clearing', job.currency,
			this.plant === 'refund' ? part + 1n : part);
		this.derive(job);
		this.complete(job);
		return { amount: part, ...this.state(job) };
	}
}

module.exports = { Model, Refusal };
