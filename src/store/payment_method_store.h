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

#endif							/* DW_PAYMENT_METHOD_STORE_H */
