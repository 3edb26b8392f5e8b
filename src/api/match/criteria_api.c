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

/* A wish with the operator's settings; the place is not known yet. */
void
dw_wish_begin(DwMatchWish *wish, TimestampTz as_of, const char *currency)
{
	const DwMatchRules *rules = dw_match_rules();

	memset(wish, 0, sizeof(*wish));
	wish->as_of = as_of;
	wish->radius_miles = MATCH_NO_RADIUS;
	wish->others_fit = 1.0;
	wish->budget_min = DW_JOB_KEY_NO_MIN;
	wish->budget_max = DW_JOB_KEY_NO_MAX;
	wish->currency = currency;
	memcpy(wish->weights, rules->weights, sizeof(wish->weights));
	wish->reference = rules->reference;
	wish->freshness_hours = rules->freshness_hours;
	wish->ceiling = DW_MATCH_NO_CEILING;
}

/* 22023 when a wish cannot be prepared; its fields are called as arguments. */
void
dw_wish_judge(const DwMatchWish *wish)
{
	DwMatchField field;
	const char *what;

	if (!dw_match_judge(wish, &field, &what))
		dw_raise(DW_BAD_VALUE,
				 psprintf("%s %s", dw_match_field_label(field), what), NULL,
				 "The comment on dwello.match_jobs says what it takes.");
}

/* Takes over what is known of the provider; 22023 when he has no place. */
void
dw_wish_provider(const DwMatchProvider *provider, DwMatchWish *wish)
{
	if (!provider->has_place)
		dw_raise(DW_BAD_VALUE, "the provider has no address",
				 psprintf("Provider %s cannot be near any job.",
						  dw_uuid_text(&provider->id)),
				 "Add one with dwello.add_address(); dwello.search_jobs() "
				 "looks round any place.");
	wish->longitude = provider->longitude;
	wish->latitude = provider->latitude;
	wish->capabilities = provider->capabilities;
	if (wish->radius_miles == MATCH_NO_RADIUS)
		wish->radius_miles = provider->radius_miles > 0
			? provider->radius_miles : dw_match_rules()->radius_miles;
}

/* The categories that his agent prefers fit, others do not, but are shown. */
void
dw_wish_prefer(const DwMatchProvider *provider, DwMatchWish *wish)
{
	DwMatchCategories categories;
	int			count;
	DwUuid	   *preferred = dw_match_preferred(&provider->id, &count);

	if (count == 0)
		return;
	dw_match_categories(preferred, count, &categories);
	wish->category_ids = categories.ids;
	wish->fits = categories.fits;
	wish->category_count = categories.count;
	wish->others_fit = 0.0;
}

/*
 * The provider of a call: the caller, or whom the service or an
 * administrator names.  22004, 42501, P0002.
 */
void
dw_match_provider_of_call(DwCall *call, int arg, DwMatchProvider *provider)
{
	const DwUuid *given = dw_arg_uuid_opt(call, arg);
	DwUuid		id = call->actor.user_id;

	if (call->actor.kind != DW_ACTOR_PROVIDER)
	{
		dw_args_need(call, DW_ARG(arg));
		id = *given;
	}
	else if (given != NULL && !dw_uuid_equal(given, &id))
		dw_raise(DW_FORBIDDEN,
				 "only the provider himself may see what suits him", NULL,
				 "Leave provider_id out.");
	if (!dw_match_provider(&id, dw_today(), provider))
		dw_raise(DW_NOT_FOUND, psprintf("there is no provider %s",
										dw_uuid_text(&id)), NULL, NULL);
}
