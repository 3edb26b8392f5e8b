#!/usr/bin/env perl
# typedefs.pl
#	typedefs.list tells pgindent what is a type: every type that src/
#	defines, and those of the server and of libraries that it uses.
#
# "typedefs.pl --write" writes the list anew.  Types that are not ours are
# added to it by hand; pgindent takes "foo *bar" for a product without.  The
# server has a type "text", which is left out: here it is a variable's name.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

use constant LIST => 'typedefs.list';

# typedef_names CODE: what the typedefs of a source without comments define.
sub typedef_names
{
	my ($code) = @_;
	my @names;

	while ($code =~ /^typedef\b([^;{]*(?:\{.*?^\})?[^;]*);/gms)
	{
		my $declared = $1;

		$declared =~ s/\{.*\}//s;
		push @names, $declared =~ /\(\s*\*\s*(\w+)\s*\)/
		  ? $1
		  : $declared =~ /(\w+)\s*(?:\[[^]]*\]\s*)*$/;
	}
	return @names;
}

my @sources = map { code_only(read_file($_), 1) } c_files(), c_headers();
my %defined = map { $_ => 1 } map { typedef_names($_) } @sources;
my %used = map { $_ => 1 } map { /\b([A-Za-z_]\w*)\b/g } @sources;
my @listed = split /\n/, read_file(LIST);

if (@ARGV && $ARGV[0] eq '--write')
{
	my %kept = (%defined, map { $_ => 1 } grep { $used{$_} } @listed);

	@listed = sort keys %kept;
	open my $out, '>', LIST or die LIST . ": $!";
	print $out map { "$_\n" } @listed;
	close $out or die LIST . ": $!";
}

my %listed = map { $_ => 1 } @listed;

check('every type of src/ is in ' . LIST . ' (or: typedefs.pl --write)',
	grep { !$listed{$_} } sort keys %defined);
check(LIST . ' names nothing that src/ does not use',
	grep { !$used{$_} } @listed);
check(LIST . ' is sorted, each name once',
	"@listed" eq join(' ', sort keys %listed) ? () : 'it is not');
