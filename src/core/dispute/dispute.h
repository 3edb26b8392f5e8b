/*
 * dispute.h
 *		What becomes of money that a side, or a bank, wants back.
 */
#ifndef DW_DISPUTE_H
#define DW_DISPUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/escrow/escrow.h"
#include "core/posting/posting.h"

/*
 * The words of a dispute, and what becomes of the money in it.
 *
 * A dispute is about work of one milestone, or about all that is held and
 * undisputed.  Its amount and every figure in it count the price of work:
 * each side names what of the amount the provider shall be paid.  When the
 * homeowner's figure is not below the provider's, they have met and it
 * settles half way, the remainder to the homeowner; when one side is silent
 * past the deadline, the other's figure holds; a mediator decides to the
 * cent.  What the provider is not paid goes back to the homeowner.
 *
 * A decision either returns DW_OK and changes the structs, or returns
 * another result and leaves them as they were.
 */

/* Type dispute_status. */
typedef enum DwDisputeStatus
{
	DW_DISPUTE_OPEN,			/* one side has named a figure */
	DW_DISPUTE_ANSWERED,		/* both have; a mediator may decide */
	DW_DISPUTE_SETTLED,			/* by figures that met, or by default */
	DW_DISPUTE_RESOLVED,		/* by a mediator */
	DW_DISPUTE_WITHDRAWN		/* by who had opened it */
} DwDisputeStatus;

#define DW_DISPUTE_NO_OFFER	INT64_C(-1) /* a side has not named a figure */

/* A dispute as core decides on it. */
typedef struct DwDispute
{
	DwUuid		id;				/* its row; in its milestones, too */
	DwDisputeStatus status;		/* moves by the functions below */
	bool		by_homeowner;	/* who opened it */
	int64_t		amount;			/* price of the work disputed, > 0 */
	int64_t		homeowner_offer;	/* 0 ... amount, or none */
	int64_t		provider_offer; /* 0 ... amount, or none */
	bool		is_released;	/* about work that was paid: nothing is held */
} DwDispute;

/* What a settlement came to. */
typedef struct DwSettlement
{
	int64_t		figure;			/* in: what the provider is paid of it; out:
								 * so much that what goes back is whole */
	DwRelease	release;		/* to the provider; 0 if nothing is */
	int64_t		refund;			/* left the escrow for the homeowner */
	int64_t		unit;			/* in: what companies send whole; 0 = any */
} DwSettlement;

DW_LABELS_OF(dispute_status, DwDisputeStatus);

/* True while a dispute holds money fast. */
extern bool dw_dispute_is_open(const DwDispute *dispute);

/*
 * Opens a dispute; the caller has set id, by_homeowner and the opener's
 * figure.  milestone_id NULL = all that is held and undisputed.
 * DW_NOT_FOUND: no such milestone.  DW_INVALID_TRANSITION: frozen, nothing
 * held, or the milestone is over or disputed.  DW_INSUFFICIENT_FUNDS:
 * nothing is paid of it.  DW_BAD_VALUE: not 0 ... what is disputed.
 */
extern DwResult dw_dispute_open(DwEscrow *escrow, DwMilestone *milestones,
								int count, const DwUuid *milestone_id,
								DwDispute *dispute);

/*
 * The same about work that was released; dispute->amount is the price of
 * what was lately, and becomes that of the dispute.  Nothing is held fast:
 * what the provider shall not keep is taken from them in the end.
 * DW_INVALID_TRANSITION: frozen, or nothing was released.
 * DW_INSUFFICIENT_FUNDS: nothing lately.
 */
extern DwResult dw_dispute_open_released(const DwEscrow *escrow,
										 const DwMilestone *milestones,
										 int count,
										 const DwUuid *milestone_id,
										 DwDispute *dispute);

/*
 * One side names its figure, the first or another one; answered once both
 * have.  DW_INVALID_TRANSITION: it is over.  DW_BAD_VALUE: not 0 ... amount.
 */
extern DwResult dw_dispute_offer(DwDispute *dispute, bool by_homeowner,
								 int64_t offer);

/* True when the figures have met; *figure is what the provider is paid. */
extern bool dw_dispute_meets(const DwDispute *dispute, int64_t *figure);

/*
 * What the provider is paid once the deadline has passed: the figure of the
 * only side that named one; half way between two that never met.
 */
extern int64_t dw_dispute_default_figure(const DwDispute *dispute);

/*
 * Ends a dispute: out->figure goes to the provider, less the fee; the rest
 * of the amount goes back with the homeowner's share of its fee.  Its
 * milestones are paid in order.  The caller sets the status.
 * DW_INVALID_TRANSITION: it is over, or the escrow is frozen.
 * DW_BAD_VALUE: not 0 ... amount.  DW_OVERFLOW as dw_fee_release.
 */
extern DwResult dw_dispute_settle(DwEscrow *escrow, DwMilestone *milestones,
								  int count, const DwDispute *dispute,
								  DwSettlement *out);

/*
 * Releases what a dispute held: its milestones are what they were before.
 * DW_INVALID_TRANSITION: it is over, or the escrow is frozen.
 */
extern DwResult dw_dispute_withdraw(DwEscrow *escrow, DwMilestone *milestones,
									int count, DwDispute *dispute);

/*
 * A bank has taken money out of the milestones: the dispute is about what is
 * left, and no figure is above it.  False: nothing is left, it is settled.
 */
extern bool dw_dispute_reduce(DwDispute *dispute,
							  const DwMilestone *milestones, int count);

/* The same by the price that is left, where nothing is held for it. */
extern bool dw_dispute_reduce_to(DwDispute *dispute, int64_t left);

/*
 * What becomes of an escrow when a bank takes a payment back.
 *
 * While a chargeback is open the escrow is frozen.  Its amount is taken out
 * of what is held first (of that, the undisputed part first), then out of
 * what the provider was paid, and what is neither is the platform's loss,
 * as when the homeowner has their money back already:
 * amount = held_amount + clawed_back + loss
 * Won, all of it goes back to where it was taken.  Lost, it stays taken, and
 * the milestones give up what can no longer be paid for them.  Lost in part,
 * what stays taken is what that part alone would have taken.
 *
 * Banks ask for more than was paid, for what was given back, and change their
 * mind: what the escrow does not have is the platform's loss, and a decision
 * may be followed by the other.  One about money that never reached the
 * escrow, or is in another currency, is detached: it leaves the escrow alone.
 * Of a tip the provider owes it, as what was released.  What of the loss lies
 * in a receipt of that charge is covered out of there.
 *
 * All amounts are minor units of the escrow's currency and never negative.
 * A decision either returns DW_OK and changes the structs, or returns
 * another result and leaves them as they were.
 */

/* Type chargeback_status. */
typedef enum DwChargebackStatus
{
	DW_CHARGEBACK_OPEN,			/* the bank has not decided */
	DW_CHARGEBACK_WON,			/* the money came back */
	DW_CHARGEBACK_LOST			/* the money is gone */
} DwChargebackStatus;

/* One chargeback, and out of what it was taken. */
typedef struct DwChargeback
{
	DwChargebackStatus status;	/* open, or how it ended */
	int64_t		amount;			/* what the bank asks for, > 0 */
	int64_t		held_amount;	/* of it, out of the escrow */
	int64_t		clawed_back;	/* of it, owed by the provider */
	int64_t		lost_amount;	/* of it, once it is lost; else 0 */
	int64_t		covered;		/* of the loss, out of receipts */
	bool		is_detached;	/* none of it is the escrow's */
} DwChargeback;

/* The other chargebacks of the same escrow that are not won. */
typedef struct DwChargebackSum
{
	int64_t		clawed_back;	/* of open and lost ones */
	int64_t		open_held;		/* held_amount of the open ones */
	int32_t		open_count;		/* how many are open and not detached */
} DwChargebackSum;

/* How the bank decided on one. */
typedef struct DwVerdict
{
	bool		won;			/* the money comes back */
	int64_t		lost_amount;	/* else what of it does not, > 0 */
	DwChargebackSum others;		/* all but the one it is about */
} DwVerdict;

DW_LABELS_OF(chargeback_status, DwChargebackStatus);

/* What neither the escrow nor the provider bears of it. */
extern int64_t dw_chargeback_loss(const DwChargeback *chargeback);

/* What of that no receipt bears either: the platform's; 0 of one won. */
extern int64_t dw_chargeback_borne(const DwChargeback *chargeback);

/*
 * A bank asks for chargeback->amount back: frozen afterwards, unless it is
 * detached, which it is, too, when nothing was ever paid; the rest of
 * *chargeback is set.  Also for one that was won and is asked for again.
 * DW_BAD_VALUE: amount <= 0.
 */
extern DwResult dw_chargeback_open(DwEscrow *escrow,
								   const DwMilestone *milestones, int count,
								   const DwChargebackSum *others,
								   DwChargeback *chargeback);

/*
 * The same of one about a tip, of which the provider has so much that no bank
 * has taken: detached.
 */
extern void dw_chargeback_open_tip(DwChargeback *chargeback, int64_t left);

/* Money of a payment is there again, and a chargeback of it takes some. */
typedef struct DwRaise
{
	DwChargebackSum all;		/* that are not won, the one it is about too */
	int64_t		room;			/* of the payment, what nobody has taken */
	int64_t		held;			/* decided: out of the escrow */
	int64_t		clawed_back;	/* decided: owed by the provider */
} DwRaise;

/*
 * What the platform bears of one that is open or lost is taken where it would
 * have been, had the money been there: held first, then paid out, up to the
 * room.  Nothing of one that is won or detached.
 */
extern void dw_chargeback_raise(DwEscrow *escrow, DwMilestone *milestones,
								int count, DwChargeback *chargeback,
								DwRaise *raise);

/*
 * After each decision: what of the loss a receipt bears that has so much.
 * Gives what comes out of it, or goes back to it (< 0).
 */
extern int64_t dw_chargeback_cover(DwChargeback *chargeback,
								   int64_t available);

/*
 * The bank has decided; frozen no longer, unless another one is open.  A
 * dispute whose milestones have lost all that was disputed is over.  Of one
 * lost in part, *chargeback is what stays taken.
 * DW_INVALID_TRANSITION: this one is not open.  DW_BAD_VALUE: no amount is
 * lost, or more than it is about.
 */
extern DwResult dw_chargeback_close(DwEscrow *escrow,
									DwMilestone *milestones, int count,
									DwChargeback *chargeback,
									const DwVerdict *verdict);

/*
 * A lost one is won after all: all that stayed taken lies where it was taken,
 * and the milestones can be paid again.  DW_INVALID_TRANSITION: not lost.
 */
extern DwResult dw_chargeback_regain(DwEscrow *escrow,
									 DwMilestone *milestones, int count,
									 DwChargeback *chargeback,
									 const DwChargebackSum *others);

/*
 * What undoing a release or a refund, or a part of one, comes to.
 *
 * The legs of the original are mirrored in proportion, rounded so that any
 * way of cutting a reversal ends at the original to the cent and no leg is
 * ever mirrored by more than it was: from the first leg on, what the later
 * ones have of the amount is rounded down.
 *
 * The milestones follow the money.  The price given back makes the escrow's
 * sums fit its milestones again, the last ones first, and so no cent is lost
 * where the homeowner bears a part of the fee, which has no price.
 *
 * All amounts are minor units of the escrow's currency.
 */

/* What lies in the escrow again, and where it was. */
typedef struct DwReversal
{
	const DwGivenBack *pending; /* in: what companies have not sent of it */
	int			pending_count;	/* in: one a company */
	int64_t		released;		/* gross: fee and tax are in it */
	int64_t		fee;			/* of released */
	int64_t		tax;			/* of released */
	int64_t		refunded;		/* had gone back to the homeowner */
	const DwUuid *milestone_id; /* the one it was of; or NULL */
} DwReversal;

/*
 * Mirrors `amount` of legs (each > 0) of which `before` was mirrored before:
 * the parts are >= 0, sum to amount, and over all reversals of the whole to
 * the legs.  DW_BAD_VALUE: amount <= 0, too many legs.
 * DW_INSUFFICIENT_FUNDS: more than is left.
 */
extern DwResult dw_reversal_split(const int64_t *legs, int count,
								  int64_t before, int64_t amount,
								  int64_t *parts);

/*
 * Undoes `amount` of what a release, refund or settlement moved, of which
 * `before` was undone before; *amount 0 = all that is left, and is set to it.
 * *reversal but for the milestone, and its posting.  reversal->pending is
 * given: what was sent to the homeowner is undone at the platform's cost.
 * DW_INSUFFICIENT_FUNDS: more than is left, or nothing is.
 */
extern DwResult dw_reversal_decide(const DwPosting *original, int64_t before,
								   int64_t *amount, DwReversal *reversal,
								   DwPosting *posting);

/* floor(whole * amount / of), of > 0: a share that ends at the whole. */
extern int64_t dw_reversal_share(int64_t whole, int64_t amount, int64_t of);

/*
 * The money lies in the escrow again; milestones that were over are funded
 * again.  clawed_back of what was released is owed already and cannot be
 * taken twice.  DW_INVALID_TRANSITION: frozen.  DW_INSUFFICIENT_FUNDS: more
 * than was released, or refunded.
 */
extern DwResult dw_escrow_reverse(DwEscrow *escrow, DwMilestone *milestones,
								  int count, const DwReversal *reversal,
								  int64_t clawed_back);

/* A release, or the part of a settlement that was one; not what is undone. */
typedef struct DwReleased
{
	DwUuid		id;				/* of the transaction */
	DwUuid		milestone_id;	/* that it was of; nil = of none alone */
	int64_t		at;				/* when, in the caller's units */
	int64_t		net;			/* of it, the provider's */
	int64_t		fee;			/* the platform's */
	int64_t		tax;			/* on the fee */
} DwReleased;

/* The price of work released since a time, of one milestone or of all. */
extern int64_t dw_released_since(const DwReleased *releases, int count,
								 DwFeePayer payer, const DwUuid *milestone_id,
								 int64_t since);

/* What of it a bank has not clawed back, of one milestone or of all. */
extern int64_t dw_released_left(const DwEscrow *escrow,
								const DwMilestone *milestones, int count,
								const DwUuid *milestone_id,
								int64_t clawed_back);

/*
 * The price that goes back when a dispute about released work ends at a
 * figure and so much of that work is still released: neither the amount nor
 * the figure is above it.
 */
extern int64_t dw_dispute_taken_back(const DwDispute *dispute, int64_t figure,
									 int64_t left);

/* Work that was released and is given up after all. */
typedef struct DwTakeBack
{
	const DwUuid *milestone_id; /* in: of this one; NULL = the last ones */
	int64_t		price;			/* in: of the work; out: what there was */
	int64_t		amount;			/* goes back to the homeowner */
	int64_t		taken;			/* out of what was released for it */
	int64_t		fee;			/* of taken, out of the platform's fee */
	int64_t		tax;			/* of taken, tax on it */
} DwTakeBack;

/*
 * Work that was paid is given up: what the homeowner paid for it goes back,
 * and what was released for it is taken, with the fee that the work which
 * stays does not owe, at most what a bank has not clawed back.  amount 0:
 * there is nothing of it, nothing changes.
 * DW_INVALID_TRANSITION: frozen.  DW_NOT_FOUND: no such milestone.
 */
extern DwResult dw_escrow_take_back(DwEscrow *escrow, DwMilestone *milestones,
									int count, int64_t clawed_back,
									DwTakeBack *back);

/* Who gives it back, and how much of it each. */
typedef struct DwGivers
{
	int64_t		available;		/* out of what the provider has */
	int64_t		owed;			/* they owe it */
	int64_t		loss;			/* nobody is there to owe it */
} DwGivers;

/*
 * Of a provider's part, what comes out of their balance (available, less what
 * is below zero: they have none); the rest they owe, while they are there.
 */
extern DwGivers dw_take_back_divide(int64_t amount, int64_t available,
									bool is_there);

#endif							/* DW_DISPUTE_H */
