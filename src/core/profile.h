/*
 * profile.h
 *		What a user may tell of himself.
 */
#ifndef DW_PROFILE_H
#define DW_PROFILE_H

#include <stdbool.h>

/* Limits of texts, in characters. */
#define DW_PROFILE_BIO_MAX			5000
#define DW_PROFILE_COMPANY_MAX		200
#define DW_PROFILE_URL_MAX			500
#define DW_PROFILE_SPECIALTY_MAX	100

#define DW_PROFILE_SPECIALTIES_MAX	50	/* specialties of one provider */
#define DW_PROFILE_YEARS_MAX		100 /* years of experience */

/* Limits of documents, in bytes as jsonb keeps them. */
#define DW_PROFILE_AREA_BYTES_MAX		102400
#define DW_PROFILE_DOCUMENT_BYTES_MAX	20480

/*
 * True for an address that a browser can be sent to without doing anything
 * but fetch it: http:// or https://, a host, no user's name before it, and
 * no blank, control character, quote, angle bracket or backslash anywhere.
 */
extern bool dw_url_valid(const char *url);

/* True when nothing but blanks stands in a text; also for an empty one. */
extern bool dw_text_blank(const char *text);

#endif							/* DW_PROFILE_H */
