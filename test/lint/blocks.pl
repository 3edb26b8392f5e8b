#!/usr/bin/env perl
# blocks.pl
#	The contract above each function says what its definition, its GRANT
#	and its COMMENT say.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;
use Block;

my @functions = blocks();
my @written = grep { $_->{block} } @functions;
my @called = grep { !is_internal($_) } @written;

# differs FUNCTION, PART, NAMES: a finding, unless the names are the part's.
sub differs
{
	my ($function, $part, @names) = @_;
	my $said = join ', ', map { $_->[0] } @{ $function->{block}{$part} };

	return $said eq join(', ', @names)
	  ? ()
	  : "$function->{name}: $part has $said; the function " . join(', ', @names);
}

check('functions are found', @functions > 100 ? () : scalar @functions);
check('every function has a block above it',
	map { "$_->{file}: $_->{name}" } grep { !$_->{block} } @functions);
check('a block has the name of its function and its form',
	map { "$_->{name}: $_->{block}{name} @{ $_->{block}{unread} }" }
	  grep { $_->{block}{name} ne $_->{name} || @{ $_->{block}{unread} } } @written);
check('role: is what GRANT says',
	map { "$_->{name}: $_->{block}{role_is}; GRANT @{ $_->{roles} }" }
	  grep {
		join(' ', sort split /,\s*/, $_->{block}{role_is} // '') ne
		  (join(' ', @{ $_->{roles} }) || 'owner') } @written);
check('args: are the arguments, in order',
	map { my $f = $_; differs($f, 'args', map { $_->[0] } @{ $f->{in} }) } @called);
check('returns: are the columns of the result, in order',
	map { my $f = $_; differs($f, 'returns', map { $_->[0] } @{ $f->{out} }) } @called);
check('every argument and column is explained',
	map {
		my $f = $_;
		my %in = map { $_->[0] => 1 } @{ $f->{block}{args} };
		map { "$f->{name}: $_" } (
			(map { $_->[0] } grep { !defined meaning(@$_) } @{ $f->{block}{args} }),
			(map { $_->[0] } grep { !defined meaning(@$_) && !$in{ $_->[0] } } @{ $f->{block}{returns} }),
			(defined $f->{block}{returns_is} ? () : 'returns:'))
	} @called);
check('every code of an error is explained',
	map { my $f = $_;
		map { "$f->{name}: $_->[0]" }
		  grep { $_->[0] !~ /^[0-9A-Z]{5}$/ || !defined($_->[1] // $codes{ $_->[0] }) }
		  @{ $f->{block}{errors} } } @called);
check('every function has an example that calls it',
	map { $_->{name} }
	  grep { ($_->{block}{example} // '') !~ /\b$_->{name}\b|[@<~]/ || !$_->{block}{who} } @called);
check('COMMENT is the first sentence, the codes and where more stands',
	map { "$_->{name}: " . comment_of($_) } grep { $_->{said} ne comment_of($_) } @written);
