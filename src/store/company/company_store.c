/*
 * company_store.c
 *		Facts of companies and banks that belong to no job, and what is there
 *		of the platform's own accounts.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"

#include "server/sql/sql_server.h"
#include "store/company/company_store.h"
#include "store/ledger/ledger_store.h"

void
dw_fact_lock(const DwUuid *fact_id)
{
	int64		key;

	/* eight bytes of the hash are enough: two facts at worst wait in turn */
	memcpy(&key, fact_id->bytes, sizeof(key));
	(void) DirectFunctionCall1(pg_advisory_xact_lock_int8,
							   Int64GetDatum(key));
}

int64
dw_platform_balance_lock(const DwAccount *account)
{
	static DwStatement update_account =
		DW_STATEMENT("UPDATE dwello.ledger_accounts SET kind = kind "
					 "WHERE id = $1");
	static DwStatement select_balance =
		DW_STATEMENT("SELECT (a.rolled_up_balance + COALESCE(("
					 "SELECT pg_catalog.sum(n.amount) "
					 "FROM dwello.ledger_entries AS n "
					 "WHERE n.account_id = a.id AND n.transaction_id > "
					 "COALESCE(a.rolled_up_through, "
					 "'00000000-0000-0000-0000-000000000000')), 0))::bigint "
					 "FROM dwello.ledger_accounts AS a WHERE a.id = $1");
	DwAccount	wanted = *account;
	DwUuid		id = dw_account_id(account);
	DwParams	p = DW_PARAMS;

	dw_accounts_ensure(&wanted, 1);
	dw_param_uuid(&p, &id);
	(void) dw_execute(&update_account, &p);
	(void) dw_execute(&select_balance, &p);
	return dw_read_only_int8(0);
}
