/*
 * criteria_api.c
 *		What a provider is matched by.
 */
#include "postgres.h"

#include "api/match/criteria_api_int.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/match/match_store.h"

/* A radius that was not given; it is a good one, so that judging goes on. */
#define MATCH_NO_RADIUS		1e-300

/* A criteria with the operator's settings; the place is not known yet. */
void
dw_criteria_begin(DwMatchCriteria *criteria, TimestampTz as_of,
				  const char *currency)
{
	const DwMatchRules *rules = dw_match_rules();

	memset(criteria, 0, sizeof(*criteria));
	criteria->as_of = as_of;
	criteria->radius_miles = MATCH_NO_RADIUS;
	criteria->others_fit = 1.0;
	criteria->budget_min = DW_JOB_KEY_NO_MIN;
	criteria->budget_max = DW_JOB_KEY_NO_MAX;
	criteria->currency = currency;
	memcpy(criteria->weights, rules->weights, sizeof(criteria->weights));
	criteria->reference = rules->reference;
	criteria->freshness_hours = rules->freshness_hours;
	criteria->ceiling = DW_MATCH_NO_CEILING;
}

/* 22023 when criteria cannot be prepared; fields are called as arguments. */
void
dw_criteria_judge(const DwMatchCriteria *criteria)
{
	DwMatchField field;
	const char *what;

	if (!dw_match_judge(criteria, &field, &what))
		dw_raise(DW_BAD_VALUE,
				 psprintf("%s %s", dw_match_field_label(field), what), NULL,
				 "reference.md#match_jobs says what it takes.");
}

/* Takes over what is known of the provider; 22023 when they have no place. */
void
dw_criteria_provider(const DwMatchProvider *provider,
					 DwMatchCriteria *criteria)
{
	if (!provider->has_place)
		dw_raise(DW_BAD_VALUE, "the provider has no address",
				 psprintf("Provider %s cannot be near any job.",
						  dw_uuid_text(&provider->id)),
				 "Add one with dwello.add_address(); dwello.search_jobs() "
				 "looks round any place.");
	criteria->longitude = provider->longitude;
	criteria->latitude = provider->latitude;
	criteria->capabilities = provider->capabilities;
	if (criteria->radius_miles == MATCH_NO_RADIUS)
		criteria->radius_miles = provider->radius_miles > 0
			? provider->radius_miles : dw_match_rules()->radius_miles;
}

/* Categories that their agent prefers fit; others do not, but are shown. */
void
dw_criteria_prefer(const DwMatchProvider *provider, DwMatchCriteria *criteria)
{
	DwMatchCategories categories;
	int			count;
	DwUuid	   *preferred = dw_match_preferred(&provider->id, &count);

	if (count == 0)
		return;
	dw_match_categories(preferred, count, &categories);
	criteria->category_ids = categories.ids;
	criteria->fits = categories.fits;
	criteria->category_count = categories.count;
	criteria->others_fit = 0.0;
}

/*
 * The provider of a call: the caller, or whom the service or an
 * administrator names.  22004, 42501, P0002.
 */
void
dw_match_provider_of_call(DwCall *call, const char *arg,
						  DwMatchProvider *provider)
{
	const DwUuid *given = dw_arg_uuid_opt(call, arg);
	DwUuid		id = call->actor.user_id;

	if (call->actor.kind != DW_ACTOR_PROVIDER)
	{
		dw_args_need(call, arg, NULL);
		id = *given;
	}
	else if (given != NULL && !dw_uuid_equal(given, &id))
		dw_raise(DW_FORBIDDEN,
				 "only the provider may see what suits them", NULL,
				 "Leave provider_id out.");
	if (!dw_match_provider(&id, dw_today(), provider))
		dw_raise(DW_NOT_FOUND, psprintf("there is no provider %s",
										dw_uuid_text(&id)), NULL, NULL);
}
