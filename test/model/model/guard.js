// guard.js
//	What is refused, and in which order.
//
// A command either returns its reply or throws a Refusal with the SQLSTATE that
// dwello must give; then nothing has changed.
'use strict';

class Refusal extends Error
{
	constructor(code)
	{
		super(code);
		this.code = code;
	}
}

function need(condition, code)
{
	if (!condition)
		throw new Refusal(code);
}

const guards = {
	// The actor's role first, then the arguments, then what they may see, then
	// what is theirs; a key that was used gives what it gave.
	begin(call, roles, { check, named } = {})
	{
		const { actor, args } = call;
		const job = this.jobs.get(args.job_id);

		need(roles.includes(actor.role), '42501');
		if (check !== undefined)
			check();
		need(job !== undefined, 'P0002');
		need(actor.role !== 'homeowner' || actor.id === job.homeowner, 'P0002');
		if (args.milestone_id)
			need(job.milestones.some((m) => m.id === args.milestone_id), 'P0002');
		if (named !== undefined)
			need(named(job), 'P0002');
		need(actor.role !== 'provider' || actor.id === job.provider, '42501');
		return { job, kept: this.kept(call, job.id) };
	},

	// What a call with this key gave before.
	kept(call, scope)
	{
		const before = call.key === undefined ? undefined
			: this.keys.get(`${scope} ${call.key}`);

		return before && { ...before, replayed: true };
	},

	remember(call, scope, reply)
	{
		if (call.key !== undefined)
			this.keys.set(`${scope} ${call.key}`, reply);
	},

	version(job, args)
	{
		need(args.expected_version === undefined ||
			args.expected_version === job.version, 'WD103');
	},

	// As any command on the escrow: what silence has agreed to comes first.
	proceed(job, args)
	{
		this.version(job, args);
		this.needAnswered(job);
	},

	// An event of a payment company that came before: its reply again, if it
	// is the same event.
	seen({ args }, type, facts)
	{
		const before = this.events.get(`${args.psp} ${args.event_id}`);

		if (before === undefined)
			return undefined;
		need(before.type === type, 'WD104');
		for (const [name, value] of Object.entries(facts))
			need(value === undefined || before[name] === value ||
				// a payment may have come for no job
				name === 'job' && type === 'confirmed' && !before.job, 'WD104');
		return { ...before.reply, replayed: true };
	},

	keep({ args }, type, facts, reply)
	{
		this.events.set(`${args.psp} ${args.event_id}`,
			{ type, ...facts, reply });
		return reply;
	}
};

module.exports = { Refusal, need, guards };
