/*
 * market_store.c
 *		Rows of dwello.market_prices: made of contracts, found around a place;
 *		and what a job's reference amount may come from.
 *
 * A row follows from the contract as it is, whatever has happened to it: so
 * an event that is applied twice, or after a later one, does no harm.  What
 * is wanted is looked at again once the row is locked, in a snapshot of its
 * own, and a row that has to go is inserted first, if it is not there: else a
 * worker that has just inserted it could not be seen.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/market/market_store.h"

/* Rows that are read of a cell: so many that heavy providers hide nobody. */
#define CELL_ROWS "500"

StaticAssertDecl(DW_MARKET_ABSENT == DW_REFERENCE_ABSENT,
				 "the market's price is a fact of the reference");

/* Which prices are asked for. */
typedef struct MarketQuery
{
	DwUuid		category_id;	/* that one alone, none below it */
	const char *currency;		/* ISO 4217 */
	DwDegrees	place;			/* they lie within market_radius_miles of it */
	DwUuid		asker;			/* whose own contracts are left out, or nil */
	DateADT		as_of;			/* what was released later is not seen; ages
								 * are those of this day */
} MarketQuery;

/* A row. */
typedef struct PriceRow
{
	DwUuid		job_id;			/* the contract's */
	DwUuid		homeowner_id;	/* who paid */
	DwUuid		provider_id;	/* who was paid */
	DwUuid		category_id;	/* of the job */
	char		currency[DW_CURRENCY_SIZE]; /* of the escrow */
	double		longitude;		/* degrees, as strangers see the place */
	double		latitude;		/* likewise */
	DateADT		released_on;	/* day of UTC */
	int64		amount;			/* minor units */
	int32		multiplier_ppm; /* of the agent's strategy */
	int32		stars;			/* or DW_MARKET_NO_STARS */
} PriceRow;

static const DwColumn price_columns[] = {
	DW_COLUMN(UUID, PriceRow, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, PriceRow, homeowner_id, homeowner_id, 0),
	DW_COLUMN(UUID, PriceRow, provider_id, provider_id, 0),
	DW_COLUMN(UUID, PriceRow, category_id, category_id, 0),
	DW_COLUMN(CURRENCY, PriceRow, currency, currency, 0),
	DW_COLUMN(FLOAT8, PriceRow, longitude, longitude, 0),
	DW_COLUMN(FLOAT8, PriceRow, latitude, latitude, 0),
	DW_COLUMN(DATE, PriceRow, released_on, released_on, 0),
	DW_COLUMN(INT8, PriceRow, amount, amount, 0),
	DW_COLUMN(INT4, PriceRow, multiplier_ppm, multiplier_ppm, 0),
	DW_COLUMN_OR(INT4, PriceRow, stars, stars, 0, DW_MARKET_NO_STARS)
};

static DwTable prices_table =
DW_TABLE("market_prices", PriceRow, price_columns);

/* A contract, and the row that it should have. */
typedef struct Contract
{
	PriceRow	row;			/* the row, if facts make it one */
	DwMarketContract facts;		/* what that is decided from */
} Contract;

static const DwColumn contract_fields[] = {
	DW_FIELD(UUID, Contract, job_id, row.job_id),
	DW_FIELD(UUID, Contract, homeowner_id, row.homeowner_id),
	DW_FIELD(UUID, Contract, provider_id, row.provider_id),
	DW_FIELD(UUID, Contract, category_id, row.category_id),
	DW_FIELD(CURRENCY, Contract, currency, row.currency),
	DW_FIELD(FLOAT8, Contract, longitude, row.longitude),
	DW_FIELD(FLOAT8, Contract, latitude, row.latitude),
	DW_FIELD(DATE, Contract, released_on, row.released_on),
	DW_FIELD(INT8, Contract, contract_amount, row.amount),
	DW_FIELD(INT4, Contract, multiplier_ppm, row.multiplier_ppm),
	DW_FIELD_OR(INT4, Contract, stars, row.stars, DW_MARKET_NO_STARS),
	DW_FIELD(BOOL, Contract, is_released, facts.is_released),
	DW_FIELD(BOOL, Contract, is_contested, facts.is_contested),
	DW_FIELD(INT8, Contract, released, facts.released),
	DW_FIELD(INT8, Contract, bid_amount, facts.bid_amount),
	DW_FIELD(INT8, Contract, comparable_price, facts.comparable_price)
};

static DwMap contract_map = DW_MAP(contract_fields);

/*
 * Contracts with all that decides about them.  The day is that of the last
 * release: the end of a chargeback gives an escrow its state back, and is
 * none.  $1 is the time, for a review counts once it is revealed.
 */
#define CONTRACTS \
	"SELECT e.job_id, e.homeowner_id, e.provider_id, j.category_id, " \
	"e.currency, st_x(j.location::geometry) AS longitude, " \
	"st_y(j.location::geometry) AS latitude, " \
	"(coalesce((SELECT max(v.created_at) FROM dwello.escrow_events AS v " \
	"WHERE v.job_id = e.job_id AND v.to_status = 'released' " \
	"AND v.from_status IS DISTINCT FROM 'frozen'), $1) " \
	"AT TIME ZONE 'UTC')::date AS released_on, e.contract_amount, " \
	"1000000 AS multiplier_ppm, (SELECT r.rating FROM dwello.reviews AS r " \
	"WHERE r.job_id = e.job_id AND r.reviewer_id = e.homeowner_id " \
	"AND r.deleted_at IS NULL AND r.reveal_at <= $1) AS stars, " \
	"e.status = 'released' AS is_released, " \
	"EXISTS (SELECT FROM dwello.chargebacks AS c " \
	"WHERE c.job_id = e.job_id AND c.status IN ('open', 'lost')) " \
	"AS is_contested, e.released, b.bid_amount, b.comparable_price " \
	"FROM dwello.escrow_accounts AS e " \
	"JOIN dwello.jobs AS j ON j.id = e.job_id " \
	"JOIN dwello.bids AS b ON b.job_id = e.job_id AND b.id = e.bid_id "

static Contract *contracts_take(uint64 count);
static Contract *contracts_of(const DwUuid *jobs, int count, int *found);
static bool contract_counts(const Contract *contract);
static PriceRow *rows_lock(const DwUuid *jobs, int count, int *found);
static void rows_delete(const DwUuid *jobs, int count);
static bool row_differs(const PriceRow *row, const PriceRow *other);

/*
 * The prices of cells, newest first; each cell gives its newest alone, so
 * that what is read does not grow with the years.
 */
static uint64
prices_find(const MarketQuery *query, double radius_miles)
{
	static DwStatement find_prices =
		DW_STATEMENT("SELECT p.* FROM unnest($3::bigint[]) AS c (cell) "
					 "CROSS JOIN LATERAL (SELECT m.job_id, m.homeowner_id, "
					 "m.provider_id, m.released_on, m.amount, "
					 "m.multiplier_ppm, m.stars, m.longitude, m.latitude "
					 "FROM dwello.market_prices AS m "
					 "WHERE m.category_id = $1 AND m.currency = $2 "
					 "AND m.cell = c.cell AND m.released_on BETWEEN $4 AND $5 "
					 "ORDER BY m.released_on DESC, m.job_id DESC "
					 "LIMIT " CELL_ROWS ") AS p "
					 "ORDER BY p.released_on DESC, p.job_id DESC");
	DwMarketCells cells = dw_market_cells_of(&query->place, radius_miles);
	int32		count = dw_market_cell_count(&cells);
	Datum	   *numbers = palloc(sizeof(Datum) * count);
	DwParams	p = DW_PARAMS;

	for (int32 i = 0; i < count; i++)
		numbers[i] = Int64GetDatum(dw_market_cell(&cells, i));
	dw_param_uuid(&p, &query->category_id);
	dw_param_text(&p, query->currency);
	dw_param_int8s(&p, numbers, count);
	dw_param_date(&p, query->as_of - DW_STATS_MAX_DAYS);
	dw_param_date(&p, query->as_of);
	return dw_query(&find_prices, &p);
}

/* A price that was found, and where. */
typedef struct Found
{
	DwMarketPrice price;		/* without its age */
	DwUuid		job_id;			/* of the contract; it orders those of a day */
	DateADT		released_on;	/* the day */
	DwDegrees	place;			/* of the job */
} Found;

/* The newest prices, as core selects them; gives their number. */
static int
prices_around(const MarketQuery *query, DwMarketPrice **prices)
{
	static const DwColumn fields[] = {
		DW_FIELD(UUID, Found, job_id, job_id),
		DW_FIELD(UUID, Found, homeowner_id, price.homeowner_id),
		DW_FIELD(UUID, Found, provider_id, price.provider_id),
		DW_FIELD(DATE, Found, released_on, released_on),
		DW_FIELD(INT8, Found, amount, price.amount),
		DW_FIELD(INT4, Found, multiplier_ppm, price.multiplier_ppm),
		DW_FIELD_OR(INT4, Found, stars, price.stars, DW_MARKET_NO_STARS),
		DW_FIELD(FLOAT8, Found, longitude, place.longitude),
		DW_FIELD(FLOAT8, Found, latitude, place.latitude)
	};
	static DwMap map = DW_MAP(fields);
	double		radius_miles = dw_setting_int8("market_radius_miles");
	uint64		count = prices_find(query, radius_miles);
	int			near = 0;

	*prices = palloc(sizeof(DwMarketPrice) * (count + 1));
	for (uint64 i = 0; i < count; i++)
	{
		Found		found;

		dw_map_read(&map, i, &found);
		if (dw_geo_distance_m(query->place.longitude, query->place.latitude,
							  found.place.longitude, found.place.latitude) >
			radius_miles * DW_GEO_METRES_PER_MILE)
			continue;
		found.price.age_days = query->as_of - found.released_on;
		(*prices)[near++] = found.price;
	}
	return dw_market_select(*prices, near, &query->asker);
}

/* The market's price of a job today. */
static int64
market_reference(const DwJob *job)
{
	MarketQuery query = {
		.category_id = job->category_id,.currency = job->currency,
		.place = job->place,.asker = job->homeowner_id,.as_of = dw_today()
	};
	DwMarketPrice *prices;
	int			count = prices_around(&query, &prices);

	return dw_market_reference(prices, count,
							   dw_setting_int8("market_minimum"));
}

/* The default of the category or of its nearest ancestor with one. */
static int64
category_reference(const DwUuid *category_id)
{
	/* a reference table, which every node has; no rows of users or jobs */
	static DwStatement load_default =
		DW_STATEMENT("WITH RECURSIVE line (id, parent_id, amount, depth) AS ("
					 "SELECT c.id, c.parent_id, c.reference_amount, 0 "
					 "FROM dwello.categories AS c WHERE c.id = $1 "
					 "UNION ALL "
					 "SELECT c.id, c.parent_id, c.reference_amount, "
					 "line.depth + 1 FROM line "
					 "JOIN dwello.categories AS c "
					 "ON c.id = line.parent_id "
					 "WHERE line.amount IS NULL AND line.depth < 100) "
					 "SELECT line.amount FROM line "
					 "WHERE line.amount IS NOT NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, category_id);
	if (dw_execute(&load_default, &p) == 0)
		return DW_REFERENCE_ABSENT;
	return dw_read_only_int8(0);
}

void
dw_reference_load(const DwJob *job, DwReferenceFacts *facts)
{
	facts->budget_min = job->budget_min;
	facts->budget_max = job->budget_max;
	facts->market = DW_REFERENCE_ABSENT;
	facts->category_default = DW_REFERENCE_ABSENT;
	if (dw_reference_choose(facts).source != DW_REFERENCE_NONE)
		return;					/* the rest is not looked at */
	facts->market = market_reference(job);
	facts->category_default = category_reference(&job->category_id);
}

/* By job; of one job, what may end the row first. */
static int
compare_changes(const void *a, const void *b)
{
	const DwMarketChange *one = a;
	const DwMarketChange *two = b;
	int			order = dw_uuid_compare(&one->job_id, &two->job_id);

	return order != 0 ? order : (int) two->effect - (int) one->effect;
}

/*
 * Inserts the rows of contracts that count, and of those that may not any
 * more: the head of this file says why.  One that is not fully paid yet has
 * none, however many events tell of it.
 */
static void
rows_insert(const DwMarketChange *changes, Contract *contracts, int count)
{
	for (int i = 0; i < count; i++)
	{
		while (!dw_uuid_equal(&changes->job_id, &contracts[i].row.job_id))
			changes++;
		if (changes->effect == DW_MARKET_MAY_END ||
			contract_counts(&contracts[i]))
			(void) dw_table_insert_new(&prices_table, &contracts[i].row);
	}
}

/* Makes locked rows what their contracts ask for; both are in order. */
static void
rows_update(const PriceRow *rows, int count, Contract *contracts, int found)
{
	DwUuid	   *unwanted = palloc(sizeof(DwUuid) * (count + 1));
	int			gone = 0;

	for (int i = 0, row = 0; i < found && row < count; i++)
	{
		if (!dw_uuid_equal(&rows[row].job_id, &contracts[i].row.job_id))
			continue;
		if (!contract_counts(&contracts[i]))
			unwanted[gone++] = rows[row].job_id;
		else if (row_differs(&rows[row], &contracts[i].row))
			dw_table_update(&prices_table, &contracts[i].row);
		row++;
	}
	rows_delete(unwanted, gone);
}

void
dw_market_refresh(DwMarketChange *changes, int count)
{
	DwUuid	   *jobs = palloc(sizeof(DwUuid) * (count + 1));
	Contract   *contracts;
	PriceRow   *rows;
	int			distinct = 0;
	int			found;
	int			locked;

	qsort(changes, count, sizeof(*changes), compare_changes);
	for (int i = 0; i < count; i++)
		if (i == 0 || !dw_uuid_equal(&jobs[distinct - 1], &changes[i].job_id))
			jobs[distinct++] = changes[i].job_id;
	contracts = contracts_of(jobs, distinct, &found);
	rows_insert(changes, contracts, found);
	rows = rows_lock(jobs, distinct, &locked);
	contracts = contracts_of(jobs, distinct, &found);
	rows_update(rows, locked, contracts, found);
}

/* Jobs with an event that a worker has yet to deliver. */
static DwUuid *
jobs_pending(const DwUuid *jobs, int count, int *pending)
{
	static DwStatement find_pending =
		DW_STATEMENT("SELECT DISTINCT o.scope_id FROM dwello.outbox AS o "
					 "WHERE o.scope_id = ANY ($1) AND o.applied_at IS NULL "
					 "AND (o.deliver_after IS NULL OR o.deliver_after <= $2) "
					 "ORDER BY o.scope_id");
	DwParams	p = DW_PARAMS;

	dw_param_uuids(&p, jobs, count);
	dw_param_time(&p, dw_now());
	(void) dw_query(&find_pending, &p);
	return dw_read_only_uuids(pending);
}

/* Leaves out of a walk's findings what a worker will see to. */
static void
leave_pending(DwMarketWalk *walk)
{
	int			pending;
	DwUuid	   *ids = jobs_pending(walk->jobs, walk->found, &pending);
	int			kept = 0;

	for (int i = 0, next = 0; i < walk->found; i++)
	{
		while (next < pending &&
			   dw_uuid_compare(&ids[next], &walk->jobs[i]) < 0)
			next++;
		if (next == pending || !dw_uuid_equal(&ids[next], &walk->jobs[i]))
			walk->jobs[kept++] = walk->jobs[i];
	}
	walk->found = kept;
}

bool
dw_market_step(DwMarketWalk *walk)
{
	static DwStatement next_contracts =
		DW_STATEMENT(CONTRACTS "WHERE e.job_id > $2 ORDER BY e.job_id "
					 "LIMIT $3");
	static DwTableQuery next_rows =
		DW_TABLE_QUERY(prices_table, "WHERE t.job_id > $1 "
					   "AND t.job_id <= $2 ORDER BY t.job_id");
	DwParams	after = DW_PARAMS;
	DwParams	between = DW_PARAMS;
	DwUuid		first = walk->last;
	Contract   *contracts;
	uint64		count;
	uint64		rows;
	uint64		row = 0;

	walk->found = 0;
	dw_param_time(&after, dw_now());
	dw_param_uuid(&after, &first);
	dw_param_int4(&after, walk->count);
	count = dw_query(&next_contracts, &after);
	if (count == 0)
		return false;
	contracts = contracts_take(count);
	walk->last = contracts[count - 1].row.job_id;
	dw_param_uuid(&between, &first);
	dw_param_uuid(&between, &walk->last);
	rows = dw_table_query(&next_rows, &between);
	for (uint64 i = 0; i < count; i++)
	{
		PriceRow	stored;
		bool		is_there = false;

		if (row < rows)
		{
			dw_table_read(&prices_table, row, &stored);
			is_there = dw_uuid_equal(&stored.job_id,
									 &contracts[i].row.job_id);
			row += is_there;
		}
		if (is_there != contract_counts(&contracts[i]) ||
			(is_there && row_differs(&stored, &contracts[i].row)))
			walk->jobs[walk->found++] = contracts[i].row.job_id;
	}
	if (walk->found > 0)
		leave_pending(walk);
	return count == (uint64) walk->count;
}

/* Reads the contracts of the last result. */
static Contract *
contracts_take(uint64 count)
{
	Contract   *contracts = palloc(sizeof(Contract) * (count + 1));

	for (uint64 i = 0; i < count; i++)
	{
		dw_map_read(&contract_map, i, &contracts[i]);
		contracts[i].facts.contract_amount = contracts[i].row.amount;
	}
	return contracts;
}

/* The contracts of jobs, as they are now, in the order of their ids. */
static Contract *
contracts_of(const DwUuid *jobs, int count, int *found)
{
	static DwStatement select_contracts =
		DW_STATEMENT(CONTRACTS "WHERE e.job_id = ANY ($2) ORDER BY e.job_id");
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, dw_now());
	dw_param_uuids(&p, jobs, count);
	*found = (int) dw_execute(&select_contracts, &p);
	return contracts_take(*found);
}

/* True when the contract is a price. */
static bool
contract_counts(const Contract *contract)
{
	return dw_market_counts(&contract->facts);
}

/* Locks the rows of jobs and reads them, in the order of their ids. */
static PriceRow *
rows_lock(const DwUuid *jobs, int count, int *found)
{
	static DwTableQuery lock_rows =
		DW_TABLE_QUERY(prices_table, "WHERE t.job_id = ANY ($1) "
					   "ORDER BY t.job_id FOR UPDATE");
	DwParams	p = DW_PARAMS;
	PriceRow   *rows;

	dw_param_uuids(&p, jobs, count);
	*found = (int) dw_table_execute(&lock_rows, &p);
	rows = palloc(sizeof(PriceRow) * (*found + 1));
	for (int i = 0; i < *found; i++)
		dw_table_read(&prices_table, i, &rows[i]);
	return rows;
}

/* Deletes the rows of jobs. */
static void
rows_delete(const DwUuid *jobs, int count)
{
	static DwStatement delete_rows =
		DW_STATEMENT("DELETE FROM dwello.market_prices AS m "
					 "WHERE m.job_id = ANY ($1)");
	DwParams	p = DW_PARAMS;

	if (count == 0)
		return;
	dw_param_uuids(&p, jobs, count);
	(void) dw_execute(&delete_rows, &p);
}

/* True when two rows of one job differ. */
static bool
row_differs(const PriceRow *row, const PriceRow *other)
{
	return !dw_uuid_equal(&row->homeowner_id, &other->homeowner_id) ||
		!dw_uuid_equal(&row->provider_id, &other->provider_id) ||
		!dw_uuid_equal(&row->category_id, &other->category_id) ||
		strcmp(row->currency, other->currency) != 0 ||
		row->longitude != other->longitude ||
		row->latitude != other->latitude ||
		row->released_on != other->released_on ||
		row->amount != other->amount ||
		row->multiplier_ppm != other->multiplier_ppm ||
		row->stars != other->stars;
}
