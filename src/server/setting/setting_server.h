/*
 * setting_server.h
 *		Settings: the superuser's (GUCs) and the operator's (rows).
 */
#ifndef DW_SETTING_SERVER_H
#define DW_SETTING_SERVER_H

#include "postgres.h"

#include "pgtime.h"
#include "utils/date.h"
#include "utils/timestamp.h"

/* Defines dwello.now, dwello.allow_drop and dwello.request_id. */
extern void dw_setting_init(void);

/*
 * The time by which deadlines are judged: the clock now (not the start of
 * the transaction), or dwello.now where a superuser has pinned it.
 */
extern TimestampTz dw_now(void);

/*
 * Does some work as of another time, which dw_now() gives meanwhile: for
 * reads alone, what is written gets the true time.
 */
extern void dw_now_at(TimestampTz time, void (*work) (void *argument),
					  void *argument);

/* The day of dw_now() in UTC. */
extern DateADT dw_today(void);

/* True while a superuser allows DROP EXTENSION dwello. */
extern bool dw_allow_drop(void);

#define DW_REQUEST_ID_MAX	200 /* characters of dwello.request_id */

/* The setting dwello.request_id; NULL when it is empty. */
extern const char *dw_request_id(void);

/* An operator's setting or its default; NULL when there is none so named. */
extern char *dw_setting_find(const char *name);

/* Locks a setting that has a default; gives its version. */
extern int32 dw_setting_lock(const char *name);

/*
 * Writes a locked setting, NULL for its default, and gives its value in
 * force.  Its version rises by one either way: who read the default before
 * an operator came and went is told so.
 */
extern char *dw_setting_save(const char *name, const char *value);

/*
 * The time zone platform_timezone, which is kept between calls;
 * 22023 when this server does not know it.
 */
extern pg_tz *dw_platform_zone(void);

/* An operator's setting or its default as bigint; 22023 if it is none. */
extern int64 dw_setting_int8(const char *name);

/* An operator's setting that is kept between calls: static, by its name. */
typedef struct DwKeptSetting
{
	const char *name;			/* of the setting */
	uint64		read_at;		/* generation that it is of; 0 = not read */
	int64		value;			/* as bigint */
} DwKeptSetting;

/* The same of a kept one: read anew once any setting was changed. */
extern int64 dw_setting_kept(DwKeptSetting *setting);

/* The same as double and as boolean. */
extern double dw_setting_float8(const char *name);
extern bool dw_setting_bool(const char *name);

/* Has what is kept of amounts forgotten when they change. */
extern void dw_setting_amounts_init(void);

/*
 * The amount of a setting in force for a currency, in minor units: the
 * operator's, else the built-in one; 0 = none, which limits nothing.
 */
extern int64 dw_setting_amount(const char *name, const char *currency);

/* True when that amount is the operator's; its version either way. */
extern bool dw_setting_amount_is_own(const char *name, const char *currency,
									 int32 *version);

/* Locks an amount that may be set; gives its version. */
extern int32 dw_setting_amount_lock(const char *name, const char *currency);

/* Writes a locked amount of that version, NULL for the built-in one. */
extern void dw_setting_amount_save(const char *name, const char *currency,
								   const int64 *amount, int32 version);

#endif							/* DW_SETTING_SERVER_H */
