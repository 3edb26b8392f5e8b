#!/usr/bin/env perl
# planted.pl
#	Each rule of scale.pl and each figure of figures.pl sees a fault: in a copy
#	of the tree every one is planted, and every check must name it.
#
# The copy keeps the bounds of scale.pl, so a fault is planted once more than
# the bound allows; those of figures.pl are set to what it prints before.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Lint;
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);

my $place = tempdir(CLEANUP => 1);

system("cp -r CHANGELOG.md README.md docs examples scripts sql src test '$place' && find '$place' -name '*.[oda]' -delete") == 0
  or die 'cp';

# said LINT: the checks of a lint in the copy: [passed, name].
sub said
{
	my ($lint) = @_;

	return map { /^(not )?ok \d+ - (.*)/ ? [ !$1, $2 ] : () }
	  split /\n/, `cd '$place' && perl test/lint/$lint 2>&1`;
}

# plant FILE, TEXT: at the end of a file, which may be new.
sub plant
{
	my ($file, $text) = @_;

	make_path(dirname("$place/$file"));
	open my $out, '>>', "$place/$file" or die "$file: $!";
	print {$out} $text;
	close $out or die "$file: $!";
	return;
}

# edit FILE, CHANGE: a file that is there.
sub edit
{
	my ($file, $change) = @_;

	local $_ = read_file("$place/$file");
	my $before = $_;

	$change->();
	die "$file is not changed" if $_ eq $before;
	unlink "$place/$file";
	plant($file, $_);
	return;
}

# seen LINT, UNHELD...: that every check of it fails, but for some.
sub seen
{
	my ($lint, @unheld) = @_;
	my %unheld = map { $_ => 1 } @unheld;

	check("$_->[1] (planted, $lint)", $_->[0] ? 'the fault is not seen' : ())
	  foreach grep { !$unheld{ $_->[1] } } said($lint);
	return;
}

# ----------------------------------------------------------------------
# scale.pl
# ----------------------------------------------------------------------
my ($most) = sort { $b <=> $a }
  map { /=> \[ (\d+), \d+ \]/ } split /\n/, read_file('test/lint/scale.pl');
my @statements = (
	'INSERT INTO dwello.jobs (id) SELECT $1',
	'UPDATE dwello.jobs SET status = $2::text::dwello.job_status WHERE id = $1',
	'UPDATE dwello.jobs SET created_at = now() WHERE id = $1 RETURNING id',
	'INSERT INTO dwello.jobs AS j (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET updated_at = clock_timestamp()',
	'DELETE FROM dwello.jobs AS j WHERE j.id = $1 RETURNING j.status::text',
	'WITH RECURSIVE up AS (SELECT m.id FROM dwello.messages AS m) SELECT u.id FROM up AS u',
	'SELECT j.id FROM dwello.jobs AS j WHERE j.expires_at < $1 FOR UPDATE SKIP LOCKED',
	'SELECT j.id FROM dwello.jobs AS j ORDER BY j.key OPERATOR(dwello.<~>) $1',
	'SELECT u.id FROM dwello.users AS u JOIN dwello.jobs AS j ON j.homeowner_id = u.id');
my @clean = said('scale.pl');

check('scale.pl passes before', map { $_->[1] } grep { !$_->[0] } @clean);
foreach my $copy (0 .. $most)
{
	plant("src/store/planted/planted${copy}_store.c", <<"END");
static void
planted(void)
{
	SPI_register_relation(NULL);
	CacheInvalidateRelcache(data->tg_relation);
@{[map { qq{\tstatement("$_");\n} } @statements]}}
END
}
plant('sql/match/tables.sql', <<'END');
CREATE TABLE dwello.planted (
  id uuid,
  CONSTRAINT planted_valid_check CHECK (dwello.planted_is_valid(planted))
);
CREATE TRIGGER forget_row AFTER INSERT ON dwello.planted
  FOR EACH ROW EXECUTE FUNCTION dwello.forget_kept('other');
END
plant('sql/match/types.sql', "CREATE TYPE dwello.planted (\n  INPUT = dwello.planted_in,\n  OUTPUT = dwello.planted_out\n);\n");
edit('src/core/match/match.h', sub { s/(typedef struct DwMatchQuery\n\{\n)/$1\tvoid\t   *planted;\n/ });
seen('scale.pl', 'there are statements', 'there are placements');

# each kind of what is not IMMUTABLE
my @lines = `cd '$place' && perl test/lint/scale.pl 2>&1`;

foreach my $statement (map { substr $_, 0, 60 } @statements[ 1 .. 4 ])
{
	check("scale.pl names $statement",
		grep({ /in \Q$statement\E/ } @lines) ? () : 'it does not');
}

# ----------------------------------------------------------------------
# figures.pl
# ----------------------------------------------------------------------
my %value = map { $_->[1] =~ /^(\w+): (\d+),/ } said('figures.pl');

edit('test/lint/figures.pl', sub { s/\b(\w+) => \[ \d+, (\d+) \]/"$1 => [ " . ($value{$1} \/\/ 0) . ", $2 ]"/ge });
check('figures.pl passes at what it prints',
	map { $_->[1] } grep { !$_->[0] } said('figures.pl'));

my $filler = join '', map { "\tplanted = $_;\n" } 1 .. 70;

plant('src/core/planted/planted_a.h', qq{#include "core/planted/planted_b.h"\nextern void dw_planted_nowhere(void);\nextern void dw_planted_one(void);\n});
plant('src/core/planted/planted_b.h', qq{#include "core/planted/planted_a.h"\n} . "/* lines */\n" x 500);
plant("src/core/planted/planted_$_.c", "/* one of many */\n") foreach 1 .. 45;
plant('src/core/planted/planted_one.c', <<"END");
/* A wish; see nowhere.md. */
#include "core/fee/fee.h"
#include "core/identity/json_int.h"

void
dw_planted_one(void)
{
}

void
dw_planted_uncalled(void)
{
	int			planted;

$filler}
END
plant('src/core/planted/planted_two.c', "static void\nplanted_two(void)\n{\n\tdw_planted_one();\n}\n");
plant('src/core/planted/planted_long.c',
	join '', map { "static void\nplanted_$_(void)\n{\n" . substr($filler, 0, 40 * 14) . "}\n\n" } 1 .. 900);
plant('src/api/planted/planted_api.c', "static void\nplanted_api(void)\n{\n\tdw_arg_text(call, 3);\n}\n");
plant('docs/planted.md', "Ask him.\n");
edit('src/core/base/base.h', sub { s/^(#include <stdbool.h>)/#include "core\/planted\/planted_a.h"\n$1/m });
seen('figures.pl');
