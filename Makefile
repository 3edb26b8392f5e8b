# Makefile
#	Builds, installs and checks the extension with PGXS.
#
# The version is written once, in dwello.control.  The install script
# dwello--VERSION.sql is assembled from sql/ in a fixed order, see below.
#
# "make -f PATH/Makefile" in another directory builds there and leaves the
# sources alone.  SRC is then their directory with a slash, else nothing.

# make splits names at blanks, so such a path can only be built in.
ifneq ($(words $(VPATH) $(MAKEFILE_LIST)),$(words $(firstword $(VPATH)) x))
$(error The path of the sources has a blank in it: call make in their own \
directory, or move them to a path without one)
endif
SRC := $(if $(VPATH),$(VPATH)/,$(dir $(MAKEFILE_LIST)))
ifeq ($(realpath $(SRC)),$(realpath .))
SRC :=
endif

EXTENSION = dwello
MODULE_big = dwello
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(SRC)dwello.control)

# A layer holds domains, and a file lies in either.  test/lint/lists.pl holds
# this list, and the others of its kind, against what git knows.
SOURCES = $(patsubst $(SRC)%,%,$(sort \
	$(wildcard $(SRC)src/*/*.c $(SRC)src/*/*/*.c)))
OBJS = $(SOURCES:.c=.o)
DEPS = $(OBJS:.o=.d)

INSTALL_SQL = dwello--$(EXTVERSION).sql
DATA_built = $(INSTALL_SQL)

# Warnings are errors, and nothing but the entry points is visible: on 15
# PGXS exports every symbol, and names that collide have crashed servers.
WARNINGS = -Wall -Wextra -Werror -Wno-unused-parameter
# The server's own flags may be of another compiler than the one that is asked.
WARNINGS += $(if $(findstring clang,$(CC)),-Wno-ignored-optimization-argument \
	-Wno-unknown-warning-option -Wno-unused-command-line-argument \
	-Wno-ignored-attributes)
PG_CPPFLAGS = -I$(SRC)src \
	-DPGDLLEXPORT='__attribute__((visibility("default")))'
# Doubles of core come out the same on every machine only if no operations
# are fused.
EXACT = -ffp-contract=off
PG_CFLAGS = -std=gnu11 -fvisibility=hidden -MMD -MP $(EXACT) $(WARNINGS)
SHLIB_LINK = -lcrypto

# Bitcode for the JIT is useless for code this small; ask for it with
# "make with_llvm=yes".
ifneq ($(origin with_llvm),command line)
override with_llvm = no
endif

# Tests against a running server: inputs in test/, expectations at the top.
# "setup" comes first, the others build on it.
setup_first = $(filter setup,$(1)) $(filter-out setup,$(sort $(1)))
REGRESS = $(call setup_first,$(patsubst $(SRC)test/sql/%.sql,%,\
	$(wildcard $(SRC)test/sql/*.sql)))
REGRESS_OPTS = --encoding=UTF8 --inputdir=$(SRC)test \
	$(if $(filter 15,$(MAJORVERSION)),,--expecteddir=$(SRC).)
ISOLATION = $(call setup_first,$(patsubst $(SRC)test/isolation/specs/%.spec,%,\
	$(wildcard $(SRC)test/isolation/specs/*.spec)))
ISOLATION_OPTS = --encoding=UTF8 --inputdir=$(SRC)test/isolation \
	$(if $(filter 15,$(MAJORVERSION)),,--expecteddir=$(SRC)test/isolation)

# The tests play the system where no token is set.
installcheck: export PGOPTIONS := $(PGOPTIONS) -c dwello.act_as_system=on

.DEFAULT_GOAL = all

# pg_regress of 15 looks for them here and beside the inputs only.
ifneq ($(SRC),)
REGRESS_PREP = expected
expected:
	ln -s $(SRC)expected $@
endif

EXTRA_CLEAN = $(DEPS) dwello--*.sql build output_iso $(if $(SRC),expected)

PG_CONFIG ?= pg_config
PGXS := $(shell '$(PG_CONFIG)' --pgxs 2>/dev/null)
ifeq ($(PGXS),)
$(error PG_CONFIG is "$(PG_CONFIG)", which does not run: name the pg_config of \
the server to build for, as in make \
PG_CONFIG=/usr/lib/postgresql/15/bin/pg_config)
endif
ifeq ($(wildcard $(PGXS)),)
$(error "$(PG_CONFIG) --pgxs" says "$(PGXS)", and no such file is there: either \
it is not a pg_config, or what building for its server takes is not installed, \
on Debian postgresql-server-dev-15 (or its major))
endif
include $(PGXS)

# Only sources are looked for where they are: what was built there before is
# not ours.
override VPATH =
vpath %.c $(or $(SRC),.)
vpath %.control $(or $(SRC),.)

-include $(DEPS)
$(OBJS): $(SRC)Makefile | $(sort $(dir $(OBJS)))
$(sort $(dir $(OBJS))):
	@mkdir -p $@

# make core, unit, fuzz: the pure core outside the server
include $(SRC)test/core.mk

# ----------------------------------------------------------------------
# The install script, in this order.  A domain has its types, the functions
# that tables and indexes call (support), its tables with all that belongs to
# one, and the rest of its functions.  The domains stand in the order in which
# tables can refer to one another.  What functions.sql and support.sql say can
# be said again: a script of an update has them anew, and the epilogue, which
# ends every script.
# ----------------------------------------------------------------------
SQL_DOMAINS = match audience account access job review bid score agent learning \
	report search fee escrow dispute payout company market ledger \
	accounting document message audit admin analyst
sql_pieces = $(wildcard $(SQL_DOMAINS:%=$(SRC)sql/%/$(1).sql))
SQL_PIECES = $(SRC)sql/prologue.sql \
	$(call sql_pieces,types) $(call sql_pieces,support) \
	$(call sql_pieces,tables) $(SRC)sql/common.sql $(SRC)sql/parts.sql \
	$(call sql_pieces,functions) $(SRC)sql/epilogue.sql

# The directories are prerequisites so that a removed piece is noticed.
$(INSTALL_SQL): $(SQL_PIECES) $(wildcard $(SRC)sql $(SRC)sql/*) \
		$(SRC)dwello.control $(SRC)Makefile
	@{ printf '%s\n' \
	    '\echo Use "CREATE EXTENSION dwello" to load this file. \quit'; \
	  for piece in $(SQL_PIECES); do \
	    printf '\n-- %s\n' "$${piece#$(SRC)}"; cat "$$piece" || exit 1; \
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
	$(EXACT) $(WARNINGS) -Wno-ignored-attributes

check-clang: $(CLANG_OBJS)
build/clang/%.o: $(SRC)src/%.c $(SRC)Makefile
	@mkdir -p $(@D)
	$(CLANG) $(CLANG_FLAGS) -MMD -MP $(CPPFLAGS) -c -o $@ $<
-include $(CLANG_OBJS:.o=.d)

check-lint: all
	prove -e '' $(sort $(wildcard $(SRC)test/lint/*.pl))

# Starts servers of its own, so it runs through the script that can step
# down from root.
check-tap: all
	$(SRC)scripts/test.sh tap

.PHONY: check-clang check-lint check-tap
