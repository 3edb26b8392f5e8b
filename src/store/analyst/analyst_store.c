/*
 * analyst_store.c
 *		Counts people in groups, and leaves out those of too few.
 *
 * $1 is how few people a group may be of, $2 the time until which quarters
 * are over.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/analyst/analyst_store.h"

/* The first day of a time's quarter, and the time when this quarter began. */
#define QUARTER_OF(time) \
	"pg_catalog.date_trunc('quarter', " time ", 'UTC')::date"
#define THIS_QUARTER	"pg_catalog.date_trunc('quarter', $2, 'UTC')"

/* An amount rounded down to 1, 2 or 5 times a power of ten. */
#define DECADE_OF(amount) \
	"pg_catalog.power(10::numeric, pg_catalog.length(" amount "::text) - 1)"
#define BAND_OF(amount) \
	"(" DECADE_OF(amount) " * CASE WHEN " amount " / " DECADE_OF(amount) \
	" >= 5 THEN 5 WHEN " amount " / " DECADE_OF(amount) " >= 2 THEN 2 " \
	"ELSE 1 END)::bigint"

/* How many they are, and that they are enough. */
#define PEOPLE(column)	"pg_catalog.count(DISTINCT g." column ")"
#define ENOUGH(column)	PEOPLE(column) " >= $1"

static DwStatement counts[] = {
	[DW_ANALYST_USERS] =
	DW_STATEMENT("SELECT g.*, pg_catalog.count(*) AS people "
				 "FROM (SELECT u.user_type, a.country, a.city, "
				 QUARTER_OF("u.created_at") " AS registered_in "
				 "FROM dwello.users AS u "
				 "LEFT JOIN dwello.user_addresses AS a "
				 "ON a.user_id = u.id AND a.is_primary "
				 "WHERE u.deleted_at IS NULL "
				 "AND u.user_type IN ('homeowner', 'service_provider') "
				 "AND u.created_at < " THIS_QUARTER ") AS g "
				 "GROUP BY g.user_type, g.country, g.city, "
				 "g.registered_in HAVING pg_catalog.count(*) >= $1"),
	[DW_ANALYST_JOBS] =
	DW_STATEMENT("SELECT g.category_id, g.published_in, g.urgency, "
				 "g.currency, g.budget_from, "
				 "pg_catalog.count(*) AS jobs, "
				 PEOPLE("homeowner_id") " AS homeowners "
				 "FROM (SELECT j.homeowner_id, j.category_id, j.urgency, "
				 "j.currency, "
				 QUARTER_OF("j.published_at") " AS published_in, "
				 BAND_OF("j.budget_max") " AS budget_from "
				 "FROM dwello.jobs AS j WHERE j.deleted_at IS NULL "
				 "AND j.published_at < " THIS_QUARTER ") AS g "
				 "GROUP BY g.category_id, g.published_in, g.urgency, "
				 "g.currency, g.budget_from "
				 "HAVING " ENOUGH("homeowner_id")),
	[DW_ANALYST_BIDS] =
	DW_STATEMENT("SELECT g.category_id, g.submitted_in, g.currency, "
				 "g.amount_from, pg_catalog.count(*) AS bids, "
				 PEOPLE("provider_id") " AS providers, "
				 PEOPLE("homeowner_id") " AS homeowners "
				 "FROM (SELECT b.provider_id, b.homeowner_id, "
				 "j.category_id, b.currency, "
				 QUARTER_OF("b.submitted_at") " AS submitted_in, "
				 BAND_OF("b.bid_amount") " AS amount_from "
				 "FROM dwello.bids AS b "
				 "JOIN dwello.jobs AS j ON j.id = b.job_id "
				 "WHERE b.deleted_at IS NULL "
				 "AND j.status NOT IN ('draft', 'open') "
				 "AND b.submitted_at < " THIS_QUARTER ") AS g "
				 "GROUP BY g.category_id, g.submitted_in, g.currency, "
				 "g.amount_from HAVING " ENOUGH("provider_id")
				 " AND " ENOUGH("homeowner_id")),
	[DW_ANALYST_CONTRACTS] =
	DW_STATEMENT("SELECT g.category_id, g.made_in, g.outcome, g.currency, "
				 "g.amount_from, pg_catalog.count(*) AS contracts, "
				 PEOPLE("provider_id") " AS providers, "
				 PEOPLE("homeowner_id") " AS homeowners "
				 "FROM (SELECT e.provider_id, e.homeowner_id, "
				 "j.category_id, e.currency, j.status AS outcome, "
				 QUARTER_OF("e.created_at") " AS made_in, "
				 BAND_OF("e.contract_amount") " AS amount_from "
				 "FROM dwello.escrow_accounts AS e "
				 "JOIN dwello.jobs AS j ON j.id = e.job_id "
				 "WHERE j.status IN ('completed', 'cancelled') "
				 "AND e.created_at < " THIS_QUARTER ") AS g "
				 "GROUP BY g.category_id, g.made_in, g.outcome, "
				 "g.currency, g.amount_from HAVING " ENOUGH("provider_id")
				 " AND " ENOUGH("homeowner_id")),
	[DW_ANALYST_REVIEWS] =
	DW_STATEMENT("SELECT g.category_id, g.revealed_in, g.rating, "
				 "pg_catalog.count(*) AS reviews, "
				 PEOPLE("reviewer_id") " AS reviewers, "
				 PEOPLE("reviewee_id") " AS reviewees "
				 "FROM (SELECT r.reviewer_id, r.reviewee_id, r.rating, "
				 "j.category_id, "
				 QUARTER_OF("r.reveal_at") " AS revealed_in "
				 "FROM dwello.reviews AS r "
				 "JOIN dwello.jobs AS j ON j.id = r.job_id "
				 "WHERE r.deleted_at IS NULL AND r.is_public "
				 "AND r.reveal_at < " THIS_QUARTER ") AS g "
				 "GROUP BY g.category_id, g.revealed_in, g.rating "
				 "HAVING " ENOUGH("reviewer_id")
				 " AND " ENOUGH("reviewee_id"))
};

void
dw_analyst_list(DwCall *call, DwAnalystView view)
{
	DwParams	p = DW_PARAMS;

	dw_param_int8(&p, dw_setting_int8("k_anonymity"));
	dw_param_time(&p, dw_now());
	dw_list_query(call, &counts[view], &p);
}
