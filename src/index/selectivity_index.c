/*
 * selectivity_index.c
 *		How many jobs the planner should expect of key @@@ query.
 */
#include "postgres.h"

#include <math.h>


#include "nodes/primnodes.h"
#include "optimizer/optimizer.h"


#include "core/geo/geo.h"
#include "index/support_index.h"

/* Of a query that is not known yet, as in every kept plan. */
#define SELECTIVITY_UNKNOWN		0.0005

/* Jobs stand closer together than the globe is wide. */
#define SELECTIVITY_CROWDING	30.0
#define SELECTIVITY_CATEGORIES	0.3 /* where others are excluded */
#define SELECTIVITY_LEAST		1e-6

/* The share of all jobs that a query may want. */
static double
query_share(const DwMatchQuery *query)
{
	double		angle = fmin(query->radius_m / DW_GEO_RADIUS_M, M_PI);
	double		share = SELECTIVITY_CROWDING * (1.0 - cos(angle)) / 2.0;

	if (query->others_fit < 0.0)
		share *= query->slot_count == 0 ? 0.0 : SELECTIVITY_CATEGORIES;
	return fmax(fmin(share, 1.0), SELECTIVITY_LEAST);
}

/* job_match_selectivity(root, operator, args, relation) */
DW_SUPPORT_FUNCTION(dwello_job_match_selectivity)
{
	PlannerInfo *root = (PlannerInfo *) PG_GETARG_POINTER(0);
	List	   *args = (List *) PG_GETARG_POINTER(2);
	Const	   *query;

	if (list_length(args) != 2)
		PG_RETURN_FLOAT8(SELECTIVITY_UNKNOWN);
	query = (Const *) estimate_expression_value(root, lsecond(args));
	if (!IsA(query, Const))
		PG_RETURN_FLOAT8(SELECTIVITY_UNKNOWN);
	if (query->constisnull)
		PG_RETURN_FLOAT8(0.0);
	PG_RETURN_FLOAT8(query_share((const DwMatchQuery *)
								 PG_DETOAST_DATUM(query->constvalue)));
}
