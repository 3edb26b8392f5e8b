/*
 * wire.h
 *		Values of a type in the form in which they travel.
 *
 * A type names its fields in one function, in their order, and each is read
 * into a variable or written from it: words of eight bytes in network order,
 * the first of which is the version of the form.  Every number keeps all its
 * bits.  Nothing is raised: once a field cannot be read, all others read as
 * zero, and the value is none.
 */
#ifndef DW_WIRE_H
#define DW_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/base.h"

/* One value on its way. */
typedef struct DwWire
{
	bool		is_reading;		/* else it is written */
	bool		is_bad;			/* what is read is no such value */
	const uint8_t *next;		/* reading: what is left */
	const uint8_t *end;			/* reading: behind the last byte */
	uint8_t    *bytes;			/* writing: where to, or NULL to count */
	size_t		size;			/* writing: bytes so far */
} DwWire;

/* Bytes in memory of a value that is read, at its beginning; 0: it is none. */
typedef size_t (*DwWireMeasure) (DwWire *wire);

/* Reads a value into as many bytes; false when it is not valid. */
typedef bool (*DwWireRead) (DwWire *wire, void *value);

/* Writes a value. */
typedef void (*DwWireWrite) (DwWire *wire, const void *value);

/* How the values of a type travel. */
typedef struct DwWireType
{
	const char *name;			/* the type, for messages */
	int			version;		/* of the form */
	DwWireMeasure measure;		/* of a value that is read */
	DwWireRead	read;			/* its fields */
	DwWireWrite write;			/* likewise */
} DwWireType;

/* The bytes in memory of a value that is read; 0 when it is none. */
extern size_t dw_wire_measure(const DwWireType *type, const void *data,
							  size_t size);

/* Reads a value; false when it is none, and what was read is of no use. */
extern bool dw_wire_read(const DwWireType *type, const void *data,
						 size_t size, void *value);

/*
 * Writes a value, and gives the number of bytes.  Without a place to write
 * to it only counts them.
 */
extern size_t dw_wire_write(const DwWireType *type, const void *value,
							void *bytes);

/* The fields; a double is finite. */
extern void dw_wire_int64(DwWire *wire, int64_t *value);
extern void dw_wire_double(DwWire *wire, double *value);
extern void dw_wire_uuid(DwWire *wire, DwUuid *id);

/* A whole number within limits; gives it back, or what was read. */
extern int64_t dw_wire_range(DwWire *wire, int64_t value, int64_t least,
							 int64_t most);

#endif							/* DW_WIRE_H */
