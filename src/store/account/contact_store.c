/*
 * contact_store.c
 *		Where a user is reached: addresses, the sites of their jobs, and who
 *		has opened these or their contact.
 *
 * Whoever writes an address has locked the user, so the primary one is theirs
 * to move.  Streets are sealed on the way in and opened on the way out.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "core/job/job.h"
#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/account/account_store.h"
#include "store/audience/audience_store.h"

bool
dw_address_has_primary(const DwUuid *user_id)
{
	static DwStatement select_primary =
		DW_STATEMENT("SELECT FROM dwello.user_addresses AS a "
					 "WHERE a.user_id = $1 AND a.is_primary");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	return dw_execute(&select_primary, &p) > 0;
}

/* Takes the flag from the primary address, if there is one. */
static void
primary_yield(const DwUuid *user_id)
{
	static DwStatement update_primary =
		DW_STATEMENT("UPDATE dwello.user_addresses "
					 "SET is_primary = false, version = version + 1 "
					 "WHERE user_id = $1 AND is_primary");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&update_primary, &p);
}

void
dw_address_insert(const DwAddress *address)
{
	static DwStatement insert_address =
		DW_STATEMENT("INSERT INTO dwello.user_addresses "
					 "(user_id, id, address_type, street, city, state, "
					 "postal_code, country, point, place, is_primary, "
					 "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, "
					 "$6, $7, $8, $9, $10, $11, $12, $12)");
	bytea	   *street = dw_seal(DW_SEAL_STREET, &address->id,
								 address->street);
	bytea	   *point = dw_seal_point(DW_SEAL_POINT, &address->id,
									  &address->point);
	DwDegrees	place = dw_degrees_round(&address->point);
	DwParams	p = DW_PARAMS;

	/* first, for two of them would offend the unique index */
	if (address->is_primary)
		primary_yield(&address->user_id);
	dw_param_uuid(&p, &address->user_id);
	dw_param_uuid(&p, &address->id);
	dw_param_enum(&p, "address_type", address->address_type);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(street), false);
	dw_param_text(&p, address->city);
	dw_param_text(&p, address->state);
	dw_param_text(&p, address->postal_code);
	dw_param_text(&p, address->country);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(point), false);
	dw_param_point(&p, &place);
	dw_param_bool(&p, address->is_primary);
	dw_param_time(&p, address->created_at);
	(void) dw_execute(&insert_address, &p);
	if (address->is_primary)
		dw_audience_refresh(&address->user_id);
}

/* An address near a place. */
typedef struct Nearby
{
	DwUuid		id;				/* user_addresses.id */
	bytea	   *point;			/* sealed */
	bytea	   *street;			/* likewise */
} Nearby;

static const DwColumn nearby_fields[] = {
	DW_FIELD(UUID, Nearby, id, id),
	DW_FIELD(BYTEA, Nearby, point, point),
	DW_FIELD(BYTEA, Nearby, street, street)
};

static DwMap nearby = DW_MAP(nearby_fields);

/*
 * People post where they stand, and a position from a telephone is off by
 * tens of metres; a street further away than 100 m is somebody else's.
 */
#define STREET_METRES		100.0
#define STREET_ADDRESSES	10	/* that are opened, at most */

char *
dw_address_street(const DwUuid *user_id, const DwDegrees *place)
{
	/*
	 * Rounding moves a point by at most 787 m, so that those a little farther
	 * off may be the ones.  Of more than ten the likeliest are opened.
	 */
	static DwStatement find_near =
		DW_STATEMENT("SELECT a.id, a.point, a.street "
					 "FROM dwello.user_addresses AS a "
					 "WHERE a.user_id = $1 "
					 "AND st_dwithin(a.place, $2, 900, false) "
					 "ORDER BY st_distance(a.place, $2, false), "
					 "a.is_primary DESC, a.id LIMIT $3");
	DwParams	p = DW_PARAMS;
	double		best = STREET_METRES;
	Nearby		rows[STREET_ADDRESSES];
	Nearby	   *found = NULL;
	int			count;

	dw_param_uuid(&p, user_id);
	dw_param_point(&p, place);
	dw_param_int8(&p, STREET_ADDRESSES);
	count = (int) dw_execute(&find_near, &p);
	/* all of them first: what opens them may ask a table */
	for (int i = 0; i < count; i++)
		dw_map_read(&nearby, i, &rows[i]);
	for (int i = 0; i < count; i++)
	{
		DwDegrees	point = dw_unseal_point(DW_SEAL_POINT, &rows[i].id,
											rows[i].point);
		double		metres = dw_geo_distance_m(place->longitude,
											   place->latitude,
											   point.longitude,
											   point.latitude);

		if (metres > best || (metres == best && found != NULL))
			continue;
		best = metres;
		found = &rows[i];
	}
	return found == NULL ? NULL
		: dw_unseal(DW_SEAL_STREET, &found->id, found->street);
}

/* An address as its owner has it. */
typedef struct Opened
{
	DwUuid		id;				/* user_addresses.id */
	bool		is_primary;		/* comes first */
	char	   *type;			/* label of address_type */
	bytea	   *street;			/* sealed */
	bytea	   *point;			/* likewise */
	char	   *city;			/* as given */
	char	   *state;			/* or province */
	char	   *postal_code;	/* as the country writes it */
	char	   *country;		/* ISO 3166 alpha-2 */
} Opened;

static const DwColumn opened_columns[] = {
	DW_COLUMN(UUID, Opened, id, id, DW_COLUMN_KEY),
	DW_COLUMN(BOOL, Opened, is_primary, is_primary, DW_COLUMN_FIXED),
	DW_COLUMN_LABEL(address_type, Opened, address_type, type,
					DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, Opened, street, street, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, Opened, point, point, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Opened, city, city, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Opened, state, state, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Opened, postal_code, postal_code, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Opened, country, country, DW_COLUMN_FIXED)
};

static DwTable addresses =
DW_TABLE("user_addresses", Opened, opened_columns);

/* Writes one more text member of a JSON object. */
static void
member_append(StringInfo json, const char *name, const char *value)
{
	appendStringInfo(json, ",\"%s\":", name);
	escape_json(json, value);
}

/* Opens an address and writes it as a JSON object. */
static void
address_append(StringInfo json, const Opened *address)
{
	DwDegrees	point = dw_unseal_point(DW_SEAL_POINT, &address->id,
										address->point);

	appendStringInfo(json, "%s{\"is_primary\":%s", json->len > 1 ? "," : "",
					 address->is_primary ? "true" : "false");
	member_append(json, "address_type", address->type);
	member_append(json, "street",
				  dw_unseal(DW_SEAL_STREET, &address->id, address->street));
	member_append(json, "city", address->city);
	member_append(json, "state", address->state);
	member_append(json, "postal_code", address->postal_code);
	member_append(json, "country", address->country);
	appendStringInfo(json, ",\"longitude\":%s,\"latitude\":%s}",
					 float8out_internal(point.longitude),
					 float8out_internal(point.latitude));
}

Datum
dw_addresses_open(const DwUuid *user_id)
{
	static DwTableQuery by_user =
		DW_TABLE_QUERY(addresses, "WHERE t.user_id = $1 "
					   "ORDER BY t.is_primary DESC, t.id");
	StringInfoData json;
	DwParams	p = DW_PARAMS;
	Opened	   *rows;
	int			count;

	dw_param_uuid(&p, user_id);
	count = (int) dw_table_query(&by_user, &p);
	rows = palloc_array(Opened, Max(count, 1));
	/* all of them first: what opens them may ask a table */
	for (int i = 0; i < count; i++)
		dw_table_read(&addresses, i, &rows[i]);
	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < count; i++)
		address_append(&json, &rows[i]);
	appendStringInfoChar(&json, ']');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

/* What dw_contact_check() asks of a job, its site and its escrow. */
#define CONTACT_FACTS \
	"SELECT j.status, s.provider_id IS NOT NULL AS is_confirmed, " \
	"j.is_escrowed, coalesce(e.funded, 0) AS funded, j.completed_at " \
	"FROM dwello.jobs AS j JOIN dwello.job_sites AS s ON s.job_id = j.id " \
	"LEFT JOIN dwello.escrow_accounts AS e ON e.job_id = j.id " \
	"WHERE j.deleted_at IS NULL AND "

static const DwColumn facts_fields[] = {
	DW_FIELD_ENUM(DwContactFacts, status, status, dw_job_status_labels),
	DW_FIELD(BOOL, DwContactFacts, is_confirmed, is_confirmed),
	DW_FIELD(BOOL, DwContactFacts, is_escrowed, is_escrowed),
	DW_FIELD(INT8, DwContactFacts, funded, funded),
	DW_FIELD(TIME, DwContactFacts, completed_at, completed_at)
};

static DwMap facts_map = DW_MAP(facts_fields);

/* What a row of the last result says of a contract. */
static DwResult
contract_check(uint64 row, int64 days)
{
	DwContactFacts facts;

	dw_map_read(&facts_map, row, &facts);
	return dw_contact_check(&facts, days, dw_now());
}

DwResult
dw_site_check(const DwUuid *job_id)
{
	static DwStatement find = DW_STATEMENT(CONTACT_FACTS "j.id = $1");
	DwParams	p = DW_PARAMS;
	int64		days = dw_setting_int8("contact_days");

	dw_param_uuid(&p, job_id);
	return dw_query(&find, &p) == 0 ? DW_INVALID_TRANSITION
		: contract_check(0, days);
}

/* Have two a contract in which they may reach each other? */
static bool
share_contract(const DwUuid *a, const DwUuid *b)
{
	static DwStatement find =
		DW_STATEMENT(CONTACT_FACTS "(j.homeowner_id = $1 "
					 "AND j.provider_id = $2 OR j.homeowner_id = $2 "
					 "AND j.provider_id = $1)");
	DwParams	p = DW_PARAMS;
	int64		days = dw_setting_int8("contact_days");
	uint64		count;

	dw_param_uuid(&p, a);
	dw_param_uuid(&p, b);
	count = dw_query(&find, &p);
	for (uint64 i = 0; i < count; i++)
		if (contract_check(i, days) == DW_OK)
			return true;
	return false;
}

/* Is one homeowner and the other confirmed provider of a live job? */
static bool
share_job(const DwUuid *a, const DwUuid *b)
{
	/* a site names the provider only once they have confirmed the award */
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.jobs AS j "
					 "JOIN dwello.job_sites AS s ON s.job_id = j.id "
					 "WHERE (j.homeowner_id = $1 AND j.provider_id = $2 "
					 "OR j.homeowner_id = $2 AND j.provider_id = $1) "
					 "AND s.provider_id IS NOT NULL "
					 "AND j.status IN ('awarded', 'in_progress', "
					 "'completed', 'disputed') "
					 "AND j.deleted_at IS NULL LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, a);
	dw_param_uuid(&p, b);
	return dw_query(&find, &p) > 0;
}

bool
dw_name_open_to(const DwActor *caller, const DwUuid *user_id)
{
	/* tables are asked only where the job that they share decides */
	return dw_contact_visible(caller, user_id, false) ||
		dw_contact_visible(caller, user_id,
						   share_job(&caller->user_id, user_id));
}

bool
dw_contact_open_to(const DwActor *caller, const DwUuid *user_id)
{
	return dw_contact_visible(caller, user_id, false) ||
		dw_contact_visible(caller, user_id,
						   share_contract(&caller->user_id, user_id));
}

/* The site of a job as its row has it. */
typedef struct SealedSite
{
	bytea	   *point;			/* sealed */
	bytea	   *street;			/* likewise, or NULL */
} SealedSite;

char *
dw_site_open(const DwUuid *job_id, DwDegrees *point)
{
	static const DwColumn fields[] = {
		DW_FIELD(BYTEA, SealedSite, point, point),
		DW_FIELD(BYTEA, SealedSite, street, street)
	};
	static DwMap map = DW_MAP(fields);
	static DwStatement find =
		DW_STATEMENT("SELECT s.point, s.street FROM dwello.job_sites AS s "
					 "WHERE s.job_id = $1");
	DwParams	p = DW_PARAMS;
	SealedSite	site;

	dw_param_uuid(&p, job_id);
	if (dw_query(&find, &p) == 0)
		elog(ERROR, "job %s has no site", dw_uuid_text(job_id));
	dw_map_read(&map, 0, &site);
	*point = dw_unseal_point(DW_SEAL_SITE_POINT, job_id, site.point);
	return dw_unseal(DW_SEAL_SITE, job_id, site.street);
}

DwUuid
dw_contact_log(const DwUuid *user_id, const DwActor *actor, const char *what,
			   const char *reason)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.data_access_log "
					 "(user_id, id, actor_id, actor_role, what, reason, "
					 "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)");
	DwUuid		id = dw_uuid_fresh();
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, &id);
	dw_param_uuid(&p, &actor->user_id);
	dw_param_text(&p, dw_actor_label(actor->kind));
	dw_param_text(&p, what);
	dw_param_text(&p, reason);
	/* the real clock, which no setting can move */
	dw_param_time(&p, GetCurrentTimestamp());
	(void) dw_execute(&insert, &p);
	return id;
}

/* The number of the transaction that will have committed all this. */
static int64
this_transaction(void)
{
	return (int64) U64FromFullTransactionId(GetTopFullTransactionId());
}

void
dw_contact_request(const DwUuid *id, const DwUuid *user_id,
				   const DwActor *actor)
{
	static DwStatement forget =
		DW_STATEMENT("DELETE FROM dwello.contact_requests "
					 "WHERE actor_id = $1 AND created_at < $2");
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.contact_requests "
					 "(id, actor_id, user_id, transaction_number, "
					 "created_at) VALUES ($1, $2, $3, $4, $5)");
	TimestampTz now = GetCurrentTimestamp();
	DwParams	p = DW_PARAMS;
	DwParams	old = DW_PARAMS;

	dw_param_uuid(&old, &actor->user_id);
	dw_param_time(&old, now - USECS_PER_DAY);
	(void) dw_execute(&forget, &old);
	dw_param_uuid(&p, id);
	dw_param_uuid(&p, &actor->user_id);
	dw_param_uuid(&p, user_id);
	dw_param_int8(&p, this_transaction());
	dw_param_time(&p, now);
	(void) dw_execute(&insert, &p);
}

bool
dw_contact_requested(const DwUuid *user_id, const DwActor *actor,
					 int64 minutes)
{
	/* what another transaction wrote is seen once it has committed */
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.contact_requests AS r "
					 "WHERE r.actor_id = $1 AND r.user_id = $2 "
					 "AND r.transaction_number <> $3 "
					 "AND r.created_at > $4 LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &actor->user_id);
	dw_param_uuid(&p, user_id);
	dw_param_int8(&p, this_transaction());
	dw_param_time(&p, GetCurrentTimestamp() - minutes * USECS_PER_MINUTE);
	return dw_execute(&find, &p) > 0;
}
