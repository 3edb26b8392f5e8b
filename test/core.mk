# core.mk
#		Builds and runs what tests src/core without a server.
#
# The top Makefile includes this file; `make -f test/core.mk unit` works alone.
#   unit      build each test/unit/test_*.c    under ASan and UBSan (gcc)
#   unit-run  run them, one line each; a failure shows the whole output
#   fuzz      build each test/fuzz/fuzz_*.c    with libFuzzer (clang)
#   sim       build test/sim/market, which says how to run it
#   fuzz-run  run each as often as test/fuzz/runs says, one line each
# Core is compiled once per compiler and linked into every binary, so an
# include of a server header in core breaks the build here.

UNIT_CC ?= gcc
FUZZ_CC ?= clang

CORE_BUILD = build
CORE_SOURCES = $(patsubst $(SRC)%,%,$(sort \
	$(wildcard $(SRC)src/core/*.c $(SRC)src/core/*/*.c)))
CORE_HEADERS = $(wildcard $(addprefix $(SRC),src/core/*.h \
	src/core/*/*.h src/core/*/*.def test/unit/*.h test/fuzz/*.h test/sim/*.h))
CORE_FLAGS = -std=gnu11 -Wall -Wextra -Werror -Wdeclaration-after-statement \
	-Wno-unused-parameter -ffp-contract=off -g -O1 \
	-fno-omit-frame-pointer -I$(SRC)src
SANITIZE_FLAGS = -fsanitize=address,undefined -fno-sanitize-recover=all

UNIT_TESTS = $(patsubst $(SRC)test/unit/%.c,$(CORE_BUILD)/unit/%, \
	$(wildcard $(SRC)test/unit/test_*.c))
FUZZ_TARGETS = $(patsubst $(SRC)test/fuzz/%.c,$(CORE_BUILD)/fuzz/%, \
	$(wildcard $(SRC)test/fuzz/fuzz_*.c))
UNIT_CORE = $(CORE_SOURCES:src/core/%.c=$(CORE_BUILD)/unit/core/%.o)
FUZZ_CORE = $(CORE_SOURCES:src/core/%.c=$(CORE_BUILD)/fuzz/core/%.o)

# Kept: an object serves every binary.
.SECONDARY: $(UNIT_CORE) $(FUZZ_CORE)
.PHONY: unit unit-run fuzz fuzz-run sim

unit: $(UNIT_TESTS)

fuzz: $(FUZZ_TARGETS)

unit-run: unit
	@status=0; \
	for test in $(UNIT_TESTS); do \
		name=$$(basename $$test); \
		if $$test >$$test.log 2>&1; then \
			echo "ok      $$name: $$(sed -n \
				's/^\[  PASSED  \] //p' $$test.log)"; \
		else \
			echo "not ok  $$name"; cat $$test.log; status=1; \
		fi; \
	done; \
	exit $$status

fuzz-run: fuzz
	@status=0; \
	for target in $(FUZZ_TARGETS); do \
		name=$$(basename $$target); \
		mkdir -p $$target.corpus; \
		runs=$$(sed -n "s/^$$name[[:space:]]*//p" $(SRC)test/fuzz/runs); \
		if $$target -runs=$${FUZZ_RUNS:-$${runs:-100000}} -max_len=4096 \
			-artifact_prefix=$$target- $$target.corpus \
			>$$target.log 2>&1; then \
			echo "ok      $$name: $$(sed -n \
				's/^Done \(.*\)$$/\1/p' $$target.log)"; \
		else \
			echo "not ok  $$name"; tail -40 $$target.log; status=1; \
		fi; \
	done; \
	exit $$status

$(CORE_BUILD)/unit/core/%.o: $(SRC)src/core/%.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(UNIT_CC) $(CORE_FLAGS) $(SANITIZE_FLAGS) -c -o $@ $<

$(CORE_BUILD)/fuzz/core/%.o: $(SRC)src/core/%.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(CORE_FLAGS) $(SANITIZE_FLAGS) -fsanitize=fuzzer-no-link \
		-c -o $@ $<

$(CORE_BUILD)/unit/test_%: $(SRC)test/unit/test_%.c $(UNIT_CORE) $(CORE_HEADERS)
	$(UNIT_CC) $(CORE_FLAGS) $(SANITIZE_FLAGS) -o $@ $< $(UNIT_CORE) \
		-lcmocka -lcrypto -lm

$(CORE_BUILD)/fuzz/fuzz_%: $(SRC)test/fuzz/fuzz_%.c $(FUZZ_CORE) $(CORE_HEADERS)
	$(FUZZ_CC) $(CORE_FLAGS) $(SANITIZE_FLAGS) -fsanitize=fuzzer -o $@ $< \
		$(FUZZ_CORE) -lm

# As the server is built, for what takes long
sim: $(CORE_BUILD)/sim/market

$(CORE_BUILD)/sim/%: $(SRC)test/sim/%.c $(addprefix $(SRC),$(CORE_SOURCES)) \
		$(CORE_HEADERS)
	@mkdir -p $(@D)
	$(UNIT_CC) $(CORE_FLAGS) -O2 -o $@ $(filter %.c,$^) -lm
