#!/usr/bin/env perl
# symbols.pl
#	The library exports its entry points and nothing else, and SQL and C
#	name the same ones.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

# declared: the entry points that the sources open.
sub declared
{
	my %names;

	foreach my $file (c_files())
	{
		my $code = code_only(read_file($file), 1);

		$names{$1} = $file
		  while $code =~ /^(?:DW_\w*FUNCTION|PG_FUNCTION_INFO_V1)\((\w+)\)/mg;
	}
	return \%names;
}

# named: the entry points that the SQL pieces name.
sub named
{
	my %names;

	foreach my $file (glob 'sql/*.sql sql/*/*.sql')
	{
		my $text = read_file($file);

		$names{$1} = $file while $text =~ /'MODULE_PATHNAME',\s*'(\w+)'/g;
	}
	return \%names;
}

# exported: the defined dynamic symbols of the library.
sub exported
{
	my @lines = `nm -D --defined-only dwello.so 2>/dev/null`;

	return map { (split)[-1] => (split)[1] } @lines;
}

my $declared = declared();
my $named = named();
my %exported = exported();
my %expected = map { $_ => 1 } '_PG_init', 'Pg_magic_func',
  map { ($_, "pg_finfo_$_") } keys %$declared;

if (-f 'dwello.so')
{
	check('the library exports its entry points only',
		(map { "$_ is exported" } grep { !$expected{$_} } sort keys %exported),
		(map { "$_ is hidden" } grep { !$exported{$_} } sort keys %expected));
}
else
{
	check('the library is built', 'there is no dwello.so');
}
check('every entry point has an SQL name',
	map { "$declared->{$_}: $_" } grep { !$named->{$_} } sort keys %$declared);
check('every C function named in SQL exists',
	map { "$named->{$_}: $_" } grep { !$declared->{$_} } sort keys %$named);
