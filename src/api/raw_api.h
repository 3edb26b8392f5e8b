/*
 * raw_api.h
 *		The inputs of a score in words, for people.
 */
#ifndef DW_RAW_API_H
#define DW_RAW_API_H

#include "postgres.h"

#include "core/score.h"

/* What a bid brings to one criterion: "950.00 USD", "3 days", "unknown". */
extern char *dw_raw_text(const DwScoreInputs *inputs, const char *currency,
						 DwCriterion criterion);

#endif							/* DW_RAW_API_H */
