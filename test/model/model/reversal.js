// reversal.js
//	An administrator undoes a release, a refund or a settlement.
'use strict';

const { need } = require('./guard.js');
const { least, most } = require('./fee.js');
const { giveBack, sum } = require('./milestone.js');

const UNDOABLE = ['release', 'refund', 'dispute', 'cancellation'];

// Of x, each leg's share in its order: what the later ones have of it is
// rounded down.
function shares(legs, x)
{
	let rest = sum(legs, (amount) => amount);
	let left = x;

	return legs.map((amount) => {
		const later = rest - amount;
		const theirs = rest === 0n ? 0n : left * later / rest;
		const share = left - theirs;

		rest = later;
		left = theirs;
		return share;
	});
}

const reversal = {
	reverse_transaction(call)
	{
		const { args } = call;
		const { job, kept } = this.begin(call, ['admin'], {
			check: () => need(args.amount === undefined || args.amount > 0n,
				'22023'),
			named: (j) => j.transfers.some((d) => d.id === args.transaction_id) ||
				j.payments.some((p) => p.id === args.transaction_id) });

		if (kept)
			return kept;
		this.version(job, args);
		need(!['created', 'funding', 'failed', 'cancelled', 'frozen']
			.includes(job.escrow), 'WD101');
		const transfer = job.transfers.find((d) => d.id === args.transaction_id);

		need(transfer && UNDOABLE.includes(transfer.type), '22023');
		need(!this.hasFailedRefund(transfer), 'WD101');
		const whole = sum(transfer.legs, ([, amount]) => amount);
		const amount = args.amount ?? whole - transfer.undone;

		need(amount > 0n && amount <= whole - transfer.undone, 'WD202');
		return this.undo(job, transfer, amount);
	},

	undo(job, transfer, amount)
	{
		const gained = transfer.legs.map(([, of]) => of);
		const before = shares(gained, transfer.undone);
		const parts = shares(gained, transfer.undone + amount)
			.map((part, i) => part - before[i]);
		const of = (start) => sum(transfer.legs.map(([account], i) =>
			(account.startsWith(start) ? parts[i] : 0n)), (part) => part);
		const fee = of('platform_fee');
		const tax = of('tax_payable');
		const refunded = of('refund_pending') + of('platform_loss');
		const released = amount - refunded;

		need(released <= job.released - this.clawed(job) &&
			refunded <= job.refunded && fee <= job.fee && tax <= job.tax,
		'WD202');
		need(job.fee - fee + job.tax - tax <= job.released - released, 'WD202');
		job.held += amount;
		job.released -= released;
		job.fee -= fee;
		job.tax -= tax;
		job.refunded -= refunded;
		transfer.undone += amount;
		transfer.back.net += released - fee - tax;
		transfer.back.fee += fee;
		transfer.back.tax += tax;
		const legs = this.undoneLegs(transfer, parts);

		this.undoPrices(job, transfer, released > 0n, refunded > 0n);
		this.transfer(job, 'reversal', { amount, fee, tax,
			payout: released - fee - tax }, legs);
		this.derive(job);
		return { amount, fee, tax, ...this.state(job) };
	},

	// The provider owes what they got; what companies have not sent they
	// shall not send, and what they have the platform bears.
	undoneLegs(transfer, parts)
	{
		return transfer.legs.flatMap(([account], i) => {
			const part = parts[i];
			const [kind, psp] = account.split(' ');

			if (kind !== 'refund_pending')
				return [[account.replace(/provider_(available|reserve)/,
					'provider_receivable'), -part]];
			const unsent = this.withdraw(transfer, psp, part);

			return [[account, -unsent], ['platform_loss', unsent - part]];
		});
	},

	// The milestones follow the money: the price that is released and the
	// share of the fee that the homeowner has borne make what was released;
	// the price that is paid is what the money kept covers.
	undoPrices(job, transfer, ofRelease, ofRefund)
	{
		const among = transfer.milestone ? [transfer.milestone] : job.milestones;

		if (ofRelease)
			giveBack(among, most(0n, this.priceReleased(job) - job.released +
				this.homeownersShare(job.terms, job.fee + job.tax)),
			'released');
		if (ofRefund)
			giveBack(among, most(0n, this.covered(job) - this.pricePaid(job)),
				'refunded');
	}
};

module.exports = { reversal };
