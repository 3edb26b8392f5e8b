// moves.js
//	Whether all that happened is in dwello's own tables of moves.
//
// The last payment of a job ends what is still planned, in the same call.
// escrow_events records each transition with event and actor, so it must be
// a row of escrow_transitions(); of milestones the driver sees from where to
// where they went in a call.
'use strict';

// Events that a call brings about besides its own.
const BESIDES = ['release_due_escrows', 'complete_job', 'end_contract',
	'open_dispute', 'reverse_transaction'];
const NAMES = { expire_disputes: 'default_decision',
	assign_receipt: 'confirm_payment', expire_refund_requests: 'answer_refund',
	expire_no_shows: 'end_contract', answer_no_show: 'end_contract' };

class Moves
{
	constructor(server, model)
	{
		Object.assign(this, { server, model, before: new Map(),
			seen: new Map() });
	}

	// Remembers where the milestones were.
	begin(call)
	{
		this.call = call;
		this.before = new Map([...this.model.jobs.values()]
			.flatMap((job) => job.milestones.map((m) => [m, m.status])));
	}

	// What moved in the call that has just been made.
	end()
	{
		const { name } = this.call;

		for (const [m, from] of this.before)
			if (m.status !== from)
				this.seen.set(`${NAMES[name] ?? name} ${from} ${m.status}`,
					[NAMES[name] ?? name, from, m.status]);
	}

	// Lines about what nobody has foreseen.
	async unforeseen()
	{
		const lines = (await this.server.rows(
			`SELECT DISTINCT v.event, v.actor_role, v.from_status, v.to_status
			   FROM dwello.escrow_events AS v WHERE NOT EXISTS (
				SELECT FROM dwello.escrow_transitions() AS t
				 WHERE t.event = v.event AND t.actor = v.actor_role
				   AND t.state IS NOT DISTINCT FROM v.from_status::text
				   AND t.next_state = v.to_status::text)`))
			.map((row) => `escrow: ${Object.values(row).join(' ')}`);
		const rules = await this.server.rows(
			'SELECT state, event, next_state FROM dwello.milestone_transitions()');

		const isRule = (event, from, to) => rules.some((rule) =>
			rule.event === event && rule.state === from &&
			rule.next_state === to);

		for (const [event, from, to] of this.seen.values())
			if (![event, ...BESIDES].some((e) => isRule(e, from, to)) &&
				!(to === 'cancelled' && isRule(event, from, 'planned')))
				lines.push(`milestone: ${event} ${from} ${to}`);
		return lines;
	}

	// How much of the escrow's table the run has been through.
	async share()
	{
		const [{ seen, all }] = await this.server.rows(
			`SELECT (SELECT count(DISTINCT (event, from_status, to_status))
					   FROM dwello.escrow_events) AS seen,
				(SELECT count(DISTINCT (event, state, next_state))
				   FROM dwello.escrow_transitions()) AS all`);

		return `${seen} of the escrow's ${all} moves were made`;
	}
}

module.exports = { Moves };
