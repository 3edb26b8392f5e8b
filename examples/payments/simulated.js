// simulated.js
//	What simulated payment companies have in common: an HTTP server on the
//	loopback, things that happen later, webhooks that come again until somebody
//	takes them, and books of its own.
'use strict';

const http = require('http');

// The whole body of a request, as it came.
async function readText(request)
{
	let text = '';

	for await (const chunk of request)
		text += chunk;
	return text;
}

class Simulated
{
	// chance: () => [0, 1); targets: () => the URLs of webhooks, any of which
	// will do
	constructor(chance, targets)
	{
		this.chance = chance;
		this.targets = targets;
		this.deeds = new Map();		// idempotency key → answer
		this.waiting = new Set();	// what is still to happen
		this.books = {};			// currency → what it holds
		this.payouts = [];			// {payout_id, amount, currency, state}
		this.counts = { requests: 0, lost: 0, repeated: 0, webhooks: 0,
			redelivered: 0, over: 0, under: 0, twice: 0, declined: 0,
			fees: 0, settlements: 0, refunds_failed: 0,
			refunds_returned: 0 };
		this.nextId = 1;
		this.server = http.createServer((request, response) => {
			this.answer(request, response).catch((error) => {
				console.error(`${this.constructor.name}: ${error.stack}`);
				response.writeHead(500).end(String(error));
			});
		});
	}

	// Starts it on a free port; resolves to its URL.
	listen()
	{
		return new Promise((resolve) => {
			this.server.listen(0, '127.0.0.1', () =>
				resolve(`http://127.0.0.1:${this.server.address().port}`));
		});
	}

	close()
	{
		this.server.close();
		this.server.closeAllConnections();
	}

	newId(kind)
	{
		return `${kind}_${this.nextId++}`;
	}

	happens(probability)
	{
		return this.chance() < probability;
	}

	count(what)
	{
		this.counts[what]++;
	}

	// Money comes (> 0) or goes (< 0).
	book(currency, amount)
	{
		this.books[currency] = (this.books[currency] ?? 0n) + amount;
	}

	// Once in a while more or less comes than was asked for.
	paid(amount)
	{
		const odd = 1n + BigInt(Math.floor(this.chance() * Number(amount) / 2));

		if (this.happens(0.15))
		{
			this.count('over');
			return amount + odd;
		}
		if (this.happens(0.15))
		{
			this.count('under');
			return odd;
		}
		return amount;
	}

	// Whether a refund is sent, fails, or comes back after it was sent.
	fateOfRefund()
	{
		const luck = this.chance();

		if (luck < 0.2)
			this.count('refunds_failed');
		else if (luck < 0.4)
			this.count('refunds_returned');
		return luck < 0.2 ? 'fails' : luck < 0.4 ? 'comes back' : 'is sent';
	}

	// What it keeps for a payment.
	feeOf(amount)
	{
		return amount * 29n / 1000n + 30n;
	}

	// Does something after a while, and not before a time.
	later(deed, earliest = 0)
	{
		const entry = {};

		this.waiting.add(entry);
		setTimeout(() => {
			this.waiting.delete(entry);
			deed();
		}, this.chance() * 400 + Math.max(0, earliest - Date.now()));
	}

	isQuiet()
	{
		return this.waiting.size === 0;
	}

	// Delivers until it is taken, and then does something; post is what
	// fetch() is given each time.
	deliver(path, post, done = () => {})
	{
		const attempt = async () => {
			const targets = this.targets();
			const target = targets[Math.floor(this.chance() * targets.length)];
			let taken = false;

			this.count('webhooks');
			try
			{
				const response = await fetch(target + path, { method: 'POST',
					signal: AbortSignal.timeout(5000), ...post() });

				taken = response.status === 200;
			}
			catch
			{
				// nobody there: again
			}
			if (taken)
				return done();
			this.count('redelivered');
			return this.later(attempt);
		};

		this.later(attempt);
	}
}

module.exports = { Simulated, readText };
