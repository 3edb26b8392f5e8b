// milestone.js
//	The parts of a contract: how money fills them and leaves them.
//
// Their amounts are prices of work; funded >= released + refunded + disputed.
'use strict';

const { least } = require('./fee.js');

const OVER = ['released', 'refunded', 'cancelled'];

const sum = (list, value) => list.reduce((total, x) => total + value(x), 0n);
const leftOf = (m) => m.funded - m.released - m.refunded;
const availableOf = (m) => leftOf(m) - m.disputed;

// A new part, that nothing was paid for.
function part(id, amount, isRequired)
{
	return { id, amount, required: isRequired, status: 'planned', funded: 0n,
		released: 0n, refunded: 0n, disputed: 0n, dispute: null, before: null,
		dueAt: null };
}

// One in which nothing is left is over.
function close(m)
{
	if (m.released + m.refunded === m.amount)
		m.status = m.released > 0n ? 'released' : 'refunded';
	return OVER.includes(m.status);
}

// Fills a price in, in order.
function fill(milestones, price)
{
	let left = price;

	for (const m of milestones)
	{
		const piece = least(left, m.amount - m.funded);

		if (OVER.includes(m.status) || piece <= 0n)
			continue;
		m.funded += piece;
		left -= piece;
		if (m.status === 'planned' && m.funded === m.amount)
			m.status = 'funded';
	}
}

// Takes a price of what is undisputed, in order, as released or refunded.
function take(milestones, price, column)
{
	let left = price;

	for (const m of milestones)
	{
		const piece = least(left, availableOf(m));

		if (piece === 0n)
			continue;
		m[column] += piece;
		left -= piece;
		close(m);
	}
}

// The other way round, the last ones first; what was over is funded again.
function giveBack(milestones, price, column)
{
	let left = price;

	for (const m of [...milestones].reverse())
	{
		const piece = least(left, m[column]);

		if (piece === 0n)
			continue;
		m[column] -= piece;
		left -= piece;
		if (['released', 'refunded'].includes(m.status))
			m.status = 'funded';
	}
}

module.exports = { part, fill, take, giveBack, close, sum, leftOf,
	availableOf, OVER };
