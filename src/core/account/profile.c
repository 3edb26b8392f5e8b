/*
 * profile.c
 *		Decides which addresses a profile may link to.
 *
 * What is linked here is shown to strangers, so "javascript:" and the like
 * never come in, nor a text that could leave the attribute it is written in.
 */
#include "core/account/account.h"

#include <stddef.h>
#include <string.h>

/* The length of the scheme that a text begins with, in any case; or 0. */
static size_t
scheme_length(const char *url)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
	{
		const char *scheme = schemes[i];
		size_t		n = 0;

		while (scheme[n] != '\0' &&
			   (url[n] == scheme[n] ||
				(url[n] >= 'A' && url[n] <= 'Z' &&
				 url[n] - 'A' + 'a' == scheme[n])))
			n++;
		if (scheme[n] == '\0')
			return n;
	}
	return 0;
}

bool
dw_url_valid(const char *url)
{
	size_t		start = scheme_length(url);
	const char *host = url + start;
	size_t		length = strcspn(host, "/?#");

	if (start == 0 || length == 0 || *host == ':' || *host == '.' ||
		memchr(host, '@', length) != NULL)
		return false;
	for (const char *c = url; *c != '\0'; c++)
	{
		if ((unsigned char) *c <= ' ' || *c == '\177' ||
			strchr("\"'<>\\`", *c) != NULL)
			return false;
	}
	return true;
}

bool
dw_text_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}
