#!/usr/bin/env perl
# figures.pl
#	The figures of the house: how much code, how it hangs together, and in
#	what words.  Prints the table, and holds each figure to its bound.
#
# "figures.pl DIRECTORY" looks at another tree; "--target" before it holds
# that to the targets, and not to what is allowed meanwhile.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Cwd qw(getcwd);
my $called_from;
BEGIN { $called_from = getcwd(); }    # Lint goes to the top of the tree
use Lint;

# No more than: what is allowed today, and what it shall be.  The first is
# lowered as findings go, never raised; the second is where it ends.
my %bound = (
	header_lines => [ 400, 400 ],
	one_caller => [ 53, 25 ],
	file_circles => [ 0, 0 ],
	folder_circles => [ 0, 0 ],
	headers_of_a_folder => [ 0, 0 ],
	foreign_private_headers => [ 0, 0 ],
	positions => [ 0, 0 ],
	pronouns => [ 0, 0 ],
	private_words => [ 0, 0 ],
	uncalled => [ 4, 0 ],
	undefined => [ 0, 0 ],
	needless_includes => [ 0, 0 ],
	missing_pages => [ 0, 0 ],
	longest_function => [ 56, 56 ],
	median_function => [ 12, 12 ],
	p90_function => [ 26, 26 ],
	files_of_a_folder => [ 39, 39 ],
);

# Words that were ours alone, and the term that stands for each.
my %private = (
	'wish' => 'match criteria',
	'reach(?:es)?(?=_\w|\.[ch]\b)' => 'audience',
	'standing' => 'account status',
	'is_sound' => 'is_valid',
	'folds?(?=_store|_api|_accounts)' => 'rollup',
	'search_way' => 'access path',
	'claim_store' => 'lease',
	'bur(?:y|ied)' => 'dead-letter',
	'reviv(?:e|ed|es)' => 'requeue',
	'deeds?' => 'command or event',
	'gathering' => 'write batch',
	'raw_api' => 'score text',
	'odd cents?' => 'remainder',
	'(?:un)?thaw(?:s|ed)?' => 'unfreeze',
	'says? no' => 'rejects',
	'tells? the world' => 'emits',
	'lets? go' => 'releases',
	'who holds it' => 'owner',
	'in doubt' => 'suspect',
	'the books' => 'ledger audit');

# Public for the tests of core: nothing in src/ calls it.
my %for_tests = map { $_ => 1 } qw(dw_machine_verify);

my $to_target = @ARGV && $ARGV[0] eq '--target' && shift @ARGV;
if (@ARGV)
{
	chdir $called_from;
	chdir $ARGV[0] or die "$ARGV[0]: $!";
}

# tracked PATH...: files that git knows, or, in a tree without it, those that
# lie there and were not made.
sub tracked
{
	my @paths = grep { -e } @_;
	my @found = split /\n/,
	  `git -c safe.directory='*' ls-files @paths 2>/dev/null`;

	@found = grep { !m{\.(?:[ado]|bc|so)$|/node_modules/} } split /\n/,
	  `find @paths -type f`
	  unless @found;
	return sort grep { -f } @found;
}

my @files = (c_headers(), c_files());
push @files, grep { !/\.[choda]+$/ } tracked('src');
my %text = map { $_ => read_file($_) } @files;
my %code = map { $_ => code_only($text{$_}, 1) } @files;
my @functions = functions(c_files());
my %layer = map { $_ => (split m{/})[1] } @files;
my %folder = map { $_ => m{^(.*)/} } @files;
$_->{static} = join("\n",
	(split /\n/, $code{ $_->{file} })[ $_->{first} - 1 .. $_->{first} ]) =~
  /\bstatic\b/
  foreach @functions;

# Identifiers in use: name => { file => times }.  What a header declares is
# no use of it.
my %uses;
foreach my $file (@files)
{
	my $code = $code{$file};

	$code =~ s/^(?:pg_noreturn )?extern\b[^;{]*;//gm if $file =~ /\.h$/;
	$uses{$1}{$file}++ while $code =~ /\b([A-Za-z_]\w*)\b/g;
}
my @public = grep { !$_->{static} && $_->{name} !~ /^(?:dwello_|_PG_)/ }
  @functions;

# lines: of code, of comments only.
sub lines
{
	my ($n_code, $n_comment) = (0, 0);

	foreach my $file (@files)
	{
		my @raw = split /\n/, $text{$file};
		my @bare = split /\n/, code_only($text{$file});

		foreach my $i (0 .. $#raw)
		{
			next unless $raw[$i] =~ /\S/;
			($bare[$i] // '') =~ /\S/ ? $n_code++ : $n_comment++;
		}
	}
	return ($n_code, $n_comment);
}

# wide: lines of more than 79 columns.
sub wide
{
	my $n = 0;

	foreach my $line (map { split /\n/, $text{$_} } @files)
	{
		1 while $line =~ s/\t/' ' x (4 - $-[0] % 4)/e;
		$n++ if length($line) > 79;
	}
	return $n;
}

# one_caller: public functions that one other file of their layer uses, and
# no other file.
sub one_caller
{
	my @findings;

	foreach my $function (@public)
	{
		my ($file, $name) = @$function{qw(file name)};
		my @others = grep { $_ ne $file } sort keys %{ $uses{$name} };

		push @findings, "$file: $name, for $others[0]"
		  if @others == 1 && $layer{ $others[0] } eq $layer{$file};
	}
	return @findings;
}

# circles GRAPH: groups of nodes that reach one another.
sub circles
{
	my ($graph) = @_;
	my (%reach, %in, @findings);

	foreach my $from (keys %$graph)
	{
		my @open = keys %{ $graph->{$from} };

		while (defined(my $to = shift @open))
		{
			next if $reach{$from}{$to}++;
			push @open, keys %{ $graph->{$to} // {} };
		}
	}
	foreach my $node (sort keys %reach)
	{
		next if $in{$node} || !$reach{$node}{$node};
		my @group = grep { $reach{$_}{$node} } sort keys %{ $reach{$node} };

		$in{$_} = 1 foreach @group;
		push @findings, join ' ', @group;
	}
	return @findings;
}

# includes FILE: the files of ours that it includes.
sub includes
{
	my ($file) = @_;

	return map { "src/$_" }
	  $text{$file} =~ /^\s*#\s*include\s*"((?:api|store|server|index|core)\/[^"]+)"/mg;
}

# A source and its headers, also the private one, are one.
my (%files_graph, %folders_graph);
foreach my $file (@files)
{
	foreach my $other (includes($file))
	{
		my ($a, $b) = map { s/(?:_int)?\.[ch]$//r } $file, $other;

		next unless $layer{$other} && $layer{$other} eq $layer{$file};
		$files_graph{$a}{$b} = 1 if $a ne $b;
		$folders_graph{ $folder{$file} }{ $folder{$other} } = 1
		  if $folder{$file} ne $folder{$other};
	}
}

# headers_of_a_folder: one public header in each folder of core, server and
# store, at most one in a folder of api, where nothing may be shared.
sub headers_of_a_folder
{
	my %n;

	$n{ $folder{$_} } += /(?<!_int)\.h$/ ? 1 : 0 foreach @files;
	return map { "$_ has $n{$_}" }
	  grep { m{^src/(?:core|server|store|api)/} && ($n{$_} > 1 || $n{$_} == 0 && !m{^src/api/}) }
	  sort keys %n;
}

# foreign_private_headers: an _int.h that another folder includes.
sub foreign_private_headers
{
	my @findings;

	foreach my $file (@files)
	{
		push @findings, map { "$file includes $_" }
		  grep { /_int\.h$/ && !m{^\Q$folder{$file}\E/[^/]+$} } includes($file);
	}
	return @findings;
}

# positions: values read by a number, outside the code that does it for all.
sub positions
{
	my @findings;

	foreach my $file (grep { $layer{$_} !~ /^(?:server|index)$/ } @files)
	{
		my $number = 0;

		foreach my $line (split /\n/, $code{$file})
		{
			$number++;
			push @findings, "$file:$number: $1"
			  while $line =~ /\b(dw_(?:read|record|arg)_\w+\((?:[^,()]|\([^()]*\))*,\s*(?:\d|[A-Z][A-Z0-9_]*\b)|PG_GETARG_\w+\(\s*(?:\d|[A-Z]))/g;
		}
	}
	return @findings;
}

# found PATTERN, PATHS...: places of words, but for test/lint and the table
# of names that tests had before.
sub found
{
	my ($pattern, @paths) = @_;
	my @findings;

	foreach my $file (grep { !m{^test/(?:lint/|successors$)} && !/\.(?:png|gz)$/ } tracked(@paths))
	{
		my $number = 0;

		foreach my $line (split /\n/, read_file($file))
		{
			$number++;
			push @findings, "$file:$number: $1" while $line =~ /$pattern/g;
		}
	}
	return @findings;
}

# uncalled: public functions that are used in no other file; those of core
# may be there for its tests.
sub uncalled
{
	my $tests = join '',
	  map { read_file($_) } glob 'test/unit/*.[ch] test/fuzz/*.[ch]';
	my @findings;

	foreach my $function (@public)
	{
		my ($file, $name) = @$function{qw(file name)};
		my $inside = $uses{$name}{$file} // 0;

		next if $for_tests{$name} || grep { $_ ne $file } keys %{ $uses{$name} };
		push @findings, "$file: $name"
		  unless $inside > 1 && $layer{$file} eq 'core' && $tests =~ /\b$name\b/;
	}
	return @findings;
}

# undefined: declarations of functions that no source has.  DW_LABELS makes
# those of labels.
sub undefined
{
	my %defined = map { $_->{name} => 1 } @functions;
	my @findings;

	foreach my $file (@files)
	{
		while ($code{$file} =~ /^(?:DW_\w*LABELS)\(\s*(\w+)/mg)
		{
			$defined{"dw_$1_label"} = $defined{"dw_$1_parse"} = 1;
		}
	}
	foreach my $file (grep { /\.h$/ } @files)
	{
		push @findings, map { "$file: $_" }
		  grep { !$defined{$_} && !/^_/ }
		  $code{$file} =~ /^(?:pg_noreturn )?extern\b[^;{(]*?\b(\w+)\s*\([^;{]*;/mg;
	}
	return @findings;
}

# given HEADER: the names that it makes known.
sub given
{
	my ($file) = @_;
	my $code = $code{$file};
	my @names = $code =~ /^\s*#\s*define\s+(\w+)/mg;

	$code =~ s/^\s*#(?:[^\n]*\\\n)*[^\n]*//mg;
	push @names, $code =~ /\b(\w+)\s*\(/g, $code =~ /^\}\s*(\w+)\s*;/mg,
	  $code =~ /\b(?:struct|enum|union)\s+(\w+)/g,
	  $code =~ /\(\s*\*\s*(\w+)\s*\)\s*\(/g,
	  $code =~ /^(?:typedef|extern)\b[^;{(]*?\b(\w+)\s*(?:\[[^\]]*\]\s*)*;/mg,
	  map { /\b([A-Z]\w*)\b/g } $code =~ /\benum\b[^;{]*\{(.*?)\}/gs;
	return @names;
}

# needless_includes: headers of ours of which the file uses no name.
sub needless_includes
{
	my (%given, @findings);

	foreach my $file (@files)
	{
		my %used = map { $_ => 1 } $code{$file} =~ /\b([A-Za-z_]\w*)\b/g;

		foreach my $header (grep { $text{$_} } includes($file))
		{
			$given{$header} ||= [ given($header) ];
			push @findings, "$file includes $header"
			  unless grep { $used{$_} } @{ $given{$header} };
		}
	}
	return @findings;
}

# missing_pages: pages of text that a comment of src/ or a test names and
# that do not exist.
sub missing_pages
{
	my %known = map { m{([^/]+)$} => 1 } tracked('.');

	return grep { /(\w[\w-]*\.md)$/ && !$known{$1} }
	  found(qr/\b([\w.\/-]*\w\.md)\b/, qw(src sql test scripts));
}

# From the line of its name to the last brace.
my @lengths = sort { $a <=> $b } map { $_->{last} - $_->{first} } @functions;
my ($n_code, $n_comment) = lines();
my %per_folder;
$per_folder{$_}++ foreach map { m{^(.*)/} } tracked(qw(src sql));
my ($fullest) = sort { $per_folder{$b} <=> $per_folder{$a} || $a cmp $b } keys %per_folder;
my @headers = grep { /(?<!_int)\.h$/ } @files;
my %height = map { $_ => scalar(split /\n/, $text{$_}) } @headers;
my ($highest) = sort { $height{$b} <=> $height{$a} || $a cmp $b } @headers;
my $words = join '|', sort keys %private;
my %findings = (
	one_caller => [ one_caller() ],
	file_circles => [ circles(\%files_graph) ],
	folder_circles => [ circles(\%folders_graph) ],
	headers_of_a_folder => [ headers_of_a_folder() ],
	foreign_private_headers => [ foreign_private_headers() ],
	positions => [ positions() ],
	pronouns => [ found(qr/\b(he|his|him|himself|she|her)\b/i,
		qw(src sql docs test examples scripts README.md CHANGELOG.md)) ],
	private_words => [ found(qr/(?:\b|_)($words)(?:\b|_)/i, 'src') ],
	uncalled => [ uncalled() ],
	undefined => [ undefined() ],
	needless_includes => [ needless_includes() ],
	missing_pages => [ missing_pages() ]);
my %figure = (
	(map { $_ => scalar @{ $findings{$_} } } keys %findings),
	header_lines => $height{$highest},
	longest_function => $lengths[-1],
	median_function => $lengths[ $#lengths / 2 ],
	p90_function => $lengths[ .9 * $#lengths ],
	files_of_a_folder => $per_folder{$fullest});

printf "# %-52s %s\n", @$_ foreach
  [ 'code lines of src', $n_code ],
  [ 'comment lines', sprintf '%d, %.1f %%', $n_comment, 100 * $n_comment / ($n_code + $n_comment) ],
  [ 'lines over 79 columns', wide() ],
  [ 'public headers', scalar @headers ],
  [ 'longest public header', "$height{$highest}, $highest" ],
  [ 'functions with one caller, in another file of the layer', $figure{one_caller} ],
  [ 'circles between files, between folders', "$figure{file_circles}, $figure{folder_circles}" ],
  [ 'reads by position outside server/ and index/', $figure{positions} ],
  [ 'pronouns of persons', $figure{pronouns} ],
  [ 'private words', $figure{private_words} ],
  [ 'functions: median, p90, longest', "$figure{median_function}, $figure{p90_function}, $figure{longest_function}" ],
  [ 'most files in a folder', "$per_folder{$fullest}, $fullest" ];

foreach my $name (sort keys %bound)
{
	my $most = $bound{$name}[ $to_target ? 1 : 0 ];

	check("$name: $figure{$name}, no more than $most",
		$figure{$name} <= $most ? ()
		: ("$name is $figure{$name}", @{ $findings{$name} // [] }));
}
