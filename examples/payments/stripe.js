// stripe.js
//	The adapter of Stripe, through its own client: payment intents, refunds,
//	transfers to connected accounts, and its webhooks.
//
//	STRIPE_KEY	the secret key
//	STRIPE_WEBHOOK_SECRET	by which webhooks are signed
//	STRIPE_URL	of a double for tests; without it Stripe itself
//
// A homeowner's psp_token is "customer/payment method", a provider's is the id
// of their connected account.
'use strict';

const Stripe = require('stripe');

const NAME = 'stripe';

class StripeCompany
{
	// find: (text, values) => the first row of a query of dwello's database
	constructor(env, find)
	{
		const url = env.STRIPE_URL ? new URL(env.STRIPE_URL) : null;

		this.find = find;
		this.secret = env.STRIPE_WEBHOOK_SECRET;
		this.api = new Stripe(env.STRIPE_KEY, {
			timeout: 5000, telemetry: false,
			maxNetworkRetries: 2,	// then the outbox gives the event again
			...url && { protocol: 'http', host: url.hostname,
				port: Number(url.port) } });
	}

	// --------------------------------------------------------------
	// Out
	// --------------------------------------------------------------

	// As Adapter.carryOut() of acme.js.
	async carryOut(event)
	{
		const { type, payload } = event;
		const key = { idempotencyKey: event.id };

		switch (type)
		{
			case 'payment_requested':
				return this.pay(event, key);
			case 'payment_cancelled':
				return this.cancel(payload);
			case 'refund_requested':
				await this.api.refunds.create({
					payment_intent: payload.psp_reference,
					amount: payload.psp_amount,
					metadata: { job_id: payload.job_id ?? '',
						refund_id: payload.refund_id } }, key);
				return [];
			case 'payout_requested':
				return this.payOut(event, key);
			default:
				throw new Error(`nobody knows ${type}`);
		}
	}

	async tokenOf(user, method)
	{
		const { psp_token } = await this.find(
			`SELECT psp_token FROM dwello.payment_methods
			  WHERE user_id = $1 AND id = $2`, [user, method]);

		return psp_token;
	}

	// A card that is declined is told of by a webhook, too.
	async pay({ scope_id, payload }, key)
	{
		const token = await this.tokenOf(payload.homeowner_id,
			payload.payment_method_id);
		const [customer, payment_method] = token.split('/');

		await this.api.paymentIntents.create({ customer, payment_method,
			amount: payload.psp_amount, currency: payload.currency.toLowerCase(),
			confirm: true, off_session: true, metadata: { job_id: scope_id,
				transaction_id: payload.transaction_id } }, key)
			.catch((error) => {
				if (error.type !== 'StripeCardError')
					throw error;
			});
		return [];
	}

	// Stripe's search is some seconds behind: until it finds the payment, the
	// event is given again.
	async cancel({ transaction_id })
	{
		const { data: [payment] } = await this.api.paymentIntents.search({
			query: `metadata['transaction_id']:'${transaction_id}'` });

		if (payment === undefined)
			throw new Error(`no payment of ${transaction_id} is found yet`);
		await this.api.paymentIntents.cancel(payment.id).catch((error) => {
			if (error.code !== 'payment_intent_unexpected_state')
				throw error;		// else it has ended: a webhook says how
		});
		return [];
	}

	// A transfer that is refused will not come.
	async payOut({ id, payload }, key)
	{
		const { provider_id: user_id, payout_id } = payload;

		try
		{
			await this.api.transfers.create({ amount: payload.psp_amount,
				currency: payload.paid_currency.toLowerCase(),
				destination: await this.tokenOf(user_id,
					payload.payment_method_id),
				metadata: { user_id, payout_id } }, key);
			return [];
		}
		catch (error)
		{
			if (error.type !== 'StripeInvalidRequestError')
				throw error;
			return [['fail_payout', { psp: NAME, event_id: `${id} refused`,
				user_id, payout_id, reason: error.message }]];
		}
	}

	// --------------------------------------------------------------
	// In
	// --------------------------------------------------------------

	// As Adapter.read() of acme.js: null when the signature is wrong.
	async read(headers, text)
	{
		let event;

		try
		{
			event = this.api.webhooks.constructEvent(text,
				headers['stripe-signature'] ?? '', this.secret);
		}
		catch
		{
			return null;
		}
		return this.calls(event, { psp: NAME, event_id: event.id,
			occurred_at: new Date(event.created * 1000).toISOString() });
	}

	async calls({ type, data: { object } }, told)
	{
		const { metadata = {}, amount, id } = object;
		const currency = object.currency?.toUpperCase();
		const job_id = metadata.job_id || null;

		switch (type)
		{
			case 'payment_intent.succeeded':
				return [['confirm_payment', { ...told, job_id, currency,
					transaction_id: metadata.transaction_id, psp_reference: id,
					amount: await this.minor(object.amount_received, currency) }]];
			case 'payment_intent.payment_failed':
			case 'payment_intent.canceled':
				return [['fail_payment', { ...told, job_id,
					transaction_id: metadata.transaction_id,
					reason: object.last_payment_error?.code ??
						object.cancellation_reason,
					is_final: object.status === 'canceled' }]];
			case 'charge.succeeded':
				return this.fee(object, told);
			case 'refund.updated':
				return object.status !== 'succeeded' ? [] : [['confirm_refund',
					{ ...told, job_id, refund_id: metadata.refund_id,
						refund_reference: id,
						amount: await this.minor(amount, currency) }]];
			case 'refund.failed':
				return [['fail_refund', { ...told, job_id,
					refund_id: metadata.refund_id, refund_reference: id,
					reason: object.failure_reason }]];
			case 'transfer.created':
				return [['confirm_payout', { ...told, ...metadata,
					psp_reference: id }]];
			case 'transfer.reversed':
				return [['fail_payout', { ...told, ...metadata }]];
			case 'payout.paid':		// Stripe pays the platform's bank
				return [['record_settlement', { ...told, event_id: id, currency,
					amount: await this.minor(amount, currency) }]];
			default:
				return [];			// nothing that concerns money here
		}
	}

	// A charge's fee is in its balance transaction, by whose name it counts.
	async fee({ balance_transaction, payment_intent }, told)
	{
		const { id, fee, currency } = await this.api.balanceTransactions
			.retrieve(balance_transaction);
		const code = currency.toUpperCase();

		return fee === 0 ? [] : [['record_psp_fee', { ...told, event_id: id,
			amount: await this.minor(fee, code), currency: code,
			psp_reference: payment_intent }]];
	}

	// Minor units of an amount as Stripe counts it.
	async minor(amount, currency)
	{
		const { units } = await this.find(`SELECT dwello.to_minor(
			$1::numeric / 10::numeric ^ dwello.psp_exponent($2, $3), $3) AS units`,
		[amount, NAME, currency]);

		return units;
	}
}

module.exports = { Company: StripeCompany };
