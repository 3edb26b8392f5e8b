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
		this.providers = new Set();		// of them
		this.payouts = new Map();		// id → payout
		this.events = new Map();		// psp and event id → what it was
		this.keys = new Map();			// scope and key → reply
		this.balances = new Map();		// account and currency → amount
		this.rates = new Map();			// from and to → fraction
		this.payoutFees = new Map();	// currency → what a payout costs
		this.repayments = new Map();	// id → what was asked for of a debt
		this.journals = new Map();		// id → journal
		this.receipts = new Map();		// id → money that fits nothing
		this.refunds = [];				// that companies were asked for
		this.methods = new Map();		// id → whose way to be paid back
		// what goes back at once
		this.goesBack = new Map([['surplus', true], ['second_charge', true]]);
		this.reserves = new Map();		// user and currency → what was kept
		this.reserving = new Set();		// users who have a reserve
		this.reservesSeen = new Map();	// user → day on which it was settled
		this.reservePpm = 0n;			// of a release
		this.needsApprover = false;		// a journal of a second administrator
		this.born = [];					// by a call: what, column of its id, map
		this.now = 0;					// of the call
	}

	addJob(job)
	{
		this.jobs.set(job.id, { ...job, status: 'awarded', escrow: 'created',
			isStarted: false, version: 1, funded: 0n, held: 0n, released: 0n,
			refunded: 0n, taken: 0n, disputed: 0n, fee: 0n, tax: 0n,
			payments: [], arrived: [], transfers: [], authorizations: [],
			request: null, requests: [], plan: null,
			disputes: [], chargebacks: [] });
	}
}

const FILES = [['guard', 'guards'], ['escrow'], ['payment'], ['authorization'],
	['receipt'], ['refund'], ['work'], ['plan'], ['request'], ['cancellation'],
	['release'],
	['take_back', 'takeBack'], ['dispute'], ['chargeback'], ['reversal'],
	['payout'], ['reserve'], ['debt'], ['journal'], ['setting'], ['due']];

for (const [file, name] of FILES)
	Object.assign(Model.prototype, require(`./${file}.js`)[name ?? file]);

module.exports = { Model, Refusal };
