// take_back.js
//	Released money comes back: releases are undone, the last one first, and
//	what they came to is refunded at once.
'use strict';

const { least, most, feeOf, taxOf, homeownersShare } = require('./fee.js');
const { sum } = require('./milestone.js');

// What the releases of a price would have come to in one piece.
function releasedFor(terms, price)
{
	const fee = feeOf(terms, price);
	const all = taxOf(terms, fee);
	const tax = terms.payer === 'provider' ? least(all, price - fee) : all;
	const payout = price - least(price,
		fee + tax - homeownersShare(terms, fee + tax));

	return { fee, tax, charge: payout + fee + tax };
}

// The part of what was taken that the work which stays does not owe.
const noLongerDue = (taken, due, room) => most(0n, least(taken - due, room));

const takeBack = {
	clawed: (job) => sum(job.chargebacks.filter((c) => c.status !== 'won'),
		(c) => c.clawedBack),

	releasedOf: (job, m) => sum(m ? [m] : job.milestones,
		(x) => x.released),

	// Of released work, what no bank has taken.
	releasedLeft(job, m)
	{
		return most(0n, least(job.released - this.clawed(job),
			this.releasedOf(job, m)));
	},

	// The highest price up to this one that does not take what a bank has.
	priceWithin(job, price)
	{
		const released = this.priceReleased(job);
		const clawed = this.clawed(job);
		const fits = (p) => releasedFor(job.terms, released - p).charge >=
			clawed;
		let low = 0n;
		let high = price;

		if (price <= 0n || job.released <= clawed)
			return 0n;
		if (fits(price))
			return price;
		while (low < high)
		{
			const middle = (low + high + 1n) / 2n;

			if (fits(middle))
				low = middle;
			else
				high = middle - 1n;
		}
		return low;
	},

	// What giving back a price of released work comes to; moves the amounts.
	takeReleased(job, price, m)
	{
		const back = { milestone: m, price: this.priceWithin(job,
			least(price, this.releasedOf(job, m))) };
		const stays = releasedFor(job.terms,
			this.priceReleased(job) - back.price);

		back.taken = most(0n, job.released - stays.charge);
		back.amount = least(this.unearned(job, back.price),
			job.held - job.disputed + back.taken);
		if (back.price === 0n || back.amount <= 0n)
			Object.assign(back, { price: 0n, amount: 0n, taken: 0n });
		back.fee = noLongerDue(job.fee, stays.fee, back.taken);
		back.tax = noLongerDue(job.tax, stays.tax, back.taken - back.fee);
		this.giveUpReleased(job, back);
		job.released -= back.taken;
		job.held += back.taken - back.amount;
		job.refunded += back.amount;
		job.fee -= back.fee;
		job.tax -= back.tax;
		return back;
	},

	giveUpReleased(job, { price, milestone })
	{
		let left = price;

		for (const m of [...job.milestones].reverse())
		{
			const part = least(left, m.released);

			if (part === 0n || milestone && m !== milestone)
				continue;
			m.released -= part;
			m.refunded += part;
			left -= part;
			if (m.status === 'released' && m.released === 0n)
				m.status = 'refunded';
		}
	},

	givers(job, amount)
	{
		const has = most(0n, this.balance(
			`provider_available ${job.provider}`, job.currency));
		const available = least(has, amount);

		return { available, owed: amount - available };
	},

	// Out of what they have, else they owe it; those of the milestone first.
	undoReleases(job, { milestone, taken, fee, tax })
	{
		const rest = { net: taken - fee - tax, fee, tax };
		const givers = this.givers(job, rest.net);
		const take = (from, name, amount) => {
			const part = least(from[name], amount);

			from[name] -= part;
			return part;
		};

		for (const t of this.releasesOf(job, milestone))
		{
			const net = take(rest, 'net', t.payout - t.back.net);
			const parts = { net, fee: take(rest, 'fee', t.fee - t.back.fee),
				tax: take(rest, 'tax', t.tax - t.back.tax),
				available: take(givers, 'available', net) };

			parts.owed = take(givers, 'owed', net - parts.available);
			if (net + parts.fee + parts.tax > 0n)
				this.undoRelease(job, t, parts);
		}
	},

	// With something left of them, the last one first.
	releasesOf(job, milestone)
	{
		const all = job.transfers.filter((t) =>
			['release', 'dispute', 'cancellation'].includes(t.type) &&
			t.payout + t.fee + t.tax > t.back.net + t.back.fee + t.back.tax)
			.reverse();

		return milestone === undefined ? all
			: [...all.filter((t) => t.milestone === milestone),
				...all.filter((t) => t.milestone !== milestone)];
	},

	undoRelease(job, t, { net, fee, tax, available, owed })
	{
		const amount = net + fee + tax;

		t.back.net += net;
		t.back.fee += fee;
		t.back.tax += tax;
		t.undone += amount;
		this.transfer(job, 'reversal', { amount, fee, tax },
			[[`provider_available ${job.provider}`, -available],
				[`provider_receivable ${job.provider}`, -owed],
				['platform_loss', available + owed - net],
				['platform_fee', -fee], ['tax_payable', -tax]]);
	}
};

module.exports = { takeBack };
