#!/usr/bin/env perl
# reference.pl
#	docs/reference.md and the test of its examples are what the contracts in
#	sql/ say, and the catalogue of a database with the extension, which
#	PGDATABASE and its like name.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

# stale PATH, TEXT: where the file is not what it should be.
sub stale
{
	my ($path, $text) = @_;
	my @now = split /^/m, $text;
	my @then = -e $path ? split /^/m, read_file($path) : ();

	foreach my $i (0 .. ($#now > $#then ? $#now : $#then))
	{
		next if ($now[$i] // '') eq ($then[$i] // '');
		return (sprintf('line %d should be: %s', $i + 1, $now[$i] // 'gone'),
			'make it anew: scripts/reference.sh');
	}
	return;
}

my $functions = `scripts/reference.pl functions`;
my $output = read_file('expected/reference.out');

check('test/sql/reference.sql runs the examples of the contracts',
	stale('test/sql/reference.sql', scalar `scripts/reference.pl test`));
check('no example ends in an error', $output =~ /^(ERROR.*)/mg);
check('every example gets an answer',
	grep { $output =~ /^$_\nSELECT .*?'\);\nROLLBACK/ms } $output =~ /^\\echo (\w+)/mg);
check('the functions of docs/reference.md are those of the contracts',
	substr(read_file('docs/reference.md'), 0, length $functions) eq $functions
	? ()
	: stale('docs/reference.md', $functions));

unless ($ENV{PGDATABASE})
{
	check('docs/reference.md # SKIP PGDATABASE names no database');
	exit 0;
}

my $psql = ($ENV{PG_BIN} ? "$ENV{PG_BIN}/" : '') . 'psql';

check('docs/reference.md says what the catalogue says',
	stale('docs/reference.md', $functions . `$psql -XAtq -f scripts/reference.sql 2>&1`));
