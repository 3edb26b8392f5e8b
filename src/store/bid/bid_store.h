/*
 * bid_store.h
 *		Rows of bids, and what they are scored from.
 */
#ifndef DW_BID_STORE_H
#define DW_BID_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/bid/bid.h"
#include "core/offer/offer.h"
#include "core/score/score.h"
#include "server/call/call_server.h"
#include "store/job/job_store.h"

/*
 * Lines of material, each of one version of a bid.
 */

#define DW_MATERIAL_MAX_LINES	200 /* of one bid */

/* One line of material. */
typedef struct DwMaterial
{
	char	   *item_name;		/* never blank */
	char	   *store_name;		/* or NULL */
	char	   *store_url;		/* or NULL */
	Datum		quantity;		/* numeric, at most six decimals */
	int64		unit_price;		/* minor units */
	int64		total_price;	/* half-even(quantity * unit_price) */
} DwMaterial;

/* The lines of one bid. */
typedef struct DwMaterials
{
	DwMaterial *lines;			/* in the order given */
	int			count;			/* of lines */
	int64		total;			/* of their totals */
} DwMaterials;

/*
 * Rows of dwello.bids and their history: reading, locking, writing.
 *
 * Whoever writes a bid holds the lock of its job (lock order: job, bid); the
 * bidder shares it with others who keep the job as it is, and a new bid may
 * take the lock as its transaction ends, see dw_bid_lock_job().
 */

#define DW_BID_NO_DAYS	0		/* no timeline was offered */
#define DW_BID_NO_TOTAL PG_INT64_MIN	/* less than any score */
#define DW_BID_NO_FLOOR 0		/* the bid stays at bid_amount */
#define DW_BID_NOTE_MAX	2000	/* characters of a note to the other side */

/* A bid as its row has it; money in minor units of its currency. */
typedef struct DwBid
{
	DwUuid		job_id;			/* shard key */
	DwUuid		id;				/* unique within the job */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* the bidder */
	DwUuid		decision_id;	/* the agent's; nil = a person made it */
	DwBidStatus status;			/* moves by dw_bid_machine() only */
	char	   *reason;			/* label of DwBidReason, or NULL */
	int32		terms_version;	/* of the job, when it was made */
	int32		bid_version;	/* counts its versions, from 1 */
	int32		version;		/* of the row */
	int64		labor_cost;		/* >= 0 */
	int64		materials_cost; /* >= 0 */
	int64		bid_amount;		/* their sum, > 0 */
	char		currency[DW_CURRENCY_SIZE]; /* ISO 4217, zero-terminated */
	bool		materials_included; /* else materials_cost is 0 */
	int32		timeline_days;	/* or DW_BID_NO_DAYS */
	int32		warranty_months;	/* >= 0 */
	char	   *description;	/* or NULL */
	char	   *special_terms;	/* or NULL */
	int64		price;			/* comparable, what the homeowner spends */
	int64		score_total;	/* millionths of a point */
	DwScoreInputs inputs;		/* what the total was made from */
	int64		lowest_amount;	/* the bidder's secret, or DW_BID_NO_FLOOR;
								 * read by dw_bid_load_floor() alone */
	int64		lowest_total;	/* the total at that amount */
	int64		quality;		/* the total less the price points */
	Datum		stored_inputs;	/* as read; made anew by writing */
	bool		is_inconsistent;	/* lines do not add up to materials_cost */
	TimestampTz submitted_at;	/* for the current terms */
	TimestampTz expires_at;		/* not live from then on */
} DwBid;

/*
 * Locks the job of a pending bid against whoever would close it, and reads of
 * the job id, status, reason and expires_at; false when the bid is none.
 */
extern bool dw_bid_lock_job(const DwUuid *job_id, const DwUuid *bid_id,
							DwJob *job);

/* Locks the row and reads it; false when there is none (any more). */
extern bool dw_bid_lock(const DwUuid *job_id, const DwUuid *id, DwBid *bid);

/* Locks the job's accepted bid and reads it; false when there is none. */
extern bool dw_bid_lock_accepted(const DwUuid *job_id, DwBid *bid);

/* Reads the row in the caller's snapshot, for STABLE functions. */
extern bool dw_bid_load(const DwUuid *job_id, const DwUuid *id, DwBid *bid);

/* Reads all bids of a job in the caller's snapshot, in the order of ids. */
extern DwBid *dw_bids_load(const DwUuid *job_id, int *count);

/* True when the job has a bid of that id. */
extern bool dw_bid_exists(const DwUuid *job_id, const DwUuid *id);

/* What has come of the bids that a provider has made on a job. */
typedef enum DwBidLife
{
	DW_BID_NEVER,				/* there is none */
	DW_BID_ENDED,				/* one or more, all ended */
	DW_BID_OVERDUE,				/* one is pending, and its time is over */
	DW_BID_LIVE					/* one is pending or accepted */
} DwBidLife;

/* Which it is of a provider on a job, and the id of one that is not ended. */
extern DwBidLife dw_bid_find_live(const DwUuid *job_id,
								  const DwUuid *provider_id, DwUuid *id);

/*
 * When the provider may offer something else for the job: DT_NOBEGIN, or a
 * time to come when they have done so most times in the 24 hours before now.
 */
extern TimestampTz dw_bid_next_offer(const DwUuid *job_id,
									 const DwUuid *provider_id, int64 most);

/*
 * Writes a new bid on a locked job with its first version, its lines of
 * material, and in mode rank_only the row that its rank is kept in.
 */
extern void dw_bid_insert(const DwJob *job, DwBid *bid,
						  const DwMaterials *materials);

/* Reads the lowest amount of a bid's present version, with what it scores. */
extern void dw_bid_load_floor(DwBid *bid);

/* Reads the lines of a bid's present version. */
extern void dw_materials_load(const DwBid *bid, DwMaterials *materials);

/*
 * Writes the offer, terms, score and times of a bid as its next version, with
 * its lines of material, and counts both versions up, in row and *bid.
 */
extern void dw_bid_revise(DwBid *bid, const DwMaterials *materials);

/*
 * Writes a locked bid that was revised, accepted or ended, and counts the
 * version up, in row and *bid.
 */
extern void dw_bid_save(DwBid *bid);

/*
 * Saves a bid whose status is already the one this reason leaves it in, and
 * emits bid_rejected, bid_withdrawn or bid_expired with a note to the other
 * side (or NULL).
 */
extern void dw_bid_end(DwBid *bid, DwBidReason reason, const char *note);

/*
 * The same of a bid that had become a contract: what came of an agent's
 * decision was written when the award was confirmed.
 */
extern void dw_bid_end_contract(DwBid *bid, DwBidReason reason,
								const char *note);

/* Claims pending bids past their expires_at; see dw_due_claim(). */
extern DwDue *dw_bids_claim_overdue(int max_rows, int *count);

/*
 * Marks claimed bids as expired that are pending still and over, with an
 * event each; how many that were.
 */
extern int	dw_bids_expire(const DwDue *bids, int count);

/* The same for a pending bid of one provider on a locked job. */
extern void dw_bid_expire_overdue(const DwUuid *job_id,
								  const DwUuid *provider_id);

/* The same for each provider and job of bids that are about to be made. */
extern void dw_bids_expire_overdue(const DwBid *next, int count);

/* Locks every live bid of a job, in the order of their ids. */
extern void dw_bids_lock_live(const DwUuid *job_id);

/*
 * Ends every live bid of a locked job but one (or NULL): rejected because
 * that one was accepted or the job was cancelled, or expired with the job.
 * Pending ones whose own time is over expire for that.  An event each:
 * bid_rejected or bid_expired.  Of one that was a contract nothing new comes
 * of its agent's decision: it has won.
 */
extern void dw_bids_end(const DwJob *job, const DwUuid *but,
						DwBidReason reason);

/*
 * Writes what came of the bids of agents on a locked job whose award was
 * just confirmed: one has won, and what was not selected has lost.
 */
extern void dw_bids_decide(const DwUuid *job_id);

/*
 * The same of a locked job that is over, its live bids ended: who was not
 * selected for an award that came to nothing has neither won nor lost.
 * Nothing when the award was confirmed.
 */
extern void dw_bids_abandon(const DwJob *job);

/* Writes the event of a bid: who, and the amount. */
extern void dw_bid_emit(const DwBid *bid, const char *type);

/*
 * Rows of dwello.counter_offers: another amount for a pending bid.
 *
 * A version of a bid and the terms of its job are what an offer was made
 * about: whatever writes another version, ends the bid or makes new terms
 * overtakes those that are pending.  All that writes bids here does so.
 */

/* A counter-offer as its row has it. */
typedef struct DwCounterRow
{
	DwUuid		job_id;			/* key, with the next */
	DwUuid		id;				/* unique within the job */
	DwUuid		bid_id;			/* the bid that it is about */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* the bidder */
	DwUuid		offered_by;		/* one of the two */
	int32		round;			/* of all about the bid, from 1 */
	int32		bid_version;	/* of the bid, when it was made */
	int64		amount;			/* minor units, instead of the bid's */
	char		currency[DW_CURRENCY_SIZE]; /* the bid's */
	char	   *message;		/* or NULL */
	DwOfferStatus status;		/* moves by dw_offer_machine() only */
	TimestampTz expires_at;		/* not pending from then on */
	TimestampTz created_at;		/* when it was made */
	TimestampTz answered_at;	/* or when it ended; DT_NOBEGIN: pending */
} DwCounterRow;

/* Reads the counter-offer of a locked job; false when there is none. */
extern bool dw_counter_load(const DwUuid *job_id, const DwUuid *id,
							DwCounterRow *counter);

/* All about a bid, in the order of their rounds. */
extern DwCounterRow *dw_counters_load(const DwBid *bid, int *count);

/* Writes a new one, and emits counter_offered to the other side. */
extern void dw_counter_insert(const DwCounterRow *counter);

/* Writes what became of one, as of now. */
extern void dw_counter_save(DwCounterRow *counter);

/* Writes an event of one for a recipient. */
extern void dw_counter_emit(const DwCounterRow *counter, const char *type,
							const DwUuid *recipient_id);

/* Overtakes what is pending about any bid of a locked job. */
extern void dw_counters_overtake(const DwUuid *job_id);

/* Claims those past their expires_at; see dw_due_claim(). */
extern DwDue *dw_counters_claim_overdue(int max_rows, int *count);

/*
 * Marks claimed ones as expired that are pending still and over, with an
 * event each for who made it; how many that were.
 */
extern int	dw_counters_expire(const DwDue *counters, int count);

/*
 * What bidders of a job in mode rank_only may know of their rank.
 *
 * A rank that followed each bid at once would find a rival's price by
 * halving.  So it is only a third, it is looked at by a worker after the
 * bid's own transaction, and all bids of a job are looked at together, so
 * that a fresh bid is not told sooner than those that are there.
 */

#define DW_RANK_NO_THIRD	0	/* not known, or not eligible */

/* A live bid on such a job. */
typedef struct DwBidRank
{
	DwUuid		job_id;			/* shard key */
	DwUuid		bid_id;			/* the bid */
	DwUuid		provider_id;	/* the bidder */
	int32		third;			/* 1 ... 3, or DW_RANK_NO_THIRD */
	TimestampTz due_at;			/* not looked at again before */
} DwBidRank;

/* Claims the rows that are due; see dw_due_claim(). */
extern DwDue *dw_ranks_claim_due(int max_rows, int *count);

/* Reads all rows of a locked job. */
extern DwBidRank *dw_ranks_load(const DwUuid *job_id, int *count);

/* Writes rows of one job, in one statement. */
extern void dw_ranks_save(DwBidRank *ranks, int count);

/* Drops the rows of bids of one job that have ended. */
extern void dw_ranks_drop(const DwUuid *job_id, const DwUuid *bids,
						  int count);

/* The third of a bid, in the caller's snapshot. */
extern int32 dw_rank_load_third(const DwUuid *job_id, const DwUuid *bid_id);

/*
 * Rows of dwello.job_invites: a homeowner asks a provider to bid, or offers
 * them the job at an amount.  The caller has locked the job, which ends what
 * is pending when it is taken off the market, see dw_job_end_invites().
 */

#define DW_INVITE_NO_AMOUNT	INT64CONST(-1)	/* it asks for a bid */

/* An invitation as its row has it. */
typedef struct DwInvite
{
	DwUuid		job_id;			/* key, with the next */
	DwUuid		id;				/* unique within the job */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* who is invited */
	char	   *message;		/* or NULL */
	int64		amount;			/* of an offer, or DW_INVITE_NO_AMOUNT */
	char		currency[DW_CURRENCY_SIZE]; /* of it; empty without one */
	int32		timeline_days;	/* that go with it, or DW_BID_NO_DAYS */
	DwOfferStatus status;		/* moves by dw_offer_machine() only */
	TimestampTz expires_at;		/* of an offer; else DT_NOBEGIN */
	TimestampTz created_at;		/* when it was made */
	TimestampTz answered_at;	/* or when it ended; DT_NOBEGIN: pending */
} DwInvite;

/*
 * True when a provider knows of a job by invitation: theirs was not withdrawn,
 * or a bid of theirs is live.
 */
extern bool dw_invite_exists(const DwUuid *job_id, const DwUuid *provider_id);

/* The last invitation of a provider to the job; false when there is none. */
extern bool dw_invite_find(const DwUuid *job_id, const DwUuid *provider_id,
						   DwInvite *invite);

/* The offer of a job that is pending; false when none is. */
extern bool dw_hire_find(const DwUuid *job_id, DwInvite *invite);

/* How many invitations a job has had. */
extern int64 dw_invites_count(const DwUuid *job_id);

/* Writes a new one, and tells the provider. */
extern void dw_invite_insert(const DwInvite *invite);

/* Writes what became of one, as of now. */
extern void dw_invite_save(DwInvite *invite);

/* Writes an event of one for a recipient. */
extern void dw_invite_emit(const DwInvite *invite, const char *type,
						   const DwUuid *recipient_id);

/*
 * Adds the caller's invitations to open jobs to a list, with the jobs, newest
 * first from behind one of them (or NULL).
 */
extern void dw_invites_list(DwCall *call, const DwUuid *after_id,
							int32 max_results);

/* Takes up the invitation of who has just bid on a locked job. */
extern void dw_invite_take_up(const DwBid *bid);

/* Ends the offer of a job whose terms have changed. */
extern void dw_hires_overtake(const DwUuid *job_id);

/* Claims offers past their expires_at; see dw_due_claim(). */
extern DwDue *dw_hires_claim_overdue(int max_rows, int *count);

/*
 * Marks claimed ones as expired that are pending still and over, with an
 * event each for the homeowner; how many that were.
 */
extern int	dw_hires_expire(const DwDue *hires, int count);

#endif							/* DW_BID_STORE_H */
