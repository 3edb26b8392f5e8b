/*
 * review.c
 *		What one side of a finished job may say of the other, and when it
 *		is shown.
 */
#include "core/review/review.h"

#define DAY		INT64_C(86400000000)	/* microseconds */

void
dw_review_rating_check(int64_t rating, DwArgPlace place,
					   DwArgError *error)
{
	if (rating < DW_REVIEW_RATING_MIN || rating > DW_REVIEW_RATING_MAX)
		dw_arg_error_note_at(error, place, DW_BAD_VALUE,
							 "must be from 1 to 5");
}

int64_t
dw_review_reveal_at(int64_t now, bool is_second, int64_t days)
{
	return is_second ? now : now + days * DAY;
}
