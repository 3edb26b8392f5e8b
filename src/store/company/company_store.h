/*
 * company_store.h
 *		Facts of companies and banks that belong to no job, and what is there
 *		of the platform's own accounts.
 */
#ifndef DW_COMPANY_STORE_H
#define DW_COMPANY_STORE_H

#include "postgres.h"

#include "core/base/base.h"
#include "core/posting/posting.h"

/*
 * Lets nobody else tell this fact until the end of the transaction: no row
 * stands for it, so nothing but its name can be locked.
 */
extern void dw_fact_lock(const DwUuid *fact_id);

/*
 * Lets nobody else decide on an account of the platform until the end of the
 * transaction (40001 for an older snapshot), makes it if it is not there,
 * and gives its balance.  22003 when that does not fit.
 */
extern int64 dw_platform_balance_lock(const DwAccount *account);

#endif							/* DW_COMPANY_STORE_H */
