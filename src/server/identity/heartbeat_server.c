/*
 * heartbeat_server.c
 *		How far a standby is behind, by a row that workers write.
 *
 * A standby hears of a revoked token as late as of everything else.
 */
#include "postgres.h"

#include "access/xlog.h"

#include "server/error/error_server.h"
#include "server/identity/identity_server.h"
#include "server/identity/identity_server_int.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"

/* How old the heartbeat is before it is written again, in seconds. */
#define BEAT_SECONDS 5

void
dw_heartbeat_write(void)
{
	/* a row that is locked is being written */
	static DwStatement lock =
		DW_STATEMENT("SELECT FROM dwello.heartbeat AS h "
					 "WHERE h.beat_at < $1 FOR NO KEY UPDATE SKIP LOCKED");
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.heartbeat SET beat_at = $1");
	TimestampTz now = GetCurrentTimestamp();
	DwParams	old = DW_PARAMS;
	DwParams	p = DW_PARAMS;

	dw_param_time(&old, now - BEAT_SECONDS * USECS_PER_SEC);
	if (dw_execute(&lock, &old) == 0)
		return;
	dw_param_time(&p, now);
	(void) dw_execute(&update, &p);
}

/* When a worker was last at work, as far as this standby knows. */
static TimestampTz
heartbeat_read(void)
{
	static DwStatement find =
		DW_STATEMENT("SELECT h.beat_at FROM dwello.heartbeat AS h");

	return dw_query(&find, NULL) == 0 ? DT_NOBEGIN : dw_read_only_time(0);
}

/* True on a standby so far behind that a token may have been revoked. */
static bool
lags(void)
{
	DwOwnerScope scope;
	TimestampTz oldest;
	int64		most;
	bool		is_behind = false;

	if (!RecoveryInProgress())
		return false;
	dw_owner_begin(&scope);
	most = dw_setting_int8("token_lag_seconds");
	if (most > 0)
	{
		oldest = GetCurrentTimestamp() - most * USECS_PER_SEC;
		is_behind = heartbeat_read() < oldest;
	}
	dw_owner_end(&scope);
	return is_behind;
}

void
dw_heartbeat_need(void)
{
	if (lags())
		ereport(ERROR,
				(errcode(ERRCODE_DW_INVALID_TOKEN),
				 errmsg("standby is too far behind to accept tokens"),
				 errdetail("It is behind by more than the setting"
						   " token_lag_seconds."),
				 errhint("Ask the primary, or another standby.")));
}
