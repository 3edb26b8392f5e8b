#!/usr/bin/env perl
# names.pl
#	The names of all tests of a checkout, as its files have them; a name that
#	is made at run time is listed as it is written.
#
#	names.pl --list [DIR]    prints them, a line each
#	names.pl --compare DIR   those of another checkout, DIR, that are not here:
#	                         each with its successor, by test/successors
# The status is 1 if one has none.  As a check of the suite it holds every
# successor in that table against the names that there are.  A line of it is
# "OLD => NEW"; where both end in *, the rest of the name stays; "word OLD =>
# NEW" says that a word is another one now, in any name.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;
use Cwd qw(getcwd);
use File::Spec;
use POSIX qw(_exit);

use constant TABLE => 'test/successors';

# stems PATTERN: the names of such files, without directory and ending.
sub stems
{
	return map { m{([^/]+)\.\w+$} } glob $_[0];
}

# calls TEXT, PATTERN: what stands between the parentheses of such calls.
sub calls
{
	my ($text, $pattern) = @_;
	my $string = qr/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/s;
	my $inside;

	$inside = qr/(?:$string|[^()'"]|\((??{ $inside })\))*/s;
	return $text =~ /(?<![\w\$>:])(?:$pattern)\s*\(($inside)\)/g;
}

# literals CODE: the string literals in it.
sub literals
{
	return grep { defined }
	  $_[0] =~ /'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"/gs;
}

# named KIND, PATTERN, FINDER: the names that the finder finds in each file.
sub named
{
	my ($kind, $pattern, $finder) = @_;
	my @names;

	foreach my $file (glob $pattern)
	{
		my ($stem) = $file =~ m{([^/]+)\.\w+$};

		push @names, map { "$kind $stem: " . s/\s+/ /gr }
		  grep { /\w/ && !/# SKIP/ } $finder->(read_file($file));
	}
	return @names;
}

# names: of the tests in the current directory.
sub names
{
	my $tap = 'ok|is|isnt|like|unlike|cmp_ok|is_deeply|pass|(?:issues_sql|command|psql)_\w+';

	return (
		(map { "regress $_" } stems('test/sql/*.sql')),
		(map { "isolation $_" } stems('test/isolation/specs/*.spec')),
		(map { "fuzz $_" } stems('test/fuzz/fuzz_*.c')),
		(map { "bench $_" } stems('test/bench/*.sh')),
		(map { "model $_" } 'none',
			map { read_file($_) =~ /^\t(\w+): \w*\(/mg }
			  glob 'test/model/driver/faults.js'),
		named('unit', 'test/unit/test_*.c',
			sub { $_[0] =~ /cmocka_unit_test\w*\(\s*(\w+)/g }),
		named('tap', 'test/t/*.pl',
			sub { map { (literals($_))[-1] // () } calls($_[0], $tap) }),
		named('lint', 'test/lint/*.pl',
			sub { map { (literals($_))[0] // () } calls($_[0], 'check|refuses|passes') }),
		named('lint', 'test/lint/catalogue.sql',
			sub { $_[0] =~ /^-- rule: (.*)$/mg }),
		named('examples', 'examples/*/run.js',
			sub { $_[0] =~ /'not ok'\} - (?:`\s*\+\s*')?((?:\\.|[^`'\\])+)/g }));
}

# names_in DIR: the same of that checkout.
sub names_in
{
	my ($directory) = @_;
	my $here = getcwd();

	chdir File::Spec->rel2abs($directory, $ENV{PWD}) or die "$directory: $!\n";
	my @names = names();
	chdir $here or die "$here: $!\n";
	return @names;
}

# successors: the table, in order.
sub successors
{
	return map { [ split / => / ] }
	  grep { / => / } split /\n/, read_file(TABLE);
}

# successor NAME, NOW, TABLE: which of these a name has become; nothing if the
# table does not say.
sub successor
{
	my ($name, $now, @table) = @_;
	my @known = ($name);

	foreach my $line (@table)
	{
		foreach my $known (@known)
		{
			my ($old, $new) = @$line;

			if ($old =~ s/^word //)
			{
				$new = $known =~ s/(?<![a-z])\Q$old\E(?![a-z])/$new/gr;
			}
			elsif ($old =~ s/\*$//)
			{
				next if index($known, $old) != 0;
				$new =~ s/\*$/substr($known, length $old)/e;
			}
			elsif ($old ne $known)
			{
				next;
			}
			return $new if $now->{$new};
			push @known, $new unless grep { $_ eq $new } @known;
		}
	}
	return;
}

# compare DIR: prints what is not here, and whether anything is lost.
sub compare
{
	my ($directory) = @_;
	my @before = names_in($directory);
	my @table = successors();
	my %now = map { $_ => 1 } names();
	my $lost = 0;

	foreach my $name (grep { !$now{$_} } @before)
	{
		my $new = successor($name, \%now, @table);

		$lost++ unless defined $new;
		print "$name => ", $new // 'LOST', "\n";
	}
	printf "%d names before, %d now, %d lost\n", scalar(@before),
	  scalar(keys %now), $lost;
	return $lost > 0;
}

my ($action, $directory) = @ARGV;

if (($action // '') eq '--list')
{
	print map { "$_\n" } sort { $a cmp $b } names_in($directory // getcwd());
	_exit(0);
}
if (($action // '') eq '--compare')
{
	_exit(compare($directory // die "--compare wants a directory\n"));
}

my @names = names();
my %count;

$count{ (split / /)[0] }++ foreach @names;
check('tests of every kind are found',
	grep { !$count{$_} }
	  qw(regress isolation unit fuzz tap lint model examples bench));
check('every successor is a test that is there',
	map { "$_->[0] => $_->[1]" } grep {
		my $new = $_->[1];

		$new =~ s/\*$//
		  ? !grep { index($_, $new) == 0 } @names
		  : !grep { $_ eq $new } @names
	} grep { $_->[0] !~ /^word / } successors());
