/*
 * choose_service.c
 *		Which agents a job asks: the nearest of those who could bid.
 *
 * A job asks so many and no more, and who cannot bid shall keep no place from
 * one who can.  So where more want it than it asks, they decide on trial, the
 * nearest first, until its places are full: by the same inputs and the same
 * function as afterwards, but nothing is locked and nothing is written.  Next
 * come those who may bid later, then the others, whose decisions say why not.
 *
 * How many are looked at is bounded by the caller, and each round of trials
 * is twice as large as the last one: so neither the statements nor the time
 * that a job takes grow with its audience.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "api/agent/agent_api_int.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"

/* Bids that an agent would make of those that it was chosen for. */
typedef struct Chosen
{
	DwUuid		agent_id;		/* key */
	int64		bids;			/* by this call */
} Chosen;

/* A round of trials. */
typedef struct Trials
{
	int			most;			/* places of a job */
	int			first;			/* candidate of each job in this round */
	int			end;			/* one past the last */
	DwChoice  **choices;		/* with places left */
	DwJob	   *jobs;			/* of the choices */
	int			count;			/* of both */
	DwFactsPair *pairs;			/* of the round */
	int			pair_count;		/* of them */
	DwFacts    *facts;			/* of the pairs */
	int			choice;			/* that is at its turn */
	int			candidate;		/* likewise, of that choice */
	HTAB	   *chosen;			/* by agent */
	MemoryContext turn;			/* of one trial */
} Trials;

/* What a decision would promise the job. */
static DwPromise
promise_of(DwAgentVerdict verdict)
{
	switch (verdict)
	{
		case DW_AGENT_BID:
		case DW_AGENT_ASK:
		case DW_AGENT_LOG:
			return DW_PROMISE_NOW;
		case DW_AGENT_DEFER:
			return DW_PROMISE_LATER;
		default:
			return DW_PROMISE_NEVER;
	}
}

/* Has a candidate decide on trial; this is the part that a note is for. */
static void
candidate_try(Trials *trials, DwChoice *choice, DwCandidate *candidate)
{
	DwFactsPair *pair = &trials->pairs[candidate->pair];
	Chosen	   *chosen = hash_search(trials->chosen, &candidate->agent_id,
									 HASH_FIND, NULL);
	MemoryContext before = MemoryContextSwitchTo(trials->turn);
	DwAgentInputs inputs;
	DwAgentDecision decision;
	DwNote		note = {
		.job_id = choice->job->id,
		.agent_id = candidate->agent_id,
		.terms_version = choice->job->terms_version
	};

	dw_note_write(&note);
	dw_facts_inputs(trials->facts, pair, &inputs);
	if (chosen != NULL)
	{
		inputs.provider.day_bids += chosen->bids;
		inputs.provider.month_bids += chosen->bids;
	}
	dw_agent_decide(&inputs, NULL, &decision);
	MemoryContextSwitchTo(before);
	MemoryContextReset(trials->turn);
	candidate->promise = promise_of(decision.verdict);
	choice->ready += candidate->promise == DW_PROMISE_NOW;
	if (decision.verdict != DW_AGENT_BID)
		return;
	if (chosen == NULL)
	{
		chosen = hash_search(trials->chosen, &candidate->agent_id, HASH_ENTER,
							 NULL);
		chosen->bids = 0;
	}
	chosen->bids++;
}

/*
 * Goes on with the round; work for dw_attempt().  A turn is over before it
 * is taken: whoever fails promises nothing, and the next one follows.
 */
static void
trials_go_on(void *argument)
{
	Trials	   *trials = argument;

	for (; trials->choice < trials->count; trials->choice++)
	{
		DwChoice   *choice = trials->choices[trials->choice];

		while (trials->candidate < Min(trials->end, choice->count) &&
			   choice->ready < trials->most)
		{
			DwCandidate *candidate = &choice->candidates[trials->candidate++];

			if (!candidate->is_asked)
				candidate_try(trials, choice, candidate);
		}
		trials->candidate = trials->first;
	}
}

/* Lists the choices that have places left, and whom they try next. */
static void
round_gather(Trials *trials, DwChoice *choices, int count)
{
	trials->count = trials->pair_count = 0;
	trials->choices = palloc_array(DwChoice *, count);
	trials->jobs = palloc_array(DwJob, count);
	trials->pairs = palloc0_array(DwFactsPair,
								  count * (trials->end - trials->first));
	for (int i = 0; i < count; i++)
	{
		DwChoice   *choice = &choices[i];
		int			end = Min(trials->end, choice->count);

		if (choice->count <= trials->most || choice->ready >= trials->most)
			continue;
		for (int k = trials->first; k < end; k++)
			if (!choice->candidates[k].is_asked)
				trials->pairs[trials->pair_count++] = (DwFactsPair)
			{
				.job = trials->count,
					.terms_version = choice->job->terms_version,
					.agent_id = choice->candidates[k].agent_id,
					.arrived_on = DATEVAL_NOBEGIN,
					.answer = k
			};
		trials->jobs[trials->count] = *choice->job;
		trials->choices[trials->count++] = choice;
	}
}

/* Holds a round; false when there is nobody to try. */
static bool
round_hold(Trials *trials, DwChoice *choices, int count)
{
	ErrorData  *error;

	round_gather(trials, choices, count);
	if (trials->pair_count == 0)
		return false;
	trials->facts = dw_facts_load(trials->jobs, trials->count, trials->pairs,
								  trials->pair_count, true);
	/* loading has put them in an order of its own */
	for (int i = 0; i < trials->pair_count; i++)
	{
		const DwFactsPair *pair = &trials->pairs[i];

		trials->choices[pair->job]->candidates[pair->answer].pair = i;
	}
	trials->choice = 0;
	trials->candidate = trials->first;
	do
		error = dw_attempt(trials_go_on, trials);
	while (error != NULL);
	dw_note_write(NULL);
	return true;
}

/* Leaves those who are asked, in the order of what they promise. */
static void
choice_settle(DwChoice *choice, int most)
{
	DwCandidate *asked = palloc_array(DwCandidate, most);
	int			count = 0;

	if (choice->count > most)
	{
		for (int promise = 0; promise < DW_PROMISE_COUNT; promise++)
			for (int i = 0; i < choice->count && count < most; i++)
				if (choice->candidates[i].promise == (DwPromise) promise)
					asked[count++] = choice->candidates[i];
		memcpy(choice->candidates, asked, count * sizeof(DwCandidate));
		choice->count = count;
	}
	pfree(asked);
}

/* Begins the trials of a call. */
static void
trials_begin(Trials *trials, int most)
{
	HASHCTL		control = {
		.keysize = sizeof(DwUuid),
		.entrysize = sizeof(Chosen),
		.hcxt = CurrentMemoryContext
	};

	memset(trials, 0, sizeof(*trials));
	trials->most = most;
	trials->chosen = hash_create("dwello chosen agents", 256, &control,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	trials->turn = AllocSetContextCreate(CurrentMemoryContext,
										 "dwello trial",
										 ALLOCSET_DEFAULT_SIZES);
}

void
dw_agents_choose(DwChoice *choices, int count, int most, TimestampTz until)
{
	MemoryContext before = CurrentMemoryContext;
	MemoryContext kept = AllocSetContextCreate(before, "dwello choice",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext round;
	Trials		trials;
	bool		goes_on = true;

	MemoryContextSwitchTo(kept);
	trials_begin(&trials, most);
	round = AllocSetContextCreate(kept, "dwello round",
								  ALLOCSET_DEFAULT_SIZES);
	while (goes_on)
	{
		CHECK_FOR_INTERRUPTS();
		trials.end = 2 * trials.first + most;
		MemoryContextSwitchTo(round);
		goes_on = round_hold(&trials, choices, count) &&
			GetCurrentTimestamp() < until;
		MemoryContextReset(round);
		trials.first = trials.end;
	}
	MemoryContextSwitchTo(before);
	MemoryContextDelete(kept);
	for (int i = 0; i < count; i++)
		choice_settle(&choices[i], most);
}
