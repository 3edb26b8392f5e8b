// history.js
//	One history: contracts, a provider, and two payment companies that do and
//	tell what they like.
//
// Whatever happened, after each event that was told dwello's psp_clearing is
// the negative of what the company says it holds; nothing else moves it, and
// in the end all that was held has gone where it belongs.
'use strict';

const { Company } = require('./company.js');
const { Dice } = require('./dice.js');
const { Difference } = require('../driver/compare.js');
const { plain } = require('../driver/server.js');
const { SYSTEM, CURRENCIES } = require('../driver/world.js');

const DAY = 86400000;
const REASONS = ['surplus', 'second_charge', 'wrong_currency', 'unknown_job',
	'job_over', 'late'];
// What a command may answer to somebody who asks for what cannot be.
const REFUSALS = ['WD101', 'WD102', 'WD103', 'WD201', 'WD202', '22023',
	'42501', 'P0002'];

const HELD = { name: 'held', text: `
SELECT a.psp, e.currency, -sum(e.amount) AS amount
  FROM dwello.ledger_accounts AS a
  JOIN dwello.ledger_entries AS e ON e.account_id = a.id
 WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND
	a.kind = 'psp_clearing' AND a.currency = ANY($2) AND a.psp = ANY($1)
 GROUP BY 1, 2` };

// What lies anywhere on its way, of the companies $1, the jobs $2 and the
// provider $3; nothing in the end.
const REST = `
SELECT CASE a.owner_id WHEN $3 THEN 'provider' ELSE a.kind::text END AS kind,
       a.psp, e.currency, sum(e.amount) AS amount
  FROM dwello.ledger_accounts AS a
  JOIN dwello.ledger_entries AS e ON e.account_id = a.id
 WHERE (a.psp = ANY($1) AND a.kind <> 'psp_clearing' AND a.kind <> 'psp_fee')
	OR a.owner_id = $3
 GROUP BY 1, 2, 3 HAVING sum(e.amount) <> 0
UNION ALL
SELECT 'escrow', '', currency, held FROM dwello.escrow_accounts
 WHERE job_id = ANY($2) AND held <> 0`;

class History
{
	// stage: the world that histories share
	constructor(stage, number, plant = null)
	{
		Object.assign(this, { stage, server: stage.server, now: stage.now,
			lines: [], jobs: [], payments: [], refunds: [], payouts: [],
			counts: new Map() });
		this.companies = ['acme', 'bolt'].map((name) =>
			new Company(`${name} ${number}`));
		plant?.(this);
	}

	// --------------------------------------------------------------
	// Calls, and what must hold after each
	// --------------------------------------------------------------

	note(actor, name, args, { code, message })
	{
		this.lines.push(`${name} by ${actor.role} ${plain(args)}: ${
			code ?? 'ok'} ${message ?? ''}`);
		this.count(`${name} ${code ?? 'ok'}`);
	}

	count(what)
	{
		this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
	}

	async ask(actor, name, args = {}, refusals = REFUSALS)
	{
		this.now += 1000;
		const answer = await this.server.ask(actor, name, args, this.now);

		this.note(actor, name, args, answer);
		if (answer.code && !refusals.includes(answer.code))
			throw new Difference(`${name} is answered with ${answer.code}`);
		return answer;
	}

	async must(actor, name, args)
	{
		const { rows, code } = await this.ask(actor, name, args);

		if (code !== undefined)
			throw new Difference(`${name} is refused: ${code}`);
		return rows;
	}

	async mustBeRefused(code, name, args)
	{
		const answer = await this.ask(SYSTEM, name, args, [code]);

		if (answer.code !== code)
			throw new Difference(`${name} is not refused with ${code}`);
	}

	// The company's books and ours.
	async compare()
	{
		const ours = new Map((await this.server.rows(HELD,
			[this.companies.map((c) => c.name), CURRENCIES])).map((row) =>
			[`${row.psp} ${row.currency}`, BigInt(row.amount)]));

		for (const { name, said } of this.companies)
			for (const currency of CURRENCIES)
				if ((ours.get(`${name} ${currency}`) ?? 0n) !==
					said.of(currency))
					throw new Difference(`${name} says it holds ${
						said.of(currency)} ${currency}, and dwello ${
						ours.get(`${name} ${currency}`) ?? 0n}`);
	}

	// --------------------------------------------------------------
	// What the companies tell
	// --------------------------------------------------------------

	argsOf(event, changed = {})
	{
		const args = { ...event.args, ...changed };

		for (const [name, value] of Object.entries(args))
			if (!this.stage.has(event.call, name))
				delete args[name];
			else if (typeof value === 'function')
				args[name] = value();
		return args;
	}

	// Told for the first time.  WD101 is for what came too early; it is told
	// again later, or without the name that nobody knows.
	async tell(event)
	{
		const { rows, code } = await this.ask(SYSTEM, event.call,
			this.argsOf(event));

		if (code === 'WD101' && event.mayBeEarly?.())
			return;
		if (code === 'WD101' && event.isEarly)
		{
			event.isEarly = false;
			delete event.args.transaction_id;
			return;
		}
		if (code !== undefined || rows[0].replayed && !event.mayBeOld)
			throw new Difference(`${event.call} ${event.args.event_id} of ${
				event.company.name} is answered with ${code ?? 'replayed'}`);
		event.company.wasTold(event, rows[0], this.now);
	}

	// Told once more, under the same name or another: it is no news.
	async tellAgain(event, changed)
	{
		const { rows, code } = await this.ask(SYSTEM, event.call,
			this.argsOf(event, changed));

		if (code !== undefined || !rows[0].replayed)
			throw new Difference(`${event.call} ${event.args.event_id}, told`
				+ ` again, is answered with ${code ?? 'news'}`);
	}

	// --------------------------------------------------------------
	// The beginning
	// --------------------------------------------------------------

	async begin({ numbers, returned, kept, count, paid })
	{
		const { stage } = this;
		const dice = new Dice(numbers);

		await stage.setReturned(REASONS.filter((_, i) => returned >> i & 1));
		await stage.setKept(kept);
		this.provider = await stage.freeProvider();
		for (let i = 0; i < count; i++)
			this.jobs.push(await stage.addJob(this.provider, dice));
		await this.prepareFirst(paid);
	}

	// The first contract may be paid, begun and released before.
	async prepareFirst(steps)
	{
		const [{ id: job_id }] = this.jobs;

		if (steps === 0)
			return;
		await this.must(this.stage.homeowner, 'fund_escrow', { job_id });
		await this.work();
		await this.tell(this.charge(new Dice([])));
		if (steps > 1)
			await this.must(this.provider, 'start_job', { job_id });
		if (steps > 2)
			await this.must(this.stage.homeowner, 'release_escrow', { job_id });
	}

	// --------------------------------------------------------------
	// The end: all is told, all leaves
	// --------------------------------------------------------------

	async tellAll()
	{
		for (let left = true; left;)
		{
			left = false;
			for (const company of this.companies)
				for (const event of company.sayable())
				{
					left = true;
					await this.tell(event);
					await this.compare();
				}
		}
	}

	// What stands in the way of money is decided.
	async decideAll()
	{
		for (const company of this.companies)
			for (const dispute of company.charges.flatMap((c) => c.disputes))
				if (dispute.state === 'open')
					company.decide({ dispute, lost: dispute.amount,
						at: this.now });
		await this.tellAll();
		await this.must(SYSTEM, 'expire_disputes', {});
		const open = await this.server.rows(
			`SELECT job_id, id, disputed_amount FROM dwello.disputes
			  WHERE status IN ('open', 'answered') AND job_id = ANY($1)`,
			[this.jobs.map((j) => j.id)]);

		for (const { job_id, id, disputed_amount } of open)
			await this.must(this.stage.admin, 'resolve_dispute', { job_id,
				dispute_id: id, homeowner_amount: disputed_amount });
	}

	async emptyEscrows()
	{
		const held = await this.server.rows(
			`SELECT e.job_id, j.status FROM dwello.escrow_accounts AS e
			   JOIN dwello.jobs AS j ON j.id = e.job_id
			  WHERE e.job_id = ANY($1) AND e.held > 0`,
			[this.jobs.map((j) => j.id)]);

		for (const { job_id, status } of held)
		{
			// what no work is paid by, a part of a fee on top, goes back
			const { code } = status !== 'in_progress' ? { code: 'WD101' }
				: await this.ask(this.stage.admin, 'release_escrow', { job_id });

			if (code !== undefined)
				await this.must(this.stage.admin, 'refund_escrow', { job_id });
		}
		return held.length > 0;
	}

	async sendAll()
	{
		await this.work();
		const asked = this.payouts.filter((p) => p.state === 'asked');
		const refunds = this.refunds.filter((r) => r.state === 'asked');
		const isWork = refunds.length + asked.length > 0;

		for (const refund of refunds)
			refund.company.refund({ refund, state: 'sent', at: this.now });
		for (const payout of asked)
			payout.company.payout({ payout, state: 'paid', at: this.now });
		await this.tellAll();
		return isWork;
	}

	// What was kept back is theirs after its time.
	async freeReserve()
	{
		this.now += 91 * DAY;
		await this.must(SYSTEM, 'release_reserves', { max_rows: 10000 });
	}

	// Providers are paid, or pay what they owe; what is held for want of a
	// balance is given up before.
	async payAll()
	{
		const { id } = this.provider;
		let isNews = false;

		for (const { payout_id } of await this.server.rows(
			`SELECT id AS payout_id FROM dwello.payouts WHERE user_id = $1 AND
				status = 'pending' AND hold_reason IS NOT NULL`, [id]))
			await this.must(this.provider, 'cancel_payout', { payout_id });
		for (const row of await this.must(SYSTEM, 'provider_balance',
			{ user_id: id }))
		{
			const { currency } = row;
			const rest = BigInt(row.available) + BigInt(row.receivable);

			if (rest > 0n)
				await this.must(SYSTEM, 'request_payout',
					{ user_id: id, currency });
			else if (rest < 0n)
				await this.must(this.provider, 'repay_balance', { currency });
			isNews ||= rest !== 0n;
		}
		return isNews;
	}

	// What fits nothing goes back; what a bank has taken of its charge has its
	// payer already, and pays for the platform's loss.
	async emptyReceipts()
	{
		const held = await this.server.rows(`SELECT id, reason, user_id, currency,
				remaining FROM dwello.receipts
			WHERE status = 'held' AND psp = ANY($1)`,
		[this.companies.map((c) => c.name)]);

		for (const { id: receipt_id, reason, user_id, ...rest } of held)
		{
			const { code } = reason === 'refund_failed' && user_id
				? await this.ask(this.stage.admin, 'retry_refund', { receipt_id,
					payment_method_id: await this.otherMethod() })
				: await this.ask(this.stage.admin, 'return_receipt',
					{ receipt_id, reason: 'Nobody knows what it is for.' });

			if (code === '22023')
				this.method = undefined;	// the next turn takes a new one
			else if (code === 'WD202')
				await this.writeIn({ receipt_id, ...rest });
			else if (code !== undefined)
				throw new Difference(`receipt ${receipt_id} cannot leave`);
		}
		return held.length > 0;
	}

	async writeIn({ receipt_id, currency, remaining })
	{
		await this.must(this.stage.admin, 'post_journal', {
			reason: 'A bank took its charge.', lines: JSON.stringify([
				{ kind: 'suspense', owner: receipt_id, currency,
					amount: -Number(remaining) },
				{ kind: 'platform_loss', currency,
					amount: Number(remaining) }]) });
	}

	// Another way to the homeowner, through the second company.
	async otherMethod()
	{
		this.method ??= (await this.must(this.stage.homeowner,
			'add_payment_method', { method_type: 'bank_account',
				psp: this.companies[1].name, psp_token: 'another account' }))[0]
			.payment_method_id;
		return this.method;
	}

	async end()
	{
		const names = this.companies.map((c) => c.name);

		await this.tellAll();
		await this.stage.setKept(0);	// what a payout costs could not leave
		for (let turn = 0, isNews = true; isNews; turn++)
		{
			if (turn === 20)
				throw new Difference('there is no end of it');
			await this.decideAll();
			isNews = await this.emptyEscrows();
			isNews = await this.emptyReceipts() || isNews;
			isNews = await this.sendAll() || isNews;
			await this.freeReserve();
			isNews = await this.payAll() || isNews;
		}
		for (const { name, holds, said } of this.companies)
			for (const [currency, amount] of holds)
				if (said.of(currency) !== amount)
					throw new Difference(`${name}: ${amount} ${currency} is`
						+ ` not all told: ${said.of(currency)}`);
		await this.expectNone('still on its way', await this.server.rows(REST,
			[names, this.jobs.map((j) => j.id), this.provider.id]));
		await this.expectNone('reconcile', await this.server.rows(
			'SELECT * FROM dwello.reconcile($1)',
			[new Date(this.stage.now).toISOString()]));
		await this.compareStatements();
	}

	async expectNone(what, rows)
	{
		if (rows.length > 0)
			throw new Difference(rows.map((row) =>
				`${what}: ${JSON.stringify(row)}`).join('\n'));
	}

	// Each company's statement has a line for all that it did, and dwello
	// knows them all.
	async compareStatements()
	{
		for (const company of this.companies)
		{
			if (!company.isClear || !company.told.some((e) => e.line))
				continue;
			const lines = company.told.flatMap((e, i) => [e.line, e.moreLine]
				.filter((line) => line).map((line) => ({
					line_id: `${line.kind} ${i}`, event_id: e.args.event_id,
					time: e.args.occurred_at, currency: e.args.currency ??
						e.moves[0]?.[0], ...line })));

			await this.must(SYSTEM, 'import_statement', { psp: company.name,
				lines: JSON.stringify(lines, (_, v) =>
					(typeof v === 'bigint' ? Number(v) : v)) });
			await this.expectNone(`statement of ${company.name}`,
				(await this.must(SYSTEM, 'reconcile_external', {
					psp: company.name, from_time: '2029-01-01',
					to_time: '2040-01-01' }))
					.filter((row) => row.verdict !== 'matched'));
		}
	}
}

module.exports = { History };
