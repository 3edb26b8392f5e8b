/*
 * setting.h
 *		What each of the operator's settings may be.
 *
 * Settings travel as texts.  A rule says which texts are values of a
 * setting; there is one for every row of dwello.system_settings_defaults.
 */
#ifndef DW_SETTING_H
#define DW_SETTING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/result.h"

/* Shown among the settings, but kept by the fee schedules. */
#define DW_SETTING_FEE	"platform_fee_percentage"

/* What kind of value a setting has. */
typedef enum DwSettingKind
{
	DW_SETTING_INTEGER,			/* digits, as the server writes them */
	DW_SETTING_BOOLEAN,			/* "true" or "false" */
	DW_SETTING_TEXT				/* any text that says something */
} DwSettingKind;

/* The values one setting may have. */
typedef struct DwSettingRule
{
	const char *name;			/* of the setting */
	DwSettingKind kind;			/* of its value */
	int64_t		min;			/* smallest integer */
	int64_t		max;			/* largest integer; characters of a text */
	bool		is_timer;		/* a job may have its own */
} DwSettingRule;

/* The rule of a setting; a null pointer when there is none so named. */
extern const DwSettingRule *dw_setting_rule(const char *name);

/* True for a number that an integer setting may have. */
extern bool dw_setting_in_range(const DwSettingRule *rule, int64_t number);

/*
 * DW_OK for a value of the setting, else DW_BAD_VALUE, or DW_TEXT_TOO_LONG
 * for a text of too many characters; characters is how many value has.  An
 * integer has one spelling: no sign but a minus, no zero before it.
 */
extern DwResult dw_setting_check(const DwSettingRule *rule, const char *value,
								 int64_t characters);

#endif							/* DW_SETTING_H */
