/*
 * unit.h
 *		What every unit test includes: cmocka and the headers it wants first.
 */
#ifndef DW_UNIT_H
#define DW_UNIT_H

/* cmocka.h asks for these before itself. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "core/base/base.h"

/* Newer versions of cmocka have no name in common with older ones for it. */
#define assert_within(value, least, most) \
	assert_true((value) >= (least) && (value) <= (most))

#endif							/* DW_UNIT_H */
