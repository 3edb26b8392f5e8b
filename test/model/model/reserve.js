// reserve.js
//	A part of what is released is kept back for a while.
'use strict';

const { need } = require('./guard.js');
const { least, most } = require('./fee.js');
const { sum } = require('./milestone.js');
const { DAY } = require('./work.js');

const RESERVE_DAYS = 90;
const MILLION = 1000000n;

const reserve = {
	// Of what a release brings, what is kept back from now on.
	keepBack(job, payout)
	{
		const amount = payout * this.reservePpm / MILLION;
		const name = `${job.provider} ${job.currency}`;

		if (amount > 0n)
		{
			this.reserving.add(job.provider);
			this.reserves.set(name, [...this.reserves.get(name) ?? [],
				{ at: this.now, amount }]);
		}
		return amount;
	},

	// Who may be paid has an account before it is known how much is kept.
	openReserve(job)
	{
		if (this.reservePpm > 0n)
			this.reserving.add(job.provider);
	},

	// What of it is theirs now: what is old enough, what has left it before
	// being the oldest, or what they owe.
	freeOfReserve(user, currency)
	{
		const kept = this.balance(`provider_reserve ${user}`, currency);
		const recent = sum((this.reserves.get(`${user} ${currency}`) ?? [])
			.filter(({ at }) => at > this.now - RESERVE_DAYS * DAY),
		({ amount }) => amount);
		const { available, receivable } = this.position(user, currency);

		return most(0n, least(kept, most(kept - recent,
			-(available + receivable))));
	},

	settleReserve(user, currency)
	{
		const free = this.freeOfReserve(user, currency);

		this.book(`provider_reserve ${user}`, currency, -free);
		this.book(`provider_available ${user}`, currency, free);
		return free > 0n;
	},

	// In all currencies; how many had something free.
	settleReserves(user)
	{
		return [...this.reserves.keys()].map((name) => name.split(' '))
			.filter(([owner, currency]) => owner === user &&
				this.settleReserve(owner, currency)).length;
	},

	// Whenever something has changed what a provider has.
	review(user)
	{
		if (this.reserving.has(user) || [...this.payouts.values()].some((p) =>
			p.user === user && p.status === 'pending'))
			this.settleReserves(user);
		this.holdPayouts(user);
	},

	// Each provider once a day.
	release_reserves(call)
	{
		const today = Math.floor(call.now / DAY);
		let freed = 0;
		let providers = 0;

		this.beginDue(call);
		for (const user of this.reserving)
		{
			if (this.reservesSeen.get(user) === today)
				continue;
			this.reservesSeen.set(user, today);
			providers++;
			freed += this.settleReserves(user);
			this.holdPayouts(user);
		}
		return { providers, freed };
	}
};

module.exports = { reserve };
