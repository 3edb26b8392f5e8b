/*
 * profile_store.h
 *		Rows of dwello.user_profiles, and what strangers see of a provider.
 */
#ifndef DW_PROFILE_STORE_H
#define DW_PROFILE_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/stats.h"
#include "core/uuid.h"

/*
 * What update_profile changes.  A NULL pointer and a zero Datum leave the
 * column as it is; an empty text, or JSON null, takes its value away.
 */
typedef struct DwProfileChange
{
	const char *bio;			/* in his own words */
	const char *company_name;	/* of his business */
	const char *website;		/* http or https */
	const int32 *years_experience;	/* 0 to 100 */
	char	  **specialties;	/* specialty_count of them */
	int			specialty_count;	/* 0 with a pointer: none are left */
	Datum		service_areas;	/* GeoJSON, or JSON null */
	Datum		availability_schedule;	/* a JSON object, or JSON null */
	const bool *emergency_available;	/* comes at any hour */
	Datum		insurance_info; /* a JSON object, or JSON null */
	Datum		license_info;	/* a JSON object, or JSON null */
	const char *profile_image_url;	/* users: http or https */
	const char *timezone;		/* users: of pg_timezone_names; not empty */
	const char *language;		/* users: BCP 47; not empty */
	const char *first_name;		/* users: not empty */
	const char *last_name;		/* users: not empty */
} DwProfileChange;

/* What provider_summary tells of a provider. */
typedef struct DwSummary
{
	char	   *first_name;		/* as registered */
	char	   *last_name;		/* in full */
	char	   *company_name;	/* or NULL */
	char	   *bio;			/* or NULL */
	Datum		specialties;	/* text[] */
	int32		years_experience;	/* or DW_SUMMARY_NO_YEARS */
	DwStats		stats;			/* only the rating is read */
	int32		review_count;	/* ever */
	int32		completed_count;	/* jobs, ever */
	int32		awarded_count;	/* jobs, ever */
	TimestampTz member_since;	/* users.created_at */
	bool		provider_verified;	/* was checked */
	bool		emergency_available;	/* comes at any hour */
	Datum		verified_credentials;	/* text[]: types, each once, sorted */
} DwSummary;

#define DW_SUMMARY_NO_YEARS (-1)

/*
 * Locks the profile of a user, whom the caller has locked; its version, or
 * 0 when there is none.
 */
extern int32 dw_profile_lock(const DwUuid *user_id);

/* Writes a change and counts the profile's version up; returns it. */
extern int32 dw_profile_update(const DwUuid *user_id,
							   const DwProfileChange *change);

/*
 * Reads an active service provider; false when there is none of that id.
 * Only credentials that are verified and valid on the day are named.
 */
extern bool dw_summary_load(const DwUuid *provider_id, DateADT today,
							DwSummary *summary);

#endif							/* DW_PROFILE_STORE_H */
