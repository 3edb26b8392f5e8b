/*
 * cancellation_store.h
 *		Cancellation policies: those in force, and those that contracts froze.
 */
#ifndef DW_CANCELLATION_STORE_H
#define DW_CANCELLATION_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/cancellation/cancellation.h"

/* The policy as it is stored: jsonb, its tiers in the order of time. */
extern Datum dw_cancellation_jsonb(const DwCancellationPolicy *policy);

/* Where a policy comes from. */
typedef enum DwCancellationSource
{
	DW_CANCELLATION_NONE,		/* there is none: label NULL */
	DW_CANCELLATION_OF_CONTRACT,	/* frozen when the bid was accepted */
	DW_CANCELLATION_OF_JOB,		/* the homeowner's */
	DW_CANCELLATION_OF_CATEGORY /* the category's, or of one above it */
} DwCancellationSource;

/* The label of a source; NULL for none. */
extern const char *dw_cancellation_source_label(DwCancellationSource source);

/*
 * Rows of dwello.cancellation_terms: the policy of a contract, frozen when
 * its bid was accepted, the start that both sides agree on, and what became
 * of it.  The caller has locked the job.
 */

#define DW_CANCELLATION_NOT_YET	(-1)	/* it was not cancelled */

/* The terms of a contract as their row has them. */
typedef struct DwCancellationTerms
{
	DwUuid		job_id;			/* key */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* who has the award */
	DwCancellationPolicy policy;	/* read from the next */
	Datum		stored_policy;	/* jsonb of it */
	TimestampTz starts_at;		/* agreed on; DT_NOBEGIN = no start is */
	TimestampTz created_at;		/* when the bid was accepted */
	TimestampTz cancelled_at;	/* DT_NOBEGIN = it was not */
	int32		share_ppm;		/* of the tier then, or NOT_YET */
	int64		price;			/* of what was cancelled, or NOT_YET */
	int64		share;			/* of it, the provider's, or NOT_YET */
	DwUuid		transaction_id; /* that moved what was held; nil = none */
	int32		version;		/* of the row */
} DwCancellationTerms;

/*
 * Freezes the policy that is in force for a job whose award is given now,
 * also when it is none, and the start as it was posted: the beginning of that
 * day where the homeowner is, if the day is not over.
 */
extern void dw_cancellation_freeze(const DwUuid *job_id,
								   const DwUuid *homeowner_id,
								   const DwUuid *provider_id);

/* Those of a contract; false when the job has none. */
extern bool dw_cancellation_find(const DwUuid *job_id,
								 DwCancellationTerms *terms);

/* The same in the caller's snapshot, for STABLE functions. */
extern bool dw_cancellation_load(const DwUuid *job_id,
								 DwCancellationTerms *terms);

/* The day (UTC) of the first payment of a locked job, as YYYY-MM-DD. */
extern char *dw_cancellation_funded_on(const DwUuid *job_id);

/* Writes another start, or what became of the contract. */
extern void dw_cancellation_save(DwCancellationTerms *terms);

/*
 * The policy of a job that has no contract, or, for NULL, of a category, in
 * the caller's snapshot, and where it comes from.
 */
extern DwCancellationSource
			dw_cancellation_in_force(const DwUuid *job_id,
									 const DwUuid *category_id,
									 DwCancellationPolicy *policy);

#endif							/* DW_CANCELLATION_STORE_H */
