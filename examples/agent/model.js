// model.js
//	The model, simulated: a price for a job, from the facts that dwello gives.
//
// A real one is asked over the network and thinks for seconds; it may answer
// nonsense, or what somebody has written into the job's description tells it
// to.  So does this one: it is honest most of the time, and hostile for the
// rest.  Nothing here is to be trusted; dwello's guards are.
'use strict';

// What it may do instead of an honest answer, by name.
const tricks = {
	// far above what the provider, or the job, allows
	greedy: (facts) => ({ amount: facts.ceiling * 10 }),
	// below the provider's cost and margin
	dumping: (facts) => ({ amount: Math.max(1, Math.floor(facts.floor / 2)) }),
	// a number that no job costs
	absurd: () => ({ amount: '1000000000000000' }),
	// an answer that takes longer than the lease
	slow: (facts) => ({ ...honest(facts), isSlow: true }),
	// the same answer again and again
	repeating: (facts) => ({ ...honest(facts), times: 5 }),
	// under a claim that was never given
	forging: (facts) => ({ ...honest(facts), isForged: true }),
};

// A price between what the agent itself would ask and the ceiling.
function honest(facts)
{
	const least = Math.max(facts.amount, facts.floor);
	const amount = least + Math.floor((facts.ceiling - least) / 10);

	return { amount, timeline_days: Math.max(1, facts.timeline_days) };
}

// A model that is honest unless chance has it otherwise: facts → answer.
function scripted(chance, share = 0.4)
{
	const names = Object.keys(tricks);

	return (facts) => {
		const name = chance() < share
			? names[Math.floor(chance() * names.length)] : 'honest';
		const answer = name === 'honest' ? honest(facts) : tricks[name](facts);

		return { timeline_days: 3, times: 1, ...answer, name };
	};
}

module.exports = { honest, scripted };
