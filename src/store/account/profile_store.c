/*
 * profile_store.c
 *		Rows of dwello.user_profiles.
 *
 * A profile is one noun in two rows: names, language, time zone and image
 * stand in dwello.users, where every user has them.  The caller has locked
 * the user's row, so both change together.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/builtins.h"

#include "server/sql/sql_server.h"
#include "store/account/account_store.h"
#include "store/audience/audience_store.h"

static bool user_touched(const DwProfileChange *change);
static void user_update(const DwUuid *user_id, const DwProfileChange *change);
static void param_jsonb(DwParams *p, Datum value);
static void summary_read(DwSummary *summary);

int32
dw_profile_lock(const DwUuid *user_id)
{
	static DwStatement lock_profile =
		DW_STATEMENT("SELECT p.version FROM dwello.user_profiles AS p "
					 "WHERE p.user_id = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	return dw_execute(&lock_profile, &p) == 0 ? 0 : dw_read_only_int4(0);
}

int32
dw_profile_update(const DwUuid *user_id, const DwProfileChange *change)
{
	static DwStatement update_profile =
		DW_STATEMENT("UPDATE dwello.user_profiles SET "
					 "bio = nullif(coalesce($2, bio), ''), "
					 "company_name = nullif(coalesce($3, company_name), ''), "
					 "website = nullif(coalesce($4, website), ''), "
					 "years_experience = coalesce($5, years_experience), "
					 "specialties = coalesce($6, specialties), "
					 "service_areas = nullif(coalesce($7, service_areas), 'null'), "
					 "availability_schedule = "
					 "nullif(coalesce($8, availability_schedule), 'null'), "
					 "emergency_available = coalesce($9, emergency_available), "
					 "insurance_info = nullif(coalesce($10, insurance_info), 'null'), "
					 "license_info = nullif(coalesce($11, license_info), 'null'), "
					 "version = version + 1 "
					 "WHERE user_id = $1 RETURNING version");
	DwParams	p = DW_PARAMS;
	int32		version;

	if (user_touched(change))
		user_update(user_id, change);
	dw_param_uuid(&p, user_id);
	dw_param_text(&p, change->bio);
	dw_param_text(&p, change->company_name);
	dw_param_text(&p, change->website);
	dw_param_datum(&p, INT4OID, change->years_experience == NULL ? (Datum) 0
				   : Int32GetDatum(*change->years_experience),
				   change->years_experience == NULL);
	dw_param_texts(&p, change->specialties, change->specialty_count);
	param_jsonb(&p, change->service_areas);
	param_jsonb(&p, change->availability_schedule);
	dw_param_datum(&p, BOOLOID, change->emergency_available == NULL ? (Datum) 0
				   : BoolGetDatum(*change->emergency_available),
				   change->emergency_available == NULL);
	param_jsonb(&p, change->insurance_info);
	param_jsonb(&p, change->license_info);
	(void) dw_execute(&update_profile, &p);
	version = dw_read_only_int4(0);
	if (change->specialties != NULL || change->service_areas != (Datum) 0)
		dw_audience_refresh(user_id);
	return version;
}

bool
dw_summary_load(const DwUuid *provider_id, DateADT today, DwSummary *summary)
{
	static DwStatement select_summary =
		DW_STATEMENT("SELECT u.first_name, u.last_name, p.company_name, "
					 "p.bio, coalesce(p.specialties, '{}'), "
					 "coalesce(p.years_experience, -1), "
					 "coalesce(s.rating_weight, 0), coalesce(s.rating_sum, 0), "
					 "coalesce(s.review_count, 0), "
					 "coalesce(s.completed_count, 0), "
					 "coalesce(s.awarded_count, 0), "
					 "u.created_at, u.provider_verified, "
					 "coalesce(p.emergency_available, false), "
					 "ARRAY(SELECT DISTINCT c.credential_type::text "
					 "FROM dwello.provider_credentials AS c "
					 "WHERE c.user_id = u.id AND c.verified_at IS NOT NULL "
					 "AND coalesce(c.valid_from <= $2, true) "
					 "AND coalesce(c.valid_until >= $2, true) ORDER BY 1) "
					 "FROM dwello.users AS u "
					 "LEFT JOIN dwello.user_profiles AS p ON p.user_id = u.id "
					 "LEFT JOIN dwello.provider_stats AS s ON s.user_id = u.id "
					 "WHERE u.id = $1 AND u.user_type = 'service_provider' "
					 "AND u.status = 'active' AND u.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, provider_id);
	dw_param_date(&p, today);
	if (dw_query(&select_summary, &p) == 0)
		return false;
	summary_read(summary);
	return true;
}

/* Reads the columns of dw_summary_load. */
static void
summary_read(DwSummary *summary)
{
	bool		isnull;

	memset(summary, 0, sizeof(*summary));
	summary->first_name = dw_read_text(0, 1);
	summary->last_name = dw_read_text(0, 2);
	summary->company_name = dw_read_text(0, 3);
	summary->bio = dw_read_text(0, 4);
	summary->specialties = dw_read_datum(0, 5, &isnull);
	summary->years_experience = dw_read_int4(0, 6);
	summary->stats.rating_weight = dw_read_int8(0, 7);
	summary->stats.rating_sum = dw_read_int8(0, 8);
	summary->review_count = dw_read_int4(0, 9);
	summary->completed_count = dw_read_int4(0, 10);
	summary->awarded_count = dw_read_int4(0, 11);
	summary->member_since = dw_read_time(0, 12);
	summary->provider_verified = dw_read_bool(0, 13);
	summary->emergency_available = dw_read_bool(0, 14);
	summary->verified_credentials = dw_read_datum(0, 15, &isnull);
}

/* True when a change is about the user's own row, too. */
static bool
user_touched(const DwProfileChange *change)
{
	return change->profile_image_url != NULL || change->timezone != NULL ||
		change->language != NULL || change->first_name != NULL ||
		change->last_name != NULL;
}

/* Writes what stands in the user's own row. */
static void
user_update(const DwUuid *user_id, const DwProfileChange *change)
{
	static DwStatement update_user =
		DW_STATEMENT("UPDATE dwello.users SET profile_image_url = "
					 "nullif(coalesce($2, profile_image_url), ''), "
					 "timezone = coalesce($3, timezone), "
					 "language = coalesce($4, language), "
					 "first_name = coalesce($5, first_name), "
					 "last_name = coalesce($6, last_name), "
					 "version = version + 1 WHERE id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_text(&p, change->profile_image_url);
	dw_param_text(&p, change->timezone);
	dw_param_text(&p, change->language);
	dw_param_text(&p, change->first_name);
	dw_param_text(&p, change->last_name);
	(void) dw_execute(&update_user, &p);
}

/* Adds a document; zero = NULL. */
static void
param_jsonb(DwParams *p, Datum value)
{
	dw_param_datum(p, JSONBOID, value, value == (Datum) 0);
}
