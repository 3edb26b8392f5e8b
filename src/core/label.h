/*
 * label.h
 *		The words of an enum: one table, read both ways.
 *
 * Enums travel between C and SQL as their labels.  DW_LABELS defines the two
 * functions that a header promises for an enum:
 *
 *		const char *dw_<noun>_label(DwType value)
 *			the label; NULL for a value outside the enum
 *		bool dw_<noun>_parse(const char *text, DwType *value)
 *			true and the value when text is a label, byte for byte
 */
#ifndef DW_LABEL_H
#define DW_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define DW_LENGTH(array)	((int) (sizeof(array) / sizeof((array)[0])))

/* The index of text in labels, or -1. */
static inline int
dw_label_find(const char *const *labels, int count, const char *text)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(labels[i], text) == 0)
			return i;
	}
	return -1;
}

/* Defines dw_<noun>_label and dw_<noun>_parse over a table of labels. */
#define DW_LABELS(noun, Type, labels) \
const char * \
dw_##noun##_label(Type value) \
{ \
	if ((int) value < 0 || (int) value >= DW_LENGTH(labels)) \
		return NULL; \
	return labels[value]; \
} \
\
bool \
dw_##noun##_parse(const char *text, Type *value) \
{ \
	int			found = dw_label_find(labels, DW_LENGTH(labels), text); \
\
	if (found < 0) \
		return false; \
	*value = (Type) found; \
	return true; \
} \
extern bool dw_##noun##_parse(const char *text, Type *value)

#endif							/* DW_LABEL_H */
