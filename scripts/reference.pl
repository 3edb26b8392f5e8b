#!/usr/bin/env perl
# reference.pl
#	Writes what scripts/reference.sh makes of the contracts in sql/:
#
#	reference.pl test        test/sql/reference.sql, which runs the examples
#	reference.pl functions   the first half of docs/reference.md
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../test/lint";
use Lint qw(read_file);
use Block;

$Lint::reads_only = 1;

# The domains in the order of the page.
my @domains = (
	[ account => 'Accounts' ], [ access => 'Access' ], [ job => 'Jobs' ], [ bid => 'Bids' ],
	[ score => 'Scores' ], [ agent => 'Agents' ], [ report => 'Reports' ],
	[ learning => 'Learning' ], [ market => 'Prices' ], [ match => 'Matching' ],
	[ audience => 'Audiences' ], [ search => 'Search and maps' ],
	[ escrow => 'Escrow' ], [ dispute => 'Disputes' ], [ payout => 'Payouts' ],
	[ company => 'Companies and banks' ],
	[ ledger => 'Ledger' ], [ accounting => 'Accounting' ], [ document => 'Documents' ], [ fee => 'Fees' ], [ review => 'Reviews' ],
	[ message => 'Messages' ], [ admin => 'Administration' ]);

# The groups of a domain: who calls a function.
my @groups = (
	[ 'For applications', sub { grep { $_ eq 'app' } @_ } ],
	[ 'For workers', sub { @_ && !grep { $_ eq 'app' } @_ } ],
	[ 'For superusers', sub { !@_ } ]);

# shown EXAMPLE: its lines without the common indent.
sub shown
{
	my ($example) = @_;

	$example =~ s/\s+$//;
	return $example;
}

# example_call FUNCTION: the line of the test that runs its example.
sub example_call
{
	my ($function) = @_;
	my $block = $function->{block};
	my @commands = map { s/^\s+|\s+$//g; s/'/''/g; "'$_'" }
	  split /;\s*\n/, shown($block->{example}) =~ s/;$//r;

	return "SELECT * FROM r.answer('$block->{who}', "
	  . ($block->{given} ? "'$block->{given}'" : 'NULL') . ",\n"
	  . join(",\n", @commands) . ");\n";
}

# answers: what the examples gave, by function, from the expected output.
sub answers
{
	my %found;
	my $text = -e 'expected/reference.out' ? read_file('expected/reference.out') : '';

	while ($text =~ /^\\echo (\w+)\n\1\n.*?'\);\n(.*?)^ROLLBACK/msg)
	{
		$found{$1} = $2;
	}
	return %found;
}

# cell TEXT: fit for a cell of a table.
sub cell
{
	my ($text) = @_;

	return ($text // '') =~ s/\s+/ /gr =~ s/\|/\\|/gr;
}

# table FUNCTION, PART: the arguments or the columns of the result.
sub table
{
	my ($function, $part) = @_;
	my $columns = $function->{ $part eq 'args' ? 'in' : 'out' };
	my %said = map { $_->[0] => $_ } @{ $function->{block}{$part} };
	my %given = map { $_->[0] => 1 } @{ $function->{in} };
	my $has_default = $part eq 'args';
	my $text = $has_default
	  ? "| argument | type | default | meaning |\n|---|---|---|---|\n"
	  : "| column | type | meaning |\n|---|---|---|\n";

	foreach my $column (@$columns)
	{
		my ($name, $type, $default) = @$column;
		my $meaning = meaning($name, $said{$name}[1]);

		$meaning = 'as given, or as found' if $part ne 'args' && $given{$name} && !defined $said{$name}[1];
		$type =~ s/^dwello\.//;
		$text .= "| `$name` | $type | "
		  . ($has_default ? (defined $default ? "`$default`" : '') . ' | ' : '')
		  . cell($meaning) . " |\n";
	}
	return $text;
}

# entry FUNCTION, ANSWER: its part of the page.
sub entry
{
	my ($function, $answer) = @_;
	my $block = $function->{block};
	my $text = "#### $function->{name}\n\n$block->{prose}\n\n";
	my $returns = $block->{returns_is};

	$text .= table($function, 'args') . "\n" if @{ $function->{in} };
	$text .= "Returns $returns"
	  . (@{ $function->{out} } ? ":\n\n" . table($function, 'returns') . "\n" : ".\n\n");
	$text .= "Errors:\n\n" . join('', map {
			my ($code, $said) = @$_;
			"* `$code` " . ($said // $codes{$code}) . "\n" } @{ $block->{errors} }) . "\n"
	  if @{ $block->{errors} };
	$text .= 'Executed by: '
	  . (join(', ', map { "dwello_$_" } @{ $function->{roles} }) || 'superusers') . ".\n\n";
	$text .= "As $block->{who}" . ($block->{given} ? ", $block->{given}" : '')
	  . ":\n\n```sql\n" . shown($block->{example}) . "\n```\n\n```json\n"
	  . ($answer // '') . "```\n\n";
	return $text;
}

my ($what) = @ARGV;
my @functions = grep { $_->{block} && !is_internal($_) } blocks();

if ($what eq 'test')
{
	print read_file('scripts/reference_head.sql');
	foreach my $function (@functions)
	{
		print "\n\\echo $function->{name}\n", example_call($function),
		  "ROLLBACK TO example;\n";
	}
	print "\nROLLBACK;\n\\c :before\nDROP DATABASE dwello_reference;\n";
	exit 0;
}

my %answer = answers();

print <<'END';
# Reference

Made by `scripts/reference.sh` from the contracts above each function in `sql/` and from the comments in the catalogue, whose
first sentences and codes `\df+ dwello.*` shows. Functions take named arguments: `dwello.accept_bid(job_id => $1, bid_id => $2)`. An
argument without a default must be given, and so must some that have the default NULL because one before them can be left out: they
say so. Money is in minor units. An `idempotency_key` belongs to the
actor who sends it, for one job, or for what belongs to no job, for one user, and is kept for 30 days: the same request gives the
same row, another one under it WD104; what others send under it does not count.

The examples run on the data of `dwello.load_demo()`, whose clock stands at 3 March 2031 (`SET dwello.now`), and
`test/sql/reference.sql` runs them all; ids are shown by that story's names for them. "As homeowner" is a transaction that
begins with `SET LOCAL ROLE dwello_app; SELECT dwello.login(dwello.issue_token(:'homeowner'))`, "as system" one with `SET LOCAL
ROLE dwello_service` and no token. What comes after it ("painting paid", "a month later") is a state that the story is
brought to first; the table `r.step` in `scripts/reference_head.sql` has the commands.

Write `SELECT * FROM dwello.f(...)`. `SELECT (dwello.f(...)).*` is, in PostgreSQL, a call for each column: of a function that may
change something it is WD104, wherever it is written (views, subqueries, bodies of functions), with a key, too.

Besides the errors that a function lists, every command raises 25006 on a standby or in a read-only transaction and 22001 for
an idempotency_key over its limit. The server itself, without a hint, raises 22P02 for a text that the type of an argument
does not take (`SELECT enum_range(NULL::dwello.agent_mode)` shows an enum's labels), and 42501 for a function of another role
(the headings say whose each is).

END

foreach my $domain (@domains)
{
	print "* [$domain->[1]](#", lc($domain->[1]) =~ s/ /-/gr, "): ", join(', ',
		map { "[$_](#$_)" }
		  sort map { $_->{name} } grep { $_->{domain} eq $domain->[0] } @functions),
	  "\n";
}
print "\n";

foreach my $domain (@domains)
{
	print "## $domain->[1]\n\n";
	foreach my $group (@groups)
	{
		my @in = grep { $_->{domain} eq $domain->[0] && $group->[1]->(@{ $_->{roles} }) } @functions;

		print "### $domain->[1]: \l$group->[0]\n\n" if @in;
		print entry($_, $answer{ $_->{name} }) foreach sort { $a->{name} cmp $b->{name} } @in;
	}
}
