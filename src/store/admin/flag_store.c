/*
 * flag_store.c
 *		Feature flags: asking them, and the operator's own state of them.
 */
#include "postgres.h"

#include <math.h>

#include "utils/fmgrprotos.h"

#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
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

/* A flag as it is in force. */
typedef struct InForce
{
	bool		is_enabled;		/* on at all */
	int32		rollout_percentage; /* 0 ... 100 */
	Datum		targets;		/* jsonb */
	bool		is_named;		/* it names the user */
} InForce;

/* Reads a flag as it is in force, and whether it names the user. */
static bool
flag_load(const char *name, const DwUuid *user_id, DwFlag *flag,
		  bool *is_named)
{
	static const DwColumn fields[] = {
		DW_FIELD(BOOL, InForce, is_enabled, is_enabled),
		DW_FIELD(INT4, InForce, rollout_percentage, rollout_percentage),
		DW_FIELD(JSONB, InForce, targets, targets),
		DW_FIELD(BOOL, InForce, is_named, is_named)
	};
	static DwMap map = DW_MAP(fields);
	static DwStatement select_flag =
		DW_STATEMENT("SELECT COALESCE(f.is_enabled, d.is_enabled) "
					 "AS is_enabled, COALESCE(f.rollout_percentage, "
					 "d.rollout_percentage) AS rollout_percentage, "
					 "COALESCE(f.targets, d.targets) AS targets, "
					 "COALESCE($2 = ANY (f.user_ids), false) AS is_named "
					 "FROM (SELECT $1::text AS name) AS n "
					 "LEFT JOIN dwello.feature_flags_defaults AS d "
					 "ON d.name = n.name "
					 "LEFT JOIN dwello.feature_flags AS f ON f.name = n.name "
					 "WHERE d.name IS NOT NULL OR f.name IS NOT NULL");
	DwParams	p = DW_PARAMS;
	InForce		row;
	const char *fault;

	dw_param_text(&p, name);
	dw_param_uuid(&p, user_id);
	if (dw_query(&select_flag, &p) == 0)
		return false;
	dw_map_read(&map, 0, &row);
	flag->is_enabled = row.is_enabled;
	flag->rollout_percentage = row.rollout_percentage;
	*is_named = row.is_named;
	fault = dw_flag_targets_read(row.targets, &flag->targets);
	if (fault != NULL)
		elog(ERROR, "targets of flag \"%s\" %s", name, fault);
	return true;
}

/* Reads what a flag wants to know of a user; false when there is none. */
static bool
flag_load_user(const DwUuid *user_id, DwFlagUser *user)
{
	static const DwColumn fields[] = {
		DW_FIELD_ENUM(DwFlagUser, user_type, type, dw_user_type_labels),
		DW_FIELD(TEXT, DwFlagUser, country, country),
		DW_FIELD(INT8, DwFlagUser, rating_weight, rating_weight),
		DW_FIELD(INT8, DwFlagUser, rating_sum, rating_sum)
	};
	static DwMap map = DW_MAP(fields);
	static DwStatement select_user =
		DW_STATEMENT("SELECT u.user_type, a.country, "
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
	dw_map_read(&map, 0, user);
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
	DwMember	given = dw_json_arg_texts(object, "user_types", &labels,
										  &count);

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

/* An operator's row of a flag, when it is made. */
typedef struct FlagRow
{
	const char *name;			/* of the flag */
	bool		is_enabled;		/* on at all */
	int32		rollout_percentage; /* 0 ... 100 */
	Datum		targets;		/* jsonb */
	int32		version;		/* to be counted up by the first edit */
} FlagRow;

static const DwColumn flag_columns[] = {
	DW_COLUMN(TEXT, FlagRow, name, name, DW_COLUMN_KEY),
	DW_COLUMN(BOOL, FlagRow, is_enabled, is_enabled, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, FlagRow, rollout_percentage, rollout_percentage,
			  DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, FlagRow, targets, targets, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, FlagRow, version, version, DW_COLUMN_FIXED)
};

static DwTable flags = DW_TABLE("feature_flags", FlagRow, flag_columns);

/* The built-in state, without a version. */
static DwTable defaults = {.name = "feature_flags_defaults",
	.columns = flag_columns,.count = lengthof(flag_columns) - 1,
.size = sizeof(FlagRow)};

/* Makes the operator's row, unless it is there by then. */
static void
flag_insert(const char *name)
{
	static DwTableQuery built_in =
		DW_TABLE_QUERY(defaults, "WHERE t.name = $1");
	DwParams	p = DW_PARAMS;
	DwPayload	anybody;
	FlagRow		row = {.name = name,.rollout_percentage = 100};

	dw_param_text(&p, name);
	if (dw_table_execute(&built_in, &p) > 0)
	{
		dw_table_read(&defaults, 0, &row);
		row.version = 1;
	}
	else
	{
		dw_payload_begin(&anybody);
		row.targets = dw_payload_end(&anybody);
	}
	(void) dw_table_insert_new(&flags, &row);
}

int32
dw_flag_lock(const char *name)
{
	static DwStatement lock_flag =
		DW_STATEMENT("SELECT f.version FROM dwello.feature_flags AS f "
					 "WHERE f.name = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, name);
	if (dw_execute(&lock_flag, &p) == 0)
	{
		flag_insert(name);
		if (dw_execute(&lock_flag, &p) == 0)
			elog(ERROR, "flag \"%s\" is gone", name);
	}
	return dw_read_only_int4(0);
}

void
dw_flag_save(DwCall *call, const DwFlagEdit *edit)
{
	static DwStatement update_flag =
		DW_STATEMENT("UPDATE dwello.feature_flags AS f SET "
					 "is_enabled = COALESCE($2, f.is_enabled), "
					 "rollout_percentage = "
					 "COALESCE($3, f.rollout_percentage), "
					 "targets = COALESCE($4, f.targets), "
					 "user_ids = COALESCE($5, f.user_ids), "
					 "version = f.version + 1 WHERE f.name = $1 "
					 "RETURNING f.name, f.is_enabled, "
					 "f.rollout_percentage, f.version");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, edit->name);
	dw_param_datum(&p, BOOLOID, BoolGetDatum(edit->is_enabled),
				   !edit->has_is_enabled);
	dw_param_datum(&p, INT4OID, Int32GetDatum(edit->rollout_percentage),
				   !edit->has_rollout);
	dw_param_datum(&p, JSONBOID, edit->targets, !edit->has_targets);
	dw_param_datum(&p, UUIDARRAYOID, edit->user_ids, !edit->has_user_ids);
	(void) dw_row_execute(call, &update_flag, &p);
}
