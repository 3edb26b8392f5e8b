/*
 * run_store.h
 *		The work of agents: what wakes them, what they know, their answers.
 *
 * Whoever writes a row of dwello.agent_work or dwello.agent_answers holds the
 * lock of its job.  Lock order: jobs, answers, days of agents, outbox.
 */
#ifndef DW_RUN_STORE_H
#define DW_RUN_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/agent/agent.h"
#include "core/base/base.h"
#include "core/decision/decision.h"
#include "store/job/job_store.h"

/*
 * Rows of dwello.agent_work: versions of terms that agents look at.
 */

/* A row. */
typedef struct DwAgentWork
{
	DwUuid		job_id;			/* with the next its key */
	int32		terms_version;	/* that was published */
	int32		attempts;		/* processes that died over it */
	TimestampTz run_after;		/* not before, or DT_NOBEGIN */
	TimestampTz claimed_at;		/* answers were made, or DT_NOBEGIN */
	TimestampTz done_at;		/* none is left, or DT_NOBEGIN */
	TimestampTz created_at;		/* it was published */
} DwAgentWork;

/*
 * Has agents look at a version of a job's terms; nothing when they do already.
 * Whoever calls it runs as who may write the table.
 */
extern void dw_work_enqueue(const DwUuid *job_id, int32 terms_version);

/*
 * Claims up to max_jobs jobs with work: those published first whose answers
 * are not made, then those with answers that are due.  Locked, each once, in
 * the order of their ids.
 */
extern DwUuid *dw_work_claim(int max_jobs, int *count);

/* Reads the rows of locked jobs that are not done. */
extern DwAgentWork *dw_works_load(const DwUuid *jobs, int job_count,
								  int *count);

/* Writes a row of a locked job. */
extern void dw_work_save(DwAgentWork *work);

/*
 * Has agents look again at a version of a locked job: some may know of it
 * only now.  Who has answered is not asked again.
 */
extern void dw_work_renew(const DwUuid *job_id, int32 terms_version);

/* Marks a version of a locked job as done when no answer is left to give. */
extern void dw_work_settle(const DwUuid *job_id, int32 terms_version);

/*
 * Rows of dwello.agent_answers: each agent answers a version once.
 */

#define DW_ATTEMPTS_MAX		3	/* processes that die over a row, at most */

/* A row. */
typedef struct DwAnswer
{
	DwUuid		job_id;			/* with the next two its key */
	int32		terms_version;	/* that was published */
	DwUuid		agent_id;		/* the agent's provider */
	DwAnswerState state;		/* how far it is */
	TimestampTz run_after;		/* not before */
	int32		attempts;		/* processes that died over it */
	bool		is_model;		/* an outside model may claim it */
	DwUuid		claim_id;		/* of an outside model; nil = none */
	TimestampTz lease_until;	/* of that claim; DT_NOBEGIN = none */
	DwUuid		decision_id;	/* the last one; nil = none yet */
	DateADT		arrived_on;		/* day on which it was worth a bid, or
								 * DATEVAL_NOBEGIN */
	TimestampTz created_at;		/* when it was made */
	bool		is_new;			/* not written yet */
} DwAnswer;

/* The agents, at most so many, of providers who are invited to a job. */
extern DwUuid *dw_agents_invited(const DwUuid *job_id, int most, int *count);

/* Reads all answers of locked jobs, by job, version and agent. */
extern DwAnswer *dw_answers_load(const DwUuid *jobs, int job_count,
								 int *count);

/*
 * The answer of an agent to a locked job that a claim is for; of a claim that
 * is none, their last one.  False when they have none.
 */
extern bool dw_answer_find(const DwUuid *job_id, const DwUuid *agent_id,
						   const DwUuid *claim_id, DwAnswer *answer);

/*
 * Locks jobs with answers that outside models may claim, those whose time
 * comes first, in the order of their ids: of answers whose run_after is not
 * later than `until`, or whose lease is over before run_after is.
 */
extern DwUuid *dw_model_jobs_claim(int max_jobs, TimestampTz until,
								   int *count);

/* What bidders may know of locked jobs, jsonb objects, in their order. */
extern Datum *dw_model_words(const DwUuid *jobs, int count);

/* Writes one of a locked job, as a new row or over the one that is there. */
extern void dw_answer_save(DwAnswer *answer);

/*
 * Makes a row for a crash, or adds one attempt to the row that is there, and
 * quarantines it at DW_ATTEMPTS_MAX.  The answer has its key, and is read;
 * false when it was given in the end, and nothing is written.
 */
extern bool dw_answer_suspect(DwAnswer *answer);

/*
 * The same of the search for the agents of a job, in its row of agent_work;
 * false also when there is none.
 */
extern bool dw_work_suspect(const DwUuid *job_id, int32 terms_version);

/*
 * An answer over which a process died, and whose time has come, its job
 * locked; and a job where it died over the search for agents.  False: none.
 */
extern bool dw_suspect_claim(DwAnswer *answer);
extern bool dw_work_suspect_claim(DwUuid *job_id);

/*
 * Deletes answers of jobs that are no longer open, and of versions that are
 * past, unless a claim is out; how many.
 */
extern int64 dw_answers_purge(int32 max_rows);

#define DW_WAKE_MAX	200			/* answers that a change of an agent wakes */

/*
 * Has the deferred answers of an agent looked at by the next worker, whatever
 * their time.  It locks no job: who changes an agent may leave a transaction
 * open for long.
 */
extern void dw_agent_wake(const DwUuid *agent_id);

/*
 * What was asked for by dw_agent_wake(), for some agents: their deferred
 * answers about open jobs are due now, of each agent at most DW_WAKE_MAX,
 * those first that would come first; a job that is locked keeps its time.
 */
extern void dw_agents_wake_asked(void);

/*
 * Days of agents: the hard cap.
 */

/* An agent's day. */
typedef struct DwAgentDay
{
	DwUuid		user_id;		/* with the next the key */
	DateADT		day;			/* of the provider's calendar */
	int32		bids;			/* made */
	int32		jobs;			/* worth a bid that came */
	int32		clock_offset;	/* of the provider's clock, minutes */
} DwAgentDay;

/*
 * Makes days and sorts them by agent and day, and locks what is counted of
 * their agents: of all their days, for the next day begins meanwhile, and
 * whoever moves has several at once.
 */
extern void dw_agent_days_lock(DwAgentDay *days, int count);

/* Adds to a day that is locked; inside dw_write_batch() when that ends. */
extern void dw_agent_day_add(const DwAgentDay *day);

/*
 * Notes of crashes.
 *
 * Before a backend does what could crash it over a row, it writes down which
 * row, in a file of its own: dwello_notes/<database>-<process>-<its start>
 * in the data directory.  The file outlives the process, and a restart of the
 * server; it need not outlive the machine, so nothing is synced.
 */

/* A row that a process was at; agent_id nil: the search for agents. */
typedef struct DwNote
{
	DwUuid		job_id;			/* of the row */
	DwUuid		agent_id;		/* the agent's provider */
	int32		terms_version;	/* that was published */
} DwNote;

/* Writes down the row that comes next; NULL: none any more. */
extern void dw_note_write(const DwNote *note);

/* Gives a note of the last collection back: it was not dealt with. */
extern void dw_note_return(int number);

/*
 * The notes of processes that are gone, of this database, that no other
 * transaction has, nor this one; 64 in a transaction, the next has the rest.
 * Their files go when the transaction commits.
 */
extern DwNote *dw_notes_collect(int *count);

/* What there is of the job of a note. */
typedef enum DwNoteJob
{
	DW_NOTE_JOB_LOCKED,			/* by this transaction, now */
	DW_NOTE_JOB_BUSY,			/* somebody else has it */
	DW_NOTE_JOB_GONE			/* it was never committed, or is lost */
} DwNoteJob;

/* Locks the job of a note unless somebody has. */
extern DwNoteJob dw_note_job_lock(const DwUuid *job_id);

/*
 * Facts: all that decisions are made from, for some jobs and agents at once,
 * by a number of statements that does not grow with them.
 *
 * No amount of a rival's bid is read here, and nothing that follows from one.
 */

/* An agent, as it is for all jobs; what is not in it hangs on the job. */
typedef struct DwFactsAgent
{
	DwUuid		user_id;		/* the provider */
	bool		is_known;		/* false: there is no such agent (any more) */
	DwAgentTier tier;			/* of their subscription */
	char		currency[DW_CURRENCY_SIZE]; /* of its amounts */
	int32		parameters_version; /* that are live */
	DwUuid		mandate_id;		/* in force; nil = none */
	const char *timezone;		/* IANA; NULL unless it is known */
	DwAgentSettings settings;	/* as set and signed, once it is open */
	DwUuids		signed_categories;	/* likewise; none: any */
	DwAgentParameters parameters;	/* likewise */
	DwAgentProvider provider;	/* likewise */
	DateADT		today;			/* by the provider's clock */
	DateADT		moved_month;	/* in which the clock is by which they bid
								 * before they moved, its first day; or
								 * DATEVAL_NOBEGIN */
	bool		uses_model;		/* an outside model answers first */
	bool		is_open;		/* its documents were read */
	struct FactsRow *row;		/* as loaded */
} DwFactsAgent;

/* An agent and a job. */
typedef struct DwFactsPair
{
	int			job;			/* number of the job */
	int32		terms_version;	/* that was published */
	DwUuid		agent_id;		/* the agent's provider */
	bool		is_answered;	/* it has decided before */
	DateADT		arrived_on;		/* it was worth a bid on that day, or
								 * DATEVAL_NOBEGIN */
	int			answer;			/* of the caller, for itself */
	DwFactsAgent *agent;		/* set by loading, as all below */
	int64		missing;		/* mandatory requirements that are not met */
	bool		is_in_area;		/* of their service */
	bool		is_invited;		/* to the job */
	bool		has_bid;		/* live */
} DwFactsPair;

typedef struct DwFacts DwFacts;

/*
 * Loads the facts of pairs.  is_fresh: in a command, which may have written;
 * else in the caller's snapshot.  Jobs and pairs must outlive the facts.
 */
extern DwFacts *dw_facts_load(const DwJob *jobs, int job_count,
							  DwFactsPair *pairs, int pair_count,
							  bool is_fresh);

/*
 * The inputs of one pair.  This opens documents of people: a damaged one
 * raises here.
 */
extern void dw_facts_inputs(DwFacts *facts, DwFactsPair *pair,
							DwAgentInputs *inputs);

/*
 * Reads documents of an agent that are valid: its hours, and its costs, of
 * which what is not there is nothing.  A zero Datum is no limit and no costs.
 */
extern void dw_agent_hours_read(Datum jsonb, DwAgentHours *hours);
extern void dw_agent_costs_read(Datum jsonb, DwAgentCosts *costs);

/*
 * Has a change laid over the settings of every agent that is opened from now
 * on, before its mandate narrows them: what an agent would do with others.
 */
typedef void (*DwFactsLay) (void *argument, DwAgentSettings *settings,
							DwUuids *categories);
extern void dw_facts_lay(DwFacts *facts, DwFactsLay lay, void *argument);

/* The clock of a zone at a time. */
extern void dw_facts_clock(const char *timezone, TimestampTz time,
						   DwAgentClock *clock);

/* Reads again what agents have afoot, once their days are locked. */
extern void dw_facts_refresh(DwFacts *facts);

#endif							/* DW_RUN_STORE_H */
