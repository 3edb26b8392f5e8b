#!/usr/bin/env perl
# checks.pl
#	Every rule of check() has a fault planted for it in test/sql/check.sql,
#	and that test found it.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;

my $source = join '',
  map { read_file("src/store/admin/${_}_store.c") } qw(check installation reseal);
my $test = read_file('test/sql/check.sql');
my $output = read_file('expected/check.out');

# The rules by name: those asked in SQL, those in C, the ledger audit.
my %rules;
$rules{$_}++ foreach $source =~ /^\s*RULE\("(\w+)"/mg,
  $source =~ /\breport\(call, "(\w+)"/g;

# The faults in the test, by rule.
my %faults;
$faults{$_}++ foreach $test =~ /^\s*(?:SELECT )?\(?'(\w+)', /mg;

# The last table of the expected output says what was found.
my %found;
$found{$1} += $2 while $output =~ /^ (\w+) +\| [^|]+\| +(\d+) \|/mg;

check('the rules of check() are found in the source',
	keys %rules > 10 ? () : 'only ' . keys %rules);
check('every rule of check() has a fault planted for it',
	grep { !$faults{$_} } sort keys %rules);
check('as many faults were found as the rule has ways to look',
	grep { ($found{$_} // 0) < $rules{$_} } sort keys %rules);
check('no fault is planted for a rule that is not there',
	grep { !$rules{$_} } sort keys %found);

# An expected output can be made anew without being read: where a test lists
# what has no line in its table, or is not as it should be, nothing stands.
my $forbidden = join '|',
  qw(without_a_line no_command no_relation unwatched empty),
  'relation +\| viewer +\| expectation +\| seen .*',
  'relation +\| viewer +\| own .*',
  'n \| command \| (?:wrong|answer)',
  'rule +\| object +\| (?:sql|detail).*';
my @accepted;
foreach my $file (map { "expected/$_.out" } qw(check replay visibility_matrix))
{
	push @accepted, map { "$file: $_" }
	  read_file($file) =~ /^ ($forbidden)\s*\n[-+]+\n(?!\(0 rows\))/mg;
}
check('no expected output accepts what its test forbids', @accepted);
