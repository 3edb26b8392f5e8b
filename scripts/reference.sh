#!/usr/bin/env bash
# reference.sh
#	Makes anew what follows from the contracts in sql/ of this checkout: the
#	test of the examples, what it expects, and docs/reference.md.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

dir=$(mktemp -d)
trap '"$DW_ROOT/scripts/dev-server.sh" "$dir/server" stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
chmod 755 "$dir"
"$DW_ROOT/scripts/dev-server.sh" "$dir/server" >"$dir/log" 2>&1 || die "$(tail -3 "$dir/log")"
eval "$("$DW_ROOT/scripts/dev-server.sh" "$dir/server" env)"
cd "$DW_ROOT"
scripts/reference.pl test >test/sql/reference.sql
psql -Xaq -d dwello <test/sql/reference.sql >expected/reference.out 2>&1
if grep -n '^ERROR' expected/reference.out; then
	die "an example fails"
fi
{ scripts/reference.pl functions; psql -XAtq -d dwello -f scripts/reference.sql; } >docs/reference.md
say "docs/reference.md and the test of its examples are made"
