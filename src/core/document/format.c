/*
 * format.c
 *		The formats of strings, and strings that hold other content.
 *
 * Each test reads its text once and needs no memory but for patterns and
 * content.
 */
#include <string.h>

#include "core/document/document_int.h"

#define LABEL_MAX		63		/* bytes of a part of a host's name */
#define HOST_MAX		253		/* bytes of all of it */
#define LOCAL_MAX		64		/* bytes before the @ of an address */

/* Takes a byte, if it is next. */
static bool
take(DwSlice *text, char byte)
{
	if (text->length == 0 || text->text[0] != byte)
		return false;
	text->text++;
	text->length--;
	return true;
}

/* Takes a number of so many digits that is in a range. */
static bool
take_number(DwSlice *text, int digits, int least, int most)
{
	int			number = 0;

	for (int i = 0; i < digits; i++)
	{
		if (text->length == 0 || !dw_is_digit(text->text[0]))
			return false;
		number = 10 * number + (*text->text++ - '0');
		text->length--;
	}
	return number >= least && number <= most;
}

/* The number that the digits before the rest of a text are. */
static int
number_before(DwSlice rest, int digits)
{
	int			number = 0;

	for (int i = -digits; i < 0; i++)
		number = 10 * number + (rest.text[i] - '0');
	return number;
}

/* Takes a full-date of RFC 3339. */
static bool
take_date(DwSlice *text)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int			year;
	int			month;
	int			day;

	if (!take_number(text, 4, 0, 9999))
		return false;
	year = number_before(*text, 4);
	if (!take(text, '-') || !take_number(text, 2, 1, 12))
		return false;
	month = number_before(*text, 2);
	if (!take(text, '-') || !take_number(text, 2, 1, days[month - 1]))
		return false;
	day = number_before(*text, 2);
	return month != 2 || day < 29 ||
		(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* Takes a full-time of RFC 3339: a second 60 ends a day of UTC. */
static bool
take_time(DwSlice *text)
{
	int			minutes;
	bool		is_leap;
	int			sign = 0;

	if (!take_number(text, 2, 0, 23))
		return false;
	minutes = 60 * number_before(*text, 2);
	if (!take(text, ':') || !take_number(text, 2, 0, 59))
		return false;
	minutes += number_before(*text, 2);
	if (!take(text, ':') || !take_number(text, 2, 0, 60))
		return false;
	is_leap = number_before(*text, 2) == 60;
	if (take(text, '.'))
	{
		if (!take_number(text, 1, 0, 9))
			return false;
		while (take_number(text, 1, 0, 9))
			continue;
	}
	if (!take(text, 'Z') && !take(text, 'z'))
	{
		sign = take(text, '+') ? -1 : take(text, '-') ? 1 : 0;
		if (sign == 0 || !take_number(text, 2, 0, 23))
			return false;
		minutes += sign * 60 * number_before(*text, 2);
		if (!take(text, ':') || !take_number(text, 2, 0, 59))
			return false;
		minutes += sign * number_before(*text, 2);
	}
	return !is_leap || (minutes + 1440) % 1440 == 1439;
}

/* date: full-date of RFC 3339 */
static bool
is_date(DwArena *arena, DwSlice text)
{
	return take_date(&text) && text.length == 0;
}

/* time: full-time, with an offset */
static bool
is_time(DwArena *arena, DwSlice text)
{
	return take_time(&text) && text.length == 0;
}

/* date-time of RFC 3339 */
static bool
is_date_time(DwArena *arena, DwSlice text)
{
	return take_date(&text) && (take(&text, 'T') || take(&text, 't')) &&
		take_time(&text) && text.length == 0;
}

/* True when all bytes may stand there: unreserved, %XX, or of a list. */
static bool
are_allowed(DwSlice text, const char *others, bool is_international)
{
	for (size_t i = 0; i < text.length; i++)
	{
		char		byte = text.text[i];

		if (dw_is_letter(byte) || dw_is_digit(byte) ||
			(is_international && (byte & 0x80) != 0))
			continue;
		if (byte == '%')
		{
			if (text.length - i < 3 || dw_hex_digit(text.text[i + 1]) < 0 ||
				dw_hex_digit(text.text[i + 2]) < 0)
				return false;
			i += 2;
			continue;
		}
		if (byte == '\0' || strchr("-._~!$&'()*+,;=", byte) == NULL)
			if (byte == '\0' || strchr(others, byte) == NULL)
				return false;
	}
	return true;
}

/* ipv4: four numbers */
static bool
is_ipv4(DwArena *arena, DwSlice text)
{
	size_t		at = 0;

	for (int part = 0; part < 4; part++)
	{
		size_t		from = at;
		int			number = 0;

		if (part > 0 && (at == text.length || text.text[at++] != '.'))
			return false;
		from = at;
		while (at < text.length && at < from + 3 && dw_is_digit(text.text[at]))
			number = 10 * number + (text.text[at++] - '0');
		if (at == from || number > 255 ||
			(at > from + 1 && text.text[from] == '0'))
			return false;
	}
	return at == text.length;
}

/* One group of an address at its place; its digits, or 0. */
static size_t
group_length(DwSlice text, size_t at)
{
	size_t		length = 0;

	while (at + length < text.length && length < 5 &&
		   dw_hex_digit(text.text[at + length]) >= 0)
		length++;
	return length;
}

/* ipv6: RFC 4291, 2.2, without a zone */
static bool
is_ipv6(DwArena *arena, DwSlice text)
{
	int			groups = 0;
	bool		is_short = false;
	size_t		at = 0;

	if (text.length >= 2 && text.text[0] == ':' && text.text[1] == ':')
	{
		is_short = true;
		at = 2;
	}
	while (at < text.length)
	{
		size_t		length = group_length(text, at);

		if (length == 0 || length > 4)
			return false;
		if (at + length < text.length && text.text[at + length] == '.')
		{
			groups += 2;
			if (!is_ipv4(NULL, dw_slice_cut(text, at, text.length)))
				return false;
			break;
		}
		groups++;
		at += length;
		if (at == text.length)
			break;
		if (text.text[at++] != ':' || at == text.length)
			return false;
		if (text.text[at] == ':')
		{
			if (is_short)
				return false;
			is_short = true;
			at++;
		}
	}
	return is_short ? groups < 8 : groups == 8;
}

/* True for the host of an authority, in brackets or by name. */
static bool
host_fits(DwSlice host, bool is_international)
{
	if (host.length < 2 || host.text[0] != '[')
		return are_allowed(host, "", is_international);
	if (host.text[host.length - 1] != ']')
		return false;
	host = dw_slice_cut(host, 1, host.length - 1);
	if (host.length > 0 && (host.text[0] | 32) == 'v')
		return host.length > 3 && dw_slice_find(host, '.') > 1 &&
			are_allowed(host, ":", false);
	return is_ipv6(NULL, host);
}

/* True for user, host and port. */
static bool
authority_fits(DwSlice text, bool is_international)
{
	size_t		at = dw_slice_find(text, '@');
	size_t		port = text.length;

	if (at < text.length)
	{
		if (!are_allowed(dw_slice_cut(text, 0, at), ":", is_international))
			return false;
		text = dw_slice_cut(text, at + 1, text.length);
		port = text.length;
	}
	while (port > 0 && dw_is_digit(text.text[port - 1]))
		port--;
	if (port > 0 && text.text[port - 1] == ':')
		text.length = port - 1;
	return host_fits(text, is_international);
}

/* What a URI may be. */
typedef struct UriRule
{
	bool		may_be_relative;	/* a reference will do */
	bool		is_international;	/* an IRI */
} UriRule;

static const UriRule uri_rule = {false, false};
static const UriRule uri_reference_rule = {true, false};
static const UriRule iri_rule = {false, true};
static const UriRule iri_reference_rule = {true, true};

/* True for a URI, or what else the rule has it be. */
static bool
uri_fits(DwSlice text, UriRule rule)
{
	DwUri		uri = dw_uri_split(text);

	if (uri.scheme.text == NULL)
	{
		size_t		colon = dw_slice_find(uri.path, ':');

		/* a first part with a colon would be taken for a scheme */
		if (!rule.may_be_relative ||
			(uri.authority.text == NULL && colon < uri.path.length &&
			 colon < dw_slice_find(uri.path, '/')))
			return false;
	}
	return (uri.authority.text == NULL ||
			authority_fits(uri.authority, rule.is_international)) &&
		are_allowed(uri.path, ":@/", rule.is_international) &&
		are_allowed(uri.query, ":@/?", rule.is_international) &&
		are_allowed(uri.fragment, ":@/?", rule.is_international);
}

/* uri: RFC 3986 */
static bool
is_uri(DwArena *arena, DwSlice text)
{
	return uri_fits(text, uri_rule);
}

/* uri-reference, which may be relative */
static bool
is_uri_reference(DwArena *arena, DwSlice text)
{
	return uri_fits(text, uri_reference_rule);
}

/* iri: RFC 3987 */
static bool
is_iri(DwArena *arena, DwSlice text)
{
	return uri_fits(text, iri_rule);
}

/* iri-reference */
static bool
is_iri_reference(DwArena *arena, DwSlice text)
{
	return uri_fits(text, iri_reference_rule);
}

/* One part of a host's name in ASCII. */
static bool
is_label(DwSlice label)
{
	if (label.length == 0 || label.length > LABEL_MAX ||
		label.text[0] == '-' || label.text[label.length - 1] == '-')
		return false;
	for (size_t i = 0; i < label.length; i++)
		if (!dw_is_letter(label.text[i]) && !dw_is_digit(label.text[i]) &&
			label.text[i] != '-')
			return false;
	return true;
}

/* Cuts off what precedes a byte, and the byte; all, where it is not. */
static DwSlice
cut_before(DwSlice *text, char byte)
{
	DwSlice		head = {text->text, 0};

	while (head.length < text->length && head.text[head.length] != byte)
		head.length++;
	text->text += head.length;
	text->length -= head.length;
	(void) take(text, byte);
	return head;
}

/* True when a test takes every part of a host's name. */
static bool
are_labels(DwSlice text, bool (*test) (DwSlice label))
{
	bool		is_last;

	do
	{
		DwSlice		label = cut_before(&text, '.');

		is_last = label.text + label.length == text.text;
		if (!test(label))
			return false;
	}
	while (!is_last);
	return true;
}

/* hostname: RFC 1123 */
static bool
is_hostname(DwArena *arena, DwSlice text)
{
	return text.length <= HOST_MAX && are_labels(text, is_label);
}

/* The next bias of Punycode (RFC 3492, 6.1). */
static uint32_t
adapted_bias(uint32_t delta, uint32_t count, bool is_first)
{
	uint32_t	rounds = 0;

	delta = is_first ? delta / 700 : delta / 2;
	for (delta += delta / count; delta > 455; delta /= 35)
		rounds += 36;
	return rounds + 36 * delta / (delta + 38);
}

/* The digits that Punycode writes for one delta. */
static size_t
delta_digits(uint32_t delta, uint32_t bias)
{
	size_t		digits = 1;

	for (uint32_t k = 36;; k += 36)
	{
		uint32_t	least = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;

		if (delta < least)
			return digits;
		delta = (delta - least) / (36 - least);
		digits++;
	}
}

/* The bytes of a label in Punycode with its prefix; the codes are few. */
static size_t
punycode_length(const uint32_t *codes, uint32_t count)
{
	uint32_t	done = 0;
	uint32_t	basic;
	uint32_t	code = 128;
	uint32_t	delta = 0;
	uint32_t	bias = 72;
	size_t		length;

	for (uint32_t i = 0; i < count; i++)
		done += codes[i] < 128;
	basic = done;
	length = strlen("xn--") + basic + (basic > 0);
	for (; done < count; code++, delta++)
	{
		uint32_t	next = UINT32_MAX;

		for (uint32_t i = 0; i < count; i++)
			if (codes[i] >= code && codes[i] < next)
				next = codes[i];
		delta += (next - code) * (done + 1);
		code = next;
		for (uint32_t i = 0; i < count; i++)
		{
			delta += codes[i] < code;
			if (codes[i] != code)
				continue;
			length += delta_digits(delta, bias);
			bias = adapted_bias(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	return length;
}

/* Code points that no label may have, beside those of ASCII. */
static bool
is_disallowed(uint32_t code)
{
	static const uint32_t ranges[][2] = {
		{0x80, 0xb6}, {0xb8, 0xbf}, {0xd7, 0xd7}, {0xf7, 0xf7},
		{0x640, 0x640}, {0x7fa, 0x7fa}, {0x2000, 0x200b}, {0x200e, 0x206f},
		{0x2190, 0x23ff}, {0x302e, 0x302f}, {0x3031, 0x3035},
		{0x303b, 0x303b}, {0xd800, 0xf8ff}, {0xfe00, 0xfe0f},
		{0xfff0, 0xffff}, {0xe0000, UINT32_MAX}
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i][0] && code <= ranges[i][1])
			return true;
	return false;
}

/* One part of a host's name in any letters. */
static bool
is_idn_label(DwSlice label)
{
	uint32_t	codes[LABEL_MAX];
	uint32_t	count = 0;

	for (size_t at = 0; at < label.length;)
	{
		if (count == LABEL_MAX)
			return false;
		codes[count] = dw_utf8_next(label, &at);
		if (codes[count] < 128 ? !dw_is_letter((char) codes[count]) &&
			!dw_is_digit((char) codes[count]) && codes[count] != '-' :
			is_disallowed(codes[count]))
			return false;
		count++;
	}
	return count > 0 && codes[0] != '-' && codes[count - 1] != '-' &&
		punycode_length(codes, count) <= LABEL_MAX;
}

/* Either of the two. */
static bool
is_any_label(DwSlice label)
{
	return is_label(label) || is_idn_label(label);
}

/* idn-hostname: parts that fit a name in Punycode */
static bool
is_idn_hostname(DwArena *arena, DwSlice text)
{
	return are_labels(text, is_any_label);
}

/* What stands before the @: words and dots, or anything in quotes. */
static bool
is_local_part(DwSlice text, bool is_international)
{
	bool		is_quoted = text.length >= 2 && text.text[0] == '"' &&
		text.text[text.length - 1] == '"';
	size_t		from = is_quoted ? 1 : 0;

	if (text.length == 0 || text.length > LOCAL_MAX)
		return false;
	for (size_t i = from; i < text.length - from; i++)
	{
		char		byte = text.text[i];

		if ((byte & 0x80) != 0 ? is_international :
			dw_is_letter(byte) || dw_is_digit(byte))
			continue;
		if (is_quoted ? byte >= 32 && byte < 127 && byte != '"' :
			byte != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", byte) != NULL)
			continue;
		if (byte != '.' || i == 0 || i == text.length - 1 ||
			text.text[i - 1] == '.')
			return false;
	}
	return true;
}

/* Cuts a text at its last @; false when there is none. */
static bool
cut_address(DwSlice text, DwSlice *local, DwSlice *host)
{
	size_t		at = text.length;

	while (at > 0 && text.text[at - 1] != '@')
		at--;
	if (at == 0)
		return false;
	*local = dw_slice(text.text, at - 1);
	*host = dw_slice(text.text + at, text.length - at);
	return true;
}

/* email: RFC 5321, 4.1.2 */
static bool
is_email(DwArena *arena, DwSlice text)
{
	DwSlice		local;
	DwSlice		host;

	if (!cut_address(text, &local, &host) || !is_local_part(local, false))
		return false;
	if (host.length > 2 && host.text[0] == '[' &&
		host.text[host.length - 1] == ']')
	{
		host = dw_slice(host.text + 1, host.length - 2);
		if (host.length > 5 && memcmp(host.text, "IPv6:", 5) == 0)
			return is_ipv6(arena, dw_slice(host.text + 5, host.length - 5));
		return is_ipv4(arena, host);
	}
	return is_hostname(arena, host);
}

/* idn-email: RFC 6531 */
static bool
is_idn_email(DwArena *arena, DwSlice text)
{
	DwSlice		local;
	DwSlice		host;

	return cut_address(text, &local, &host) && is_local_part(local, true) &&
		is_idn_hostname(arena, host);
}

/* uuid: RFC 4122 */
static bool
is_uuid(DwArena *arena, DwSlice text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t		at = 0;

	while (at < text.length && at < strlen(form) &&
		   (form[at] == '-' ? text.text[at] == '-' :
			dw_hex_digit(text.text[at]) >= 0))
		at++;
	return at == text.length && at == strlen(form);
}

/* json-pointer: RFC 6901 */
static bool
is_json_pointer(DwArena *arena, DwSlice text)
{
	if (text.length > 0 && text.text[0] != '/')
		return false;
	for (size_t i = 0; i < text.length; i++)
		if (text.text[i] == '~' &&
			(i + 1 == text.length || (text.text[i + 1] != '0' &&
									  text.text[i + 1] != '1')))
			return false;
	return true;
}

/* relative-json-pointer */
static bool
is_relative_json_pointer(DwArena *arena, DwSlice text)
{
	bool		is_zero = take(&text, '0');

	if (!is_zero && !take_number(&text, 1, 1, 9))
		return false;
	while (!is_zero && take_number(&text, 1, 0, 9))
		continue;
	return (text.length == 1 && text.text[0] == '#') ||
		is_json_pointer(arena, text);
}

/* regex: ECMA 262, also what patterns may not have */
static bool
is_regex(DwArena *arena, DwSlice text)
{
	const DwPattern *pattern;
	const char *what;

	return dw_pattern_compile(arena, text, &pattern, &what) !=
		DW_PATTERN_WRONG;
}

/* One variable of a template's expression, with what is said of it. */
static bool
is_template_variable(DwSlice text)
{
	DwSlice		name = cut_before(&text, ':');

	if (name.length > 0 && name.text[name.length - 1] == '*')
		name.length--;
	else if (name.text + name.length != text.text)
	{
		if (!take_number(&text, 1, 1, 9))
			return false;
		for (int i = 0; i < 3; i++)
			(void) take_number(&text, 1, 0, 9);
	}
	for (size_t i = 0; i < name.length; i++)
	{
		char		byte = name.text[i];

		if (byte == '%' && name.length - i > 2 &&
			dw_hex_digit(name.text[i + 1]) >= 0 &&
			dw_hex_digit(name.text[i + 2]) >= 0)
			i += 2;
		else if (!dw_is_letter(byte) && !dw_is_digit(byte) && byte != '_' &&
				 (byte != '.' || i == 0 || i + 1 == name.length ||
				  name.text[i - 1] == '.'))
			return false;
	}
	return name.length > 0 && text.length == 0;
}

/* What stands in the braces of a template. */
static bool
is_template_expression(DwSlice text)
{
	bool		is_last;

	if (text.length > 0 && text.text[0] != '\0' &&
		strchr("+#./;?&=,!@|", text.text[0]) != NULL)
		(void) take(&text, text.text[0]);
	do
	{
		DwSlice		variable = cut_before(&text, ',');

		is_last = variable.text + variable.length == text.text;
		if (!is_template_variable(variable))
			return false;
	}
	while (!is_last);
	return true;
}

/* uri-template: RFC 6570 */
static bool
is_uri_template(DwArena *arena, DwSlice text)
{
	while (text.length > 0)
	{
		DwSlice		inner;
		char		byte = text.text[0];

		(void) take(&text, byte);
		if (byte == '{')
		{
			inner = cut_before(&text, '}');
			if (inner.text + inner.length == text.text ||
				!is_template_expression(inner))
				return false;
		}
		else if (byte == '%')
		{
			if (text.length < 2 || dw_hex_digit(text.text[0]) < 0 ||
				dw_hex_digit(text.text[1]) < 0)
				return false;
		}
		else if ((byte & 0x80) == 0 &&
				 (byte <= ' ' || byte == 127 ||
				  strchr("\"'<>\\^`|}", byte) != NULL))
			return false;
	}
	return true;
}

/* The value of a digit of base64, or -1. */
static int
base64_digit(char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (byte >= '0' && byte <= '9')
		return byte - '0' + 52;
	return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

/* Decodes base64 (RFC 4648, 4); false when it is none. */
static bool
base64_decode(DwArena *arena, DwSlice *text)
{
	char	   *bytes = dw_arena_take(arena, text->length / 4 * 3 + 1);
	size_t		digits = text->length;
	size_t		length = 0;
	uint32_t	bits = 0;

	if (text->length % 4 != 0)
		return false;
	while (digits > 0 && text->length - digits < 2 &&
		   text->text[digits - 1] == '=')
		digits--;
	for (size_t i = 0; i < digits; i++)
	{
		int			digit = base64_digit(text->text[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t) digit;
		if (i % 4 > 0)
			bytes[length++] = (char) (bits >> (6 - 2 * (i % 4)));
	}
	text->text = bytes;
	text->length = length;
	return true;
}

/* contentEncoding */
static bool
is_base64(DwArena *arena, DwSlice text)
{
	return base64_decode(arena, &text);
}

/* contentMediaType */
static bool
is_json(DwArena *arena, DwSlice text)
{
	DwDocValue	value;

	return dw_doc_read(arena, text.text, text.length, &value);
}

/* both of them */
static bool
is_base64_json(DwArena *arena, DwSlice text)
{
	return base64_decode(arena, &text) && is_json(arena, text);
}

const DwFormat dw_formats[] = {
	{"date", is_date}, {"date-time", is_date_time}, {"email", is_email},
	{"hostname", is_hostname}, {"idn-email", is_idn_email},
	{"idn-hostname", is_idn_hostname}, {"ipv4", is_ipv4},
	{"ipv6", is_ipv6}, {"iri", is_iri},
	{"iri-reference", is_iri_reference},
	{"json-pointer", is_json_pointer}, {"regex", is_regex},
	{"relative-json-pointer", is_relative_json_pointer},
	{"time", is_time}, {"uri", is_uri},
	{"uri-reference", is_uri_reference},
	{"uri-template", is_uri_template}, {"uuid", is_uuid},
	{"base64/", is_base64}, {"/json", is_json},
	{"base64/json", is_base64_json}, {NULL, NULL}
};
