-- setup.sql
--	The demonstration, with the kitchen's painting under dispute.
SET client_min_messages = warning;
SET dwello.now = '2031-03-03 09:00+00';
CREATE EXTENSION dwello CASCADE;
SELECT count(*) FROM dwello.create_keyring();
CREATE SCHEMA walk;
CREATE TABLE walk.demo AS SELECT * FROM dwello.load_demo();
CREATE TABLE walk.session AS
  SELECT d.name, dwello.issue_token(d.id) AS token FROM walk.demo AS d
   WHERE d.name IN ('homeowner', 'provider_1', 'admin');
GRANT USAGE ON SCHEMA walk TO PUBLIC;
GRANT SELECT ON walk.session TO PUBLIC;

-- One command, done by somebody.
CREATE FUNCTION walk.go(who text, command text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('dwello.now', '2031-03-03 09:00+00', false);
  IF who <> 'system' THEN
    PERFORM dwello.login((SELECT s.token FROM walk.session AS s WHERE s.name = who));
  END IF;
  PERFORM set_config('role', CASE who WHEN 'system' THEN 'dwello_service' WHEN 'admin' THEN 'dwello_admin'
    ELSE 'dwello_app' END, true);
  EXECUTE 'SELECT * FROM dwello.' || command;
  PERFORM set_config('role', 'none', true);
END
$$;

SELECT walk.go('homeowner', 'accept_bid(job_id => ''de000000-0000-7000-8000-000000000011'', bid_id => ''de000000-0000-7000-8000-000000000021'')');
SELECT walk.go('provider_1', 'confirm_award(job_id => ''de000000-0000-7000-8000-000000000011'')');
SELECT walk.go('homeowner', 'fund_escrow(job_id => ''de000000-0000-7000-8000-000000000011'')');
SELECT walk.go('system', 'confirm_payment(job_id => ''de000000-0000-7000-8000-000000000011'', psp => ''demo-psp'', event_id => ''evt_2'', amount => 95000, currency => ''USD'')');
SELECT walk.go('provider_1', 'start_job(job_id => ''de000000-0000-7000-8000-000000000011'')');
SELECT walk.go('provider_1', 'submit_milestone(job_id => ''de000000-0000-7000-8000-000000000011'', notes => ''Two coats, dry.'')');
SELECT walk.go('homeowner', 'open_dispute(job_id => ''de000000-0000-7000-8000-000000000011'', amount => 80000, reason => ''Two doors stick.'')');
