/*
 * agent_support_index.h
 *		The types of dwello.agent_key_ops as C sees them: a dwello.agent_key
 *		is a DwAudienceKey and a dwello.agent_query is a DwAudienceQuery, both
 *		of fixed length.
 */
#ifndef DW_AGENT_SUPPORT_INDEX_H
#define DW_AGENT_SUPPORT_INDEX_H

#include "core/audience/audience.h"

/* The arguments of these types. */
#define DW_GETARG_AGENT_KEY(n)	((const DwAudienceKey *) PG_GETARG_POINTER(n))
#define DW_GETARG_AGENT_QUERY(n) \
	((const DwAudienceQuery *) PG_GETARG_POINTER(n))

#endif							/* DW_AGENT_SUPPORT_INDEX_H */
