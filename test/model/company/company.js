// company.js
//	A payment company: what it did, what it has told of that, and what it
//	holds by what it has told.
//
// It knows nothing of dwello.  An event has the call that tells of it and
// `moves`, what it did to the money that the company holds.
'use strict';

const { Difference } = require('../driver/compare.js');

function need(condition, words)
{
	if (!condition)
		throw new Difference(words);
}

class Sums extends Map
{
	add(currency, amount)
	{
		this.set(currency, this.of(currency) + amount);
	}

	of(currency)
	{
		return this.get(currency) ?? 0n;
	}
}

class Company
{
	constructor(name)
	{
		Object.assign(this, { name, charges: [], facts: [], queue: [], told: [],
			holds: new Sums(), said: new Sums(), serial: 0, isClear: true });
	}

	newName(kind)
	{
		return `${kind}_${++this.serial}`;
	}

	// What has happened; it is told later, not before `after` was.
	happens({ call, args, at, ...event })
	{
		const made = { moves: [], after: null, line: null, company: this, call,
			args: { psp: this.name, event_id: this.newName('evt'), ...args,
				occurred_at: new Date(at).toISOString() }, ...event };

		made.moves.forEach(([currency, amount]) =>
			this.holds.add(currency, amount));
		this.queue.push(made);
		return made;
	}

	// What can be told now.
	sayable()
	{
		return this.queue.filter(({ after }) => !after?.company.queue
			.includes(after));
	}

	// An event was taken: from now on the company has said so.
	wasTold(event, reply, now)
	{
		const at = this.queue.indexOf(event);

		if (at < 0)
			return;
		event.reply = reply;
		event.wasTold?.(now);
		this.queue.splice(at, 1);
		this.told.push(event);
		event.moves.forEach(([currency, amount]) =>
			this.said.add(currency, amount));
	}

	// --------------------------------------------------------------
	// Charges
	// --------------------------------------------------------------

	// Money comes in; args say for what.
	charge({ amount, currency, job, args, at, call = 'confirm_payment' })
	{
		const charge = { reference: this.newName('ch'), amount, currency, job,
			back: 0n, takings: [], disputes: [] };

		this.charges.push(charge);
		charge.event = this.happens({ call, at,
			args: { ...args, amount, currency, psp_reference: charge.reference },
			moves: [[currency, amount]], isNamed: true,
			line: { kind: 'payment', amount, reference: charge.reference } });
		return charge;
	}

	// Asked to give a part of a charge back: no charge gives back more than it
	// brought, and of an escrow's no bank took by what was told until then.
	asked({ psp_reference, amount, isOfReceipt, at })
	{
		const charge = this.charges.find((c) => c.reference === psp_reference);
		const taken = (charge?.takings ?? []).filter((t) => t.at < at)
			.reduce((sum, t) => sum + t.amount, 0n);

		need(charge, `a refund of ${psp_reference}, which is no charge`);
		charge.back += amount;
		need(charge.isOverdrawn || charge.back + (isOfReceipt ? 0n : taken) <=
			charge.amount,
			`a refund of ${amount}: ${psp_reference} brought ${charge.amount},`
			+ ` gave ${charge.back - amount} back, and a bank took ${taken}`);
		return charge;
	}

	// A refund is sent, or cannot be, or comes back after it was sent.
	refund({ refund, state, at })
	{
		const { job_id, refund_id, amount, charge, currency, more } = refund;
		const isSent = state === 'sent';

		refund.name ??= this.newName('re');
		const hasMoved = refund.state !== state &&
			(isSent || refund.state === 'sent');

		refund.last = this.happens({ at, after: refund.last ?? null,
			call: isSent ? 'confirm_refund' : 'fail_refund', isNamed: isSent,
			// or it was withdrawn, and the company has not heard of that
			mayBeOld: refund.state === state || !isSent && !hasMoved,
			args: { job_id, refund_id, refund_reference: refund.name,
				...isSent && { amount, ...more } },
			moves: hasMoved ? [[currency, isSent ? -amount : amount]] : [],
			line: hasMoved ? { kind: isSent ? 'refund' : 'refund_returned',
				amount, reference: refund.name, currency } : null });
		refund.last.refund = refund;
		if (charge && refund.state === 'failed' && isSent)
			charge.back += amount;
		else if (charge && refund.state !== 'failed' && !isSent)
			charge.back -= amount;		// it can be asked for once more
		refund.state = state;
		return refund.last;
	}

	// It gives a part of a charge back by itself, which may be told before
	// the charge is; dwello may ask for more of it then than there is.
	giveBack({ charge, amount, at })
	{
		const { job, reference, currency } = charge;
		const refund = { company: this, job_id: job?.id ?? null, amount,
			charge, currency, state: 'asked', last: null,
			more: { psp_reference: reference, currency } };

		charge.back += amount;
		charge.isOverdrawn = true;
		this.refund({ refund, state: 'sent', at });
		refund.last.mayBeEarly = () => this.queue.includes(charge.event);
		return refund;
	}

	// A bank asks for a charge, or only what it was; nothing leaves until it has
	// decided but what the company takes for it.
	dispute({ charge, amount, currency, fee, isInquiry, at })
	{
		const dispute = { charge, amount, currency, taken: 0n,
			name: this.newName('dp'), state: isInquiry ? 'inquired' : 'open' };

		charge.disputes.push(dispute);
		dispute.open = dispute.last = this.happens({ call: 'open_chargeback', at,
			isNamed: !isInquiry,
			args: { job_id: charge.job?.id ?? null, amount, currency,
				psp_reference: charge.reference, is_inquiry: isInquiry,
				case_reference: dispute.name, fee: fee || undefined },
			moves: fee > 0n ? [[currency, -fee]] : [],
			line: isInquiry ? null
				: { kind: 'chargeback', amount, reference: charge.reference },
			moreLine: fee > 0n ? { kind: 'dispute_fee', amount: fee } : null,
			wasTold: (now) => isInquiry || currency !== charge.currency ||
				charge.takings.push({ amount, at: now }) });
		// too early, while a payment is awaited that it may be about
		dispute.open.mayBeEarly = () => this.queue.includes(charge.event);
		return dispute;
	}

	// The bank decides, or decides otherwise: what it takes in the end.
	decide({ dispute, lost, at })
	{
		const { charge, amount, currency, open, taken } = dispute;
		const isWon = lost === 0n;

		dispute.last = this.happens({ call: 'close_chargeback', at, charge,
			after: dispute.last, isNamed: true,
			args: { job_id: charge.job?.id ?? null, won: isWon,
				lost_amount: isWon ? undefined : lost,
				...this.serial % 2 === 0 ? { case_reference: dispute.name }
					: { chargeback_id: () => open.reply.chargeback_id } },
			mayBeOld: dispute.state === 'decided' && lost === taken,
			moves: [[currency, taken - lost]],
			line: dispute.state === 'open' && lost < amount
				? { kind: 'chargeback_won', amount: amount - lost, currency,
					reference: charge.reference }
				: null,
			wasTold: (now) => {
				if (currency === charge.currency)
					charge.takings.push({ at: now,
						amount: lost - (dispute.told ?? amount) });
				dispute.told = lost;
			} });
		// how dwello books a decision that does not last is its own matter
		this.isClear &&= dispute.state === 'open' || lost === taken;
		Object.assign(dispute, { state: 'decided', taken: lost });
		return dispute.last;
	}

	// --------------------------------------------------------------
	// Its own fees, and the bank
	// --------------------------------------------------------------

	// amount leaves: a fee, a settlement; below zero it comes back.
	fact({ call, kind, amount, currency, at })
	{
		const event = this.happens({ call, at, args: { amount, currency,
			psp_reference: call === 'record_psp_fee' ? 'a charge' : undefined },
		moves: [[currency, -amount]], line: { kind, amount } });

		this.facts.push(event);
		return event;
	}

	// --------------------------------------------------------------
	// Providers
	// --------------------------------------------------------------

	// What becomes of a payout: it is paid, it fails, or it comes back.
	payout({ payout, state, at })
	{
		const { user_id, payout_id, paid_amount, paid_currency } = payout;
		const isPaid = state === 'paid';
		const isNews = payout.state !== state;
		const hasMoved = isNews && (isPaid || payout.state === 'paid');

		payout.state = state;
		payout.last = this.happens({ at, after: payout.last ?? null,
			call: isPaid ? 'confirm_payout' : 'fail_payout',
			mayBeOld: !isNews, args: { user_id, payout_id },
			moves: hasMoved ? [[paid_currency, isPaid ? -paid_amount
				: paid_amount]] : [],
			line: hasMoved ? { kind: isPaid ? 'payout' : 'payout_returned',
				amount: paid_amount, reference: payout_id } : null });
	}

	repayment({ user_id, repayment_id, amount, currency, at })
	{
		return this.charge({ call: 'confirm_repayment', at, amount, currency,
			job: null, args: { user_id, repayment_id } }).event;
	}
}

module.exports = { Company };
