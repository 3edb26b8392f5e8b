#!/usr/bin/env perl
# locale.pl
#	What the code decides does not hang on the locale of the database: the
#	case of text is folded by one rule, and no character is asked of libc.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

# folds: SQL that folds by the database's locale.  The bounds of a range have
# the same names; the columns with ranges are called "valid".
sub folds
{
	my @findings;

	foreach my $file (c_files(), c_headers(), glob 'sql/*.sql sql/*/*.sql')
	{
		my $number = 0;
		my $text = read_file($file);

		foreach my $line (split /\n/, $file =~ /\.sql$/ ? $text : code_only($text))
		{
			$number++;
			next if $line =~ /COLLATE \S*\bC\b/;
			push @findings, "$file:$number: $line"
			  if $line =~ /\b(?:lower|upper|initcap)\s*\((?!\s*(?:\w+\.)?valid\))[^)]*/
			  || $line =~ /\bILIKE\b|\s!?~\*\s/;
		}
	}
	return @findings;
}

# asked: calls of C functions that answer by the locale.
sub asked
{
	my @findings;

	foreach my $file (c_files(), c_headers())
	{
		my $number = 0;

		foreach my $line (split /\n/, code_only(read_file($file), 1))
		{
			$number++;
			push @findings, "$file:$number: $line"
			  if $line =~ /\b(?:(?:pg_)?to(?:lower|upper)|(?:pg_)?strn?casecmp|str_tolower|str_toupper|strcoll|isw?(?:alpha|alnum|upper|lower|space|punct))\s*\(/;
		}
	}
	return @findings;
}

check('SQL folds case by one rule, DW_FOLDED', folds());
check('C asks nothing of the locale', asked());
