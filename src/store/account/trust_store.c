/*
 * trust_store.c
 *		Reads accounts and contacts, and writes the access record.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "server/crypto/crypto_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"

static void account_read(DwUserAccount *account);
static DwActorKind user_type_read(uint64 row, int column);
static Datum addresses_load(const DwUuid *user_id);
static void address_append(StringInfo json, uint64 row);
static void member_append(StringInfo json, const char *name,
						  const char *value);

/* Reads a user's account by their id. */
bool
dw_account_load(const DwUuid *user_id, DwUserAccount *account)
{
	static DwStatement load =
		DW_STATEMENT("SELECT id, user_type::text, status::text, password_hash"
					 "  FROM dwello.users"
					 " WHERE id = $1 AND deleted_at IS NULL");
	DwParams	p = {0};

	dw_param_uuid(&p, user_id);
	if (dw_query(&load, &p) == 0)
		return false;
	account_read(account);
	return true;
}

/* Reads a user's account by their e-mail address. */
bool
dw_account_find(const char *email, DwUserAccount *account)
{
	static DwStatement find =
		DW_STATEMENT("SELECT u.id, u.user_type::text, u.status::text, u.password_hash"
					 "  FROM dwello.user_emails e"
					 "  JOIN dwello.users u ON u.id = e.user_id"
					 " WHERE e.email_index = $1 AND u.deleted_at IS NULL");
	bytea	   *index = dw_blind_index(DW_BLIND_EMAIL, email);
	DwParams	p = {0};

	if (index == NULL)
		return false;
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(index), false);
	if (dw_query(&find, &p) == 0)
		return false;
	account_read(account);
	return true;
}

/* Reads and opens a user's contact. */
bool
dw_contact_load(const DwUuid *user_id, DwContact *contact)
{
	static DwStatement load =
		DW_STATEMENT("SELECT email, phone FROM dwello.users"
					 " WHERE id = $1 AND deleted_at IS NULL");
	DwParams	p = {0};

	dw_param_uuid(&p, user_id);
	if (dw_query(&load, &p) == 0)
		return false;
	contact->email = dw_unseal(DW_SEAL_EMAIL, user_id, dw_read_bytea(0, 1));
	contact->phone = dw_unseal(DW_SEAL_PHONE, user_id, dw_read_bytea(0, 2));
	contact->addresses = addresses_load(user_id);
	return true;
}

/*
 * Looks for a job that both work on.  job_sites names the provider once they
 * has confirmed the award, and until the job is called off.
 */
bool
dw_contact_shared(const DwUuid *a, const DwUuid *b)
{
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.job_sites s"
					 "  JOIN dwello.jobs j ON j.id = s.job_id"
					 " WHERE ((s.homeowner_id = $1 AND s.provider_id = $2)"
					 "        OR (s.homeowner_id = $2 AND s.provider_id = $1))"
					 "   AND j.status IN ('awarded', 'in_progress', 'completed',"
					 "                    'disputed')"
					 "   AND j.deleted_at IS NULL"
					 " LIMIT 1");
	DwParams	p = {0};

	dw_param_uuid(&p, a);
	dw_param_uuid(&p, b);
	return dw_query(&find, &p) > 0;
}

/* Writes the access record, by the real clock; the system's id is nil. */
void
dw_contact_log(const DwUuid *user_id, const DwActor *actor,
			   const char *reason)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.data_access_log"
					 " (user_id, actor_id, actor_role, what, reason, created_at)"
					 " VALUES ($1, $2, $3, 'contact', $4, pg_catalog.clock_timestamp())");
	DwParams	p = {0};

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, &actor->user_id);
	dw_param_text(&p, dw_actor_label(actor->kind));
	dw_param_text(&p, reason);
	(void) dw_execute(&insert, &p);
}

/*
 * Refuses the tokens of until now.  iat counts whole seconds, and issuing
 * moves it past the cutoff's second (token_server.c), so a second cutoff
 * within that second must lie a second later to reach such a token.
 */
TimestampTz
dw_tokens_revoke(const DwUuid *user_id)
{
	static DwStatement upsert_cutoff =
		DW_STATEMENT("INSERT INTO dwello.token_cutoffs AS c (user_id, not_before)"
					 " VALUES ($1, pg_catalog.clock_timestamp())"
					 " ON CONFLICT ON CONSTRAINT token_cutoffs_pkey DO UPDATE"
					 " SET not_before = greatest(EXCLUDED.not_before,"
					 " CASE WHEN c.not_before"
					 " >= pg_catalog.date_trunc('second', EXCLUDED.not_before)"
					 " THEN c.not_before + interval '1 second' END)"
					 " RETURNING not_before");
	DwParams	p = {0};

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&upsert_cutoff, &p);
	return dw_read_only_time(0);
}

/*
 * Refuses every token.  A time would not do: a token that is issued while
 * this transaction is under way would be later than it.
 */
void
dw_tokens_bar(const DwUuid *user_id)
{
	static DwStatement upsert_cutoff =
		DW_STATEMENT("INSERT INTO dwello.token_cutoffs (user_id, not_before)"
					 " VALUES ($1, 'infinity')"
					 " ON CONFLICT ON CONSTRAINT token_cutoffs_pkey DO UPDATE"
					 " SET not_before = EXCLUDED.not_before");
	DwParams	p = {0};

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&upsert_cutoff, &p);
}

/* Lets tokens in again that are issued from now on; see dw_tokens_revoke. */
void
dw_tokens_admit(const DwUuid *user_id)
{
	static DwStatement update_cutoff =
		DW_STATEMENT("UPDATE dwello.token_cutoffs"
					 " SET not_before = pg_catalog.clock_timestamp() + interval '1 second'"
					 " WHERE user_id = $1 AND not_before = 'infinity'");
	DwParams	p = {0};

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&update_cutoff, &p);
}

/* Reads the account in the first row of the last result. */
static void
account_read(DwUserAccount *account)
{
	(void) dw_read_uuid(0, 1, &account->user_id);
	account->type = user_type_read(0, 2);
	account->status = dw_read_text(0, 3);
	account->password_hash = dw_read_text(0, 4);
}

/* Reads a label of dwello.user_type. */
static DwActorKind
user_type_read(uint64 row, int column)
{
	static const DwActorKind types[] = {
		DW_ACTOR_HOMEOWNER, DW_ACTOR_PROVIDER, DW_ACTOR_ADMIN
	};
	const char *label = dw_read_text(row, column);

	for (int i = 0; i < (int) lengthof(types); i++)
		if (strcmp(label, dw_actor_label(types[i])) == 0)
			return types[i];
	elog(ERROR, "unknown user type \"%s\"", label);
}

/* Reads and opens a user's addresses, the primary one first. */
static Datum
addresses_load(const DwUuid *user_id)
{
	static DwStatement load =
		DW_STATEMENT("SELECT id, address_type::text, street, city, state, postal_code,"
					 "       country, is_primary"
					 "  FROM dwello.user_addresses"
					 " WHERE user_id = $1"
					 " ORDER BY is_primary DESC, id");
	StringInfoData json;
	DwParams	p = {0};
	uint64		count;

	dw_param_uuid(&p, user_id);
	count = dw_query(&load, &p);
	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (uint64 row = 0; row < count; row++)
	{
		if (row > 0)
			appendStringInfoChar(&json, ',');
		address_append(&json, row);
	}
	appendStringInfoChar(&json, ']');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

/* Writes one address of the last result as a JSON object. */
static void
address_append(StringInfo json, uint64 row)
{
	static const char *const names[] = {
		"city", "state", "postal_code", "country"
	};
	DwUuid		id;
	int			i;

	(void) dw_read_uuid(row, 1, &id);
	appendStringInfo(json, "{\"is_primary\":%s",
					 dw_read_bool(row, 8) ? "true" : "false");
	member_append(json, "address_type", dw_read_text(row, 2));
	member_append(json, "street",
				  dw_unseal(DW_SEAL_STREET, &id, dw_read_bytea(row, 3)));
	for (i = 0; i < (int) lengthof(names); i++)
		member_append(json, names[i], dw_read_text(row, 4 + i));
	appendStringInfoChar(json, '}');
}

/* Writes one more member of a JSON object; NULL becomes null. */
static void
member_append(StringInfo json, const char *name, const char *value)
{
	appendStringInfo(json, ",\"%s\":", name);
	if (value == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, value);
}

Datum
dw_scopes_of(const DwUuid *user_id)
{
	static DwStatement load =
		DW_STATEMENT("SELECT pg_catalog.array_prepend($1, pg_catalog.array_agg(job_id))"
					 "  FROM dwello.escrow_accounts"
					 " WHERE homeowner_id = $1 OR provider_id = $1");
	DwParams	p = DW_PARAMS;
	bool		isnull;

	dw_param_uuid(&p, user_id);
	(void) dw_query(&load, &p);
	return dw_read_only_datum(0, &isnull);
}
