/*
 * wire_index.c
 *		Input and output of the types of keys and queries: the server's side.
 *
 * core knows the binary form; as text it is written in hexadecimal digits.
 * What cannot be read is 22P02 as text, or 22P03 in binary, whatever is wrong
 * with it.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "index/support_index.h"

/* Bytes of a bad text in a message, and as many as decide where it ends. */
#define SHOWN_MAX	80
#define SEEN_MAX	(SHOWN_MAX + MAX_MULTIBYTE_CHAR_LEN)

/* Reads a value into memory of its own; NULL when it is none. */
static void *
value_read(const DwWireType *type, const void *data, Size size, Size * room)
{
	void	   *value;

	*room = dw_wire_measure(type, data, size);
	if (*room == 0)
		return NULL;
	value = palloc0(*room);
	if (dw_wire_read(type, data, size, value))
		return value;
	pfree(value);
	return NULL;
}

/* The value of a hexadecimal digit, or -1. */
static int
digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Reads a value as text; NULL when it is none. */
static void *
value_read_text(const DwWireType *type, const char *text, Size * room)
{
	Size		size = strlen(text) / 2;
	uint8	   *data = palloc(size + 1);
	void	   *value;

	for (Size i = 0; i < size; i++)
	{
		int			high = digit_value(text[2 * i]);
		int			low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return NULL;
		data[i] = (uint8) (high << 4 | low);
	}
	value = text[2 * size] == '\0' ? value_read(type, data, size, room)
		: NULL;
	pfree(data);
	return value;
}

void *
dw_type_in(FunctionCallInfo fcinfo, const DwWireType *type, Size * room)
{
	const char *text = PG_GETARG_CSTRING(0);
	void	   *value = value_read_text(type, text, room);
	int			shown;

	if (value != NULL)
		return value;
	shown = pg_mbcliplen(text, (int) strnlen(text, SEEN_MAX), SHOWN_MAX);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%.*s\"",
					type->name, shown, text)));
}

void *
dw_type_recv(FunctionCallInfo fcinfo, const DwWireType *type, Size * room)
{
	StringInfo	buffer = (StringInfo) PG_GETARG_POINTER(0);
	void	   *value = value_read(type, buffer->data + buffer->cursor,
								   buffer->len - buffer->cursor, room);

	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary representation of type %s",
						type->name)));
	buffer->cursor = buffer->len;
	return value;
}

Datum
dw_type_out(const DwWireType *type, const void *value)
{
	bytea	   *binary = DatumGetByteaPP(dw_type_send(type, value));
	Size		size = VARSIZE(binary) - VARHDRSZ;
	char	   *text = palloc(2 * size + 1);

	text[hex_encode(VARDATA(binary), size, text)] = '\0';
	pfree(binary);
	return CStringGetDatum(text);
}

Datum
dw_type_send(const DwWireType *type, const void *value)
{
	Size		size = dw_wire_write(type, value, NULL);
	bytea	   *binary = palloc(VARHDRSZ + size);

	(void) dw_wire_write(type, value, VARDATA(binary));
	SET_VARSIZE(binary, VARHDRSZ + size);
	return PointerGetDatum(binary);
}
