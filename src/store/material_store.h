/*
 * material_store.h
 *		Lines of material: from the jsonb of a call to dwello.bid_materials.
 */
#ifndef DW_MATERIAL_STORE_H
#define DW_MATERIAL_STORE_H

#include "postgres.h"

#include "core/result.h"
#include "core/uuid.h"

#define DW_MATERIAL_MAX_LINES	200 /* of one bid */

/* One line of material. */
typedef struct DwMaterial
{
	char	   *item_name;		/* never blank */
	char	   *store_name;		/* or NULL */
	char	   *store_url;		/* or NULL */
	Datum		quantity;		/* numeric, at most six decimals */
	int64		unit_price;		/* minor units */
	int64		total_price;	/* half-even(quantity * unit_price) */
} DwMaterial;

/* The lines of one bid, and what was wrong with them. */
typedef struct DwMaterials
{
	DwMaterial *lines;			/* in the order given */
	int			count;			/* of lines */
	int64		total;			/* of their totals */
	DwResult	code;			/* DW_OK, or the first error in api.md's order
								 * of checks */
	const char *problem;		/* "line 1: quantity must be ..." */
} DwMaterials;

/* Reads an array of objects; members that have no meaning are ignored. */
extern void dw_materials_read(Datum document, DwMaterials *materials);

/* Reads the lines of a bid's present version. */
extern void dw_materials_load(const DwUuid *job_id, const DwUuid *bid_id,
							  DwMaterials *materials);

/* Writes the lines of one version of a bid, whose row is there already. */
extern void dw_materials_insert(const DwUuid *job_id, const DwUuid *bid_id,
								const DwMaterials *materials);

#endif							/* DW_MATERIAL_STORE_H */
