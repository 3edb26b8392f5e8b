/*
 * fee_api.h
 *		What commands on reference data of money have in common.
 */
#ifndef DW_FEE_API_H
#define DW_FEE_API_H

#include "server/call/call_server.h"
#include "server/table/table_server.h"

/*
 * The arguments valid_from (NULL: now) and valid_until (NULL: until further
 * notice).  22023 for a time that ends before it begins: noted, or raised when
 * error is NULL.
 */
extern DwPeriod dw_period_read(DwCall *call, DwArgError *error);

#endif							/* DW_FEE_API_H */
