// stripe_double.js
//	A double of Stripe's HTTP API, as much of it as stripe.js uses: form-encoded
//	requests with a bearer's key and an Idempotency-Key, errors in its shape,
//	and signed webhooks.  It misbehaves as psp.js does.
//
// Its signatures are made here, not by the client that checks them.  Among
// the webhooks are some that somebody else has signed, which must be answered
// with 400, and some of types that nobody uses, which must be taken.
'use strict';

const crypto = require('crypto');
const { Simulated, readText } = require('./simulated.js');

// Form fields as Stripe writes them: metadata[job_id]=…
function readForm(text)
{
	const fields = {};

	for (const [name, value] of new URLSearchParams(text))
	{
		const [, outer, inner] = /^(\w+)(?:\[(\w+)\])?$/.exec(name);

		if (inner === undefined)
			fields[outer] = value;
		else
			(fields[outer] ??= {})[inner] = value;
	}
	return fields;
}

class Refused extends Error
{
	constructor(code, message, type = 'invalid_request_error', status = 400)
	{
		super(message);
		Object.assign(this, { code, type, status });
	}
}

class StripeDouble extends Simulated
{
	constructor(chance, targets, { key, secret })
	{
		super(chance, targets);
		Object.assign(this, { key, secret, objects: new Map(), refused: 0,
			taken: 0 });
	}

	// --------------------------------------------------------------
	// Requests
	// --------------------------------------------------------------

	async answer(request, response)
	{
		const text = await readText(request);
		const url = new URL(request.url, 'http://double');
		const luck = this.chance();
		let answer;

		this.count('requests');
		if (luck < 0.06)
			return this.lose(response);
		try
		{
			answer = { status: 200, body: this.perform(request, url, text) };
		}
		catch (error)
		{
			if (!(error instanceof Refused))
				throw error;
			answer = { status: error.status, body: { error: {
				type: error.type, code: error.code, message: error.message } } };
		}
		if (luck < 0.12)				// done, but the answer is lost
			return this.lose(response);
		response.writeHead(answer.status,
			{ 'Content-Type': 'application/json', 'Request-Id': 'req_1' });
		response.end(JSON.stringify(answer.body));
	}

	lose(response)
	{
		this.count('lost');
		response.writeHead(503, { 'Content-Type': 'application/json' })
			.end('{"error": {"type": "api_error", "message": "Later."}}');
	}

	// The same key is the same deed, its refusal too; with other fields it is
	// an error.
	perform(request, url, text)
	{
		const key = request.headers['idempotency-key'];

		if (request.headers.authorization !== `Bearer ${this.key}`)
			throw new Refused('invalid_api_key', 'No such key.',
				'authentication_error', 401);
		if (request.method === 'GET')
			return this.find(url);
		if (!this.deeds.has(key))
			this.deeds.set(key, { text, deed: this.attempt(url.pathname,
				readForm(text)) });
		else
			this.count('repeated');
		const { text: before, deed } = this.deeds.get(key);

		if (before !== text)
			throw new Refused('idempotency_key_in_use', 'Other fields.',
				'idempotency_error');
		if (deed instanceof Refused)
			throw deed;
		return deed;
	}

	attempt(path, fields)
	{
		try
		{
			return this.make(path, fields);
		}
		catch (error)
		{
			if (error instanceof Refused)
				return error;
			throw error;
		}
	}

	make(path, fields)
	{
		const [, kind, id, verb] = path.match(
			/^\/v1\/(\w+)(?:\/(\w+)\/(\w+))?$/) ?? [];

		if (kind === 'payment_intents' && verb === 'cancel')
			return this.cancel(this.objects.get(id));
		if (kind === 'payment_intents' && id === undefined)
			return this.pay(fields);
		if (kind === 'refunds')
			return this.refund(fields);
		if (kind === 'transfers')
			return this.transfer(fields);
		throw new Refused('resource_missing', `no such deed: ${path}`);
	}

	find(url)
	{
		const path = url.pathname.split('/');
		const wanted = /'transaction_id'\]:'(.*)'/.exec(
			url.searchParams.get('query') ?? '')?.[1];

		if (path[3] === 'search')
			return { object: 'search_result', data: [...this.objects.values()]
				.filter((o) => o.object === 'payment_intent' &&
					o.metadata.transaction_id === wanted) };
		if (!this.objects.has(path[3]))
			throw new Refused('resource_missing', `no ${path[3]}`);
		return this.objects.get(path[3]);
	}

	add(kind, prefix, fields)
	{
		const object = { id: this.newId(prefix), object: kind, ...fields };

		this.objects.set(object.id, object);
		return object;
	}

	// --------------------------------------------------------------
	// Deeds
	// --------------------------------------------------------------

	pay({ amount, currency, metadata, customer, payment_method })
	{
		const payment = this.add('payment_intent', 'pi', { amount:
			Number(amount), amount_received: 0, currency, metadata, customer,
		payment_method, status: 'processing', refunded: 0 });
		const luck = this.chance();

		if (luck < 0.3)
			this.later(() => this.decline(payment));
		this.later(luck < 0.1 ? () => this.end(payment, 'abandoned')
			: () => this.succeed(payment));
		return payment;
	}

	decline(payment)
	{
		if (payment.status !== 'processing')
			return;
		this.count('declined');
		this.tell('payment_intent.payment_failed', { ...payment,
			status: 'requires_payment_method',
			last_payment_error: { code: 'card_declined' } });
	}

	end(payment, reason)
	{
		if (payment.status !== 'processing')
			return;
		payment.status = 'canceled';
		payment.cancellation_reason = reason;
		this.tell('payment_intent.canceled', payment);
	}

	succeed(payment)
	{
		if (payment.status !== 'processing')
			return;
		payment.status = 'succeeded';
		payment.amount_received = Number(this.paid(BigInt(payment.amount)));
		const { currency, amount_received: amount } = payment;
		const fee = Number(this.feeOf(BigInt(amount)));
		const balance = this.add('balance_transaction', 'txn', { amount, fee,
			net: amount - fee, currency });

		this.count('fees');
		this.move(currency, amount - fee);
		this.tell('payment_intent.succeeded', payment);
		if (this.happens(0.25))		// the same, under another name
		{
			this.count('twice');
			this.tell('payment_intent.succeeded', payment);
		}
		this.tell('charge.succeeded', this.add('charge', 'ch', { amount,
			currency, payment_intent: payment.id,
			balance_transaction: balance.id }));
		if (this.happens(0.3))
			this.settle(currency);
	}

	cancel(payment)
	{
		if (payment === undefined)
			throw new Refused('resource_missing', 'No such payment.');
		if (payment.status !== 'processing')
			throw new Refused('payment_intent_unexpected_state',
				`It is ${payment.status}.`);
		this.end(payment, 'requested_by_customer');
		return payment;
	}

	refund({ payment_intent, amount, metadata })
	{
		const payment = this.objects.get(payment_intent);
		const refund = this.add('refund', 're', { amount: Number(amount),
			payment_intent, metadata, currency: payment?.currency,
			status: 'pending' });

		if (payment?.status !== 'succeeded' ||
			payment.refunded + refund.amount > payment.amount_received)
			throw new Refused('charge_already_refunded', 'Not so much.');
		payment.refunded += refund.amount;
		const fate = this.fateOfRefund();

		this.later(() => {
			if (fate === 'fails')
				return this.failRefund(refund, 'expired_or_canceled_card');
			refund.status = 'succeeded';
			this.move(refund.currency, -refund.amount);
			this.tell('refund.updated', refund, () => {
				if (fate === 'comes back')
				{
					this.move(refund.currency, refund.amount);
					this.failRefund(refund, 'lost_or_stolen_card');
				}
			});
			return undefined;
		});
		return refund;
	}

	failRefund(refund, reason)
	{
		this.objects.get(refund.payment_intent).refunded -= refund.amount;
		Object.assign(refund, { status: 'failed', failure_reason: reason });
		this.tell('refund.failed', refund);
	}

	// Some are refused at once, some come back.
	transfer({ amount, currency, destination, metadata })
	{
		const payout = { payout_id: metadata.payout_id, amount: BigInt(amount),
			currency: currency.toUpperCase(), state: 'failed' };

		this.payouts.push(payout);
		if (!destination.startsWith('acct_') || this.happens(0.15))
			throw new Refused('account_closed', 'It takes no transfers.');
		const transfer = this.add('transfer', 'tr', { amount: Number(amount),
			currency, destination, metadata });

		payout.state = 'paid';
		this.move(currency, -transfer.amount);
		this.tell('transfer.created', transfer, () => {
			if (!this.happens(0.15))
				return;
			payout.state = 'failed';
			this.move(currency, transfer.amount);
			this.tell('transfer.reversed', transfer);
		});
		return transfer;
	}

	// Half of what lies here goes to the platform's bank.
	settle(currency)
	{
		const amount = Number((this.books[currency.toUpperCase()] ?? 0n) / 2n);

		if (amount <= 0)
			return;
		this.count('settlements');
		this.move(currency, -amount);
		this.tell('payout.paid', this.add('payout', 'po', { amount, currency,
			status: 'paid' }));
	}

	move(currency, amount)
	{
		this.book(currency.toUpperCase(), BigInt(amount));
	}

	// --------------------------------------------------------------
	// Webhooks
	// --------------------------------------------------------------

	header(body, secret)
	{
		const time = Math.floor(Date.now() / 1000);
		const mark = crypto.createHmac('sha256', secret)
			.update(`${time}.${body}`).digest('hex');

		return { body, headers: { 'Stripe-Signature': `t=${time},v1=${mark}` } };
	}

	// At times twice; done, when the first one was taken.
	tell(type, object, done = () => {})
	{
		const body = JSON.stringify({ id: this.newId('evt'), object: 'event',
			created: Math.floor(Date.now() / 1000), type, data: { object } });

		for (let n = this.happens(0.4) ? 2 : 1; n > 0; n--)
			this.deliver('/stripe', () => this.header(body, this.secret),
				n === 1 ? done : undefined);
		if (this.nextId % 8 === 0)
			this.provoke(body);
	}

	// Somebody else's signature, and an event of another kind.
	provoke(body)
	{
		const other = body.replace(/"type":"[^"]*"/, '"type":"customer.created"');

		this.expect(400, () => this.header(body, 'whsec_other'), 'refused');
		this.expect(400, () => ({ body }), 'refused');
		this.expect(200, () => this.header(other, this.secret), 'taken');
	}

	// A webhook that must be answered with a status by whoever is there.
	expect(status, post, tally)
	{
		this.later(async () => {
			const targets = this.targets();
			const target = targets[Math.floor(this.chance() * targets.length)];
			const response = await fetch(`${target}/stripe`,
				{ method: 'POST', ...post() }).catch(() => null);

			if (response === null)
				return this.expect(status, post, tally);
			this[tally]++;
			if (response.status !== status)
				this.wrong = `${response.status} in place of ${status}`;
			return undefined;
		});
	}
}

module.exports = { StripeDouble };
