/*
 * review.h
 *		What one side of a finished job may say of the other, and when it
 *		is shown.
 *
 * Reviews are double-blind: nobody sees what was said of them before they have
 * spoken, or before the time for it is over.
 */
#ifndef DW_REVIEW_H
#define DW_REVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"

#define DW_REVIEW_RATING_MIN	1
#define DW_REVIEW_RATING_MAX	5

/* Limits of texts, in characters. */
#define DW_REVIEW_TITLE_MAX		200
#define DW_REVIEW_COMMENT_MAX	10000

#define DW_REVIEW_AXES_MAX		20	/* axes of one review */
#define DW_REVIEW_AXIS_MAX		50	/* characters of an axis's name */

/* Notes a number of stars that there is not: 22023. */
extern void dw_review_rating_check(int64_t rating, DwArgPlace place,
								   DwArgError *error);

/*
 * From when a review written now is shown: at once when the other side has
 * written, else after so many days.  Microseconds of any epoch.
 */
extern int64_t dw_review_reveal_at(int64_t now, bool is_second,
								   int64_t days);

#endif							/* DW_REVIEW_H */
