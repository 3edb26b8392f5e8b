#!/usr/bin/env bash
# soak.sh [CYCLES]
#	Kills the postmaster again and again (25 times) under a mixed load of
#	money, and looks whether a cent or an acknowledged call was lost; then
#	workers of agents and the server under them, and looks whether an agent
#	answered twice, or not at all, or passed its cap.  The last line is
#	"N passed, N failed".
#
# The suite has short ones, test/t/crash.pl and test/t/agent_kill.pl.  DW_SEED
# repeats the calls of the first and the times of its kills.
#	DW_AGENT_JOBS DW_AGENT_WORKERS DW_AGENT_KILLS DW_AGENT_CRASHES
#	               of the second (10000, 8, 20, 5)
# shellcheck disable=SC2154
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$DW_ROOT"
exec </dev/null

export DW_CYCLES=${1:-25}
export DW_AGENT_JOBS=${DW_AGENT_JOBS:-10000}
export DW_AGENT_WORKERS=${DW_AGENT_WORKERS:-8}
export DW_AGENT_KILLS=${DW_AGENT_KILLS:-20}
export DW_AGENT_CRASHES=${DW_AGENT_CRASHES:-5}

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
for script in soak/kill.pl t/agent_kill.pl; do
	tap_script "$work/tap" "$work/$script" 2>&1 | tee "$work/log" |
		grep --line-buffered -v '^ok' || :
	grep -q '^1\.\.' "$work/log" || status=1
	cat "$work/log" >>"$work/logs"
done
passed=$(grep -c '^ok' "$work/logs" || :)
failed=$(grep -c '^not ok' "$work/logs" || :)
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
	failed=1
fi
echo "$passed passed, $failed failed"
exit $((failed > 0))
