// acme.js
//	The adapter of acme: what dwello asks for as requests to it, and what it
//	tells as calls of dwello.
//
//	ACME_KEY	by which it knows us
//	ACME_URL	where it is
'use strict';

const NAME = 'acme';

class Acme
{
	// find: (text, values) => the first row of a query of dwello's database
	constructor(env, find)
	{
		this.find = find;
		this.url = env.ACME_URL;
		this.key = env.ACME_KEY;
		this.canSend = true;	// to a method, and not only back to a charge
	}

	// What to ask for: where, and with what.
	async order({ type, scope_id, payload })
	{
		switch (type)
		{
			case 'payment_requested':
				return ['/payments', { job_id: scope_id,
					transaction_id: payload.transaction_id,
					amount: String(payload.psp_amount),
					currency: payload.currency }];
			case 'payment_cancelled':
				return ['/cancellations',
					{ transaction_id: payload.transaction_id }];
			case 'refund_requested':
				return ['/refunds', { payment: payload.psp_reference,
					token: payload.psp_reference ? undefined
						: await this.tokenOf(payload),
					amount: String(payload.psp_amount),
					currency: payload.currency, job_id: payload.job_id,
					refund_id: payload.refund_id }];
			case 'payout_requested':
				return ['/payouts', { provider_id: payload.provider_id,
					payout_id: payload.payout_id,
					amount: String(payload.psp_amount),
					currency: payload.paid_currency,
					send_after: payload.hold_until }];
			default:
				throw new Error(`nobody knows ${type}`);
		}
	}

	// Of a refund that goes to a method, for its charge could not take it.
	async tokenOf({ homeowner_id, payment_method_id })
	{
		const { psp_token } = await this.find(
			`SELECT psp_token FROM dwello.payment_methods
			  WHERE user_id = $1 AND id = $2`,
			[homeowner_id, payment_method_id]);

		return psp_token;
	}

	// Carries an event of the outbox out, under its id as the key, so that
	// twice is once.  Returns calls of dwello, if something is known at once;
	// throws when it is to be tried again.
	async carryOut(event)
	{
		const [path, body] = await this.order(event);
		const response = await fetch(this.url + path, {
			method: 'POST', body: JSON.stringify(body),
			headers: { 'Idempotency-Key': event.id,
				Authorization: `Bearer ${this.key}` },
			signal: AbortSignal.timeout(5000) });

		if (response.status !== 200)
			throw new Error(`${path} was answered with ${response.status}`);
		await response.text();
		return [];
	}

	// The calls of dwello that a webhook comes to; null would be: not acme's.
	read(headers, text)
	{
		const { id: event_id, type, created: occurred_at, amount, currency,
			...event } = JSON.parse(text);
		const told = { psp: NAME, event_id, occurred_at };
		const { job_id, transaction_id, refund_id, provider_id: user_id,
			payout_id, payment: psp_reference, refund: refund_reference } =
			event;

		switch (type)
		{
			case 'succeeded':
				return [['confirm_payment', { ...told, job_id, transaction_id,
					amount, currency, psp_reference }]];
			case 'failed':
				return [['fail_payment', { ...told, job_id, transaction_id,
					is_final: event.is_final }]];
			case 'refund_paid':
				return [['confirm_refund',
					{ ...told, job_id, refund_id, refund_reference, amount }]];
			case 'refund_failed':
				return [['fail_refund', { ...told, job_id, refund_id,
					refund_reference, reason: event.reason }]];
			case 'payout_paid':
				return [['confirm_payout', { ...told, user_id, payout_id,
					psp_reference: event.payout }]];
			case 'payout_failed':
				return [['fail_payout', { ...told, user_id, payout_id }]];
			case 'fee':
				return [['record_psp_fee',
					{ ...told, amount, currency, psp_reference }]];
			case 'settled':
				return [['record_settlement', { ...told, amount, currency }]];
			default:
				return [];		// nothing that concerns money
		}
	}
}

module.exports = { Company: Acme };
