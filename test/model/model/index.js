// index.js
//	The money of jobs as design and documentation have it, written plainly and
//	apart from dwello: BigInt and objects, no shared table, no shared code.
//
// Each file is a domain; its commands are methods named as dwello's functions.
'use strict';

const { Refusal, guards } = require('./guard.js');

class Model
{
	constructor()
	{
		this.jobs = new Map();			// id → job
		this.users = new Set();			// ids
		this.payouts = new Map();		// id → payout
		this.events = new Map();		// psp and event id → what it was
		this.keys = new Map();			// scope and key → reply
		this.balances = new Map();		// account and currency → amount
		this.rates = new Map();			// from and to → fraction
	}

	addJob(job)
	{
		this.jobs.set(job.id, { ...job, status: 'awarded', escrow: 'created',
			isStarted: false, version: 1, funded: 0n, held: 0n, released: 0n,
			refunded: 0n, taken: 0n, disputed: 0n, fee: 0n, tax: 0n,
			payments: [], arrived: [], transfers: [],
			disputes: [], chargebacks: [] });
	}
}

for (const [file, name] of [['guard', 'guards'], ['escrow'], ['payment'],
	['work'], ['release'], ['dispute'], ['chargeback'], ['reversal'],
	['payout'], ['due']])
	Object.assign(Model.prototype, require(`./${file}.js`)[name ?? file]);

module.exports = { Model, Refusal };
