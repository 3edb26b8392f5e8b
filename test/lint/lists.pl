#!/usr/bin/env perl
# lists.pl
#	Every list of the C files names all of them: what the Makefile builds,
#	what the unit tests link, what the lints read and the coverage counts.
#	A list that misses a folder passes on nothing.  Likewise the pieces of
#	the install script.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

# difference NAME, LISTED, KNOWN: what one has and the other has not.
sub difference
{
	my ($name, $listed, $known) = @_;
	my %listed = map { $_ => 1 } @$listed;
	my %known = map { $_ => 1 } @$known;

	return (
		(map { "$name lacks $_" } grep { !$listed{$_} } sort keys %known),
		(map { "$name has $_" } grep { !$known{$_} } sort keys %listed));
}

# made VARIABLE: its words in the Makefile.
sub made
{
	my ($variable) = @_;
	my $pg_config = $ENV{PG_CONFIG} || 'pg_config';
	my $print = "print-list:;\@printf '%s\\n' \$($variable)";

	open my $out, '-|', 'make', '-s', "PG_CONFIG=$pg_config", "--eval=$print",
	  'print-list'
	  or die "make: $!";
	chomp(my @words = <$out>);
	close $out or die 'make failed';
	return @words;
}

my @tracked = split /\n/, `git -c safe.directory='*' ls-files src 2>/dev/null`;

if (@tracked == 0)
{
	check('lists of files # SKIP this is no checkout of git');
	exit 0;
}

my @sources = grep { /\.c$/ } @tracked;
my @core = grep { m{^src/core/} } @sources;

check('the Makefile builds every source',
	difference('SOURCES', [ made('SOURCES') ], \@sources));
check('the unit tests link all of core',
	difference('CORE_SOURCES', [ made('CORE_SOURCES') ], \@core));
check('the lints read every source and header',
	difference('Lint.pm', [ c_files(), c_headers() ],
		[ grep { /\.[ch]$/ } @tracked ]));
check('the install script has every piece of SQL',
	difference('SQL_PIECES', [ made('SQL_PIECES') ],
		[ split /\n/, `git -c safe.directory='*' ls-files sql` ]));
