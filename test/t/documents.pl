# documents.pl
#	JSON Schema: the public suite of draft 7 through SQL, the blocks of
#	docs/documents.md, and documents of 100 MB.
#
# The Debian package json-schema-test-suite has the cases; test/unit/test_draft7.c
# gives them to core alone.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $suite = '/usr/share/json-schema-test-suite/tests/draft7';
my $node = new_server('documents', '', holds => 'extension');

# suite FOLDER: how many cases its files have, and those that go wrong.
sub suite
{
	my ($folder) = @_;
	my $answer = $node->safe_psql('postgres', <<"END");
SELECT count(*), count(*) FILTER (WHERE fits = (t -> 'valid')::boolean),
       string_agg(name || ': ' || (t ->> 'description'), E'\\n') FILTER (WHERE fits <> (t -> 'valid')::boolean)
  FROM pg_ls_dir('$suite/$folder') AS name,
       LATERAL (SELECT pg_read_file('$suite/$folder/' || name)::jsonb AS groups WHERE name LIKE '%.json' AND name <> 'refRemote.json') AS f,
       jsonb_array_elements(groups) AS g, jsonb_array_elements(g -> 'tests') AS t,
       LATERAL (SELECT count(*) = 0 AS fits FROM dwello.json_errors(g -> 'schema', t -> 'data')) AS e;
END
	my ($cases, $right, $wrong) = split /\|/, $answer, 3;

	diag("$folder: $wrong") if $wrong;
	return ($cases, $right);
}

my ($cases, $right) = suite('.');

is($cases, 408, 'the suite has its cases');
is($right, 408, 'each of them is answered as it must be');

my ($cases_of_formats, $right_of_formats) = suite('optional/format');

($cases, $right) = suite('optional');
is($cases + $cases_of_formats, 143, 'and those that need not be');
cmp_ok($right + $right_of_formats, '>=', 120, 'most of which are, too');
is($right + $right_of_formats, 143, 'indeed all');

# the page does what it says
my $page = slurp_file("$Bin/documents.md");
my @blocks = $page =~ /^```sql\n(.*?)^```/msg;
my ($status, $out, $err) = $node->psql('postgres',
	join("\n", 'SELECT count(*) FROM dwello.load_demo();', @blocks), on_error_stop => 1);

cmp_ok(scalar @blocks, '>=', 4, 'the page has blocks to paste');
is($err, '', 'no block raises');
like($out, qr/^delivery_note\|1$/m, 'a schema is set');
like($out, qr/^t\|f$/m, 'documents fit it, or not');
like($out, qr{^/quantity\|minimum\|must be at least 1\|/properties/quantity/minimum$}m, 'errors say where');

# 100 MB end at the timeout, or are looked at; the server lives on
foreach my $case (
	[ 'numbers', q{'[1' || repeat(',1.25', 8000000) || ']'}, '{"items": {"type": "string"}}' ],
	[ 'objects', q{'[{}' || repeat(',{"name":"abcdefgh"}', 5000000) || ']'}, '{"uniqueItems": true}' ],
	[ 'a string', q{'"' || repeat('a', 100000000) || 'b"'}, '{"pattern": "^(a+)+$"}' ])
{
	my ($what, $document, $schema) = @$case;

	$node->safe_psql('postgres', "DROP TABLE IF EXISTS large; CREATE TABLE large AS SELECT ($document)::jsonb AS document");
	($status, $out, $err) = $node->psql('postgres', "SET statement_timeout = '500ms';
		SELECT count(*) FROM large, dwello.json_errors('$schema', document)");
	ok($out eq '1000' || $out eq '1' || $err =~ /statement timeout/, "100 MB of $what end in time")
	  or diag("$out $err");
}
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'and nothing has crashed');

done_testing();
