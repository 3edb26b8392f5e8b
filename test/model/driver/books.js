// books.js
//	The ledger of a play as hledger reads it: sound, and with the balances
//	that trial_balance() has.
'use strict';

const { spawnSync } = require('child_process');
const { Difference, same } = require('./compare.js');
const { SYSTEM } = require('./world.js');

const DIGITS = { USD: 2, EUR: 2, JPY: 0, KWD: 3 };
const FIRST = '2029-01-01';

function hledger(journal, ...args)
{
	return spawnSync('hledger', ['-f', '-', ...args],
		{ input: journal, encoding: 'utf8', maxBuffer: 2 ** 28 });
}

// Minor units as the journal writes them.
function decimal(amount, currency)
{
	const digits = DIGITS[currency];
	const text = String(amount < 0n ? -amount : amount)
		.padStart(digits + 1, '0');
	const whole = text.slice(0, text.length - digits);
	const sign = amount < 0n ? '-' : '';

	return digits === 0 ? sign + whole
		: `${sign}${whole}.${text.slice(-digits)}`;
}

// "account currency amount" of each that is not empty.
function balancesOf(journal)
{
	const currencies = [...journal.matchAll(/^commodity (\w+)/gm)]
		.map(([, currency]) => currency);

	return [...new Set(currencies)].flatMap((currency) =>
		[...hledger(journal, 'balance', '--flat', '-N', '-O', 'csv',
			`cur:${currency}`).stdout
			.matchAll(/^"([^"]+)","(?:\w+ )?(-?[\d.]+)"/gm)]
			.map(([, account, amount]) => `${account} ${currency} ${amount}`))
		.sort();
}

async function trialOf(server, on_day, now)
{
	const { rows } = await server.ask(SYSTEM, 'trial_balance', { on_day },
		now);

	return rows.filter(({ balance }) => balance !== '0')
		.map(({ kind, psp, currency, balance }) =>
			`${psp ? `${kind}:${psp}` : kind} ${currency} ${
				decimal(BigInt(balance), currency)}`).sort();
}

// A line about what was compared; throws a Difference.
async function compareBooks(server, now)
{
	const to_day = new Date(now).toISOString().slice(0, 10);
	const { rows } = await server.ask(SYSTEM, 'export_ledger',
		{ from_day: FIRST, to_day }, now);
	const journal = rows.map(({ text }) => text).join('\n');
	const checked = hledger(journal, 'check', '--strict', 'ordereddates');
	const types = [...journal.matchAll(/^\S+ \* (\w+)/gm)]
		.map(([, type]) => type);

	if (checked.error)
		return `${checked.error.message}, so hledger has read nothing`;
	if (checked.status !== 0)
		throw new Difference(`hledger: ${checked.stdout}${checked.stderr}`);
	same('balances by hledger', balancesOf(journal).join('\n'),
		(await trialOf(server, to_day, now)).join('\n'));
	return `hledger agrees on ${types.length} transactions of ${
		new Set(types).size} types`;
}

module.exports = { compareBooks };
