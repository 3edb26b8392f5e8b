/*
 * fault_api.h
 *		Tells what core found wrong with the arguments of a call.
 */
#ifndef DW_FAULT_API_H
#define DW_FAULT_API_H

#include "api/call_api.h"
#include "core/fault.h"

/* A text to be read; anything wrong with it goes into the fault. */
typedef struct DwTextRule
{
	int			max;			/* characters */
	bool		is_needed;		/* must not be blank when it is given */
} DwTextRule;

/* Raises the fault, if there is one: "milestones[0].title must not ...". */
extern void dw_fault_raise(DwCall *call, const DwFault *fault);

/* Notes what is wrong with a text at a place; NULL is always right. */
extern void dw_fault_check_text(DwFault *fault, DwFaultPlace place,
								const char *text, DwTextRule rule);

/* A text argument or NULL, checked. */
extern char *dw_fault_arg_text(DwCall *call, DwFault *fault, int arg,
							   DwTextRule rule);

#endif							/* DW_FAULT_API_H */
