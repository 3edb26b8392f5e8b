/*
 * external.c
 *		Compares a payment company's statement with what is booked here, and
 *		reads its times, as RFC 3339 has them.
 */
#include "core/company/company.h"

#include "core/base/base.h"

#define USECS_PER_SECOND INT64_C(1000000)
#define DAYS_TO_2000	INT64_C(730119) /* from 1 January of the year 1 */

static const char *const external_kind_labels[] = {
	[DW_EXTERNAL_PAYMENT] = "payment",
	[DW_EXTERNAL_REFUND] = "refund",
	[DW_EXTERNAL_REFUND_RETURNED] = "refund_returned",
	[DW_EXTERNAL_PAYOUT] = "payout",
	[DW_EXTERNAL_PAYOUT_RETURNED] = "payout_returned",
	[DW_EXTERNAL_CHARGEBACK] = "chargeback",
	[DW_EXTERNAL_CHARGEBACK_WON] = "chargeback_won",
	[DW_EXTERNAL_FEE] = "fee",
	[DW_EXTERNAL_DISPUTE_FEE] = "dispute_fee",
	[DW_EXTERNAL_SETTLEMENT] = "settlement",
	[DW_EXTERNAL_ADJUSTMENT] = "adjustment"
};

static const char *const external_verdict_labels[] = {
	[DW_EXTERNAL_MISSING_HERE] = "missing_here",
	[DW_EXTERNAL_MISSING_THERE] = "missing_there",
	[DW_EXTERNAL_AMOUNT_DIFFERS] = "amount_differs",
	[DW_EXTERNAL_MATCHED] = "matched"
};

/* Definitions of the label and parse functions that company.h promises. */
DW_LABELS(external_kind, DwExternalKind, external_kind_labels);
DW_LABELS(external_verdict, DwExternalVerdict, external_verdict_labels);

bool
dw_external_fact(DwExternalKind kind, DwCompanyFact *fact)
{
	switch (kind)
	{
		case DW_EXTERNAL_FEE:
		case DW_EXTERNAL_DISPUTE_FEE:
			*fact = DW_COMPANY_FEE;
			return true;
		case DW_EXTERNAL_SETTLEMENT:
			*fact = DW_COMPANY_SETTLEMENT;
			return true;
		case DW_EXTERNAL_ADJUSTMENT:
			*fact = DW_COMPANY_ADJUSTMENT;
			return true;
		default:
			return false;
	}
}

bool
dw_external_amount_may(DwExternalKind kind, int64_t amount)
{
	DwCompanyFact fact;

	return amount > 0 || (amount < 0 && amount != INT64_MIN &&
						  dw_external_fact(kind, &fact));
}

/* By name and kind. */
static int
name_compare(const char *name, DwExternalKind kind,
			 const DwExternalName *other)
{
	int			result = strcmp(name, other->name);

	if (result == 0)
		result = (kind > other->booking->kind) - (kind < other->booking->kind);
	return result;
}

/* By amount and currency, what is booked before what is not. */
static int
amount_compare(int64_t amount, const char *currency,
			   const DwExternalBooking *other)
{
	int			result = (other->status != NULL) ? -1 : 0;

	if (result == 0)
		result = (amount > other->amount) - (amount < other->amount);
	if (result == 0)
		result = strcmp(currency, other->currency);
	return result;
}

/* Orders names: by name, kind, booked or not, amount, currency, time, id. */
static int
names_order(const void *a, const void *b)
{
	const DwExternalName *left = a;
	const DwExternalName *right = b;
	const DwExternalBooking *one = left->booking;
	const DwExternalBooking *two = right->booking;
	int			result = name_compare(left->name, one->kind, right);

	if (result == 0)
		result = (one->status != NULL) - (two->status != NULL);
	if (result == 0)
		result = (one->amount > two->amount) - (one->amount < two->amount);
	if (result == 0)
		result = strcmp(one->currency, two->currency);
	if (result == 0)
		result = (one->at > two->at) - (one->at < two->at);
	if (result == 0)
		result = dw_uuid_compare(&one->transaction_id, &two->transaction_id);
	return result != 0 ? result : one->leg - two->leg;
}

/* The first name not below the line's name, kind and, if wanted, amount. */
static int
names_find(const DwExternal *external, const char *name,
		   const DwExternalLine *line, bool by_amount)
{
	int			low = 0;
	int			high = external->name_count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		const DwExternalName *here = &external->names[middle];
		int			result = name_compare(name, line->kind, here);

		if (result == 0 && by_amount)
			result = amount_compare(line->amount, line->currency,
									here->booking);
		if (result > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* True when a name is that of the line's place, and of its kind. */
static bool
name_is(const DwExternal *external, int place, const char *name,
		DwExternalKind kind)
{
	return place < external->name_count &&
		name_compare(name, kind, &external->names[place]) == 0;
}

/* Finds the name that a line goes by: first is -1 when none is known. */
static void
line_resolve(const DwExternal *external, DwExternalLine *line)
{
	/* the event's id first: a reference may stand for several events */
	const char *tries[] = {line->booked_as, line->event_id, line->reference};

	line->first = -1;
	for (int i = 0; i < DW_LENGTH(tries) && line->first < 0; i++)
	{
		int			place;

		if (tries[i] == NULL)
			continue;
		place = names_find(external, tries[i], line, false);
		if (name_is(external, place, tries[i], line->kind))
			line->first = place;
	}
}

/* Pairs a line with a booking. */
static void
line_pair(DwExternalLine *line, DwExternalBooking *booking,
		  DwExternalVerdict verdict)
{
	line->verdict = verdict;
	line->booking = booking;
	booking->is_paired = true;
}

/* Pairs a line with a free booking of its name and amount, if there is. */
static void
line_match_equal(DwExternal *external, DwExternalLine *line)
{
	const char *name = external->names[line->first].name;
	int			start = names_find(external, name, line, true);
	int			place;

	if (!name_is(external, start, name, line->kind))
		return;
	/* what was passed over once is taken, so the next looks on from there */
	place = external->names[start].next;
	while (name_is(external, place, name, line->kind) &&
		   amount_compare(line->amount, line->currency,
						  external->names[place].booking) == 0)
	{
		DwExternalBooking *booking = external->names[place++].booking;

		external->names[start].next = place;
		if (booking->is_paired)
			continue;
		line_pair(line, booking, DW_EXTERNAL_MATCHED);
		return;
	}
}

/*
 * A fee is told as any, or stated as one of a dispute, by who does not part
 * them: of the other kind it is only where it is equal.
 */
static void
line_match_other_fee(DwExternal *external, DwExternalLine *line)
{
	DwExternalLine other = *line;

	if (line->verdict == DW_EXTERNAL_MATCHED ||
		(line->kind != DW_EXTERNAL_FEE &&
		 line->kind != DW_EXTERNAL_DISPUTE_FEE))
		return;
	other.kind = line->kind == DW_EXTERNAL_FEE ? DW_EXTERNAL_DISPUTE_FEE
		: DW_EXTERNAL_FEE;
	line_resolve(external, &other);
	if (other.first < 0)
		return;
	line_match_equal(external, &other);
	if (other.verdict == DW_EXTERNAL_MATCHED)
		line_pair(line, other.booking, other.verdict);
}

/* Orders lines by the name that they go by, then as they came. */
static int
lines_order(const void *a, const void *b)
{
	const DwExternalLine *left = *(DwExternalLine *const *) a;
	const DwExternalLine *right = *(DwExternalLine *const *) b;

	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return left->position - right->position;
}

/* The next free booking of a name and kind, from a place on; NULL = none. */
static DwExternalBooking *
next_free(const DwExternal *external, int first, int *place)
{
	const char *name = external->names[first].name;
	DwExternalKind kind = external->names[first].booking->kind;

	while (name_is(external, *place, name, kind))
	{
		DwExternalBooking *booking = external->names[(*place)++].booking;

		if (!booking->is_paired && booking->status == NULL)
			return booking;
	}
	return NULL;
}

/*
 * True when the lines of a group together are the one booking left, as when
 * a company states a payment in parts.  Amounts are subtracted from what is
 * booked, all on its side of zero, so their sum cannot overflow.
 */
static bool
group_is_whole(DwExternalLine **group, int count,
			   const DwExternalBooking *booking)
{
	int64_t		rest = booking->amount;

	for (int i = 0; i < count; i++)
	{
		if (strcmp(group[i]->currency, booking->currency) != 0 ||
			(group[i]->amount > 0) != (booking->amount > 0) ||
			dw_money_subtract(rest, group[i]->amount, &rest) != DW_OK ||
			(rest != 0 && (rest > 0) != (booking->amount > 0)))
			return false;
	}
	return rest == 0;
}

/*
 * Pairs a line with all the bookings left of a name and kind, if together
 * they are what it says: a payment of which a part fits nothing is booked
 * twice.
 */
static bool
line_is_whole(const DwExternal *external, DwExternalLine *line)
{
	int			place = line->first;
	int64_t		rest = line->amount;
	DwExternalBooking *booking;

	while ((booking = next_free(external, line->first, &place)) != NULL)
		if (strcmp(booking->currency, line->currency) != 0 ||
			dw_money_subtract(rest, booking->amount, &rest) != DW_OK)
			return false;
	if (rest != 0)
		return false;
	place = line->first;
	while ((booking = next_free(external, line->first, &place)) != NULL)
		line_pair(line, booking, DW_EXTERNAL_MATCHED);
	return true;
}

/* Pairs the lines of one name that have no equal. */
static void
group_match(const DwExternal *external, DwExternalLine **group, int count)
{
	int			first = group[0]->first;
	int			place = first;
	int			look = first;
	DwExternalBooking *booking = next_free(external, first, &place);

	/* only of a single booking is it certain which one the parts belong to */
	look = place;
	if (booking != NULL && next_free(external, first, &look) == NULL &&
		group_is_whole(group, count, booking))
	{
		for (int i = 0; i < count; i++)
		{
			line_pair(group[i], booking, DW_EXTERNAL_MATCHED);
			group[i]->parts = count;
		}
		return;
	}
	if (booking != NULL && count == 1 && line_is_whole(external, group[0]))
		return;
	for (int i = 0; i < count; i++)
	{
		if (booking == NULL)
		{
			/* not booked, or booked once and stated again */
			group[i]->booking = external->names[first].booking;
			continue;
		}
		line_pair(group[i], booking, DW_EXTERNAL_AMOUNT_DIFFERS);
		booking = next_free(external, first, &place);
	}
}

/* Pairs what has no equal, name by name. */
static void
match_rest(DwExternal *external)
{
	int			count = 0;
	int			from = 0;

	for (int i = 0; i < external->line_count; i++)
		if (external->lines[i].verdict == DW_EXTERNAL_MISSING_HERE &&
			external->lines[i].first >= 0)
			external->order[count++] = &external->lines[i];
	dw_sort(external->order, (size_t) count, sizeof(*external->order),
			lines_order);
	for (int i = 1; i <= count; i++)
	{
		if (i < count && external->order[i]->first ==
			external->order[from]->first)
			continue;
		group_match(external, &external->order[from], i - from);
		from = i;
	}
}

/* What a line is called in the statement. */
static const char *
line_name(const DwExternalLine *line)
{
	return line->event_id != NULL ? line->event_id : line->reference;
}

/* By kind, what lines are called there, and amount. */
static int
line_compare(const DwExternalLine *left, const DwExternalLine *right)
{
	int			result = (int) left->kind - (int) right->kind;

	if (result == 0)
		result = strcmp(line_name(left), line_name(right));
	if (result == 0)
		result = (left->amount > right->amount) -
			(left->amount < right->amount);
	return result != 0 ? result : strcmp(left->currency, right->currency);
}

/* Orders lines so, and then as they came. */
static int
repeats_order(const void *a, const void *b)
{
	const DwExternalLine *left = *(DwExternalLine *const *) a;
	const DwExternalLine *right = *(DwExternalLine *const *) b;
	int			result = line_compare(left, right);

	return result != 0 ? result : left->position - right->position;
}

/* Notes which lines repeat an earlier one's kind, name and amount. */
static void
find_repeats(DwExternal *external)
{
	DwExternalLine **order = external->order;

	for (int i = 0; i < external->line_count; i++)
		order[i] = &external->lines[i];
	dw_sort(order, (size_t) external->line_count, sizeof(*order),
			repeats_order);
	for (int i = 1; i < external->line_count; i++)
	{
		const DwExternalLine *last = order[i - 1];

		if (line_compare(order[i], last) == 0)
			order[i]->repeats = last->repeats != 0 ? last->repeats
				: last->position;
	}
}

/* Takes what was booked apart for a line: no other can be about it. */
static void
line_take_apart(const DwExternal *external, const DwExternalLine *line)
{
	/* the first kind of all: that of the booking does not matter */
	const DwExternalLine probe = {.kind = DW_EXTERNAL_PAYMENT};
	int			place;

	if (line->booked_apart == NULL)
		return;
	place = names_find(external, line->booked_apart, &probe, false);
	while (place < external->name_count &&
		   strcmp(external->names[place].name, line->booked_apart) == 0)
		external->names[place++].booking->is_paired = true;
}

DwResult
dw_external_differs(const DwExternal *external, const DwExternalLine *line,
					DwExternalDifference *out)
{
	DwExternalBooking *booking = line->booking;
	int64_t		rest = line->amount;
	int			place = line->first;

	if (line->verdict != DW_EXTERNAL_AMOUNT_DIFFERS)
		return DW_INVALID_TRANSITION;
	do
	{
		if (strcmp(booking->currency, line->currency) != 0)
			return DW_CURRENCY_MISMATCH;
		if (dw_money_subtract(rest, booking->amount, &rest) != DW_OK)
			return DW_OVERFLOW;
	} while ((booking = next_free(external, line->first, &place)) != NULL);
	if (rest == INT64_MIN)
		return DW_OVERFLOW;
	out->difference = rest;
	out->amount = rest;
	if (dw_external_fact(line->kind, &out->fact))
		return DW_OK;
	/* one in favour of the platform is above zero */
	out->fact = DW_COMPANY_ADJUSTMENT;
	if (line->kind == DW_EXTERNAL_REFUND || line->kind == DW_EXTERNAL_PAYOUT ||
		line->kind == DW_EXTERNAL_CHARGEBACK)
		out->amount = -rest;
	return DW_OK;
}

void
dw_external_match(DwExternal *external)
{
	if (external->name_count > 0)
		dw_sort(external->names, (size_t) external->name_count,
				sizeof(*external->names), names_order);
	for (int i = 0; i < external->name_count; i++)
		external->names[i].next = i;
	for (int i = 0; i < external->line_count; i++)
		line_take_apart(external, &external->lines[i]);
	for (int i = 0; i < external->line_count; i++)
	{
		DwExternalLine *line = &external->lines[i];

		line->position = i + 1;
		line->verdict = DW_EXTERNAL_MISSING_HERE;
		line->booking = NULL;
		line->repeats = 0;
		line->parts = 1;
		line_resolve(external, line);
		if (line->first >= 0)
			line_match_equal(external, line);
	}
	for (int i = 0; i < external->line_count; i++)
		line_match_other_fee(external, &external->lines[i]);
	if (external->line_count == 0)
		return;
	match_rest(external);
	find_repeats(external);
}

/* Reads so many digits and goes on behind them; -1 if there are fewer. */
static int
read_digits(const char **text, int count)
{
	int			value = 0;

	for (int i = 0; i < count; i++)
	{
		char		digit = (*text)[i];

		if (digit < '0' || digit > '9')
			return -1;
		value = value * 10 + (digit - '0');
	}
	*text += count;
	return value;
}

/* Reads one character of two; false if it is neither. */
static bool
read_mark(const char **text, char mark, char other)
{
	if (**text != mark && **text != other)
		return false;
	(*text)++;
	return true;
}

/* Days of a month of the Gregorian calendar. */
static int
days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool		leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Reads year, month and day as days since 2000-01-01. */
static bool
read_day(const char **text, int64_t *day)
{
	int			year = read_digits(text, 4);
	int			month;
	int			date;
	int64_t		before = year - 1;

	if (year < 1 || !read_mark(text, '-', '-') ||
		(month = read_digits(text, 2)) < 1 || month > 12 ||
		!read_mark(text, '-', '-') || (date = read_digits(text, 2)) < 1 ||
		date > days_of_month(year, month))
		return false;
	*day = before * 365 + before / 4 - before / 100 + before / 400 +
		date - 1 - DAYS_TO_2000;
	for (int i = 1; i < month; i++)
		*day += days_of_month(year, i);
	return true;
}

/* Reads hours and minutes, as seconds. */
static bool
read_minutes(const char **text, int64_t *seconds)
{
	int			hours = read_digits(text, 2);
	int			minutes;

	if (hours < 0 || hours > 23 || !read_mark(text, ':', ':') ||
		(minutes = read_digits(text, 2)) < 0 || minutes > 59)
		return false;
	*seconds = (int64_t) hours * 3600 + (int64_t) minutes * 60;
	return true;
}

/* Reads the fraction of a second, if there is one, as microseconds. */
static bool
read_fraction(const char **text, int64_t *fraction)
{
	int64_t		unit = USECS_PER_SECOND;

	*fraction = 0;
	if (**text != '.')
		return true;
	(*text)++;
	if (**text < '0' || **text > '9')
		return false;
	while (**text >= '0' && **text <= '9' && unit > 1)
	{
		unit /= 10;
		*fraction += (*(*text)++ - '0') * unit;
	}
	return true;
}

/* Reads Z or an offset, as seconds, to the end of the text. */
static bool
read_zone(const char **text, int64_t *seconds)
{
	bool		is_west = **text == '-';

	*seconds = 0;
	if (read_mark(text, 'Z', 'z'))
		return **text == '\0';
	if (!read_mark(text, '+', '-') || !read_minutes(text, seconds))
		return false;
	if (is_west)
		*seconds = -*seconds;
	return **text == '\0';
}

bool
dw_external_time(const char *text, int64_t *time)
{
	int64_t		day;
	int64_t		minutes;
	int64_t		fraction;
	int64_t		zone;
	int			seconds;

	if (!read_day(&text, &day) || !read_mark(&text, 'T', 't') ||
		!read_minutes(&text, &minutes) || !read_mark(&text, ':', ':') ||
		(seconds = read_digits(&text, 2)) < 0 || seconds > 59 ||
		!read_fraction(&text, &fraction) || !read_zone(&text, &zone))
		return false;
	*time = (day * 86400 + minutes + seconds - zone) * USECS_PER_SECOND +
		fraction;
	return true;
}
