// random.js
//	Chance that can be repeated: the same seed, the same numbers.
'use strict';

// A generator of numbers in [0, 1) (mulberry32).
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

module.exports = { seeded };
