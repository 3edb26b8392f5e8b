/*
 * profile_store.c
 *		Rows of dwello.user_profiles, and what strangers see of a provider.
 *
 * A profile is one noun in two rows: names, language, time zone and image
 * stand in dwello.users, where every user has them.  The caller has locked
 * the user's row, so both change together.
 */
#include "postgres.h"

#include "core/score/score.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/account/account_store.h"
#include "store/audience/audience_store.h"

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
					 "categories = coalesce($12, categories), "
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
	if (change->categories == NULL)
		dw_param_null(&p, UUIDARRAYOID);
	else
		dw_param_uuids(&p, change->categories, change->category_count);
	(void) dw_execute(&update_profile, &p);
	version = dw_read_only_int4(0);
	if (change->specialties != NULL || change->categories != NULL ||
		change->service_areas != (Datum) 0)
		dw_audience_refresh(user_id);
	return version;
}

/* The mean of a provider's stars with two decimals; NULL without reviews. */
static void
rating_query(DwCall *call, const DwUuid *provider_id)
{
	static const DwColumn stats_fields[] = {
		DW_FIELD(INT8, DwStats, rating_weight, rating_weight),
		DW_FIELD(INT8, DwStats, rating_sum, rating_sum)
	};
	static DwMap map = DW_MAP(stats_fields);
	static DwStatement select_stats =
		DW_STATEMENT("SELECT s.rating_weight, s.rating_sum "
					 "FROM dwello.provider_stats AS s WHERE s.user_id = $1");
	DwParams	p = DW_PARAMS;
	DwStats		stats;
	int64		stars;

	dw_param_uuid(&p, provider_id);
	if (dw_query(&select_stats, &p) == 0)
		return;
	dw_map_read(&map, 0, &stats);
	stars = dw_stats_stars(&stats);
	if (stars != DW_STATS_NO_STARS)
		dw_row_decimal(call, "rating", stars, 2);
}

bool
dw_summary_query(DwCall *call, const DwUuid *provider_id, DateADT today,
				 bool is_open)
{
	static DwStatement select_summary =
		DW_STATEMENT("SELECT u.id AS provider_id, u.first_name, "
					 "CASE WHEN $3 THEN u.last_name ELSE COALESCE(NULLIF("
					 "pg_catalog.left(pg_catalog.ltrim(u.last_name, "
					 "E' \\t\\r\\n'), 1), '') || '.', '') END AS last_name, "
					 "p.company_name, p.bio, "
					 "COALESCE(p.specialties, '{}') AS specialties, "
					 "p.years_experience, "
					 "COALESCE(s.review_count, 0) AS review_count, "
					 "COALESCE(s.completed_count, 0) AS completed_count, "
					 "COALESCE(s.awarded_count, 0) AS awarded_count, "
					 "u.created_at AS member_since, u.provider_verified, "
					 "COALESCE(p.emergency_available, false) "
					 "AS emergency_available, "
					 "ARRAY(SELECT DISTINCT c.credential_type::text "
					 "FROM dwello.provider_credentials AS c "
					 "WHERE c.user_id = u.id AND c.verified_at IS NOT NULL "
					 "AND COALESCE(c.valid_from <= $2, true) "
					 "AND COALESCE(c.valid_until >= $2, true) ORDER BY 1) "
					 "AS verified_credentials FROM dwello.users AS u "
					 "LEFT JOIN dwello.user_profiles AS p ON p.user_id = u.id "
					 "LEFT JOIN dwello.provider_stats AS s ON s.user_id = u.id "
					 "WHERE u.id = $1 AND u.user_type = 'service_provider' "
					 "AND u.status = 'active' AND u.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, provider_id);
	dw_param_date(&p, today);
	dw_param_bool(&p, is_open);
	if (!dw_row_query(call, &select_summary, &p))
		return false;
	rating_query(call, provider_id);
	return true;
}
