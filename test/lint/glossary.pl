#!/usr/bin/env perl
# glossary.pl
#	The terms of docs/glossary.md are those of the source, and no other word
#	for one of them stands there.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

my $glossary = read_file('docs/glossary.md');
my @terms = $glossary =~ /^- \*\*([^*]+)\*\*:/mg;
my $source = join "\n",
  map { read_file($_) } c_files(), c_headers(), glob('sql/*.sql sql/*/*.sql');

# A term may go over the end of a line of a comment, and may be a name.
sub occurs
{
	my $words = join '(?:[\s_-]|\n[\s*]*)*', map { quotemeta } split /[ -]/, shift;

	return $source =~ /$words/i;
}

# The words that were ours alone, as the figures of the house list them.
my ($list) = read_file('test/lint/figures.pl') =~ /^my %private = \((.*?)^?\);/ms;
my $private = join '|', ($list // '') =~ /^\s*'([^']+)' =>/mg;

my %seen;
check('the glossary has terms', @terms > 50 ? () : 'only ' . @terms);
check('each term of the glossary stands once',
	grep { $seen{ lc $_ }++ } @terms);
check('each term of the glossary stands in the source',
	grep { !occurs($_) } @terms);
check('each line of the glossary is a term with a sentence',
	grep { /^-/ && !/^- \*\*[^*]+\*\*: [^.]+\.$/ } split /\n/, $glossary);
check('no private word stands in the glossary', $private
	? $glossary =~ /\b($private)\b/ig : 'figures.pl lists none');
