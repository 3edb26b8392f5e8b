#!/usr/bin/env bash
# test.sh [PART...]
#	Runs the suite, or the named parts of it; the last line is
#	"N passed, N failed", and the status is 1 when something failed.
#
# The parts: build lint unit fuzz regress isolation tap examples model
# coverage bench upgrade.  Everything happens in a server tree and clusters of our own,
# which are gone afterwards.  What cannot run is counted and says why.
#	FUZZ_SECONDS   seconds for each fuzz target (20)
#	DW_JOBS        parallel compilations and fuzz targets (2)
#	MODEL_STEPS    steps of the model-based test (3000)
#	MODEL_SEED     its seed (1, so that a run can be repeated)
#	DW_TAP         the TAP tests to run, as a pattern of their names (*)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$DW_ROOT"
exec </dev/null

FUZZ_SECONDS=${FUZZ_SECONDS:-20}
MODEL_STEPS=${MODEL_STEPS:-3000}
MODEL_SEED=${MODEL_SEED:-1}
DW_JOBS=${DW_JOBS:-2}
MINIMUM_COVERAGE=90
ALL_PARTS="build lint unit fuzz regress isolation tap"
ALL_PARTS+=" examples model coverage bench upgrade"

passed=0
failed=0
skipped=()

# ----------------------------------------------------------------------
# Counting
# ----------------------------------------------------------------------

# tally PART PASSED FAILED: add to the sums, and say so.
tally()
{
	passed=$((passed + $2))
	failed=$((failed + $3))
	printf '%-10s %4d passed, %d failed  (%d s)\n' \
		"$1" "$2" "$3" $((SECONDS - part_start))
}

# skip PART REASON: count something that cannot run here.
skip()
{
	skipped+=("$1: $2")
}

# count PATTERN FILE: the number of its lines that match.
count()
{
	grep -cE "$1" "$2" || :
}

# run_tap LOG NAME COMMAND...: append what it prints; one that dies without
# a failed test is a failed test itself.
run_tap()
{
	local log=$1 name=$2 status=0

	shift 2
	"$@" >"$log.one" 2>&1 || status=$?
	cat "$log.one" >>"$log"
	if [ "$status" -ne 0 ] && ! grep -q '^not ok' "$log.one"; then
		printf '\nnot ok - %s ends with status %d\n' "$name" "$status" >>"$log"
		tail -20 "$log.one" | sed 's/^/# /' >>"$log"
	fi
}

# tally_tap PART LOG: count the results in a log of TAP lines, and show what
# failed.
tally_tap()
{
	local line

	while read -r line; do
		skip "$1" "${line#*# }"
	done < <(grep -iE '^(ok [^#]*|1\.\.0 *)# skip' "$2" || :)
	awk '/^(not )?ok/ { bad = /^not/ } bad' "$2"
	tally "$1" "$(grep -E '^ok [0-9]* *-' "$2" | grep -civ '# skip' || :)" \
		"$(count '^not ok' "$2")"
}

# tally_regress PART FILE STATUS: the same for the output of pg_regress,
# which is TAP from 16 on.
tally_regress()
{
	local good bad

	good=$(count '\.\.\. ok\b|^ok [0-9]' "$2")
	bad=$(count '\.\.\. (FAILED|failed)\b|^not ok [0-9]' "$2")
	if [ "$3" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
		tail -40 "$2"
	fi
	grep -hE '\.\.\. (FAILED|failed)\b|^not ok' "$2" || :
	tally "$1" "$good" "$bad"
}

# ----------------------------------------------------------------------
# The parts: each runs one kind of test and tallies it
# ----------------------------------------------------------------------

# Both compilers, warnings as errors.
part_build()
{
	local compiler good=0 bad=0

	for compiler in all check-clang; do
		if make -s -j"$DW_JOBS" PG_CONFIG="$SYSTEM_PG_CONFIG" \
			"$compiler" >"$work/build.log" 2>&1; then
			good=$((good + 1))
		else
			bad=$((bad + 1))
			grep -E -A6 'error|warning' "$work/build.log" | sed -n 1,60p
		fi
	done
	tally build "$good" "$bad"
}

# What can be read from the sources, the library and the catalogue.
part_lint()
{
	local check log=$work/lint.log

	need_server
	"$PG_BIN/createdb" lint
	run_tap "$log" 'CREATE EXTENSION' env \
		PGOPTIONS='-c client_min_messages=warning' "$PG_BIN/psql" -Xq \
		-v ON_ERROR_STOP=1 -d lint -c 'CREATE EXTENSION dwello CASCADE'
	for check in test/lint/*.pl; do
		run_tap "$log" "$check" env PGDATABASE=lint "$check"
	done
	tally_tap lint "$log"
}

# The pure core under the sanitizers; cmocka speaks TAP by itself.
part_unit()
{
	local test log=$work/unit.log

	run_tap "$log" 'make unit' make -s -j"$DW_JOBS" \
		PG_CONFIG="$SYSTEM_PG_CONFIG" unit
	for test in test/unit/test_*.c; do
		test=$(basename "$test" .c)
		run_tap "$log" "$test" env CMOCKA_MESSAGE_OUTPUT=TAP \
			"build/unit/$test"
	done
	tally_tap unit "$log"
}

# Each target for FUZZ_SECONDS, DW_JOBS at a time.
part_fuzz()
{
	local target log=$work/fuzz.log

	run_tap "$log" 'make fuzz' make -s -j"$DW_JOBS" \
		PG_CONFIG="$SYSTEM_PG_CONFIG" fuzz
	mkdir -p "$work/fuzz"
	export -f fuzz_target
	for target in test/fuzz/fuzz_*.c; do
		basename "$target" .c
	done | xargs -P "$DW_JOBS" -I{} \
		bash -c 'fuzz_target "$@"' fuzz {} "$work/fuzz" "$FUZZ_SECONDS" >>"$log"
	tally_tap fuzz "$log"
}

# fuzz_target NAME DIR SECONDS: one line of TAP for one target.
fuzz_target()
{
	mkdir -p "$2/$1"
	if "build/fuzz/$1" -max_total_time="$3" -max_len=4096 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="$2/$1-" "$2/$1" \
		>"$2/$1.log" 2>&1; then
		echo "ok - $1: $(sed -n 's/^stat::number_of_executed_units: *//p' \
			"$2/$1.log") runs"
	else
		printf 'not ok - %s\n%s\n' "$1" "$(tail -12 "$2/$1.log")"
	fi
}

# SQL against a running server.
part_regress()
{
	local status=0

	need_server
	make -s PG_CONFIG="$PG_CONFIG" ISOLATION= installcheck \
		>"$work/regress.log" 2>&1 || status=1
	tally_regress regress "$work/regress.log" "$status"
	[ "$status" -eq 0 ] || head -200 regression.diffs || :
}

# Races, step by step.
part_isolation()
{
	local status=0

	need_server
	make -s PG_CONFIG="$PG_CONFIG" REGRESS= installcheck \
		>"$work/isolation.log" 2>&1 || status=1
	tally_regress isolation "$work/isolation.log" "$status"
	[ "$status" -eq 0 ] || head -200 output_iso/regression.diffs || :
}

# Crash, restore, pooler, plans: tests that run servers of their own.
part_tap()
{
	local test log=$work/tap.log

	need_install
	own_directory "$work/tap" 0755
	own_directory "$work/tap/tmp"
	cp -R test/t "$work/t"
	chmod -R a+rX "$work/t"
	for test in "$work"/t/${DW_TAP:-*}.pl; do
		run_tap "$log" "$(basename "$test")" tap_test "$test"
	done
	tally_tap tap "$log"
}

# tap_test FILE: run one; what its servers and psql said is shown if it
# fails.
tap_test()
{
	local said

	tap_script "$work/tap" "$1" && return
	said=$work/tap/tmp_check/log/regress_log_$(basename "$1" .pl)
	grep -E 'ERROR:|FATAL:|PANIC:' "$said" | tail -5
	tail -10 "$said"
	return 1
}

# The applications of examples/, each against a database of its own.
part_examples()
{
	local log=$work/examples.log

	need_server
	if node_directory examples/payments; then
		new_database examples
		run_tap "$log" payments env PGDATABASE=examples \
			timeout 90 node "$work/payments/run.js" --jobs 16 --seed "$RANDOM"
		grep '^# ' "$log" || :
	else
		skip examples "payments: $no_node"
		: >"$log"
	fi
	tally_tap examples "$log"
}

# Random deeds beside an independent model; and that its eyes are open: each
# planted fault is found.  DW_JOBS at a time.
part_model()
{
	local log=$work/model.log

	need_server
	: >"$log"
	if node_directory test/model; then
		new_database model_template
		export -f model_run run_tap
		export work MODEL_STEPS MODEL_SEED
		{
			echo none
			node -p "Object.keys(require(
				'$work/model/driver/faults.js').faults).join('\n')"
		} | xargs -P "$DW_JOBS" -I{} bash -c 'model_run "$@"' model {}
		cat "$work"/model_run.*.log >"$log"
		grep '^# ' "$log" || :
	else
		skip model "$no_node"
	fi
	tally_tap model "$log"
}

# model_run FAULT: one run of the model, with a fault planted in it or none.
# Faults are looked for with a seed of their own, by which each is found.
model_run()
{
	local log=$work/model_run.$1.log
	local options=(--steps "$MODEL_STEPS" --seed "$MODEL_SEED")

	[ "$1" = none ] || options=(--steps 3000 --jobs 60 --seed 1 --plant "$1")
	: >"$log"
	"$PG_BIN/createdb" -T model_template "model_$1"
	run_tap "$log" "model $1" env PGDATABASE="model_$1" \
		node "$work/model/run.js" "${options[@]}"
	"$PG_BIN/dropdb" "model_$1"
}

# node_directory DIR: a copy of it in the work directory with its packages;
# false, and no_node says why, when they are not to be had.
node_directory()
{
	local copy log=$work/npm.log

	copy=$work/$(basename "$1")
	command -v node >/dev/null && command -v npm >/dev/null ||
		ensure_packages nodejs npm
	rm -rf "$copy"
	cp -R "$1" "$copy"
	rm -rf "$copy/node_modules"
	(cd "$copy" && timeout 120 npm ci --ignore-scripts --fetch-retries 1) \
		>"$log" 2>&1 && return
	no_node="its packages cannot be had: $(grep -m1 -i 'err' "$log" ||
		echo 'npm ci took too long')"
	return 1
}

# new_database NAME: with the extension and a keyring.
new_database()
{
	"$PG_BIN/createdb" "$1"
	PGOPTIONS='-c client_min_messages=warning' "$PG_BIN/psql" -Xq \
		-v ON_ERROR_STOP=1 -d "$1" -c 'CREATE EXTENSION dwello CASCADE' \
		-c 'SELECT FROM dwello.create_keyring()'
}

# Lines of src/ that the SQL tests reach, with a build of its own.
part_coverage()
{
	local tree=$work/coverage-tree source=$work/coverage percent
	local system=$PG_CONFIG status=0

	rm -rf "$source"
	mkdir "$source"
	cp -R Makefile dwello.control sql src test expected "$source"
	find "$source" -name '*.[od]' -delete
	percent=$(
		# a subshell: this build has a tree and a server of its own
		exec 2>"$work/coverage.log"
		cd "$source" && server_tree "$tree" &&
		make -s -j"$DW_JOBS" PG_CONFIG="$PG_CONFIG" \
			COPT='--coverage -O0' SHLIB_LINK='-lcrypto --coverage' \
			install >&2 &&
		chmod -R a+rwX "$source/src" &&
		start_cluster "$work/coverage-server" >&2 || exit 1
		make -s PG_CONFIG="$PG_CONFIG" installcheck >&2 || :
		stop_cluster "$work/coverage-server"
		covered_percent
	) || status=1
	PG_CONFIG=$system
	if [ "$status" -ne 0 ]; then
		tail -20 "$work/coverage.log"
		tally coverage 0 1
	else
		echo "lines of src/ covered by SQL tests: $percent %"
		tally coverage $((percent >= MINIMUM_COVERAGE)) \
			$((percent < MINIMUM_COVERAGE))
	fi
}

# covered_percent: of the lines of src/ in the current directory, by gcov.
covered_percent()
{
	find src -name '*.gcno' -exec gcov -n {} + 2>/dev/null | awk '
		/^File / { ours = ($0 ~ /src\/[a-z_\/]+\.c/) }
		/^Lines executed:/ && ours {
			split($0, word, /[:% ]+/); lines = $NF
			all += lines; hit += word[3] * lines / 100; ours = 0
		}
		END { printf "%d\n", all ? 100 * hit / all : 0 }'
}

# That the benchmarks still run; their figures need a quiet machine.
part_bench()
{
	local bench good=0 bad=0

	for bench in test/bench/*.sh; do
		if ! [ -f "$bench" ]; then
			skip bench 'there is no benchmark yet'
			continue
		fi
		need_server
		if "$bench" --smoke >"$work/bench.log" 2>&1; then
			good=$((good + 1))
		else
			bad=$((bad + 1))
			tail -40 "$work/bench.log"
		fi
	done
	tally bench "$good" "$bad"
}

# From every released version to this one.
part_upgrade()
{
	skip upgrade 'update scripts begin with version 1.0'
	tally upgrade 0 0
}

# ----------------------------------------------------------------------

# need_install: this build in the suite's own server tree.
need_install()
{
	[ -n "${installed:-}" ] || build_and_install
	installed=1
}

# need_server: a cluster of the suite's own with this build.
need_server()
{
	[ -z "${server_ready:-}" ] || return 0
	need_install
	start_cluster "$work/server"
	server_ready=1
}

# run_part NAME: time it, and let its death be a failure and not the end.
run_part()
{
	part_start=$SECONDS
	case " $ALL_PARTS " in
		*" $1 "*)
			"part_$1"
			;;
		*)
			die "no part $1; the parts are: $ALL_PARTS"
			;;
	esac
}

# finish: clean up and print the last line, however the script ends.
finish()
{
	local status=$?

	[ -z "${work:-}" ] || remove_work_directory "$work"
	[ -n "${complete:-}" ] || {
		say "the suite stopped early (status $status)"
		failed=$((failed + 1))
	}
	if [ "${#skipped[@]}" -gt 0 ]; then
		printf 'skipped    %s\n' "${skipped[@]}"
	fi
	echo "$passed passed, $failed failed"
	exit $((failed > 0))
}

trap finish EXIT
# shellcheck disable=SC2086
ensure_packages $DW_BUILD_PACKAGES $DW_TEST_PACKAGES
work_directory work
trap finish EXIT
server_tree "$work/tree"
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $ALL_PARTS
for part in "$@"; do
	run_part "$part"
done
complete=1
