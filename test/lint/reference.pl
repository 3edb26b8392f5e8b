#!/usr/bin/env perl
# reference.pl
#	docs/reference.md says what the catalogue says, in a database with the
#	extension, which PGDATABASE and its like name.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

unless ($ENV{PGDATABASE})
{
	check('reference # SKIP PGDATABASE names no database');
	exit 0;
}

my $psql = ($ENV{PG_BIN} ? "$ENV{PG_BIN}/" : '') . 'psql';
my @now = split /^/m, `$psql -XAtq -f scripts/reference.sql 2>&1`;
my @page = -e 'docs/reference.md' ? split /^/m, read_file('docs/reference.md') : ();
my @stale;

foreach my $i (0 .. ($#now > $#page ? $#now : $#page))
{
	next if ($now[$i] // '') eq ($page[$i] // '');
	push @stale, sprintf "line %d should be: %s", $i + 1, $now[$i] // 'gone';
	last;
}
push @stale, 'make it anew: scripts/reference.sh' if @stale;
check('docs/reference.md is what the comments say', @stale);
