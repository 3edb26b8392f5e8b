// faults.js
//	Faults to plant, to see that each is found: histories.js --plant NAME.
//
// A fault makes a company say what it would say if dwello were wrong.
'use strict';

// Done besides, whenever a company has told an event of that name.
function besides(call, wrong)
{
	return (history) => {
		for (const company of history.companies)
		{
			const right = company.wasTold.bind(company);

			company.wasTold = (event, reply, now) => {
				right(event, reply, now);
				if (event.call === call)
					wrong(company.said, event, reply);
			};
		}
	};
}

// Done besides, whenever a company tells such an event again.
function whenAgain(call, wrong)
{
	return (history) => {
		const right = history.tellAgain.bind(history);

		history.tellAgain = async (event, changed) => {
			await right(event, changed);
			if (event.call === call)
				wrong(event.company.said, event);
		};
	};
}

const move = (sign) => (said, { moves }) => moves.forEach(
	([currency, amount]) => said.add(currency, sign * amount));

const faults = {
	// what is too much lies in suspense, and in the escrow, too
	surplus: besides('confirm_payment', (said, { args }, reply) =>
		said.add(args.currency, BigInt(reply.receipt_amount ?? 0))),

	// a charge that is told under two names is two
	twice: whenAgain('confirm_payment', move(1n)),

	// so is a refund
	refund: whenAgain('confirm_refund', move(1n)),

	// of two equal refunds of one charge the second is the first again
	equal_refund: besides('confirm_refund', (said, event) => {
		const { charge, amount } = event.refund;

		if (charge && event.company.told.some((e) => e.refund && e !== event
			&& e.refund !== event.refund && e.call === event.call
			&& e.refund.charge === charge && e.refund.amount === amount))
			move(-1n)(said, event);
	}),

	// what the company pays to the bank comes from there
	settlement: besides('record_settlement', move(-2n)),

	// a payout that comes back is gone
	payout: besides('fail_payout', move(-1n)),

	// a bank that decides takes nothing
	chargeback: besides('close_chargeback', move(-1n)),

	// what the company takes for a chargeback is nobody's
	dispute_fee: besides('open_chargeback', move(-1n)),

	// a case that is told by another event costs once more
	case: whenAgain('open_chargeback', move(1n)),

	// a refund that is told before its payment is none
	early_refund: besides('confirm_refund', (said, event) => {
		const { charge } = event.refund;

		if (charge && event.company.queue.includes(charge.event))
			move(-1n)(said, event);
	}),

	// a refund that fails after it was sent is still gone
	failed_refund: besides('fail_refund', move(-1n)),

	// what the company keeps of a payment does not leave it
	fee: besides('record_psp_fee', move(-1n)),

	// what a provider pays of a debt does not arrive
	repayment: besides('confirm_repayment', move(-1n))
};

module.exports = { faults };
