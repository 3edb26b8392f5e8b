# Makefile
#	Builds, installs and checks the extension with PGXS.
#
# The version is written once, in dwello.control.  The install script
# dwello--VERSION.sql is assembled from sql/ in a fixed order, see below.

EXTENSION = dwello
MODULE_big = dwello
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" dwello.control)

# A layer holds domains, and a file lies in either.  test/lint/lists.pl holds
# this list, and the others of its kind, against what git knows.
SOURCES = $(sort $(wildcard src/*/*.c src/*/*/*.c))
OBJS = $(SOURCES:.c=.o)
DEPS = $(OBJS:.o=.d)

INSTALL_SQL = dwello--$(EXTVERSION).sql
DATA_built = $(INSTALL_SQL)

# Warnings are errors, and nothing but the entry points is visible: on 15
# PGXS exports every symbol, and names that collide have crashed servers.
WARNINGS = -Wall -Wextra -Werror -Wno-unused-parameter
PG_CPPFLAGS = -I$(srcdir)/src \
	-DPGDLLEXPORT='__attribute__((visibility("default")))'
PG_CFLAGS = -std=gnu11 -fvisibility=hidden -MMD -MP $(WARNINGS)
SHLIB_LINK = -lcrypto

# Bitcode for the JIT is useless for code this small; ask for it with
# "make with_llvm=yes".
ifneq ($(origin with_llvm),command line)
override with_llvm = no
endif

# Tests against a running server: inputs in test/, expectations at the top.
# "setup" comes first, the others build on it.
setup_first = $(filter setup,$(1)) $(filter-out setup,$(sort $(1)))
REGRESS = $(call setup_first,$(patsubst test/sql/%.sql,%,\
	$(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test \
	$(if $(filter 15,$(MAJORVERSION)),,--expecteddir=.)
ISOLATION = $(call setup_first,$(patsubst test/isolation/specs/%.spec,%,\
	$(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation \
	$(if $(filter 15,$(MAJORVERSION)),,--expecteddir=test/isolation)

EXTRA_CLEAN = $(DEPS) dwello--*.sql build output_iso

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

-include $(DEPS)
$(OBJS): Makefile

# make core, unit, fuzz: the pure core outside the server
-include test/core.mk

# ----------------------------------------------------------------------
# The install script: set-up and types, then the functions, then what may
# call them (tables, policies), and the epilogue, which ends every script.
# make's sort is by byte, so the order is the same under every locale.
# ----------------------------------------------------------------------
SQL_SETUP = $(sort $(wildcard sql/install/0*.sql))
SQL_FUNCTIONS = $(sort $(wildcard sql/functions/*.sql))
SQL_TABLES = $(sort $(wildcard sql/install/[1-9]*.sql))
SQL_PIECES = $(SQL_SETUP) $(SQL_FUNCTIONS) $(SQL_TABLES) \
	$(wildcard sql/epilogue.sql)

# The directories are prerequisites so that a removed piece is noticed.
$(INSTALL_SQL): $(SQL_PIECES) $(wildcard sql/install sql/functions) \
		dwello.control Makefile
	@{ printf '%s\n' \
	    '\echo Use "CREATE EXTENSION dwello" to load this file. \quit'; \
	  for piece in $(SQL_PIECES); do \
	    printf '\n-- %s\n' "$$piece"; cat "$$piece" || exit 1; \
	  done; } >$@.tmp
	@mv $@.tmp $@

# ----------------------------------------------------------------------
# Checks that need no server of their own
# ----------------------------------------------------------------------

# The same sources under the other compiler; -Wno-ignored-attributes is for
# the packaged server headers.
CLANG ?= clang
CLANG_OBJS = $(patsubst src/%.o,build/clang/%.o,$(OBJS))
CLANG_FLAGS = -std=gnu11 -O2 -fPIC -fvisibility=hidden -fno-strict-aliasing \
	-fwrapv -Wmissing-prototypes -Wpointer-arith -Wendif-labels \
	-Wdeclaration-after-statement -Wformat-security -Werror=vla \
	$(WARNINGS) -Wno-ignored-attributes

check-clang: $(CLANG_OBJS)
build/clang/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(CLANG_FLAGS) -MMD -MP $(CPPFLAGS) -c -o $@ $<
-include $(CLANG_OBJS:.o=.d)

check-lint: all
	prove -e '' $(sort $(wildcard test/lint/*.pl))

# Starts servers of its own, so it runs through the script that can step
# down from root.
check-tap: all
	scripts/test.sh tap

.PHONY: check-clang check-lint check-tap
