// fee.js
//	What the platform takes of a price, who bears it, and what a homeowner
//	pays in for a price of work.
//
// Terms: payer; ppm, fixed, min, max (null = none), tax (on the fee);
// steps, rates for what lies above an amount; promo {ppm, max}.
'use strict';

const MILLION = 1000000n;

const least = (a, b) => (a < b ? a : b);
const most = (a, b) => (a > b ? a : b);

// numerator / denominator, half to even; neither is negative.
function halfEven(numerator, denominator)
{
	const whole = numerator / denominator;
	const rest = (numerator % denominator) * 2n;

	if (rest > denominator || (rest === denominator && whole % 2n === 1n))
		return whole + 1n;
	return whole;
}

// Millionths of the fee before fixed part and limits: each band its rate.
function rated(terms, price)
{
	const bands = [{ from: 0n, ppm: terms.ppm }, ...terms.steps];

	return bands.reduce((total, { from, ppm }, i) => {
		const until = i + 1 < bands.length
			? least(price, bands[i + 1].from) : price;

		return until > from ? total + (until - from) * ppm : total;
	}, 0n);
}

// F(price), what a promo code waives taken off.
function feeOf(terms, price)
{
	let fee = most(halfEven(rated(terms, price), MILLION) + terms.fixed,
		terms.min);

	if (terms.max !== null)
		fee = least(fee, terms.max);
	fee = least(fee, price);
	return terms.promo === null ? fee : fee - waivedOf(terms.promo, fee);
}

function waivedOf(promo, fee)
{
	const waived = halfEven(fee * promo.ppm, MILLION);

	return promo.max === null ? waived : least(waived, promo.max);
}

const taxOf = (terms, fee) => halfEven(fee * terms.tax, MILLION);

// Of fee and tax, what the homeowner bears; the remainder is theirs.
function homeownersShare(terms, total)
{
	if (terms.payer === 'provider')
		return 0n;
	return terms.payer === 'homeowner' ? total : total - total / 2n;
}

// What a homeowner pays in for work of a price, in one piece.
function chargeOf(terms, price)
{
	const fee = feeOf(terms, price);

	return price + homeownersShare(terms, fee + taxOf(terms, fee));
}

// The highest price that a sum of money covers, of a contract at most.
function coveredBy(terms, money, contract)
{
	let low = 0n;
	let high = contract;

	while (low < high)
	{
		const middle = (low + high + 1n) / 2n;

		if (chargeOf(terms, middle) <= money)
			low = middle;
		else
			high = middle - 1n;
	}
	return low;
}

module.exports = { least, most, halfEven, feeOf, waivedOf, taxOf, homeownersShare,
	chargeOf, coveredBy };
