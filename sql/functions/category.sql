-- category.sql
--   The tree of services.

CREATE OR REPLACE FUNCTION dwello.add_category(
  name text,
  parent_id uuid DEFAULT NULL,
  description text DEFAULT NULL,
  icon_url text DEFAULT NULL,
  reference_amount bigint DEFAULT NULL,
  sort_order integer DEFAULT 0,
  INOUT category_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_add_category';
GRANT EXECUTE ON FUNCTION dwello.add_category(text, uuid, text, text, bigint, integer, uuid, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.add_category(text, uuid, text, text, bigint, integer, uuid, text) IS
'Adds a category to the tree of services. For the service and administrators. Arguments: name, 1 to 100 characters; parent_id, NULL for the top; description (up to 20 000 characters); icon_url (2000); reference_amount in minor units, above zero, what a job of it is reckoned at when nothing better is known; sort_order among its siblings; category_id, its id, else one is derived from the idempotency key, else a fresh one. Returns category_id, version (1) and replayed. Errors: WD402, WD401, 42501; 22004; 22001; 22023 a blank name, an amount of zero or less; P0002 no such parent; WD104; 23505 the id is taken; 23514 (category_depth) more than ten levels.';

CREATE OR REPLACE FUNCTION dwello.edit_category(
  INOUT category_id uuid,
  name text DEFAULT NULL,
  parent_id uuid DEFAULT NULL,
  description text DEFAULT NULL,
  icon_url text DEFAULT NULL,
  reference_amount bigint DEFAULT NULL,
  is_active boolean DEFAULT NULL,
  sort_order integer DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_edit_category';
GRANT EXECUTE ON FUNCTION dwello.edit_category(uuid, text, uuid, text, text, bigint, boolean, integer, integer, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.edit_category(uuid, text, uuid, text, text, bigint, boolean, integer, integer, text) IS
'Changes a category; of a built-in one everything but its parent, and the built-in row stays beneath. For the service and administrators. Arguments: category_id; the others as add_category has them, NULL leaving each as it is; an empty description or icon_url takes it away; parent_id, the nil UUID makes it a root; is_active, false for a category that takes no new jobs (those below it are asked for themselves, and jobs posted before go on); expected_version of the category. Returns category_id, version and replayed. Errors: WD402, WD401, 42501; 22004; 22001; 22023 a blank name, an amount of zero or less, another parent for a built-in one; P0002 no such category or parent; WD104; WD103; 23514 a category below itself (category_cycle), more than ten levels (category_depth).';
