/*
 * flag_store.c
 *		Feature flags: asking them, and the operator's own state of them.
 */
#include "postgres.h"

#include <math.h>

#include "utils/fmgrprotos.h"

#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/sql/sql_server.h"
#include "store/admin/admin_store.h"

static const char *user_types_read(const DwJsonArg *object,
								   DwFlagTargets *targets);
static const char *regions_read(const DwJsonArg *object,
								DwFlagTargets *targets);
static const char *rating_read(const DwJsonArg *object,
							   DwFlagTargets *targets);
static bool flag_load(const char *name, const DwUuid *user_id, DwFlag *flag,
					  bool *is_named);
static bool flag_load_user(const DwUuid *user_id, DwFlagUser *user);
static uint32 flag_bucket(const char *name, const DwUuid *user_id);

bool
dw_flag_enabled(const char *name, const DwUuid *user_id)
{
	DwFlagState state = dw_flag_state(name, user_id);

	if (state == DW_FLAG_UNKNOWN)
		elog(ERROR, "dwello has no flag \"%s\"", name);
	return state == DW_FLAG_ON;
}

DwFlagState
dw_flag_state(const char *name, const DwUuid *user_id)
{
	DwFlag		flag;
	DwFlagUser	user;
	bool		is_named;

	if (!flag_load(name, user_id, &flag, &is_named))
		return DW_FLAG_UNKNOWN;
	if (!flag_load_user(user_id, &user))
		return DW_FLAG_NOBODY;
	user.is_named = is_named;
	user.bucket = flag_bucket(name, user_id);
	return dw_flag_is_on(&flag, &user) ? DW_FLAG_ON : DW_FLAG_OFF;
}

/* Reads a flag as it is in force, and whether it names the user. */
static bool
flag_load(const char *name, const DwUuid *user_id, DwFlag *flag,
		  bool *is_named)
{
	static DwStatement select_flag =
		DW_STATEMENT("SELECT COALESCE(f.is_enabled, d.is_enabled), "
					 "COALESCE(f.rollout_percentage, d.rollout_percentage), "
					 "COALESCE(f.targets, d.targets), "
					 "COALESCE($2 = ANY (f.user_ids), false) "
					 "FROM (SELECT $1::text AS name) AS n "
					 "LEFT JOIN dwello.feature_flags_defaults AS d "
					 "ON d.name = n.name "
					 "LEFT JOIN dwello.feature_flags AS f ON f.name = n.name "
					 "WHERE d.name IS NOT NULL OR f.name IS NOT NULL");
	DwParams	p = DW_PARAMS;
	const char *fault;
	bool		isnull;

	dw_param_text(&p, name);
	dw_param_uuid(&p, user_id);
	if (dw_query(&select_flag, &p) == 0)
		return false;
	flag->is_enabled = dw_read_bool(0, 1);
	flag->rollout_percentage = dw_read_int4(0, 2);
	*is_named = dw_read_bool(0, 4);
	fault = dw_flag_targets_read(dw_read_datum(0, 3, &isnull),
								 &flag->targets);
	if (fault != NULL)
		elog(ERROR, "targets of flag \"%s\" %s", name, fault);
	return true;
}

/* Reads what a flag wants to know of a user; false when there is none. */
static bool
flag_load_user(const DwUuid *user_id, DwFlagUser *user)
{
	static DwStatement select_user =
		DW_STATEMENT("SELECT u.user_type::text, a.country, "
					 "s.rating_weight, s.rating_sum FROM dwello.users AS u "
					 "LEFT JOIN dwello.user_addresses AS a "
					 "ON a.user_id = u.id AND a.is_primary "
					 "LEFT JOIN dwello.provider_stats AS s "
					 "ON s.user_id = u.id "
					 "WHERE u.id = $1 AND u.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_query(&select_user, &p) == 0)
		return false;
	memset(user, 0, sizeof(*user));
	if (!dw_user_type_parse(dw_read_text(0, 1), &user->type))
		elog(ERROR, "user has an unknown type");
	user->country = dw_read_text(0, 2);
	user->rating_weight = dw_read_int8(0, 3);
	user->rating_sum = dw_read_int8(0, 4);
	return true;
}

/* The user's bucket in a flag: by SHA-256(name ‖ id), see core/admin.h. */
static uint32
flag_bucket(const char *name, const DwUuid *user_id)
{
	const size_t length = strlen(name);
	uint8	   *text = palloc(length + sizeof(user_id->bytes));
	uint8		digest[DW_SHA256_BYTES];

	memcpy(text, name, length);
	memcpy(text + length, user_id->bytes, sizeof(user_id->bytes));
	dw_sha256(text, length + sizeof(user_id->bytes), digest);
	return dw_flag_bucket(digest);
}

const char *
dw_flag_targets_read(Datum jsonb, DwFlagTargets *targets)
{
	static const char *const members[] = {
		"user_types", "regions", "minimum_rating", NULL
	};
	DwJsonArg	object;
	const char *fault;

	memset(targets, 0, sizeof(*targets));
	if (!dw_json_arg_object(jsonb, &object))
		return "must be an object";
	if (dw_json_arg_stray(&object, members) != NULL)
		return "may have user_types, regions and minimum_rating alone";
	fault = user_types_read(&object, targets);
	if (fault == NULL)
		fault = regions_read(&object, targets);
	if (fault == NULL)
		fault = rating_read(&object, targets);
	return fault;
}

/* The types of users; not given = every one. */
static const char *
user_types_read(const DwJsonArg *object, DwFlagTargets *targets)
{
	static const char *const fault =
		"must have as user_types a list of one or more types of users";
	char	  **labels;
	int			count;
	DwMember	given = dw_json_arg_texts(object, "user_types", &labels, &count);

	if (given == DW_MEMBER_ABSENT)
		return NULL;
	if (given != DW_MEMBER_GIVEN || count == 0)
		return fault;
	for (int i = 0; i < count; i++)
	{
		DwUserType	type;

		if (!dw_user_type_parse(labels[i], &type))
			return fault;
		targets->user_types |= UINT32_C(1) << type;
	}
	return NULL;
}

/* The countries; not given = everywhere. */
static const char *
regions_read(const DwJsonArg *object, DwFlagTargets *targets)
{
	static const char *const fault =
		"must have as regions a list of one or more countries, like US";
	DwFlagRegion *regions;
	char	  **codes;
	int			count;
	DwMember	given = dw_json_arg_texts(object, "regions", &codes, &count);

	if (given == DW_MEMBER_ABSENT)
		return NULL;
	if (given != DW_MEMBER_GIVEN || count == 0)
		return fault;
	regions = palloc(count * sizeof(DwFlagRegion));
	for (int i = 0; i < count; i++)
	{
		if (!dw_country_valid(codes[i]))
			return fault;
		memcpy(regions[i], codes[i], sizeof(DwFlagRegion));
	}
	targets->regions = regions;
	targets->region_count = count;
	return NULL;
}

/* The least mean rating, to six places; not given, or 0 = none needed. */
static const char *
rating_read(const DwJsonArg *object, DwFlagTargets *targets)
{
	Numeric		number;
	const char *text;
	double		stars;
	DwMember	given = dw_json_arg_numeric(object, "minimum_rating", &number);

	if (given == DW_MEMBER_ABSENT)
		return NULL;
	if (given != DW_MEMBER_GIVEN)
		return "must have as minimum_rating a number";
	/* a number too large for a double becomes infinite here, not an error */
	text = DatumGetCString(DirectFunctionCall1(numeric_out,
											   NumericGetDatum(number)));
	stars = strtod(text, NULL);
	if (!(stars >= 0 && stars <= DW_FLAG_STARS_MAX))
		return "must have as minimum_rating a number from 0 to 5";
	targets->minimum_rating = (int64) rint(stars * DW_FLAG_STAR);
	return NULL;
}

int32
dw_flag_lock(const char *name)
{
	static DwStatement insert_flag =
		DW_STATEMENT("INSERT INTO dwello.feature_flags (name, is_enabled, "
					 "rollout_percentage, targets, version) "
					 "SELECT n.name, COALESCE(d.is_enabled, false), "
					 "COALESCE(d.rollout_percentage, 100), "
					 "COALESCE(d.targets, '{}'), "
					 "CASE WHEN d.name IS NULL THEN 0 ELSE 1 END "
					 "FROM (SELECT $1::text AS name) AS n "
					 "LEFT JOIN dwello.feature_flags_defaults AS d "
					 "ON d.name = n.name ON CONFLICT (name) DO NOTHING");
	static DwStatement lock_flag =
		DW_STATEMENT("SELECT f.version FROM dwello.feature_flags AS f "
					 "WHERE f.name = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, name);
	(void) dw_execute(&insert_flag, &p);
	if (dw_execute(&lock_flag, &p) == 0)
		elog(ERROR, "flag \"%s\" is gone", name);
	return dw_read_only_int4(0);
}

void
dw_flag_save(const DwFlagEdit *edit, DwFlagRow *row)
{
	static DwStatement update_flag =
		DW_STATEMENT("UPDATE dwello.feature_flags AS f SET "
					 "is_enabled = COALESCE($2, f.is_enabled), "
					 "rollout_percentage = "
					 "COALESCE($3, f.rollout_percentage), "
					 "targets = COALESCE($4, f.targets), "
					 "user_ids = COALESCE($5, f.user_ids), "
					 "version = f.version + 1 WHERE f.name = $1 "
					 "RETURNING f.is_enabled, f.rollout_percentage, "
					 "f.version");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, edit->name);
	dw_param_datum(&p, BOOLOID, BoolGetDatum(edit->is_enabled),
				   !edit->has_is_enabled);
	dw_param_datum(&p, INT4OID, Int32GetDatum(edit->rollout_percentage),
				   !edit->has_rollout);
	dw_param_datum(&p, JSONBOID, edit->targets, !edit->has_targets);
	dw_param_datum(&p, UUIDARRAYOID, edit->user_ids, !edit->has_user_ids);
	(void) dw_execute(&update_flag, &p);
	row->is_enabled = dw_read_bool(0, 1);
	row->rollout_percentage = dw_read_int4(0, 2);
	row->version = dw_read_int4(0, 3);
}
