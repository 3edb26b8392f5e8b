/*
 * trust_api_int.h
 *		Whose contact a caller may have opened.
 */
#ifndef DW_TRUST_API_INT_H
#define DW_TRUST_API_INT_H

#include "postgres.h"

#include "core/base/base.h"

/*
 * True for the user, for staff, the system, and the other side of a job
 * that was confirmed and not called off.  Wants an open SPI connection.
 */
extern bool dw_contact_open_to(const DwActor *caller, const DwUuid *user_id);

#endif							/* DW_TRUST_API_INT_H */
