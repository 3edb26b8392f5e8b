/*
 * wire.c
 *		Values of a type in the form in which they travel.
 */
#include "core/wire/wire.h"

#include <math.h>
#include <string.h>

/* Reads a word; 0 when there is none. */
static uint64_t
word_read(DwWire *wire)
{
	uint64_t	word = 0;

	if (wire->is_bad || wire->end - wire->next < (ptrdiff_t) sizeof(word))
	{
		wire->is_bad = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof(word); i++)
		word = word << 8 | *wire->next++;
	return word;
}

/* Writes a word. */
static void
word_write(DwWire *wire, uint64_t word)
{
	for (size_t i = 0; i < sizeof(word) && wire->bytes != NULL; i++)
		wire->bytes[wire->size + i] =
			(uint8_t) (word >> (8 * (sizeof(word) - 1 - i)));
	wire->size += sizeof(word);
}

void
dw_wire_int64(DwWire *wire, int64_t *value)
{
	if (wire->is_reading)
		*value = (int64_t) word_read(wire);
	else
		word_write(wire, (uint64_t) *value);
}

void
dw_wire_double(DwWire *wire, double *value)
{
	int64_t		bits;

	memcpy(&bits, value, sizeof(bits));
	dw_wire_int64(wire, &bits);
	memcpy(value, &bits, sizeof(bits));
	/* no value of ours is infinite, and NaN would break every order */
	if (isfinite(*value))
		return;
	wire->is_bad = true;
	*value = 0.0;
}

void
dw_wire_uuid(DwWire *wire, DwUuid *id)
{
	for (uint8_t *half = id->bytes; half < id->bytes + 16; half += 8)
	{
		uint64_t	word = 0;

		for (int i = 0; i < 8; i++)
			word = word << 8 | half[i];
		dw_wire_int64(wire, (int64_t *) &word);
		for (int i = 0; i < 8; i++)
			half[i] = (uint8_t) (word >> (56 - 8 * i));
	}
}

int64_t
dw_wire_range(DwWire *wire, int64_t value, int64_t least, int64_t most)
{
	dw_wire_int64(wire, &value);
	if (value >= least && value <= most)
		return value;
	wire->is_bad = true;
	return least;
}

/* Begins to read a value. */
static DwWire
wire_reader(const DwWireType *type, const void *data, size_t size)
{
	DwWire		wire = {.is_reading = true,.next = data};

	wire.end = wire.next + size;
	(void) dw_wire_range(&wire, 0, type->version, type->version);
	return wire;
}

size_t
dw_wire_measure(const DwWireType *type, const void *data, size_t size)
{
	DwWire		wire = wire_reader(type, data, size);
	size_t		room = type->measure(&wire);

	return wire.is_bad ? 0 : room;
}

bool
dw_wire_read(const DwWireType *type, const void *data, size_t size,
			 void *value)
{
	DwWire		wire = wire_reader(type, data, size);

	return type->read(&wire, value) && !wire.is_bad && wire.next == wire.end;
}

size_t
dw_wire_write(const DwWireType *type, const void *value, void *bytes)
{
	DwWire		wire = {.bytes = bytes};

	(void) dw_wire_range(&wire, type->version, type->version, type->version);
	type->write(&wire, value);
	return wire.size;
}
