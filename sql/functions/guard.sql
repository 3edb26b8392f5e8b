CREATE OR REPLACE FUNCTION dwello.touch_updated_at() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_touch_updated_at' LANGUAGE c;
COMMENT ON FUNCTION dwello.touch_updated_at() IS
  'Trigger BEFORE UPDATE: sets updated_at. Error 42501 when called otherwise.';

CREATE OR REPLACE FUNCTION dwello.guard_builtin() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_builtin' LANGUAGE c;
COMMENT ON FUNCTION dwello.guard_builtin() IS
  'Trigger: refuses (42501) any change of a built-in row outside the extension''s scripts.';

CREATE OR REPLACE FUNCTION dwello.guard_append() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_append' LANGUAGE c;
COMMENT ON FUNCTION dwello.guard_append() IS
  'Trigger: refuses (42501) UPDATE, DELETE and TRUNCATE; with the argument ''pending'' a pending row may be ended once.';

CREATE OR REPLACE FUNCTION dwello.guard_drop() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'dwello_guard_drop' LANGUAGE c;
COMMENT ON FUNCTION dwello.guard_drop() IS
  'Event trigger: loads the library, whose hook refuses (WD901) to drop the extension unless dwello.allow_drop is on.';

CREATE OR REPLACE FUNCTION dwello.forget_kept() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_forget_kept' LANGUAGE c;
COMMENT ON FUNCTION dwello.forget_kept() IS
  'Trigger AFTER any change: from the commit on no backend uses what it keeps of the table in memory. Error 42501 when called otherwise.';
