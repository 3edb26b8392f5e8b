package Lint;

# Lint.pm
#	What the checks in this directory share: reading sources, and saying
#	"ok" or "not ok" with one diagnostic line for each finding.

use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(dirname);
use Cwd qw(abs_path);

our @EXPORT = qw(check c_files c_headers read_file code_only functions);

# Every check runs at the top of the tree, wherever it is called from.
chdir(dirname(abs_path(__FILE__)) . '/../..') or die "chdir: $!";
$| = 1;

my ($checks, $failed) = (0, 0);

# Set by what uses this to read, and checks nothing.
our $reads_only = 0;

# The plan comes last; the status is 1 when something was found.
END
{
	print "1..$checks\n" unless $reads_only;
	$? = 1 if $failed && $? == 0;
}

# check NAME, FINDINGS...: one line of TAP; no finding is "ok".
sub check
{
	my ($name, @findings) = @_;

	$checks++;
	print @findings ? "not ok $checks - $name\n" : "ok $checks - $name\n";
	print "# $_\n" foreach @findings;
	$failed ||= @findings > 0;
	return;
}

# The C sources and headers of the library.
sub c_files { return sort glob 'src/*/*.c src/*/*/*.c' }
sub c_headers { return sort glob 'src/*/*.h src/*/*/*.h' }

# read_file PATH: the whole of it.
sub read_file
{
	my ($path) = @_;

	open my $in, '<', $path or die "$path: $!";
	local $/ = undef;
	my $text = <$in>;
	return $text;
}

# code_only TEXT: comments become blanks, lines keep their numbers; with a
# true second argument, so do string and character literals.
sub code_only
{
	my ($text, $no_strings) = @_;

	$text =~ s{(/\*.*?\*/)|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')}
	          {defined $1 ? blank($1) : $no_strings ? blank($2) : $2}gse;
	return $text;
}

# blank TEXT: as many lines, nothing on them.
sub blank
{
	my ($text) = @_;

	$text =~ s/[^\n]/ /g;
	return $text;
}

# functions PATH...: a list of {file, name, first, last, params, commented};
# first is the line of the return type.
sub functions
{
	my @paths = @_;
	my (@found, %lines);

	return unless @paths;
	open my $tags, '-|', 'ctags', '--languages=C', '--kinds-C=f',
	  '--fields=neS', '--sort=no', '-D',
	  'DW_FUNCTION(x)=Datum x(PG_FUNCTION_ARGS)', '-o', '-', @paths
	  or die "ctags: $!";
	while (my $tag = <$tags>)
	{
		my ($name, $file) = split /\t/, $tag;
		my ($line) = $tag =~ /\tline:(\d+)/;
		my ($last) = $tag =~ /\tend:(\d+)/;
		my ($list) = $tag =~ /\tsignature:\((.*?)\)\s*(?:\t|$)/;

		next unless defined $line && defined $last;
		$lines{$file} ||= [ '', split /\n/, read_file($file) ];
		my $first = $line;
		$first--
		  while $lines{$file}[ $first - 1 ] =~ /\S/
		  && $lines{$file}[ $first - 1 ] !~ m(\*/\s*$|^\s*[}#]|;\s*$);
		push @found,
		  {
			file => $file,
			name => $name,
			first => $first,
			last => $last,
			params => scalar(
				grep { /\S/ && !/^\s*void\s*$/ } split /,/,
				$list // ''),
			commented => scalar($lines{$file}[ $first - 1 ] =~ m{\*/\s*$}),
		  };
	}
	close $tags or die "ctags failed";
	return @found;
}

1;
