/*
 * document_store.h
 *		Reads JSON documents: lists of objects with known members.
 *
 * A member that is JSON null counts as not given.  Texts are palloc'd.
 */
#ifndef DW_DOCUMENT_STORE_H
#define DW_DOCUMENT_STORE_H

#include "postgres.h"

#include "utils/jsonb.h"

/* An object or a list inside a jsonb value, which must outlive it. */
typedef struct DwDocument
{
	JsonbContainer *root;		/* not copied */
} DwDocument;

/* What reading a member came to; only GIVEN sets the value. */
typedef enum DwMember
{
	DW_MEMBER_ABSENT,			/* there is none, or it is null */
	DW_MEMBER_GIVEN,			/* read */
	DW_MEMBER_WRONG,			/* of another kind; a fraction */
	DW_MEMBER_TOO_LARGE			/* an integer beyond int64 */
} DwMember;

/* A detoasted jsonb as a list or as an object; false when it is not one. */
extern bool dw_document_list(Datum jsonb, DwDocument *list, int *count);
extern bool dw_document_object(Datum jsonb, DwDocument *object);

/* An object in a list, from 0; false when the item is no object. */
extern bool dw_document_item(const DwDocument *list, int item,
							 DwDocument *object);

/* A member that is a list; no items when there is none, false for else. */
extern bool dw_document_member_list(const DwDocument *object,
									const char *name, DwDocument *list,
									int *count);

/* A member that is a string. */
extern DwMember dw_document_text(const DwDocument *object, const char *name,
								 char **value);

/* A member that is a list of strings; WRONG also for one that is not. */
extern DwMember dw_document_texts(const DwDocument *object, const char *name,
								  char ***values, int *count);

/* A member that is a whole number. */
extern DwMember dw_document_int8(const DwDocument *object, const char *name,
								 int64 *value);

/* A member that is any number. */
extern DwMember dw_document_numeric(const DwDocument *object,
									const char *name, Numeric *value);

/* A member that is true or false. */
extern DwMember dw_document_bool(const DwDocument *object, const char *name,
								 bool *value);

/* The names of all members, in the order that jsonb keeps. */
extern char **dw_document_names(const DwDocument *object, int *count);

/* The first member whose name is not in a NULL-ended list, or NULL. */
extern char *dw_document_stray(const DwDocument *object,
							   const char *const *names);

#endif							/* DW_DOCUMENT_STORE_H */
