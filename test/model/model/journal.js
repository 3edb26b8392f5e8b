// journal.js
//	What an accountant books by hand, and takes back by hand.
'use strict';

const { need } = require('./guard.js');
const { sum } = require('./milestone.js');

const OWNED = ['provider_available', 'provider_receivable', 'suspense'];

const isOwned = ({ kind }) => OWNED.includes(kind);
const nameOf = ({ kind, owner = '', psp = '' }) => `${kind} ${owner} ${psp}`;

const journal = {
	// What is wrong with the lines themselves.
	checkLines(lines)
	{
		const people = new Set(lines.filter(({ kind }) =>
			kind.startsWith('provider_')).map(({ owner }) => owner));
		const receipts = lines.filter(({ kind }) => kind === 'suspense');
		const seen = new Set();

		need(lines.every(({ amount }) => amount !== 0), '22023');
		for (const line of lines)
		{
			need(line.currency === lines[0].currency, 'WD201');
			need(!seen.has(nameOf(line)), '22023');
			seen.add(nameOf(line));
		}
		need(lines.length > 1 &&
			sum(lines, ({ amount }) => BigInt(amount)) === 0n, '22023');
		need(people.size <= 2 && receipts.length <= 1 &&
			receipts.every(({ amount }) => amount < 0), '22023');
	},

	// Whom it is about, and the receipt, are there.
	checkOwners(lines)
	{
		for (const { kind, owner, currency } of lines)
			if (kind === 'suspense')
			{
				need(this.receipts.has(owner), 'P0002');
				need(this.receipts.get(owner).currency === currency, 'WD201');
			}
		for (const user of lines.filter(({ kind }) =>
			kind.startsWith('provider_')).map(({ owner }) => owner).sort())
		{
			need(this.users.has(user), 'P0002');
			need(this.providers.has(user), '22023');
		}
	},

	accountOf({ kind, owner, psp })
	{
		return kind === 'suspense'
			? `suspense ${this.receipts.get(owner).psp}`
			: [kind, owner, psp].filter((word) => word).join(' ');
	},

	// No line leaves anybody with less than nothing, or owing it.
	checkBalances(lines)
	{
		for (const line of lines)
		{
			const amount = BigInt(line.amount);
			const lies = line.kind === 'suspense'
				? this.receipts.get(line.owner).remaining
				: this.balance(this.accountOf(line), line.currency);

			if (line.kind === 'provider_receivable')
				need(amount < 0n || lies + amount <= 0n, 'WD202');
			else if (['provider_available', 'tax_payable', 'suspense']
				.includes(line.kind))
				need(amount > 0n || lies + amount >= 0n, 'WD202');
		}
	},

	bookLines(lines)
	{
		this.checkBalances(lines);
		for (const line of lines)
			this.book(this.accountOf(line), line.currency,
				BigInt(line.amount));
		for (const { kind, owner, amount } of lines)
			if (kind === 'suspense')
				this.reduce(this.receipts.get(owner), BigInt(-amount),
					'cleared');
		for (const user of new Set(lines.filter((line) => isOwned(line) &&
			line.kind !== 'suspense').map(({ owner }) => owner)))
			this.review(user);
	},

	journalState: (j) => ({ status: j.status, amount: j.amount,
		currency: j.lines[0].currency }),

	propose(actor, lines, reverses)
	{
		const j = { lines, reverses, by: actor.id, status: 'proposed',
			amount: sum(lines, ({ amount }) => (amount > 0
				? BigInt(amount) : 0n)) };

		if (!this.needsApprover)
		{
			this.bookLines(lines);
			j.status = 'posted';
		}
		this.born.push([j, 'journal_id', this.journals]);
		return this.journalState(j);
	},

	post_journal(call)
	{
		const { actor, args } = call;

		need(actor.role === 'admin', '42501');
		this.checkLines(args.lines);
		this.checkOwners(args.lines);
		const kept = this.kept(call, actor.id);

		return kept ?? this.propose(actor, args.lines);
	},

	// The journal that is meant, for an administrator.
	beginJournal({ actor, args })
	{
		need(actor.role === 'admin', '42501');
		need(this.journals.has(args.journal_id), 'P0002');
		return this.journals.get(args.journal_id);
	},

	approve_journal(call)
	{
		const { actor } = call;
		const j = this.beginJournal(call);

		need(j.by !== actor.id, '42501');
		const kept = this.kept(call, actor.id);

		if (kept)
			return kept;
		need(j.status === 'proposed', 'WD101');
		this.bookLines(j.lines);
		j.status = 'posted';
		return this.journalState(j);
	},

	reject_journal(call)
	{
		const j = this.beginJournal(call);
		const kept = this.kept(call, call.actor.id);

		if (kept)
			return kept;
		need(j.status === 'proposed', 'WD101');
		j.status = 'rejected';
		return this.journalState(j);
	},

	reverse_journal(call)
	{
		const { actor } = call;
		const j = this.beginJournal(call);
		const kept = this.kept(call, actor.id);

		if (kept)
			return kept;
		need(j.status === 'posted', 'WD101');
		need(!j.reverses && ![...this.journals.values()].some((other) =>
			other.reverses === j && other.status !== 'rejected'), 'WD101');
		return this.propose(actor, j.lines.map((line) =>
			({ ...line, amount: -line.amount })), j);
	}
};

module.exports = { journal };
