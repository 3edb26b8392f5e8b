/*
 * external_time.c
 *		Times in a statement, as RFC 3339 has them.
 */
#include "core/payout/payout.h"

#define USECS_PER_SECOND INT64_C(1000000)
#define DAYS_TO_2000	INT64_C(730119) /* from 1 January of the year 1 */

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
