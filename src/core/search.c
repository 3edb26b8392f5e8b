/*
 * search.c
 *		Looking for open jobs: what may be asked, and how findings are ranked.
 */
#include "core/search.h"

#include <stddef.h>

#include "core/box.h"
#include "core/geo.h"
#include "core/money.h"

/* True for what a word or a quotation begins with; all but ASCII may. */
static bool
is_beginning(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		(c >= 'a' && c <= 'z') || c == '"' || (unsigned char) c >= 0x80;
}

/* Makes blanks of dashes that mean nothing; see the header. */
void
dw_search_clean(char *query)
{
	for (char *c = query; *c != '\0'; c++)
	{
		if (*c == '-' && !is_beginning(c[1]))
			*c = ' ';
	}
}

/* A place and a radius around it, or neither. */
static void
check_place(const DwSearch *search, DwFault *fault)
{
	if (search->has_longitude != search->has_latitude)
		dw_fault_note(fault, search->has_longitude ? DW_SEARCH_LATITUDE :
					  DW_SEARCH_LONGITUDE, DW_BAD_VALUE,
					  "must be given with the other coordinate");
	else if (search->has_longitude &&
			 !dw_geo_valid(search->longitude, search->latitude))
		dw_fault_note(fault, DW_SEARCH_LONGITUDE, DW_BAD_VALUE,
					  "and latitude must be a place on the globe");
	if (!search->has_radius)
		return;
	if (!search->has_longitude)
		dw_fault_note(fault, DW_SEARCH_RADIUS_MILES, DW_BAD_VALUE,
					  "must come with a place");
	/* written so that NaN fails */
	if (!(search->radius_miles > 0.0 &&
		  search->radius_miles <= DW_BOX_RADIUS_MAX_MILES))
		dw_fault_note(fault, DW_SEARCH_RADIUS_MILES, DW_BAD_VALUE,
					  "must be above 0 and at most 12450");
}

/* Amounts are positive, in order, and of a currency that exists. */
static void
check_money(const DwSearch *search, DwFault *fault)
{
	if (search->budget_min != DW_SEARCH_ABSENT && search->budget_min < 1)
		dw_fault_note(fault, DW_SEARCH_BUDGET_MIN, DW_BAD_VALUE,
					  "must be positive");
	if (search->budget_max != DW_SEARCH_ABSENT && search->budget_max < 1)
		dw_fault_note(fault, DW_SEARCH_BUDGET_MAX, DW_BAD_VALUE,
					  "must be positive");
	if (search->budget_max != DW_SEARCH_ABSENT &&
		search->budget_min > search->budget_max)
		dw_fault_note(fault, DW_SEARCH_BUDGET_MIN, DW_BAD_VALUE,
					  "must not be greater than budget_max");
	if (dw_currency_exponent(search->currency) == DW_CURRENCY_UNKNOWN)
		dw_fault_note(fault, DW_SEARCH_CURRENCY, DW_BAD_VALUE,
					  "must be an active ISO 4217 code in upper case");
}

/* What is wrong with a search; see the header. */
void
dw_search_check(const DwSearch *search, DwFault *fault)
{
	check_place(search, fault);
	check_money(search, fault);
	if (search->category_ids != NULL &&
		(search->category_count < 1 ||
		 search->category_count > DW_SEARCH_CATEGORIES_MAX))
		dw_fault_note(fault, DW_SEARCH_CATEGORY_IDS, DW_BAD_VALUE,
					  "must have from 1 to 100 elements");
	if (search->as_of > search->now)
		dw_fault_note(fault, DW_SEARCH_AS_OF, DW_BAD_VALUE,
					  "must not be in the future");
}

/* What is wrong with a cursor; see the header. */
void
dw_search_cursor_check(const DwSearchCursor *cursor, const DwSearch *search,
					   DwFault *fault)
{
	if (cursor->has_score != cursor->has_id)
		dw_fault_note(fault, cursor->has_score ? DW_SEARCH_AFTER_ID :
					  DW_SEARCH_AFTER_SCORE, DW_BAD_VALUE,
					  "must be given with the rest of the cursor");
	if ((cursor->has_score || cursor->has_id) && !cursor->has_as_of)
		dw_fault_note(fault, DW_SEARCH_AS_OF, DW_BAD_VALUE,
					  "must be given with the rest of the cursor");
	if (cursor->has_score &&
		!(cursor->score >= 0.0 && cursor->score <= 1.0))
		dw_fault_note(fault, DW_SEARCH_AFTER_SCORE, DW_BAD_VALUE,
					  "must be from 0 to 1");
}
