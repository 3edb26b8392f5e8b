/*
 * criteria_api_int.h
 *		What a provider is matched by.
 *
 * A provider is matched by where they work, how far their agent goes, what it
 * prefers and which credentials they hold; what they ask for may differ from
 * call to call.
 */
#ifndef DW_CRITERIA_API_INT_H
#define DW_CRITERIA_API_INT_H

#include "core/match/match.h"
#include "server/call/call_server.h"
#include "store/match/match_store.h"

/* Who may ask what suits a provider. */
#define DW_MATCH_ACTORS \
	(DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)

/*
 * The provider of a call: the caller, or whom the service or an
 * administrator names.  22004, 42501, P0002.
 */
extern void dw_match_provider_of_call(DwCall *call, const char *arg,
									  DwMatchProvider *provider);

/* A criteria with the operator's settings; the place is not known yet. */
extern void dw_criteria_begin(DwMatchCriteria *criteria, TimestampTz as_of,
							  const char *currency);

/* Takes over what is known of the provider; 22023 when they have no place. */
extern void dw_criteria_provider(const DwMatchProvider *provider,
								 DwMatchCriteria *criteria);

/* What their agent prefers fits; the rest does not, but is shown. */
extern void dw_criteria_prefer(const DwMatchProvider *provider,
							   DwMatchCriteria *criteria);

/* 22023 when criteria cannot be prepared; fields are named as arguments. */
extern void dw_criteria_judge(const DwMatchCriteria *criteria);

#endif							/* DW_CRITERIA_API_INT_H */
