#!/usr/bin/env bash
# test.sh [PART...]
#	Runs the suite, or the named parts of it: for each a line with the sum of
#	its seconds, then "N passed, N failed"; the status is 1 when one failed.
#
# The parts: build lint unit fuzz regress isolation coverage tap examples model
# bench upgrade.  Everything is compiled and installed in a server tree of our
# own first; then prove runs test-one.sh, which says how each kind of test is
# run, for DW_JOBS tests at a time.  What cannot run is counted and says why.
#	DW_JOBS        compilations and tests at a time (2)
#	DW_TAP         the TAP tests to run, as a pattern of their names (*)
#	FUZZ_RUNS      runs of each fuzz target (those of test/fuzz/runs)
#	MODEL_STEPS    steps of the model-based test (3000)
#	MODEL_SEED     its seed (1, so that a run can be repeated)
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "$0")/lib.sh"
cd "$DW_ROOT"
exec </dev/null

export DW_JOBS=${DW_JOBS:-2} FUZZ_RUNS=${FUZZ_RUNS:-}
export MODEL_STEPS=${MODEL_STEPS:-3000} MODEL_SEED=${MODEL_SEED:-1}
export MINIMUM_COVERAGE=95
PARTS="build lint unit fuzz regress isolation coverage tap examples model"
PARTS+=" bench upgrade"
passed=0
failed=0
skipped=()

# wanted PART...: whether one of them is to run.
wanted()
{
	local part

	for part in "$@"; do
		[[ " $parts " != *" $part "* ]] || return 0
	done
	return 1
}

# compiles WHAT COMMAND...: a test of part build, with its log.
compiles()
{
	local log=$work/log/build.$1 begin=$SECONDS

	if "${@:2}" >"$log" 2>&1; then
		echo "ok - $1" >>"$log"
	else
		grep -E -A6 'error|warning' "$log" | sed -n 's/^/# /; 1,60p' >"$log.end"
		printf 'not ok - %s\n%s\n' "$1" "$(cat "$log.end")" >>"$log"
	fi
	echo $(((SECONDS - begin) * 1000)) >"$log.ms"
}

# compile: all that is wanted; what does not compile has failed.
compile()
{
	local make=(make -s -j"$DW_JOBS" "PG_CONFIG=$SYSTEM_PG_CONFIG")

	compiles gcc "${make[@]}" all
	! wanted build || compiles clang "${make[@]}" check-clang
	! wanted unit || compiles unit "${make[@]}" unit
	! wanted fuzz || compiles fuzz "${make[@]}" fuzz
	! wanted coverage || (PG_CONFIG=$SYSTEM_PG_CONFIG
		compiles 'coverage, in another directory' coverage_make all)
	! grep -l '^not ok' "$work"/log/build.* | grep -q gcc || return 1
	make -s PG_CONFIG="$PG_CONFIG" install >&2
}

# new_database NAME: with the extension and a keyring.
new_database()
{
	"$PG_BIN/createdb" "$1"
	PGOPTIONS='-c client_min_messages=warning' "$PG_BIN/psql" -Xq \
		-v ON_ERROR_STOP=1 -d "$1" -o /dev/null -c 'CREATE EXTENSION dwello CASCADE' \
		-c 'SELECT FROM dwello.create_keyring()'
}

# node_directory DIR LOG: a copy of it in the work directory with its packages,
# or a skipped test in that log, which says why not.
node_directory()
{
	local copy

	copy=$work/$(basename "$1")
	command -v npm >/dev/null || ensure_packages nodejs npm
	cp -R "$1" "$copy"
	rm -rf "$copy/node_modules"
	(cd "$copy" && timeout 120 npm ci --ignore-scripts --fetch-retries 1) \
		>"$work/npm.log" 2>&1 && return
	echo "ok - $1 # SKIP its packages cannot be had: $(grep -m1 -i err \
		"$work/npm.log" || echo 'npm ci took too long')" >"$work/log/$2"
	return 1
}

# prepare: what many tests share, before the first of them.
prepare()
{
	local database

	if wanted lint examples model bench; then
		start_cluster "$work/server"
		new_database extended
		for database in lint examples; do
			"$PG_BIN/createdb" -T extended "$database"
		done
	fi
	own_directory "$work/tap" 0755
	own_directory "$work/tap/tmp"
	cp -R test/t "$work/t"
	chmod -R a+rX "$work/t"
	ln -s "$DW_ROOT" "$work/source"
}

# names PATTERN KIND: tests of that kind, one for each file that matches.
names()
{
	local file

	for file in $1; do
		[ ! -e "$file" ] || basename "${file%.*}" | sed "s/^/$2:/"
	done
}

# tests: everything that prove is to run, what takes long first.
tests()
{
	! wanted regress isolation || echo installcheck:stock
	! wanted tap || names "test/t/${DW_TAP:-*}.pl" tap
	! wanted regress || printf 'installcheck:%s\n' readme english
	! wanted model || ! node_directory test/model model.packages || {
		echo model:none
		node -p "Object.keys(require('$work/model/driver/faults.js').faults)
			.map((fault) => 'model:' + fault).join('\n')"
	}
	! wanted examples || ! node_directory examples/payments examples.packages ||
		echo examples:payments
	! wanted bench || names 'test/bench/*.sh' bench
	! wanted bench || echo 'bench:matching JOBS=1000'
	! wanted fuzz || names 'test/fuzz/fuzz_*.c' fuzz
	! wanted lint || names 'test/lint/*.pl' lint
	! wanted unit || names 'test/unit/test_*.c' unit
}

# tally PART: show what failed, add to the sums, and say so.
tally()
{
	local good bad line logs=("$work/log/$1".*)

	sed -nE "s/^(ok [^#]*|1\.\.0 *)# skip *//Ip" "${logs[@]}" \
		>"$work/skipped" 2>/dev/null || :
	while read -r line; do
		skipped+=("$1: $line")
	done <"$work/skipped"
	good=$(cat "${logs[@]}" 2>/dev/null | grep -E '^ok\b' | grep -civ '# skip' || :)
	bad=$(cat "${logs[@]}" 2>/dev/null | grep -c '^not ok' || :)
	if [ $((good + bad)) -eq 0 ] && ! [ -s "$work/skipped" ]; then
		echo "not ok - $1: no test was run"
		bad=1
	fi
	cat "${logs[@]}" 2>/dev/null |
		awk '/^(not )?ok/ { bad = /^not/ } bad && (/^not/ || /^#/)'
	passed=$((passed + good))
	failed=$((failed + bad))
	printf '%-10s %4d passed, %d failed  (%d s)\n' "$1" "$good" "$bad" \
		"$(cat "$work/log/$1".*.ms 2>/dev/null | awk '{ s += $1 } END { print int(s / 1000) }')"
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

# ----------------------------------------------------------------------

trap finish EXIT
parts=${*:-$PARTS}
for part in $parts; do
	[[ " $PARTS " = *" $part "* ]] || die "no part $part; the parts are: $PARTS"
done
# shellcheck disable=SC2086
ensure_packages $DW_BUILD_PACKAGES $DW_TEST_PACKAGES
work_directory work
trap finish EXIT
mkdir "$work/log"
export work
server_tree "$work/tree"
COVERAGE=$(! wanted coverage || echo 1)
[ -z "$COVERAGE" ] || wanted regress isolation || parts="regress isolation $parts"
INSTALLCHECK=$(for part in regress isolation; do ! wanted "$part" || echo $part; done)
export COVERAGE INSTALLCHECK

if compile; then
	prepare
	list=$(tests)
	mapfile -t items <<<"$list"
	[ -z "$list" ] || prove -j"$DW_JOBS" --timer -e scripts/test-one.sh \
		"${items[@]}" || proved=$?
fi
wanted build || ! grep -q '^not ok' "$work"/log/build.* || parts="build $parts"
for part in $parts; do
	if [ "$part" = upgrade ]; then
		skipped+=('upgrade: update scripts begin with version 1.0')
	else
		tally "$part"
	fi
done
if [ "${proved:-0}" -ne 0 ] && [ "$failed" -eq 0 ]; then
	echo "not ok - prove ends with status $proved"
	failed=1
fi
complete=1
