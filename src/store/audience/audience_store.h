/*
 * audience_store.h
 *		The audience of a job, and the columns that matching knows people by.
 *
 * The rows of dwello.user_profiles and dwello.ai_bidding_agents repeat what
 * matching asks of a provider's other rows (their account_status, place, area,
 * categories, credentials), so that a key can be made of one row alone.
 * Whatever changes one of those calls dw_audience_refresh().
 */
#ifndef DW_AUDIENCE_STORE_H
#define DW_AUDIENCE_STORE_H

#include "postgres.h"

#include "core/base/base.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"

/* The bit of a credential's type in SQL, as DW_CREDENTIAL_BIT. */
#define DW_AUDIENCE_CREDENTIAL_BIT(type) \
	"CASE " type " WHEN 'license' THEN 1 WHEN 'insurance' THEN 2 " \
	"WHEN 'certification' THEN 4 WHEN 'experience' THEN 8 ELSE 16 END"

/*
 * A provider's verified credentials of the types in one set (bits), and the
 * days on which all of these are valid together: of each type the one that
 * is valid longest counts.  Days outside are asked of the credentials.
 */
#define DW_AUDIENCE_CREDENTIALS(who) \
	"(SELECT coalesce(bit_or(" DW_AUDIENCE_CREDENTIAL_BIT("k.credential_type") \
	"), 0)::bigint AS bits, max(k.valid_from) AS since, " \
	"min(k.valid_until) AS until FROM (SELECT DISTINCT ON " \
	"(k.credential_type) k.credential_type, k.valid_from, k.valid_until " \
	"FROM dwello.provider_credentials AS k WHERE k.user_id = " who " " \
	"AND k.verified_at IS NOT NULL ORDER BY k.credential_type, " \
	"k.valid_until DESC NULLS FIRST, k.id) AS k) "

/*
 * The categories of a provider, of the row of their profile: those they have
 * chosen; else those that the words of their specialties name, as a whole or
 * as one of several things that a name joins ("Painting" is of "Painting &
 * Decorating").  Words that name nothing are no category: none, never all.
 * user_profiles.category_ids keeps what this gives, and there it is read.
 */
#define DW_PROVIDER_CATEGORIES(profile) \
	"CASE WHEN " profile ".categories <> '{}' THEN " profile ".categories " \
	"WHEN " profile ".specialties = '{}' THEN '{}' " \
	"ELSE coalesce((SELECT array_agg(c.id ORDER BY c.id) " \
	"FROM dwello.categories AS c WHERE EXISTS (SELECT FROM " \
	"unnest(" profile ".specialties) AS s WHERE " \
	DW_AUDIENCE_WORDS("s") " = ANY (string_to_array(translate(" \
	DW_AUDIENCE_WORDS("c.name") ", ',/', '&&'), '&') || " \
	DW_AUDIENCE_WORDS("c.name") "))), '{}') END "

/* Words as they are compared: without case and blanks, "and" as a sign. */
#define DW_AUDIENCE_WORDS(text) \
	"replace(replace(" DW_FOLDED(text) ", ' and ', '&'), ' ', '')"

/*
 * What the columns should be, a row for each user: of everybody but an
 * active provider nothing is matched, and of a user who is gone or is no
 * provider no place is kept.  The place of an address is rounded as a job's
 * is, for whether an agent bids on a job shows on which side of its radius a
 * home lies.  No column depends on the day.
 */
#define DW_AUDIENCE_OF_USERS \
	"SELECT u.id AS user_id, CASE WHEN u.status = 'active' " \
	"AND u.user_type = 'service_provider' AND u.deleted_at IS NULL " \
	"THEN u.email_verified::integer + 2 * u.phone_verified::integer " \
	"+ 4 * u.provider_verified::integer ELSE 0 END AS account_status, " \
	"st_x(l.place::geometry) AS longitude, " \
	"st_y(l.place::geometry) AS latitude, " \
	"b.max_bid_radius_miles::float8 AS radius_miles, " \
	"CASE WHEN dwello.service_areas_are_valid(q.service_areas) " \
	"THEN st_geomfromgeojson(q.service_areas) END AS area, " \
	DW_PROVIDER_CATEGORIES("q") "AS category_ids, " \
	"h.bits AS capability_bits, " \
	"h.since AS capability_from, h.until AS capability_until " \
	"FROM dwello.users AS u " \
	"JOIN dwello.user_profiles AS q ON q.user_id = u.id " \
	"LEFT JOIN dwello.user_addresses AS l ON l.user_id = u.id " \
	"AND l.is_primary AND u.user_type = 'service_provider' " \
	"AND u.deleted_at IS NULL " \
	"LEFT JOIN dwello.ai_bidding_agents AS b ON b.user_id = u.id " \
	"CROSS JOIN LATERAL " DW_AUDIENCE_CREDENTIALS("u.id") "AS h "

/* The columns of a row, of a profile and of an agent. */
#define DW_AUDIENCE_PROFILE(row) \
	row ".account_status, " row ".longitude, " row ".latitude, " \
	row ".radius_miles, " row ".area, " row ".category_ids, " \
	row ".capability_bits, " row ".capability_from, " row ".capability_until"
#define DW_AUDIENCE_AGENT(row, categories) \
	row ".account_status, " row ".longitude, " row ".latitude, " \
	row ".area, " \
	categories ", " row ".capability_bits, " row ".capability_from, " \
	row ".capability_until"

/* What an agent's category_ids should be: their own, else the profile's. */
#define DW_AUDIENCE_AGENT_CATEGORIES(profile) \
	"CASE WHEN a.preferred_categories = '{}' THEN " profile ".category_ids " \
	"ELSE a.preferred_categories END"

/* Users whose columns are not what they should be, a row each. */
#define DW_AUDIENCE_DRIFT \
	"SELECT n.user_id FROM (" DW_AUDIENCE_OF_USERS ") AS n " \
	"JOIN dwello.user_profiles AS p ON p.user_id = n.user_id " \
	"LEFT JOIN dwello.ai_bidding_agents AS a ON a.user_id = n.user_id " \
	"WHERE (" DW_AUDIENCE_PROFILE("p") ") IS DISTINCT FROM " \
	"(" DW_AUDIENCE_PROFILE("n") ") OR a.user_id IS NOT NULL AND (" \
	DW_AUDIENCE_AGENT("a", "a.category_ids") ") IS DISTINCT FROM (" \
	DW_AUDIENCE_AGENT("n", DW_AUDIENCE_AGENT_CATEGORIES("n")) ") "

/*
 * Brings the columns of a user up to date, from their other rows as this
 * command has left them.  The caller has locked the user.  Nothing is
 * written for what is right already, and no version counts up.
 */
extern void dw_audience_refresh(const DwUuid *user_id);

/*
 * The same for up to max_rows users whose columns are not up to date, and
 * gives their number; a user whom another transaction has locked is left to
 * the next call.
 */
extern int32 dw_audience_refresh_some(int32 max_rows);

/*
 * Adds the agents or the providers in the audience of a job to the set,
 * ordered by id.  False when there is no such job; one that is not open to
 * all has no audience.
 */
extern bool dw_audience_list(DwCall *call, const DwUuid *job_id,
							 bool of_agents);

/*
 * The ids of at most so many agents in the audience of a job, from the nearest
 * on, those at one distance by id.  None for no such job.
 */
extern DwUuid *dw_audience_nearest(const DwUuid *job_id, int most,
								   int *count);

/*
 * Notifies everybody of whom a saved search of an active account fits a
 * published job, once each for the event; nobody when the job is no longer
 * open to all.
 */
extern void dw_audience_notify(const DwUuid *job_id, const DwUuid *event_id);

#endif							/* DW_AUDIENCE_STORE_H */
