/*
 * What work costs.
 */

/*
 * rebuild_market_prices
 *	Compares market_prices with the contracts they are made of, and mends
 *	what differs. A call does a part of them, in the order of their jobs.
 *	deliver_events() keeps the rows; this is for rows that were written past
 *	it, and after check() has said market_drift. Contracts with an event
 *	that is still to be delivered are left to that. The last part counts
 *	category_statistics anew.
 *
 * role: service
 * args:
 *	after_job_id: where the last call ended; NULL begins anew
 *	max_rows: 1 to 10000 contracts to look at
 * returns: a row
 *	last_job_id: the last job looked at, for the next call; NULL: that was
 *	  the last part
 *	corrected: how many rows were written or deleted
 * errors:
 *	22004
 *	22023: max_rows is out of range
 *	42501: the caller is not the system
 *	25006
 * example: system
 *	SELECT last_job_id, corrected FROM dwello.rebuild_market_prices();
 */
CREATE OR REPLACE FUNCTION dwello.rebuild_market_prices(
  after_job_id uuid DEFAULT NULL,
  max_rows integer DEFAULT 1000,
  OUT last_job_id uuid,
  OUT corrected integer
)
RETURNS record
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_rebuild_market_prices';
GRANT EXECUTE ON FUNCTION dwello.rebuild_market_prices TO dwello_service;
COMMENT ON FUNCTION dwello.rebuild_market_prices IS
  'Compares market_prices with the contracts they are made of, and mends what differs. Errors: 22004, 22023, 42501, 25006. See reference.md#rebuild_market_prices.';
