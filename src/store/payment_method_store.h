/*
 * payment_method_store.h
 *		Rows of dwello.payment_methods.
 */
#ifndef DW_PAYMENT_METHOD_STORE_H
#define DW_PAYMENT_METHOD_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/uuid.h"

/* A way to pay, to be added. */
typedef struct DwPaymentMethod
{
	DwUuid		user_id;		/* who pays with it */
	DwUuid		id;				/* payment_methods.id */
	const char *method_type;	/* label of payment_method_type */
	const char *psp;			/* the payment company's name */
	const char *psp_token;		/* its word for it; opaque */
	const char *last_four;		/* digits to show, or NULL */
	DateADT		expires_on;		/* its last day; DATEVAL_NOBEGIN = none */
	bool		is_default;		/* the one that is taken unless said */
	TimestampTz created_at;		/* now */
} DwPaymentMethod;

/* True when the user has a default method. */
extern bool dw_payment_method_has_default(const DwUuid *user_id);

/* Writes the method; a default one takes the flag from the one before. */
extern void dw_payment_method_insert(const DwPaymentMethod *method);

/* What removing a method needs to know of it. */
typedef struct DwMethodState
{
	bool		is_default;		/* the one that is taken unless said */
	bool		is_removed;		/* by an earlier call */
	int32		version;		/* of the row */
} DwMethodState;

/* Locks a method, a removed one too; false when the user has none such. */
extern bool dw_payment_method_lock(const DwUuid *user_id, const DwUuid *id,
								   DwMethodState *state);

/* True while a payment with the method is asked for and may still arrive. */
extern bool dw_payment_method_awaited(const DwUuid *user_id,
									  const DwUuid *id);

/*
 * Removes the method and counts its version up.  A default one leaves the
 * flag to the newest that remains.
 */
extern void dw_payment_method_remove(const DwUuid *user_id, const DwUuid *id,
									 DwMethodState *state);

#endif							/* DW_PAYMENT_METHOD_STORE_H */
