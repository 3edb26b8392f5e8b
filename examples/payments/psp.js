// psp.js
//	Acme, a payment company that nobody has heard of, simulated: it has all the
//	manners of a real one.
//
// A request carries an Idempotency-Key: the same key is the same deed, however
// often it is asked for.  Some requests are answered with 503, before or after
// the deed.  What became of a payment is told later, by webhooks, which come
// in any order, more than once, under two names, and again until somebody
// answers 200.  More or less may come than was asked for, a refund may fail
// before it was sent or after, fees are kept, and now and then it pays to the bank.
'use strict';

const { Simulated, readText } = require('./simulated.js');

class Psp extends Simulated
{
	constructor(chance, targets)
	{
		super(chance, targets);
		this.payments = new Map();	// id → {amount, currency, state, refunded}
	}

	// One request: refused at times, done once for each key.
	async answer(request, response)
	{
		const body = JSON.parse(await readText(request));
		const key = request.headers['idempotency-key'];
		const luck = this.chance();

		this.count('requests');
		if (luck < 0.06)
			return this.lose(response);
		if (this.deeds.has(key))
			this.count('repeated');
		else
			this.deeds.set(key, this.perform(request.url, body));
		if (luck < 0.12)				// done, but the answer is lost
			return this.lose(response);
		response.writeHead(200, { 'Content-Type': 'application/json' });
		response.end(JSON.stringify(this.deeds.get(key)));
	}

	lose(response)
	{
		this.count('lost');
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
		const payment = { ...body, amount: BigInt(body.amount),
			id: this.newId('pay'), state: 'pending', refunded: 0n };
		const luck = this.chance();

		this.payments.set(payment.id, payment);
		if (luck < 0.3)
			this.later(() => this.fail(payment, luck < 0.15));
		if (luck >= 0.15)
			this.later(() => this.succeed(payment));
		return { id: payment.id };
	}

	// An attempt fails, the last one (isFinal) or not.
	fail(payment, isFinal)
	{
		if (payment.state !== 'pending')
			return;
		this.count('declined');
		this.tell({ type: 'failed', payment: payment.id, is_final: isFinal,
			job_id: payment.job_id, transaction_id: payment.transaction_id });
	}

	// Money that was taken stays taken until refunded.
	succeed(payment)
	{
		if (payment.state !== 'pending')
			return;
		payment.state = 'succeeded';
		payment.amount = this.paid(payment.amount);
		this.book(payment.currency, payment.amount);
		const event = { type: 'succeeded', payment: payment.id,
			job_id: payment.job_id, transaction_id: payment.transaction_id,
			amount: String(payment.amount), currency: payment.currency };

		this.tell(event);
		if (this.happens(0.25))		// the same, under another name
		{
			this.count('twice');
			this.tell(event);
		}
		this.keepFee(payment);
		if (this.happens(0.3))
			this.settle(payment.currency);
	}

	keepFee({ id, amount, currency })
	{
		const fee = this.feeOf(amount);

		this.count('fees');
		this.book(currency, -fee);
		this.tell({ type: 'fee', payment: id, amount: String(fee), currency });
	}

	// Half of what lies here goes to the platform's bank.
	settle(currency)
	{
		const amount = (this.books[currency] ?? 0n) / 2n;

		if (amount <= 0n)
			return;
		this.count('settlements');
		this.book(currency, -amount);
		this.tell({ type: 'settled', amount: String(amount), currency });
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

	// Money back after a while: of a payment never more than came, or to a
	// method by its token.  Some fail, at once or after they were sent.
	refund(body)
	{
		const payment = this.payments.get(body.payment);
		const refund = { ...body, amount: BigInt(body.amount),
			id: this.newId('re') };

		if (body.token === undefined &&
			(payment?.state !== 'succeeded' ||
				payment.refunded + refund.amount > payment.amount))
			throw new Error(`cannot refund ${body.amount} of ${body.payment}`);
		if (payment !== undefined)
			payment.refunded += refund.amount;
		const fate = this.fateOfRefund();

		this.later(() => {
			if (fate === 'fails')
				return this.failRefund(refund, 'the card is closed');
			this.book(refund.currency, -refund.amount);
			this.tellRefund('refund_paid', refund, {}, () => {
				if (fate === 'comes back')
				{
					this.book(refund.currency, refund.amount);
					this.failRefund(refund, 'the bank sent it back');
				}
			});
			return undefined;
		});
		return {};
	}

	failRefund(refund, reason)
	{
		const payment = this.payments.get(refund.payment);

		if (payment !== undefined)
			payment.refunded -= refund.amount;
		this.tellRefund('refund_failed', refund, { reason });
	}

	tellRefund(type, { id, job_id, refund_id, amount }, more, done)
	{
		this.tell({ type, refund: id, job_id, refund_id,
			amount: String(amount), ...more }, done);
	}

	// Money out to a provider, not before send_after; some cannot be paid.
	payOut(body)
	{
		const payout = { ...body, amount: BigInt(body.amount),
			id: this.newId('po'), state: 'pending' };

		this.payouts.push(payout);
		this.later(() => {
			payout.state = this.happens(0.25) ? 'failed' : 'paid';
			if (payout.state === 'paid')
				this.book(payout.currency, -payout.amount);
			this.tell({ type: `payout_${payout.state}`, payout: payout.id,
				payout_id: payout.payout_id, provider_id: payout.provider_id });
		}, Date.parse(payout.send_after));
		return { id: payout.id };
	}

	// A webhook, at times twice; late ones overtake early ones.  Done, when it
	// was taken.
	tell(event, done = () => {})
	{
		const body = JSON.stringify({ id: this.newId('evt'), ...event,
			created: new Date().toISOString() });

		for (let n = this.happens(0.4) ? 2 : 1; n > 0; n--)
			this.deliver('/acme', () => ({ body }), n === 1 ? done : undefined);
	}
}

module.exports = { Psp };
