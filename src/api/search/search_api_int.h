/*
 * search_api_int.h
 *		The arguments that searches have in common.
 */
#ifndef DW_SEARCH_API_INT_H
#define DW_SEARCH_API_INT_H

#include "core/search/search.h"
#include "server/call/call_server.h"

/*
 * Reads the nine arguments of a search that say what is looked for, as of
 * now; dw_search_check() judges it.  A text over its limit is noted in the
 * error.
 */
extern void dw_search_read(DwCall *call, DwSearch *search,
						   DwArgError *error);

#endif							/* DW_SEARCH_API_INT_H */
