// compare.js
//	dwello beside the model: replies, rows and balances.
'use strict';

class Difference extends Error {}

function text(value)
{
	if (value instanceof Date)
		return value.toISOString();
	return String(value);
}

function same(what, here, there)
{
	if (text(here) !== text(there))
		throw new Difference(
			`${what}: dwello ${text(here)}, model ${text(there)}`);
}

// Columns of ours, by the model's names for them.
const ESCROW = { status: 'escrow', funded: 'funded', held: 'held',
	released: 'released', refunded: 'refunded', charged_back: 'taken',
	disputed: 'disputed', fee_taken: 'fee', tax_taken: 'tax' };
const MILESTONE = { status: 'status', amount: 'amount', funded: 'funded',
	released: 'released', refunded: 'refunded', disputed: 'disputed' };
const DISPUTE = { status: 'status', disputed_amount: 'amount',
	homeowner_offer: 'homeowner', provider_offer: 'provider',
	settled_amount: 'settled', is_released: 'isReleased' };
const CHARGEBACK = { status: 'status', amount: 'amount', psp: 'psp',
	held_amount: 'heldAmount', clawed_back: 'clawedBack',
	lost_amount: 'lost', currency: 'currency', is_detached: 'isDetached' };

const PAYMENT = { status: 'status', amount: 'amount' };
const AUTHORIZATION = { status: 'status', amount: 'amount', psp: 'psp',
	captured: 'captured', currency: 'currency' };
const REQUEST = { status: 'status', is_no_show: 'isNoShow' };
const RECEIPT = { amount: 'amount', remaining: 'remaining', status: 'status',
	reason: 'reason', psp: 'psp', currency: 'currency',
	payment_method_id: 'methodId' };
const REFUND = { amount: 'amount', reversed: 'reversed', loss: 'loss',
	failed: 'failed', status: 'status', psp: 'psp', currency: 'currency',
	refund_reference: 'name',
	payment_method_id: 'methodId' };

// All there is of a job, in one round trip.
const JOB = `
SELECT j.status, e.version, to_jsonb(e) AS escrow,
       (SELECT jsonb_agg(to_jsonb(m) ORDER BY m.sort_order)
          FROM dwello.job_milestones AS m WHERE m.job_id = j.id) AS milestones,
       (SELECT jsonb_agg(to_jsonb(d) ORDER BY d.id)
          FROM dwello.disputes AS d WHERE d.job_id = j.id) AS disputes,
       (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.id)
          FROM dwello.chargebacks AS c WHERE c.job_id = j.id) AS chargebacks,
       (SELECT jsonb_agg(jsonb_build_object('id', t.id,
               'status', t.status, 'amount', t.amount) ORDER BY t.id)
          FROM dwello.transactions AS t WHERE t.scope_id = j.id
           AND t.transaction_type IN ('payment', 'tip_payment')) AS payments,
       (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.id)
          FROM dwello.authorizations AS a WHERE a.job_id = j.id)
       AS authorizations,
       (SELECT jsonb_agg(to_jsonb(q) ORDER BY q.id)
          FROM dwello.refund_requests AS q WHERE q.job_id = j.id) AS requests,
       (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.created_at, r.event_id)
          FROM dwello.receipts AS r WHERE r.job_id = j.id) AS receipts,
       (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id)
          FROM dwello.refunds AS r WHERE r.job_id = j.id) AS refunds,
       (SELECT jsonb_agg(jsonb_build_object('id', t.id,
               'type', t.transaction_type, 'amount', t.amount,
               'fee', t.platform_fee, 'tax', t.tax) ORDER BY t.id)
          FROM dwello.transactions AS t
         WHERE t.scope_id = j.id AND t.status = 'completed'
           AND t.transaction_type NOT IN ('payment', 'tip_payment'))
       AS transfers
  FROM dwello.jobs AS j JOIN dwello.escrow_accounts AS e ON e.job_id = j.id
 WHERE j.id = $1`;

// Every list as long as the model's; ids that only dwello knows are learned.
function compareList(what, rows, ours, columns)
{
	same(`number of ${what}s`, rows?.length ?? 0, ours.length);
	ours.forEach((our, i) => {
		our.id ??= rows[i].id;
		same(`${what} id`, rows[i].id, our.id);
		for (const [column, name] of Object.entries(columns))
			same(`${what} ${i + 1} ${column}`, rows[i][column], our[name]);
	});
}

// Receipts have the ids of their events, refunds those of their order.
function compareApart(model, job, { receipts, refunds })
{
	const theirs = new Map((receipts ?? []).map((row) => [row.id, row]));
	const ours = [...model.receipts.values()].filter((r) => r.job === job);

	compareList('receipt', ours.map(({ id }) => theirs.get(id) ?? {}), ours,
		RECEIPT);
	same('number of receipts', theirs.size, ours.length);
	compareList('refund', refunds,
		model.refunds.filter((r) => r.job === job), REFUND);
}

async function compareJob(server, model, job)
{
	const [row] = await server.rows(JOB, [job.id]);
	const transfers = job.transfers.filter((d) => d.type !== 'payment');

	for (const [column, name] of Object.entries(ESCROW))
		same(`escrow ${column}`, row.escrow[column], job[name]);
	same('job status', row.status, job.status);
	compareList('milestone', row.milestones, job.milestones, MILESTONE);
	compareList('dispute', row.disputes, job.disputes, DISPUTE);
	compareList('chargeback', row.chargebacks, job.chargebacks, CHARGEBACK);
	compareList('payment', row.payments, job.payments, PAYMENT);
	compareList('authorization', row.authorizations, job.authorizations,
		AUTHORIZATION);
	compareList('request', row.requests, job.requests, REQUEST);
	compareApart(model, job, row);
	compareList('transfer', row.transfers, transfers, { type: 'type', amount: 'amount' });
	transfers.forEach((transfer, i) => transfer.fee === undefined ||
		same(`transfer ${i + 1} fee and tax`, `${row.transfers[i].fee} ${row.transfers[i].tax}`,
			`${transfer.fee} ${transfer.tax}`));
	for (const [i, m] of job.milestones.entries())
		if (m.status === 'submitted')
			same(`milestone ${i + 1} auto_release_at`,
				new Date(row.milestones[i].auto_release_at), new Date(m.dueAt));
	return row.version;
}

// What is no job's: payouts, repayments, journals.
const PAYOUT = { user_id: 'user', status: 'status', amount: 'amount',
	currency: 'currency', fee: 'fee', paid_amount: 'paidAmount',
	paid_currency: 'paidCurrency', remainder: 'remainder', hold_reason: 'hold' };
const REPAYMENT = { user_id: 'user', status: 'status', amount: 'amount',
	currency: 'currency', received: 'received' };
const JOURNAL = { status: 'status', amount: 'amount', proposed_by: 'by' };

async function compareOwn(server, model)
{
	for (const [table, columns, ours] of [['payouts', PAYOUT, model.payouts],
		['repayments', REPAYMENT, model.repayments],
		['journals', JOURNAL, model.journals]])
		compareList(table.replace(/s$/, ''), await server.rows({ name: table,
			text: `SELECT * FROM dwello.${table} ORDER BY id` }),
		[...ours.values()], columns);
	compareApart(model, null, {
		receipts: await server.rows({ name: 'receipts',
			text: 'SELECT * FROM dwello.receipts WHERE job_id IS NULL' }),
		refunds: await server.rows({ name: 'refunds',
			text: `SELECT * FROM dwello.refunds WHERE job_id IS NULL
				ORDER BY id` }) });
}

class Balances
{
	constructor(server, model)
	{
		Object.assign(this, { server, model, names: new Map() });
	}

	// Every account, but for those of the escrows.
	async compare()
	{
		const rows = await this.server.rows(
			`SELECT account_id AS id, currency, sum(amount) AS amount
			   FROM dwello.ledger_entries WHERE account_id <> scope_id
			  GROUP BY 1, 2`);
		const ours = new Map();

		if (rows.some((row) => !this.names.has(row.id)))
			await this.learn();
		// receipts have an account each, and one sum here
		for (const row of rows)
		{
			const name = `${this.names.get(row.id)} ${row.currency}`;

			ours.set(name, BigInt(row.amount) + (ours.get(name) ?? 0n));
		}
		for (const account of new Set([...ours.keys(),
			...this.model.balances.keys()]))
			same(account, ours.get(account) ?? 0,
				this.model.balances.get(account) ?? 0n);
	}

	async learn()
	{
		const rows = await this.server.rows(
			`SELECT id, kind, owner_id, psp FROM dwello.ledger_accounts`);

		for (const { id, kind, owner_id: owner, psp } of rows)
			this.names.set(id, [kind, kind.startsWith('provider_') ? owner : '',
				psp].filter((word) => word !== '').join(' '));
	}
}

module.exports = { Difference, same, compareJob, compareOwn, Balances };
