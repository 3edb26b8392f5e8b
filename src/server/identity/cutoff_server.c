/*
 * cutoff_server.c
 *		Tokens taken back: per user, the time up to which theirs are refused.
 *
 * iat counts whole seconds and a cutoff does not, so issuing and revoking
 * have to agree on the second of a cutoff.
 */
#include "postgres.h"

#include "core/identity/identity.h"
#include "server/identity/identity_server.h"
#include "server/identity/identity_server_int.h"
#include "server/sql/sql_server.h"

/* How far a token's iat may lead the clock, in seconds; under the skew. */
#define ISSUE_AHEAD_MAX (DW_TOKEN_SKEW / 2)

static TimestampTz cutoff_read(const DwUuid *user_id);
static bool cutoff_find(const DwUuid *user_id, bool in_snapshot,
						TimestampTz *not_before);

bool
dw_cutoff_reaches(const DwClaims *claims)
{
	TimestampTz cutoff = cutoff_read(&claims->sub);

	if (TIMESTAMP_NOT_FINITE(cutoff))
		return TIMESTAMP_IS_NOEND(cutoff);

	/* iat is cut to the second: within the cutoff's second it is too old */
	return claims->iat <= timestamptz_to_time_t(cutoff - 1);
}

/* Looks up the user's cutoff, whoever the caller is. */
static TimestampTz
cutoff_read(const DwUuid *user_id)
{
	TimestampTz not_before = DT_NOBEGIN;
	DwOwnerScope scope;

	dw_owner_begin(&scope);
	if (!cutoff_find(user_id, true, &not_before))
		not_before = DT_NOBEGIN;
	dw_owner_end(&scope);
	return not_before;
}

/*
 * Reads the user's row of token_cutoffs, in the caller's snapshot or as it is
 * now; false when there is none.
 */
static bool
cutoff_find(const DwUuid *user_id, bool in_snapshot, TimestampTz *not_before)
{
	static DwStatement find =
		DW_STATEMENT("SELECT c.not_before FROM dwello.token_cutoffs AS c "
					 "WHERE c.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if ((in_snapshot ? dw_query(&find, &p) : dw_execute(&find, &p)) == 0)
		return false;
	*not_before = dw_read_only_time(0);
	return true;
}

/* Writes until when a user's tokens are refused. */
static void
cutoff_write(const DwUuid *user_id, TimestampTz not_before)
{
	static DwStatement upsert =
		DW_STATEMENT("INSERT INTO dwello.token_cutoffs (user_id, not_before) "
					 "VALUES ($1, $2) "
					 "ON CONFLICT ON CONSTRAINT token_cutoffs_pkey "
					 "DO UPDATE SET not_before = EXCLUDED.not_before");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, not_before);
	(void) dw_execute(&upsert, &p);
}

TimestampTz
dw_tokens_revoke(const DwUuid *user_id)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz before;

	/*
	 * iat counts whole seconds, and issuing moves it past the second of the
	 * cutoff: a second cutoff within that second must lie a second later to
	 * reach such a token.  One without end stays.
	 */
	if (cutoff_find(user_id, false, &before) &&
		before >= now - now % USECS_PER_SEC)
		now = TIMESTAMP_IS_NOEND(before) ? before
			: Max(now, before + USECS_PER_SEC);
	cutoff_write(user_id, now);
	return now;
}

void
dw_tokens_bar(const DwUuid *user_id)
{
	/*
	 * A time would not do: a token that is issued while this transaction is
	 * under way would be later than it.
	 */
	cutoff_write(user_id, DT_NOEND);
}

void
dw_tokens_admit(const DwUuid *user_id)
{
	TimestampTz before;

	if (cutoff_find(user_id, false, &before) && TIMESTAMP_IS_NOEND(before))
		cutoff_write(user_id, GetCurrentTimestamp() + USECS_PER_SEC);
}

int64
dw_cutoff_issue_second(const DwUuid *user_id)
{
	int64		now = timestamptz_to_time_t(GetCurrentTimestamp());
	TimestampTz cutoff = cutoff_read(user_id);
	int64		first;

	if (TIMESTAMP_NOT_FINITE(cutoff))
		return now;
	first = timestamptz_to_time_t(cutoff - 1) + 1;
	return first > now && first - now <= ISSUE_AHEAD_MAX ? first : now;
}
