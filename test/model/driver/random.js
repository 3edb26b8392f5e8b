// random.js
//	Chance that a seed repeats.
'use strict';

// Numbers in [0, 1): mulberry32.
function seeded(seed)
{
	let state = seed >>> 0;

	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

class Chance
{
	constructor(seed)
	{
		this.restart(seed);
	}

	// Goes on as a new one of this seed would.
	restart(seed)
	{
		this.next = seeded(seed);
	}

	// True once in so many times.
	happens(probability)
	{
		return this.next() < probability;
	}

	below(n)
	{
		return Math.floor(this.next() * n);
	}

	pick(list)
	{
		return list[this.below(list.length)];
	}

	// From 1 to n; often near an end, where rounding shows.
	amount(n)
	{
		const most = Number(n);

		if (most <= 1)
			return 1n;
		if (this.happens(0.1))
			return BigInt(1 + this.below(Math.min(most, 3)));
		if (this.happens(0.05))
			return BigInt(most - this.below(Math.min(most, 3)));
		return BigInt(1 + Math.floor(this.next() * most));
	}

	// One of [[weight, value], ...].
	weighted(list)
	{
		let ticket = this.next() * list.reduce((sum, [w]) => sum + w, 0);

		return list.find(([w]) => (ticket -= w) < 0)[1];
	}
}

module.exports = { Chance };
