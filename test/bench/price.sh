#!/usr/bin/env bash
# price.sh [--smoke]
#	What one decision of an agent costs in core, and how fast core alone plays
#	history through: no server, no row, one process.
#
# Time of the processor, the median of the rounds.  Core is compiled as the
# server's Makefile does it by default.
#	ROUNDS JOBS    (15, 200000)
#	CC             (gcc)
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

[ "${1:-}" != --smoke ] || { ROUNDS=${ROUNDS:-1} JOBS=${JOBS:-2000}; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${CC:-gcc}" -std=gnu11 -O2 -ffp-contract=off -fno-strict-aliasing -fwrapv \
	-I"$DW_ROOT/src" "$DW_ROOT/test/bench/price/price.c" \
	"$DW_ROOT"/src/core/*/*.c -o "$work/price" -lm
"$work/price" "${ROUNDS:-15}" "${JOBS:-200000}"
