/*
 * init_api.c
 *		Loading the library: settings, hooks and the reserved prefix.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "api/admin/admin_api.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "store/match/match_store.h"

PG_MODULE_MAGIC;

/* Hidden symbols hide _PG_init, too, and without it nothing is set up. */
extern PGDLLEXPORT void _PG_init(void);

/*
 * Defines every setting and hangs into the server what is asked at every
 * statement; the prefix is reserved so that no setting is invented.
 */
void
_PG_init(void)
{
	dw_setting_init();
	dw_setting_amounts_init();
	dw_keyring_init();
	dw_person_init();
	dw_token_init();
	dw_drop_init();
	dw_match_rules_init();
	dw_star_init();
	MarkGUCPrefixReserved("dwello");
}
