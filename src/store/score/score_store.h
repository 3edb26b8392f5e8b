/*
 * score_store.h
 *		What gates and scores are decided from, loaded from the tables.
 *
 * The inputs of a score are gathered once a bid's version and kept with it
 * (score_inputs); the facts of the gates are loaded anew at each call.
 * Everything is as of dw_now(), and days are days of UTC, so that no
 * session's time zone changes an answer.
 */
#ifndef DW_SCORE_STORE_H
#define DW_SCORE_STORE_H

#include "postgres.h"

#include "core/base/base.h"
#include "core/score/score.h"
#include "store/job/job_store.h"

/* A bid among the others of its job. */
typedef struct DwContender
{
	DwUuid		provider_id;	/* the bidder */
	char		currency[DW_CURRENCY_SIZE]; /* of the bid */
} DwContender;

/* Bids of one job as of one moment. */
typedef struct DwRanking
{
	DwRankedBid *bids;			/* as core ranks them; see position */
	DwContender *contenders;	/* contenders[bids[i].position] */
	int			count;			/* of each of the two */
	bool		is_tried;		/* open mode: this transaction wrote a bid */
} DwRanking;

/* True when the settings want nothing more of an active provider. */
extern bool dw_provider_verified(const DwUuid *provider_id);

/*
 * How many mandatory requirements of a job each of some providers, in the
 * order of their ids, fails by credentials that are valid through the work;
 * false, and nothing is written, when it has none.
 */
extern bool dw_requirements_missing(const DwJob *job,
									const DwUuid *providers, int count,
									bool is_fresh, int64 *missing);

/* What the job's terms say about scoring. */
extern void dw_score_job_read(const DwJob *job, DwScoreJob *score_job);

/*
 * Gathers the inputs of a provider's bid on a job as of now, except those
 * that the offer itself gives: price, timeline and warranty.
 */
extern void dw_score_inputs_load(const DwJob *job,
								 const DwUuid *provider_id,
								 DwScoreInputs *inputs);

/* The same for several providers, each once, in the order of their ids. */
extern void dw_score_inputs_load_all(const DwJob *job,
									 const DwUuid *providers, int count,
									 DwScoreInputs *inputs);

/*
 * Loads a job's bids, or only one of them, with their stored totals, their
 * own flags and the gates they fail now; in no order, and without the flags
 * that depend on others.  In open mode they come with how low they may go;
 * nobody but the bidder may be shown that, or a total at it.  A bid that was
 * not selected waits for the award to
 * lapse; once the job is open again that is over.  is_fresh: see what this
 * command has written.
 */
extern void dw_ranking_load(const DwJob *job, const DwUuid *bid_id,
							bool is_fresh, DwRanking *ranking);

/*
 * In open mode gives the winner the amount that it wins with.  Not while the
 * transaction has written a bid on the job, unless the caller is the system:
 * by bids that are tried and rolled back somebody would find in a moment, and
 * without a trace, how low their rival goes.
 */
extern void dw_ranking_settle(const DwJob *job, DwRanking *ranking,
							  bool is_system);

/* The place of a bid in a ranking, or -1. */
extern int	dw_ranking_place(const DwRanking *ranking, const DwUuid *bid_id);

#endif							/* DW_SCORE_STORE_H */
