/*
 * payment_api.h
 *		What confirm_payment and fail_payment have in common: an event of a
 *		payment company, which counts once.
 */
#ifndef DW_PAYMENT_API_H
#define DW_PAYMENT_API_H

#include "api/call_api.h"
#include "store/escrow_store.h"
#include "store/payment_store.h"

#define DW_PSP_MAX			100 /* characters of a company's name */
#define DW_PSP_REFERENCE_MAX	500 /* characters of its ids */

/*
 * True, with the row filled, when this very event was applied before.  An
 * amount of 0, a currency of NULL or a nil id is not said and not compared.
 */
extern bool dw_payment_replay(DwCall *call, const DwPaymentEvent *event);

/*
 * The payment that an event is about: the one named, else the pending one,
 * else the last that was asked for.  False: none was; P0002: none such.
 */
extern bool dw_payment_of_event(const DwPaymentEvent *event,
								DwTransaction *payment);

/* Returns the row, and keeps it with the event for who delivers it again. */
extern Datum dw_payment_return(DwCall *call, DwPaymentEvent *event,
							   const DwEscrowRow *row,
							   const DwTransaction *payment);

/* Ends a call as above whose columns are filled: keeps row and event. */
extern Datum dw_payment_event_return(DwCall *call, DwPaymentEvent *event);

#endif							/* DW_PAYMENT_API_H */
