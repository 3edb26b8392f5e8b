#!/usr/bin/env bash
# soak.sh [CYCLES]
#	Kills the postmaster again and again (25 times) under a mixed load of
#	money, and looks whether a cent or an acknowledged call was lost; the
#	last line is "N passed, N failed".
#
# The suite has a short one, test/t/crash.pl.  DW_SEED repeats the calls and
# the times of the kills.
# shellcheck disable=SC2154
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$DW_ROOT"
exec </dev/null

export DW_CYCLES=${1:-25}

# shellcheck disable=SC2086
ensure_packages $DW_BUILD_PACKAGES $DW_TEST_PACKAGES
work_directory work
server_tree "$work/tree"
build_and_install
own_directory "$work/tap" 0755
own_directory "$work/tap/tmp"
cp -R test/t test/soak "$work"
chmod -R a+rX "$work/t" "$work/soak"

status=0
tap_script "$work/tap" "$work/soak/kill.pl" 2>&1 | tee "$work/log" |
	grep --line-buffered -v '^ok' || :
grep -q '^1\.\.' "$work/log" || status=1
passed=$(grep -c '^ok' "$work/log" || :)
failed=$(grep -c '^not ok' "$work/log" || :)
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
	failed=1
fi
echo "$passed passed, $failed failed"
exit $((failed > 0))
