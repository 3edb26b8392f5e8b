/*
 * admin_api.h
 *		The guard of DROP EXTENSION.
 */
#ifndef DW_ADMIN_API_H
#define DW_ADMIN_API_H


/* Sets the guard up; once, from _PG_init. */
extern void dw_drop_init(void);

#endif							/* DW_ADMIN_API_H */
