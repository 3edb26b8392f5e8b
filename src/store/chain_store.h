/*
 * chain_store.h
 *		Reads the transactions of a scope with their entries, as they are
 *		stored, to be checked.
 *
 * Nothing is believed: whatever somebody may have written is read without
 * raising.
 */
#ifndef DW_CHAIN_STORE_H
#define DW_CHAIN_STORE_H

#include "postgres.h"

#include "store/ledger_store.h"

/* A stored transaction with its entries. */
typedef struct DwLink
{
	DwTransaction transaction;	/* as stored */
	DwLegs		legs;			/* as stored, those that fit in */
	bool		is_readable;	/* every label is a known one */
	int			gap;			/* first leg that is not there; 0 = none */
	int			foreign;		/* first leg in another currency; 0 = none */
	bool		is_visited;		/* the chain led here */
	uint8		previous[DW_HASH_BYTES];	/* column prev_hash */
	uint8		hash[DW_HASH_BYTES];	/* column hash */
} DwLink;

/* A chain under examination. */
typedef struct DwChain
{
	DwUuid		scope_id;		/* whose it is */
	int			count;			/* of links */
	DwLink	   *links;			/* in the order of completed_at */
	bool		has_end;		/* there is an escrow that knows the end */
	uint8		end[DW_HASH_BYTES]; /* its last_hash */
	uint8		reached[DW_HASH_BYTES]; /* how far the chain led */
} DwChain;

/* Loads the chain of a scope. */
extern void dw_chain_load(const DwUuid *scope_id, DwChain *chain);

#endif							/* DW_CHAIN_STORE_H */
