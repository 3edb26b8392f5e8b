// psp.js
//	A payment company, simulated: an HTTP server on the loopback with books of
//	its own, and all the manners of a real one.
//
// A request carries an Idempotency-Key: the same key is the same deed, however
// often it is asked for.  Some requests are answered with 503, before or after
// the deed.  What became of a payment is told later, by webhooks, which come
// in any order, more than once, and again until somebody answers 200.
'use strict';

const http = require('http');

// The whole body of a request, as an object.
async function readBody(request)
{
	let text = '';

	for await (const chunk of request)
		text += chunk;
	return text === '' ? {} : JSON.parse(text);
}

class Psp
{
	// chance: () => [0, 1); targets: () => the URLs of webhooks, any of which
	// will do
	constructor(chance, targets)
	{
		this.chance = chance;
		this.targets = targets;
		this.deeds = new Map();		// idempotency key → answer
		this.payments = new Map();	// id → {amount, currency, state, refunded}
		this.payouts = new Map();	// id → {amount, currency, state}
		this.waiting = new Set();	// webhooks that nobody has taken yet
		this.counts = { requests: 0, refused: 0, repeated: 0, webhooks: 0,
			redelivered: 0 };
		this.nextId = 1;
		this.server = http.createServer((request, response) => {
			this.answer(request, response).catch((error) => {
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

	// One request: refused at times, done once for each key.
	async answer(request, response)
	{
		const body = await readBody(request);
		const key = request.headers['idempotency-key'];
		const luck = this.chance();

		this.counts.requests++;
		if (luck < 0.1)
			return this.refuse(response);
		if (this.deeds.has(key))
			this.counts.repeated++;
		else
			this.deeds.set(key, this.perform(request.url, body));
		if (luck < 0.2)				// done, but the answer is lost
			return this.refuse(response);
		response.writeHead(200, { 'Content-Type': 'application/json' });
		response.end(JSON.stringify(this.deeds.get(key)));
	}

	refuse(response)
	{
		this.counts.refused++;
		response.writeHead(503).end();
	}

	// What a request does: to the books, and to the webhooks.
	perform(url, body)
	{
		if (url === '/payments')
			return this.pay(body);
		if (url === '/cancellations')
			return this.cancel(body);
		if (url === '/refunds')
			return this.refund(body);
		if (url === '/payouts')
			return this.payOut(body);
		throw new Error(`no such deed: ${url}`);
	}

	// A payment: most succeed, some fail, and some fail and then succeed.
	pay(body)
	{
		const id = `pay_${this.nextId++}`;
		const payment = { ...body, amount: BigInt(body.amount), id,
			state: 'pending', refunded: 0n };
		const luck = this.chance();

		this.payments.set(id, payment);
		if (luck < 0.3)
			this.later(() => this.settle(payment, 'failed'));
		if (luck >= 0.15)
			this.later(() => this.settle(payment, 'succeeded'));
		return { id };
	}

	// The end of a payment: money that was taken stays taken until refunded.
	settle(payment, state)
	{
		if (payment.state === 'cancelled')
			return;
		if (payment.state !== 'succeeded')
			payment.state = state;
		this.tell({ id: `evt_${payment.id}_${state}`, type: state,
			payment: payment.id, job_id: payment.job_id,
			transaction_id: payment.transaction_id,
			amount: payment.amount.toString(), currency: payment.currency });
	}

	// A payment that is not settled yet can be called off.
	cancel(body)
	{
		for (const payment of this.payments.values())
			if (payment.transaction_id === body.transaction_id &&
				payment.state === 'pending')
				payment.state = 'cancelled';
		return {};
	}

	// Money back after a while, never more than came.
	refund(body)
	{
		const payment = this.payments.get(body.payment);
		const amount = BigInt(body.amount);

		if (payment === undefined || payment.state !== 'succeeded' ||
			payment.refunded + amount > payment.amount)
			throw new Error(`cannot refund ${amount} of ${body.payment}`);
		payment.refunded += amount;
		this.later(() => this.tell({ id: `evt_${body.refund_id}`,
			type: 'refund_paid', job_id: body.job_id,
			refund_id: body.refund_id }));
		return {};
	}

	// Money out to a provider, not before send_after; some cannot be paid.
	payOut(body)
	{
		const id = `po_${this.nextId++}`;
		const payout = { ...body, amount: BigInt(body.amount), id,
			state: 'pending' };

		this.payouts.set(id, payout);
		this.later(() => {
			payout.state = this.chance() < 0.25 ? 'failed' : 'paid';
			this.tell({ id: `evt_${id}_${payout.state}`,
				type: `payout_${payout.state}`, payout: id,
				payout_id: payout.payout_id, provider_id: payout.provider_id });
		}, Date.parse(payout.send_after));
		return { id };
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

	// A webhook, at times twice; late ones overtake early ones.
	tell(event)
	{
		this.deliver(event);
		if (this.chance() < 0.4)
			this.deliver(event);
	}

	// Delivers until it is taken.
	deliver(event)
	{
		const attempt = async () => {
			const targets = this.targets();
			const target = targets[Math.floor(this.chance() * targets.length)];
			let taken = false;

			this.counts.webhooks++;
			try
			{
				const response = await fetch(target, {
					method: 'POST', body: JSON.stringify(event),
					signal: AbortSignal.timeout(5000) });

				taken = response.status === 200;
			}
			catch
			{
				// nobody there: again
			}
			if (!taken)
			{
				this.counts.redelivered++;
				this.later(attempt);
			}
		};

		this.later(attempt);
	}

	// The books: what is left here of each currency.
	balances()
	{
		const sums = {};

		const add = ({ currency }, amount) => {
			sums[currency] = (sums[currency] ?? 0n) + amount;
		};

		for (const payment of this.payments.values())
			if (payment.state === 'succeeded')
				add(payment, payment.amount - payment.refunded);
		for (const payout of this.payouts.values())
			if (payout.state === 'paid')
				add(payout, -payout.amount);
		return sums;
	}

	isQuiet()
	{
		return this.waiting.size === 0;
	}

	close()
	{
		this.server.close();
		this.server.closeAllConnections();
	}
}

module.exports = { Psp, readBody };
