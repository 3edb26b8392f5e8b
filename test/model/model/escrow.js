// escrow.js
//	What follows from the amounts of an escrow, and how it is booked.
//
// The escrow's amounts are money: funded = held + released + refunded +
// taken (by a bank).  The milestones' are prices.  Where the homeowner bears
// a part of the fee, money is more than price.
'use strict';

const { least, most, chargeOf, coveredBy, homeownersShare } =
	require('./fee.js');
const { sum, availableOf, leftOf } = require('./milestone.js');

const escrow = {
	book(account, currency, amount)
	{
		const name = `${account} ${currency}`;

		this.balances.set(name, this.balance(account, currency) + amount);
	},

	balance(account, currency)
	{
		return this.balances.get(`${account} ${currency}`) ?? 0n;
	},

	// A movement of money: its legs are booked, the escrow's own is the rest.
	transfer(job, type, { asked = [], ...facts }, legs)
	{
		const parts = legs.filter(([, amount]) => amount !== 0n);

		for (const [account, amount] of parts)
			this.book(account, facts.currency ?? job.currency, amount);
		const transfer = { type, ...facts, legs: parts, undone: 0n,
			at: this.now, back: { net: 0n, fee: 0n, tax: 0n } };

		job.transfers.push(transfer);
		for (const { payment, amount } of asked)
			this.askBack({ job, transfer, payment, psp: payment.psp, amount,
				method: payment.method, currency: job.currency });
		return transfer;
	},

	// What every command on an escrow says of it.
	state(job)
	{
		return { escrow_status: job.escrow, funded: job.funded, held: job.held,
			released: job.released, refunded: job.refunded,
			charged_back: job.taken };
	},

	// Prices: what was released, what is paid and not given up, what is to do.
	priceReleased: (job) => sum(job.milestones, (m) => m.released),
	pricePaid: (job) => sum(job.milestones, (m) => m.funded - m.refunded),
	priceWanted: (job) => job.contract - sum(job.milestones, (m) => m.refunded),

	// Money paid in and neither gone back nor lost to a bank.
	moneyKept(job)
	{
		return job.funded - job.refunded - sum(job.chargebacks
			.filter((c) => c.status === 'lost'), (c) => c.heldAmount);
	},

	missing(job)
	{
		return most(0n, chargeOf(job.terms, this.priceWanted(job)) -
			this.moneyKept(job));
	},

	covered(job)
	{
		return coveredBy(job.terms, this.moneyKept(job), job.contract);
	},

	// Of fee and tax so far, what the homeowner has borne.
	borne(job)
	{
		return job.released - this.priceReleased(job);
	},

	// What giving up a price of work sends back to the homeowner: all that
	// the work which stays paid does not need.
	unearned(job, price)
	{
		return this.moneyKept(job) -
			chargeOf(job.terms, this.pricePaid(job) - price);
	},

	// The charge of disputed work, so that the rest covers what is not.
	chargeOfDisputed(job, price)
	{
		const paid = this.pricePaid(job);

		return chargeOf(job.terms, paid) - chargeOf(job.terms, paid - price);
	},

	// After any change: the disputed money, the states that follow.
	derive(job)
	{
		this.deriveAmounts(job);
		this.follow(job);
	},

	deriveAmounts(job)
	{
		const disputed = sum(job.milestones, (m) => m.disputed);

		if (disputed === 0n)
			job.disputed = 0n;
		else if (sum(job.milestones, availableOf) === 0n)
			job.disputed = job.held;
		else
			job.disputed = least(job.held, this.chargeOfDisputed(job, disputed));
		job.escrow = this.statusOf(job);
	},

	statusOf(job)
	{
		if (job.chargebacks.some((c) => c.status === 'open' && !c.isDetached))
			return 'frozen';
		if (job.funded === 0n)
			return job.escrow;
		if (job.held > 0n && job.disputed === job.held)
			return 'disputed';
		if (job.held > 0n)
			return job.released > 0n ? 'partially_released' : 'held';
		if (job.taken > 0n)
			return 'charged_back';
		if (job.refunded === job.funded)
			return 'refunded';
		if (this.missing(job) > 0n)
			return 'partially_released';
		return job.released === job.funded ? 'released' : 'settled';
	},

	// The job is disputed while all that is held is, done when nothing is held
	// and all that is required is paid, or of begun work the rest went back,
	// and over when all did.
	follow(job)
	{
		if (job.escrow === 'frozen')
			return;
		if (job.escrow === 'disputed' &&
			['awarded', 'in_progress'].includes(job.status))
			job.status = 'disputed';
		if (job.escrow !== 'disputed' && job.status === 'disputed')
			job.status = job.isStarted ? 'in_progress' : 'awarded';
		if (job.held === 0n && job.released > 0n &&
			['awarded', 'in_progress'].includes(job.status) &&
			((job.escrow === 'settled' && job.isStarted) ||
				job.milestones.every((m) => !m.required ||
					['released', 'cancelled'].includes(m.status))))
			this.end(job);
		if (job.escrow === 'refunded' && job.status === 'in_progress')
		{
			this.end(job);
			job.status = 'cancelled';
		}
	},

	// A job is done, and so was begun: what waits for money and has none gets
	// none; what a bank may yet give back stays.
	end(job)
	{
		job.status = 'completed';
		job.isStarted = true;
		job.plan = null;
		this.voidAuthorizations(job);
		for (const m of job.milestones)
			if (m.status === 'planned' && leftOf(m) === 0n)
				m.status = 'cancelled';
	},

	homeownersShare
};

module.exports = { escrow };
