#!/usr/bin/env bash
# reference.sh
#	Makes docs/reference.md anew from the comments of this checkout.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

dir=$(mktemp -d)
trap '"$DW_ROOT/scripts/dev-server.sh" "$dir/server" stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
chmod 755 "$dir"
"$DW_ROOT/scripts/dev-server.sh" "$dir/server" >"$dir/log" 2>&1 || die "$(tail -3 "$dir/log")"
eval "$("$DW_ROOT/scripts/dev-server.sh" "$dir/server" env)"
psql -XAtq -d dwello -f "$DW_ROOT/scripts/reference.sql" >"$DW_ROOT/docs/reference.md"
say "docs/reference.md is made"
