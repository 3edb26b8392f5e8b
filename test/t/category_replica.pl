# category_replica.pl
#	The tree of services as a table of logical replication: a subscriber takes
#	a statement row by row, also through a cycle that only exists on the way,
#	and takes no cycle.
use strict;
use warnings;
use FindBin qw($Bin);
use lib $Bin;
use Dwello;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('category_replica', <<'END_OF_SETTINGS');
wal_level = logical
max_wal_senders = 4
max_replication_slots = 4
END_OF_SETTINGS
my $port = $node->port;

# From 16 on rows are written as the owner of their table unless that is said,
# and row-level security is forced on the owner of dwello's.
my $as_owner = $node->pg_version >= 16 ? ', run_as_owner = true' : '';
my $host = $node->host;

# tree DATABASE: the categories of the test, each with its parent.
sub tree
{
	return $node->safe_psql($_[0], <<'END_OF_SQL');
SELECT string_agg(c.name || '<' || coalesce(p.name, '-'), ' ' ORDER BY c.name)
FROM dwello.service_categories AS c
LEFT JOIN dwello.service_categories AS p ON p.id = c.parent_id
WHERE NOT c.is_builtin
END_OF_SQL
}

for my $database (qw(source target))
{
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'SET client_min_messages = warning;
		CREATE EXTENSION dwello CASCADE');
}
$node->safe_psql('source', <<'END_OF_SQL');
INSERT INTO dwello.service_categories (id, name, parent_id) VALUES
  ('ca000000-0000-7000-8000-00000000000a', 'A', 'ca000000-0000-7000-8000-00000000000b'),
  ('ca000000-0000-7000-8000-00000000000b', 'B', NULL);
CREATE PUBLICATION tree FOR TABLE dwello.service_categories;
SELECT pg_create_logical_replication_slot('tree', 'pgoutput');
END_OF_SQL
$node->safe_psql('target', <<"END_OF_SQL");
INSERT INTO dwello.service_categories (id, name, parent_id) VALUES
  ('ca000000-0000-7000-8000-00000000000a', 'A', 'ca000000-0000-7000-8000-00000000000b'),
  ('ca000000-0000-7000-8000-00000000000b', 'B', NULL);
CREATE SUBSCRIPTION tree CONNECTION 'host=$host port=$port dbname=source'
  PUBLICATION tree WITH (create_slot = false, slot_name = tree, copy_data = false$as_owner);
END_OF_SQL

# A was below B; the one statement sends B below A first
$node->safe_psql('source', <<'END_OF_SQL');
BEGIN;
UPDATE dwello.service_categories SET parent_id = 'ca000000-0000-7000-8000-00000000000a' WHERE name = 'B';
UPDATE dwello.service_categories SET parent_id = NULL WHERE name = 'A';
COMMIT;
END_OF_SQL
$node->wait_for_catchup('tree');
is(tree('source'), 'A<- B<A', 'a swap passes through a cycle');
is(tree('target'), 'A<- B<A', 'and so it does at the subscriber');

# a source without the guard sends a cycle
my $log = -s $node->logfile;
$node->safe_psql('source', <<'END_OF_SQL');
ALTER TABLE dwello.service_categories DISABLE TRIGGER guard_cycle;
UPDATE dwello.service_categories SET parent_id = 'ca000000-0000-7000-8000-00000000000b' WHERE name = 'A';
END_OF_SQL
ok($node->wait_for_log(qr/a category cannot be below itself/, $log),
	'the subscriber refuses a cycle');
is(tree('target'), 'A<- B<A', 'and keeps its tree');

$node->safe_psql('target', <<'END_OF_SQL');
ALTER SUBSCRIPTION tree DISABLE;
ALTER SUBSCRIPTION tree SET (slot_name = NONE);
DROP SUBSCRIPTION tree;
END_OF_SQL
$node->stop;
done_testing();
