// dice.js
//	Choices by a list of numbers, so that smaller numbers are simpler choices.
'use strict';

const MOST = 65535;

class Dice
{
	constructor(numbers)
	{
		this.numbers = [...numbers];
	}

	next()
	{
		return this.numbers.shift() ?? 0;
	}

	// undefined of an empty list
	pick(list)
	{
		const n = this.next();

		return list[n % Math.max(list.length, 1)];
	}

	// From 1 to most, all of it for 0: a simpler amount is the whole.
	share(most)
	{
		const n = BigInt(this.next());

		return most <= 1n ? 1n : most - n * (most - 1n) / BigInt(MOST);
	}
}

module.exports = { Dice, MOST };
