/*
 * offer_api_int.h
 *		What a bidder offers: from the arguments of a command to a scored bid.
 *
 * submit_bid and revise_bid take the same eight arguments in a row, from
 * labor_cost to special_terms.
 */
#ifndef DW_OFFER_API_INT_H
#define DW_OFFER_API_INT_H

#include "server/call/call_server.h"
#include "store/bid/bid_store.h"
#include "store/job/job_store.h"

/* 42501 for a provider who lacks a verification that is wanted by now. */
extern void dw_offer_need_verified(DwCall *call);

/*
 * Reads an offer and checks what the arguments say by themselves: 22004,
 * 22001, 22003, 22023.
 */
extern void dw_offer_read(DwCall *call, DwBid *bid, DwMaterials *materials);

/* WD103 when the argument names other terms than the job's present ones. */
extern void dw_offer_need_terms(DwCall *call, const char *arg,
								const DwJob *job);

/*
 * Makes the bid one of now: submitted_at, and expires_at from the argument
 * or the setting; 22023 when that is not in the future.
 */
extern void dw_offer_date(DwCall *call, const char *arg, DwBid *bid);

/*
 * Gives the bid its comparable price, the inputs of today and the total they
 * make under the job's present terms; 22003, naming the argument.
 */
extern void dw_offer_score(DwCall *call, const char *arg, const DwJob *job,
						   DwBid *bid, const DwMaterials *materials);

/* The row of a bid that was just written, with the gates it fails. */
extern void dw_row_offer(DwCall *call, const DwJob *job, const DwBid *bid);

#endif							/* DW_OFFER_API_INT_H */
