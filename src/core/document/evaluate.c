/*
 * evaluate.c
 *		Looks whether a document fits a schema, and tells in what it does not.
 *
 * Where only a yes or no is wanted (not, anyOf, oneOf, if, contains, or no
 * report at all) it ends with the first thing that does not fit.
 */
#include "core/document/schema_int.h"

#define NESTED_MAX		(3 * DW_DOC_DEPTH_MAX)	/* schemas at work at a time */
#define LIMB_DIGITS		18		/* decimal digits of a limb */
#define LIMB			INT64_C(1000000000000000000)	/* 10^18 */
#define TWINS_NAIVE		8		/* items that are compared each with each */
#define NAME_SHOWN		100		/* bytes of a name in a message */

/* One look at a document. */
typedef struct Run
{
	const DwDocCheck *check;	/* what is asked */
	DwArena    *arena;			/* of check */
	bool		is_quick;		/* nothing is reported, the first fault ends */
	bool		is_over;		/* no more is to be looked at */
	bool		is_too_deep;	/* and why */
	int			depth;			/* schemas at work */
} Run;

/* A value and where it stands. */
typedef struct Spot
{
	const DwDocValue *value;	/* of the document */
	DwDocPath	path;			/* from the root; of that, no more */
	bool		is_root;		/* path means nothing */
} Spot;

static bool fits(Run *run, const DwSchema *schema, const Spot *spot);

/* (10^power) mod divisor */
static uint64_t
power_modulo(uint32_t power, uint64_t divisor)
{
	unsigned	__int128 square = 10 % divisor;
	unsigned	__int128 product = 1 % divisor;

	for (; power > 0; power /= 2)
	{
		if (power % 2 == 1)
			product = product * square % divisor;
		square = square * square % divisor;
	}
	return (uint64_t) product;
}

/* True when digits * 10^shift is divisible by an int64. */
static bool
divides_small(DwArena *arena, const DwDocDigits *number, uint32_t shift,
			  uint64_t divisor)
{
	unsigned	__int128 rest = 0;

	for (uint32_t i = 0; i < number->count; i++)
	{
		if (i % 4096 == 4095)
			dw_arena_pause(arena);
		rest = (rest * 10 + number->digits[i]) % divisor;
	}
	return rest * power_modulo(shift, divisor) % divisor == 0;
}

/* rest = rest * 10 + digit, in limbs from the least. */
static void
limbs_append(int64_t *rest, uint32_t limbs, int digit)
{
	int64_t		carry = digit;

	for (uint32_t i = 0; i < limbs; i++)
	{
		int64_t		top = rest[i] / (LIMB / 10);

		rest[i] = rest[i] % (LIMB / 10) * 10 + carry;
		carry = top;
	}
}

/* rest -= divisor, once, where it is not less; false where it is. */
static bool
limbs_subtract(int64_t *rest, const int64_t *divisor, uint32_t limbs)
{
	int64_t		borrow = 0;
	uint32_t	top = limbs;

	while (top > 0 && rest[top - 1] == divisor[top - 1])
		top--;
	if (top > 0 && rest[top - 1] < divisor[top - 1])
		return false;
	for (uint32_t i = 0; i < limbs; i++)
	{
		int64_t		digit = rest[i] - divisor[i] - borrow;

		borrow = digit < 0;
		rest[i] = borrow ? digit + LIMB : digit;
	}
	return true;
}

/* True when digits * 10^shift is divisible by another number of digits. */
static bool
divides_large(DwArena *arena, const DwDocDigits *number, uint32_t shift,
			  const DwDocDigits *divisor)
{
	uint32_t	limbs = divisor->count / LIMB_DIGITS + 2;
	size_t		size = limbs * sizeof(int64_t);
	int64_t    *rest = dw_arena_take(arena, size);
	int64_t    *whole = dw_arena_take(arena, size);

	memset(rest, 0, size);
	memset(whole, 0, size);
	for (uint32_t i = 0; i < divisor->count; i++)
	{
		dw_arena_pause(arena);
		limbs_append(whole, limbs, divisor->digits[i]);
	}
	for (uint64_t i = 0; i < (uint64_t) number->count + shift; i++)
	{
		dw_arena_pause(arena);
		limbs_append(rest, limbs, i < number->count ? number->digits[i] : 0);
		while (limbs_subtract(rest, whole, limbs))
			continue;
	}
	for (uint32_t i = 0; i < limbs; i++)
		if (rest[i] != 0)
			return false;
	return true;
}

/*
 * True when a is a whole multiple of b, which is positive.  A number ends with
 * a digit other than 0, so that it is no multiple of ten: with the smaller
 * exponent it is no multiple of what has the larger one.
 */
static bool
is_multiple(DwArena *arena, const DwDocValue *a, const DwDocValue *b)
{
	uint8_t		a_room[DW_SMALL_ROOM];
	uint8_t		b_room[DW_SMALL_ROOM];
	DwDocDigits number;
	DwDocDigits divisor;
	uint32_t	shift;

	if (a->flag && b->flag && a->exponent == b->exponent)
		return a->as.small % b->as.small == 0;
	number = dw_number_digits(a, a_room);
	divisor = dw_number_digits(b, b_room);
	if (number.count == 0)
		return true;
	if (number.exponent < divisor.exponent)
		return false;
	shift = (uint32_t) ((int64_t) number.exponent - divisor.exponent);
	if (b->flag)
		return divides_small(arena, &number, shift, (uint64_t) b->as.small);
	return divides_large(arena, &number, shift, &divisor);
}

/* Digits as people write them, where not too many zeros are to be added. */
static void
script_number(DwScript *script, const DwDocValue *number)
{
	uint8_t		room[DW_SMALL_ROOM];
	DwDocDigits digits = dw_number_digits(number, room);
	int64_t		whole = (int64_t) digits.count + digits.exponent;
	bool		is_plain = whole <= 40 && whole > -20 && digits.count <= 40;
	char		digit;

	if (digits.is_negative)
		dw_script_say(script, "-");
	if (digits.count == 0 || (is_plain && whole <= 0))
		dw_script_say(script, "0");
	if (is_plain && whole <= 0 && digits.count > 0)
		dw_script_say(script, ".");
	for (int64_t i = whole; is_plain && i < 0; i++)
		dw_script_say(script, "0");
	for (uint32_t i = 0; i < digits.count && i < 40; i++)
	{
		if (is_plain && whole > 0 && i == whole)
			dw_script_say(script, ".");
		digit = (char) ('0' + digits.digits[i]);
		dw_script_add(script, &digit, 1);
	}
	for (int64_t i = digits.count; is_plain && i < whole; i++)
		dw_script_say(script, "0");
	if (!is_plain)
	{
		dw_script_say(script, digits.count > 40 ? "...e" : "e");
		dw_script_say(script, whole - digits.count < 0 ? "-" : "");
		dw_script_count(script, (uint64_t) (digits.exponent < 0 ?
											-(int64_t) digits.exponent :
											digits.exponent));
	}
}

/* Equal as JSON: 1.0 is 1, the order of members does not matter. */
static bool
is_equal(DwArena *arena, const DwDocValue *a, const DwDocValue *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == DW_DOC_NUMBER)
		return dw_number_compare(a, b) == 0;
	if (a->kind == DW_DOC_BOOLEAN)
		return a->flag == b->flag;
	if (a->count != b->count)
		return false;
	dw_arena_pause(arena);
	if (a->kind == DW_DOC_STRING)
		return a->count == 0 || memcmp(a->as.text, b->as.text, a->count) == 0;
	for (uint32_t i = 0; a->kind == DW_DOC_ARRAY && i < a->count; i++)
		if (!is_equal(arena, &a->as.items[i], &b->as.items[i]))
			return false;
	for (uint32_t i = 0; a->kind == DW_DOC_OBJECT && i < a->count; i++)
	{
		const DwDocMember *one = &a->as.members[i];
		const DwDocMember *other = &b->as.members[i];

		if (dw_doc_key_compare(one->key, one->length, other->key,
							   other->length) != 0 ||
			!is_equal(arena, &one->value, &other->value))
			return false;
	}
	return true;
}

/* Stirs bytes into a hash (FNV-1a). */
static uint64_t
hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
	return hash;
}

/* Stirs a value in, so that equal ones come to the same. */
static uint64_t
hash_value(DwArena *arena, uint64_t hash, const DwDocValue *value)
{
	dw_arena_pause(arena);
	hash = hash_bytes(hash, &value->kind, sizeof(value->kind));
	switch (value->kind)
	{
		case DW_DOC_BOOLEAN:
			return hash_bytes(hash, &value->flag, sizeof(value->flag));
		case DW_DOC_NUMBER:
			if (!value->flag)
				return hash_bytes(hash, value->as.digits->digits,
								  value->as.digits->count);
			hash = hash_bytes(hash, &value->exponent, sizeof(value->exponent));
			return hash_bytes(hash, &value->as.small, sizeof(int64_t));
		case DW_DOC_STRING:
			return hash_bytes(hash, value->as.text, value->count);
		case DW_DOC_ARRAY:
			for (uint32_t i = 0; i < value->count; i++)
				hash = hash_value(arena, hash, &value->as.items[i]);
			return hash;
		case DW_DOC_OBJECT:
			for (uint32_t i = 0; i < value->count; i++)
			{
				const DwDocMember *member = &value->as.members[i];

				hash = hash_bytes(hash, member->key, member->length);
				hash = hash_value(arena, hash, &member->value);
			}
			return hash;
		default:
			return hash;
	}
}

/* The same by a table of hashes, for arrays of any length. */
static bool
has_twins_hashed(DwArena *arena, const DwDocValue *array, uint32_t twins[2])
{
	const DwDocValue *items = array->as.items;
	size_t		size = 16;
	uint32_t   *slots;			/* an item's number and one, 0: free */

	while (size < 2 * (size_t) array->count)
		size *= 2;
	slots = dw_arena_take(arena, size * sizeof(*slots));
	memset(slots, 0, size * sizeof(*slots));
	for (uint32_t i = 0; i < array->count; i++)
	{
		uint64_t	hash = hash_value(arena, UINT64_C(14695981039346656037),
									  &items[i]);
		size_t		slot = (size_t) (hash ^ (hash >> 32)) & (size - 1);

		for (; slots[slot] != 0; slot = (slot + 1) & (size - 1))
		{
			dw_arena_pause(arena);
			if (is_equal(arena, &items[slots[slot] - 1], &items[i]))
			{
				twins[0] = slots[slot] - 1;
				twins[1] = i;
				return true;
			}
		}
		slots[slot] = i + 1;
	}
	return false;
}

/* True when two items of an array are equal, and which. */
static bool
has_twins(DwArena *arena, const DwDocValue *array, uint32_t twins[2])
{
	if (array->count > TWINS_NAIVE)
		return has_twins_hashed(arena, array, twins);
	for (twins[1] = 1; twins[1] < array->count; twins[1]++)
		for (twins[0] = 0; twins[0] < twins[1]; twins[0]++)
			if (is_equal(arena, &array->as.items[twins[0]],
						 &array->as.items[twins[1]]))
				return true;
	return false;
}

/* Notes that something does not fit; false, always. */
static bool
refuse(Run *run, const DwSchema *schema, const Spot *spot,
	   const char *keyword, const char *message)
{
	DwDocError	error = {.keyword = keyword,.message = message};

	if (keyword == NULL)
		error.keyword = "false";

	if (run->is_quick)
		return false;
	error.path = dw_doc_path_text(run->arena,
								  spot->is_root ? NULL : &spot->path, NULL);
	error.schema_path = dw_doc_path_text(run->arena, schema->path, keyword);
	if (!run->check->report(run->check->owner, &error))
		run->is_over = true;
	return false;
}

/* The same with a message of a text and a number or a name behind it. */
static bool
refuse_number(Run *run, const DwSchema *schema, const Spot *spot,
			  const char *keyword[2], const DwDocValue *number)
{
	DwScript	script = {.arena = run->arena};

	if (run->is_quick)
		return false;
	dw_script_say(&script, keyword[1]);
	script_number(&script, number);
	return refuse(run, schema, spot, keyword[0], script.text);
}

/* The same with a count, and what is counted. */
static bool
refuse_count(Run *run, const DwSchema *schema, const Spot *spot,
			 const char *keyword[3], uint32_t count)
{
	DwScript	script = {.arena = run->arena};

	if (run->is_quick)
		return false;
	dw_script_say(&script, keyword[1]);
	dw_script_count(&script, count);
	dw_script_say(&script, keyword[2]);
	return refuse(run, schema, spot, keyword[0], script.text);
}

/* The same with a name in quotes. */
static bool
refuse_name(Run *run, const DwSchema *schema, const Spot *spot,
			const char *keyword[2], DwSlice name)
{
	DwScript	script = {.arena = run->arena};
	size_t		shown = name.length;

	if (run->is_quick)
		return false;
	if (shown > NAME_SHOWN + 3)
		for (shown = NAME_SHOWN + 3; (name.text[shown] & 0xc0) == 0x80;)
			if (--shown == NAME_SHOWN)
				break;
	dw_script_say(&script, keyword[1]);
	dw_script_say(&script, "\"");
	dw_script_add(&script, name.text, shown);
	dw_script_say(&script, shown < name.length ? "...\"" : "\"");
	return refuse(run, schema, spot, keyword[0], script.text);
}

#define WORDS(...) ((const char *[]) {__VA_ARGS__})

/* Yes or no, with nothing reported. */
static bool
fits_quick(Run *run, const DwSchema *schema, const Spot *spot)
{
	bool		was_quick = run->is_quick;
	bool		answer;

	run->is_quick = true;
	answer = fits(run, schema, spot);
	run->is_quick = was_quick;
	return answer;
}

/* True while there is something to look at after this much was found. */
static bool
goes_on(const Run *run, bool is_good)
{
	return !run->is_over && (is_good || !run->is_quick);
}

/* A place below another. */
static Spot
spot_below(const Spot *spot, const DwDocValue *value, DwSlice key,
		   int64_t item)
{
	return (Spot)
	{
		value,
		{
			spot->is_root ? NULL : &spot->path, key.text,
				(uint32_t) key.length, item
		}, false
	};
}

/* Numbers. */
static bool
number_fits(Run *run, const DwSchema *schema, const Spot *spot)
{
	const DwNumberRules *rules = schema->number;
	const DwDocValue *value = spot->value;
	bool		is_good = true;

	if (rules->minimum != NULL && dw_number_compare(value, rules->minimum) < 0)
		is_good = refuse_number(run, schema, spot,
								WORDS("minimum", "must be at least "),
								rules->minimum);
	if (rules->maximum != NULL && dw_number_compare(value, rules->maximum) > 0)
		is_good = refuse_number(run, schema, spot,
								WORDS("maximum", "must be at most "),
								rules->maximum);
	if (rules->above != NULL && dw_number_compare(value, rules->above) <= 0)
		is_good = refuse_number(run, schema, spot,
								WORDS("exclusiveMinimum", "must be above "),
								rules->above);
	if (rules->below != NULL && dw_number_compare(value, rules->below) >= 0)
		is_good = refuse_number(run, schema, spot,
								WORDS("exclusiveMaximum", "must be below "),
								rules->below);
	if (rules->factor != NULL && goes_on(run, is_good) &&
		!is_multiple(run->arena, value, rules->factor))
		is_good = refuse_number(run, schema, spot,
								WORDS("multipleOf", "must be a multiple of "),
								rules->factor);
	return is_good;
}

/* The length of a string. */
static bool
length_fits(Run *run, const DwSchema *schema, const Spot *spot, DwSlice text)
{
	const DwStringRules *rules = schema->string;
	size_t		length;

	/* a code point has four bytes at most */
	if (text.length / 4 >= rules->least && text.length <= rules->most)
		return true;
	length = dw_utf8_count(text);
	if (length < rules->least)
		return refuse_count(run, schema, spot,
							WORDS("minLength", "must have at least ",
								  " characters"), rules->least);
	if (length > rules->most)
		return refuse_count(run, schema, spot,
							WORDS("maxLength", "must have at most ",
								  " characters"), rules->most);
	return true;
}

/* Strings. */
static bool
string_fits(Run *run, const DwSchema *schema, const Spot *spot)
{
	const DwStringRules *rules = schema->string;
	DwSlice		text = dw_string_slice(spot->value);
	bool		is_good = length_fits(run, schema, spot, text);

	if (rules->pattern != NULL && goes_on(run, is_good) &&
		!rules->pattern->matches(run->arena, rules->pattern, text))
		is_good = refuse_name(run, schema, spot,
							  WORDS("pattern", "must match the pattern "),
							  dw_string_slice(rules->pattern_text));
	if (run->check->skips_formats)
		return is_good;
	if (rules->format != NULL && goes_on(run, is_good) &&
		!rules->format(run->arena, text))
		is_good = refuse_name(run, schema, spot,
							  WORDS("format", "must have the format "),
							  dw_string_slice(rules->format_name));
	if (rules->content != NULL && goes_on(run, is_good) &&
		!rules->content(run->arena, text))
		is_good = refuse(run, schema, spot,
						 rules->is_json ? "contentMediaType" :
						 "contentEncoding",
						 !rules->is_json ? "must be base64" :
						 rules->is_base64 ? "must be JSON in base64" :
						 "must be JSON in a string");
	return is_good;
}

/* The schema of an item, or NULL. */
static const DwSchema *
item_schema(const DwArrayRules *rules, uint32_t item)
{
	if (rules->every != NULL)
		return rules->every;
	if (item < rules->first.count)
		return rules->first.schemas[item];
	return rules->first.schemas == NULL ? NULL : rules->others;
}

/* The items of an array, one after the other. */
static bool
items_fit(Run *run, const DwSchema *schema, const Spot *spot)
{
	const DwArrayRules *rules = schema->array;
	const DwDocValue *value = spot->value;
	const DwSlice none = {0};
	bool		is_good = true;

	if (rules->every == NULL && rules->first.schemas == NULL)
		return true;
	for (uint32_t i = 0; i < value->count && goes_on(run, is_good); i++)
	{
		const DwSchema *inner = item_schema(rules, i);
		Spot		item = spot_below(spot, &value->as.items[i], none, i);

		if (inner == NULL)
			break;
		if (inner == rules->others && inner->is_never)
			is_good = refuse_count(run, schema, spot,
								   WORDS("additionalItems",
										 "must have no more than ", " items"),
								   rules->first.count);
		else
			is_good &= fits(run, inner, &item);
		if (inner == rules->others && inner->is_never)
			break;
	}
	return is_good;
}

/* True when an item fits a schema. */
static bool
contains(Run *run, const DwSchema *schema, const Spot *spot)
{
	for (uint32_t i = 0; i < spot->value->count; i++)
	{
		Spot		item = spot_below(spot, &spot->value->as.items[i],
									  DW_NO_SLICE, i);

		if (fits_quick(run, schema, &item))
			return true;
	}
	return false;
}

/* Arrays. */
static bool
array_fits(Run *run, const DwSchema *schema, const Spot *spot)
{
	const DwArrayRules *rules = schema->array;
	const DwDocValue *value = spot->value;
	uint32_t	twins[2];
	bool		is_good = true;

	if (value->count < rules->least)
		is_good = refuse_count(run, schema, spot,
							   WORDS("minItems", "must have at least ",
									 " items"), rules->least);
	if (value->count > rules->most)
		is_good = refuse_count(run, schema, spot,
							   WORDS("maxItems", "must have at most ",
									 " items"), rules->most);
	if (goes_on(run, is_good))
		is_good &= items_fit(run, schema, spot);
	if (rules->is_unique && goes_on(run, is_good) &&
		has_twins(run->arena, value, twins))
		is_good = refuse_count(run, schema, spot,
							   WORDS("uniqueItems", "must not have item ",
									 " twice"), twins[0]);
	if (rules->contained != NULL && goes_on(run, is_good) &&
		!contains(run, rules->contained, spot))
		is_good = refuse(run, schema, spot, "contains",
						 "must have an item that fits");
	return is_good;
}

/* The members that an object must have. */
static bool
required_fit(Run *run, const DwSchema *schema, const Spot *spot,
			 const DwDocValue *names, const char *keyword)
{
	bool		is_good = true;

	for (uint32_t i = 0; i < names->count && goes_on(run, is_good); i++)
	{
		DwSlice		name = dw_string_slice(&names->as.items[i]);

		if (dw_doc_find(spot->value, name.text,
						(uint32_t) name.length) == NULL)
			is_good = refuse_name(run, schema, spot,
								  WORDS(keyword, "must have the member "),
								  name);
	}
	return is_good;
}

/* A member by the patterns of its name, and by the schema of the others. */
static bool
stray_fits(Run *run, const DwSchema *schema, const Spot *member,
		   const Spot *spot, bool is_known)
{
	const DwObjectRules *rules = schema->object;
	DwSlice		name = {member->path.key, member->path.length};
	const DwPattern *pattern;
	bool		is_good = true;

	for (uint32_t i = 0; i < rules->pattern_count && goes_on(run, is_good);
		 i++)
	{
		pattern = rules->patterns[i].pattern;
		if (!pattern->matches(run->arena, pattern, name))
			continue;
		is_known = true;
		is_good &= fits(run, rules->patterns[i].schema, member);
	}
	if (is_known || rules->others == NULL || !goes_on(run, is_good))
		return is_good;
	if (rules->others->is_never)
		return refuse_name(run, schema, spot,
						   WORDS("additionalProperties",
								 "must not have the member "), name);
	return fits(run, rules->others, member) && is_good;
}

/* The members of an object: theirs and the properties are in one order. */
static bool
members_fit(Run *run, const DwSchema *schema, const Spot *spot)
{
	const DwObjectRules *rules = schema->object;
	const DwDocValue *value = spot->value;
	uint32_t	at = 0;
	bool		is_good = true;

	for (uint32_t i = 0; i < value->count && goes_on(run, is_good); i++)
	{
		const DwDocMember *member = &value->as.members[i];
		DwSlice		name = {member->key, member->length};
		Spot		below = spot_below(spot, &member->value, name,
									   DW_DOC_NO_ITEM);
		int			order = -1;

		while (at < rules->property_count && order < 0)
		{
			order = dw_doc_key_compare(rules->properties[at].key,
									   rules->properties[at].length,
									   member->key, member->length);
			if (order < 0)
				at++;
		}
		if (order == 0)
			is_good &= fits(run, rules->properties[at].schema, &below);
		if (goes_on(run, is_good) &&
			(rules->pattern_count > 0 || rules->others != NULL))
			is_good &= stray_fits(run, schema, &below, spot, order == 0);
	}
	return is_good;
}

/* The names of an object's members. */
static bool
names_fit(Run *run, const DwSchema *schema, const Spot *spot)
{
	bool		is_good = true;

	for (uint32_t i = 0; i < spot->value->count && goes_on(run, is_good); i++)
	{
		const DwDocMember *member = &spot->value->as.members[i];
		DwSlice		key = {member->key, member->length};
		DwDocValue	text = {0};
		Spot		name = spot_below(spot, &text, key, DW_DOC_NO_ITEM);

		dw_doc_set_string(&text, member->key, member->length);
		if (!fits_quick(run, schema->object->names, &name))
			is_good = refuse_name(run, schema, spot,
								  WORDS("propertyNames",
										"must not have a member named "),
								  key);
	}
	return is_good;
}

/* What must hold where some members are. */
static bool
dependencies_fit(Run *run, const DwSchema *schema, const Spot *spot)
{
	const DwObjectRules *rules = schema->object;
	bool		is_good = true;

	for (uint32_t i = 0; i < rules->dependency_count && goes_on(run, is_good);
		 i++)
	{
		const DwDependency *dependency = &rules->dependencies[i];

		if (dw_doc_find(spot->value, dependency->key.text,
						(uint32_t) dependency->key.length) == NULL)
			continue;
		if (dependency->needed != NULL)
			is_good &= required_fit(run, schema, spot, dependency->needed,
									"dependencies");
		else
			is_good &= fits(run, dependency->schema, spot);
	}
	return is_good;
}

/* Objects. */
static bool
object_fits(Run *run, const DwSchema *schema, const Spot *spot)
{
	const DwObjectRules *rules = schema->object;
	const DwDocValue *value = spot->value;
	bool		is_good = true;

	if (value->count < rules->least)
		is_good = refuse_count(run, schema, spot,
							   WORDS("minProperties", "must have at least ",
									 " members"), rules->least);
	if (value->count > rules->most)
		is_good = refuse_count(run, schema, spot,
							   WORDS("maxProperties", "must have at most ",
									 " members"), rules->most);
	if (rules->required != NULL && goes_on(run, is_good))
		is_good &= required_fit(run, schema, spot, rules->required,
								"required");
	if (rules->names != NULL && goes_on(run, is_good))
		is_good &= names_fit(run, schema, spot);
	if ((rules->property_count > 0 || rules->pattern_count > 0 ||
		 rules->others != NULL) && goes_on(run, is_good))
		is_good &= members_fit(run, schema, spot);
	if (rules->dependency_count > 0 && goes_on(run, is_good))
		is_good &= dependencies_fit(run, schema, spot);
	return is_good;
}

/* How many of a list fit, counted up to a number. */
static uint32_t
count_fitting(Run *run, const DwSchemaList *list, const Spot *spot,
			  uint32_t most)
{
	uint32_t	count = 0;

	for (uint32_t i = 0; i < list->count && count < most; i++)
		count += fits_quick(run, list->schemas[i], spot);
	return count;
}

/* allOf, anyOf, oneOf and not. */
static bool
choices_fit(Run *run, const DwSchema *schema, const Spot *spot)
{
	const DwLogicRules *rules = schema->logic;
	uint32_t	count;
	bool		is_good = true;

	for (uint32_t i = 0; i < rules->all.count && goes_on(run, is_good); i++)
		is_good &= fits(run, rules->all.schemas[i], spot);
	if (rules->any.schemas != NULL && goes_on(run, is_good) &&
		count_fitting(run, &rules->any, spot, 1) == 0)
		is_good = refuse(run, schema, spot, "anyOf",
						 "must fit at least one of the schemas");
	if (rules->one.schemas != NULL && goes_on(run, is_good))
	{
		count = count_fitting(run, &rules->one, spot, 2);
		if (count != 1)
			is_good = refuse(run, schema, spot, "oneOf", count == 0 ?
							 "must fit one of the schemas" :
							 "must not fit more than one of the schemas");
	}
	if (rules->without != NULL && goes_on(run, is_good) &&
		fits_quick(run, rules->without, spot))
		is_good = refuse(run, schema, spot, "not",
						 "must not fit the schema");
	return is_good;
}

/* The same with if, then and else. */
static bool
logic_fits(Run *run, const DwSchema *schema, const Spot *spot)
{
	const DwLogicRules *rules = schema->logic;
	bool		is_good = choices_fit(run, schema, spot);
	const DwSchema *branch;

	if (rules->condition == NULL || !goes_on(run, is_good) ||
		(rules->consequence == NULL && rules->alternative == NULL))
		return is_good;
	branch = fits_quick(run, rules->condition, spot) ? rules->consequence :
		rules->alternative;
	if (branch != NULL)
		is_good &= fits(run, branch, spot);
	return is_good;
}

/* Adds the names of types, "integer or string". */
static void
script_types(DwScript *script, uint8_t types)
{
	static const char *const names[] = {
		"null", "a boolean", "a number", "a string", "an array", "an object",
		"an integer"
	};
	bool		is_first = true;

	for (int i = 0; i < 7; i++)
	{
		if ((types & DW_TYPE_BIT(i)) == 0)
			continue;
		dw_script_say(script, is_first ? "must be " : " or ");
		dw_script_say(script, names[i]);
		is_first = false;
	}
}

/* type, enum and const. */
static bool
value_fits(Run *run, const DwSchema *schema, const Spot *spot)
{
	const DwDocValue *value = spot->value;
	DwScript	script = {.arena = run->arena};
	uint32_t	at = 0;
	bool		is_good = true;

	if ((schema->types & DW_TYPE_BIT(value->kind)) == 0 &&
		!(value->kind == DW_DOC_NUMBER &&
		  (schema->types & DW_TYPE_INTEGER) != 0 &&
		  dw_number_is_integer(value)))
	{
		if (!run->is_quick)
			script_types(&script, schema->types);
		is_good = refuse(run, schema, spot, "type",
						 script.length > 0 ? script.text :
						 "must not be there");
	}
	if (schema->choices != NULL && goes_on(run, is_good))
	{
		while (at < schema->choices->count &&
			   !is_equal(run->arena, &schema->choices->as.items[at], value))
			at++;
		if (at == schema->choices->count)
			is_good = refuse(run, schema, spot, "enum",
							 "must be one of the values that are listed");
	}
	if (schema->constant != NULL && goes_on(run, is_good) &&
		!is_equal(run->arena, schema->constant, value))
		is_good = refuse(run, schema, spot, "const",
						 "must be the value that is given");
	return is_good;
}

/* One value and one schema. */
static bool
schema_fits(Run *run, const DwSchema *schema, const Spot *spot)
{
	uint8_t		kind = spot->value->kind;
	bool		is_good;

	if (schema->is_never)
		return refuse(run, schema, spot, NULL, "must not be there");
	is_good = value_fits(run, schema, spot);
	if (!goes_on(run, is_good))
		return is_good;
	if (kind == DW_DOC_OBJECT && schema->object != NULL)
		is_good &= object_fits(run, schema, spot);
	else if (kind == DW_DOC_STRING && schema->string != NULL)
		is_good &= string_fits(run, schema, spot);
	else if (kind == DW_DOC_NUMBER && schema->number != NULL)
		is_good &= number_fits(run, schema, spot);
	else if (kind == DW_DOC_ARRAY && schema->array != NULL)
		is_good &= array_fits(run, schema, spot);
	if (schema->logic != NULL && goes_on(run, is_good))
		is_good &= logic_fits(run, schema, spot);
	return is_good;
}

/* The same, counted and interruptible. */
static bool
fits(Run *run, const DwSchema *schema, const Spot *spot)
{
	bool		is_good;

	if (run->is_over)
		return true;
	dw_arena_pause(run->arena);
	while (schema->ref != NULL)
		schema = schema->ref;
	if (++run->depth > NESTED_MAX)
	{
		run->is_too_deep = true;
		run->is_over = true;
		return true;
	}
	is_good = schema_fits(run, schema, spot);
	run->depth--;
	return is_good;
}

DwDocVerdict
dw_schema_check(const DwSchema *schema, const DwDocValue *document,
				const DwDocCheck *check)
{
	Run			run = {.check = check,.arena = check->arena};
	Spot		spot = {.value = document,.is_root = true};
	DwDocVerdict verdict;

	run.is_quick = check->report == NULL;
	verdict = fits(&run, schema, &spot) ? DW_DOC_FITS : DW_DOC_FITS_NOT;
	return run.is_too_deep ? DW_DOC_TOO_DEEP : verdict;
}
