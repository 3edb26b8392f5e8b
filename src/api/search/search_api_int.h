/*
 * search_api_int.h
 *		The arguments that searches have in common.
 */
#ifndef DW_SEARCH_API_INT_H
#define DW_SEARCH_API_INT_H

#include "core/search/search.h"
#include "server/call/call_server.h"

/*
 * Reads the first nine arguments of a search (DW_SEARCH_QUERY to
 * DW_SEARCH_URGENCY), as of now; dw_search_check() judges it.  A text over
 * its limit is noted in the fault.
 */
extern void dw_search_read(DwCall *call, DwSearch *search,
						   DwArgError *error);

#endif							/* DW_SEARCH_API_INT_H */
