/*
 * score_text_api_int.h
 *		The inputs of a score in words, for people.
 */
#ifndef DW_SCORE_TEXT_API_INT_H
#define DW_SCORE_TEXT_API_INT_H

#include "postgres.h"

#include "core/score/score.h"

/* What a bid brings to one criterion: "950.00 USD", "3 days", "unknown". */
extern char *dw_score_input_text(const DwScoreInputs *inputs,
								 const char *currency,
								 DwCriterion criterion);

#endif							/* DW_SCORE_TEXT_API_INT_H */
