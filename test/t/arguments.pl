#!/usr/bin/env perl
# arguments.pl
#	Every function with every NULL and with random bad arguments, as the
#	system, a homeowner, a provider and an administrator: each call ends in a
#	row or in an error that says what is wrong, never in an internal one, and
#	the server stays up.  The seed is printed; DW_SEED repeats a run.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{DW_SEED} // int(rand(1_000_000));
my $rounds = $ENV{DW_ROUNDS} // 8;
my $node = new_server('arguments', '', holds => 'demo');

note "seed $seed";
$node->safe_psql('postgres', <<'SQL');
-- Values of a type, as SQL, that somebody may think of.
CREATE FUNCTION bad_values(type_name text) RETURNS text[]
LANGUAGE sql AS $$
SELECT ARRAY['NULL'] || CASE type_name
    WHEN 'uuid' THEN ARRAY['''00000000-0000-0000-0000-000000000000''']
        || (SELECT array_agg(quote_literal(id)) FROM person)
    WHEN 'text' THEN ARRAY['''''', 'repeat(''x'', 1100000)', '''email''',
        '''abc''', 'E''\x01\x02''', '''USD''']
    WHEN 'integer' THEN ARRAY['0', '-1', '2147483647', '-2147483648', '5']
    WHEN 'bigint' THEN ARRAY['0', '-1', '9223372036854775807',
        '-9223372036854775808', '95000']
    WHEN 'double precision' THEN ARRAY['''NaN''', '''Infinity''', '1e308',
        '-122.4', '37.7']
    WHEN 'boolean' THEN ARRAY['true', 'false']
    WHEN 'jsonb' THEN ARRAY['''null''', '''[]''', '''{}''', '''[1, 2]''',
        '''[{"a": [[[[1]]]]}]''', '''"x"''', '''1e400''',
        '''[{"title": "x", "amount": 1e30}]''',
        'to_jsonb(repeat(''y'', 300000))']
    WHEN 'timestamp with time zone' THEN ARRAY['''infinity''',
        '''-infinity''', 'now()', '''4713-01-01 BC''']
    WHEN 'date' THEN ARRAY['''infinity''', '''-infinity''', 'current_date',
        '''5874897-12-31''']
    WHEN 'interval' THEN ARRAY['''1 second''', '''-1 day''',
        '''178000000 years''']
    WHEN 'text[]' THEN ARRAY['''{}''', '''{NULL}''', '''{{a,b},{c,d}}''',
        'array_fill(''x''::text, ARRAY[20000])']
    WHEN 'uuid[]' THEN ARRAY['''{}''', '''{NULL}''']
    WHEN 'bigint[]' THEN ARRAY['''{}''', '''{NULL}''', '''{1,-1}''',
        '''{9223372036854775807,9223372036854775807}''',
        '''{{1,2},{3,4}}''', 'array_fill(1::bigint, ARRAY[100000])']
    ELSE coalesce((SELECT array_agg(quote_literal(e.enumlabel))
                     FROM pg_enum AS e
                    WHERE e.enumtypid = to_regtype(type_name)), '{}')
    END
$$;

-- One call with bad arguments; in the first round each is NULL.
CREATE FUNCTION bad_call(called oid, all_null boolean) RETURNS text
LANGUAGE sql AS $$
SELECT format('SELECT * FROM dwello.%I(%s)', p.proname,
         string_agg(format('(%s)::%s',
           CASE WHEN all_null THEN 'NULL'
                ELSE v.list[1 + floor(random() * cardinality(v.list))::integer]
           END, v.type_name), ', ' ORDER BY v.n)
           FILTER (WHERE v.n IS NOT NULL))
  FROM pg_proc AS p
  LEFT JOIN LATERAL (
    SELECT a.n, format_type(a.type, NULL) AS type_name,
           bad_values(format_type(a.type, NULL)) AS list
      FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, n)) AS v
    ON true
 WHERE p.oid = called
 GROUP BY p.proname
$$;

-- All functions, so many rounds, as one user (NULL: the system).  Gives the
-- calls that ended in an error nobody meant.
CREATE FUNCTION try_all(rounds integer, actor uuid)
RETURNS TABLE (state text, message text, statement text)
LANGUAGE plpgsql AS $$
DECLARE
    called oid;
BEGIN
    FOR i IN 1 .. rounds LOOP
        FOR called IN
            SELECT p.oid FROM pg_proc AS p
             WHERE p.pronamespace = 'dwello'::regnamespace
               AND p.prorettype NOT IN ('trigger'::regtype,
                                        'event_trigger'::regtype)
               -- nobody can make a value of this type
               AND 'internal'::regtype <> ALL (p.proargtypes::oid[])
             ORDER BY p.proname
        LOOP
            statement := bad_call(called, i = 1);
            BEGIN
                PERFORM dwello.login(NULL);
                IF actor IS NOT NULL THEN
                    PERFORM dwello.login(dwello.issue_token(actor));
                END IF;
                EXECUTE statement;
            EXCEPTION WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE,
                                        message = MESSAGE_TEXT;
                statement := left(statement, 400);
                IF state !~ '^(WD|P0002|22001|22003|22004|22023|22P02|23505|23514|42501|25006)'
                THEN
                    RETURN NEXT;
                END IF;
            END;
        END LOOP;
    END LOOP;
    PERFORM dwello.login(NULL);
END
$$;
SQL

my $pid = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

foreach my $name ('', qw(homeowner provider_1 admin))
{
	my $actor = $name
	  ? "(SELECT id FROM person WHERE name = '$name')" : 'NULL';
	my $found = $node->safe_psql('postgres', <<"END");
BEGIN;
SET LOCAL client_min_messages = error;
SET LOCAL search_path = public, dwello;
DO \$\$ BEGIN PERFORM setseed(@{[ ($seed % 1000) / 1000 ]}); END \$\$;
SELECT * FROM try_all($rounds, $actor);
ROLLBACK;
END

	is($found, '', 'no internal error as ' . ($name || 'the system'));
}
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'),
	$pid, 'the server is the same');
is($node->safe_psql('postgres', 'SELECT count(*) FROM dwello.reconcile()'),
	0, 'and the ledger is valid');
$node->stop;
done_testing();
