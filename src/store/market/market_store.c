/*
 * market_store.c
 *		Rows of dwello.market_prices: made of contracts, found around a place;
 *		what a job's reference amount may come from; and the statistics of
 *		categories.
 *
 * A row follows from the contract as it is, whatever has happened to it: so
 * an event that is applied twice, or after a later one, does no harm.  What
 * is wanted is looked at again once the row is locked, in a snapshot of its
 * own, and a row that has to go is inserted first, if it is not there: else a
 * worker that has just inserted it could not be seen.
 *
 * Of dwello.category_statistics, contracts are counted up and down; a median
 * and a mean of one price a person cannot be, and are made anew of the newest
 * prices, whose number is bounded.  A category's row is locked before its
 * prices are looked at.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/market/market_store.h"

/* Rows that are read of a cell: so many that heavy providers hide nobody. */
#define CELL_ROWS "200"
#define CELL_ROWS_COUNT	200		/* the same */
#define NEWEST_ROWS "1000"		/* the same, of a whole category */

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
	bool		is_fresh;		/* see what this command has written */
} MarketQuery;

/* What a row that came or went means for the statistics of its category. */
typedef struct Tally
{
	DwUuid		category_id;	/* of the row */
	char		currency[DW_CURRENCY_SIZE]; /* of the row */
	int64		contracts;		/* 1, or -1 for one that went */
} Tally;

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
	int64		base_amount;	/* without an agent's multiplier */
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
	DW_COLUMN(INT8, PriceRow, base_amount, base_amount, 0),
	DW_COLUMN_OR(INT4, PriceRow, stars, stars, 0, DW_MARKET_NO_STARS)
};

static DwTable prices_table =
DW_TABLE("market_prices", PriceRow, price_columns);

/* A contract, and the row that it should have. */
typedef struct Contract
{
	PriceRow	row;			/* the row, if facts make it one */
	DwMarketContract facts;		/* what that is decided from */
	DwMarketDecision decision;	/* the winning bid's */
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
	DW_FIELD_OR(INT8, Contract, decision_amount, decision.amount, 0),
	DW_FIELD_OR(INT8, Contract, decision_base, decision.base_amount, 0),
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
 * none.  $1 is the time, for a review counts once it is revealed.  The months
 * in which the bid may have been decided are few.
 */
#define CONTRACTS \
	"SELECT e.job_id, e.homeowner_id, e.provider_id, j.category_id, " \
	"e.currency, st_x(j.location::geometry) AS longitude, " \
	"st_y(j.location::geometry) AS latitude, " \
	"(coalesce((SELECT max(v.created_at) FROM dwello.escrow_events AS v " \
	"WHERE v.job_id = e.job_id AND v.to_status = 'released' " \
	"AND v.from_status IS DISTINCT FROM 'frozen'), $1) " \
	"AT TIME ZONE 'UTC')::date AS released_on, e.contract_amount, " \
	"a.amount AS decision_amount, a.base_amount AS decision_base, " \
	"(SELECT r.rating FROM dwello.reviews AS r " \
	"WHERE r.job_id = e.job_id AND r.reviewer_id = e.homeowner_id " \
	"AND r.deleted_at IS NULL AND r.reveal_at <= $1) AS stars, " \
	"e.status = 'released' AND j.status <> 'cancelled' AS is_released, " \
	"EXISTS (SELECT FROM dwello.chargebacks AS c " \
	"WHERE c.job_id = e.job_id AND c.status IN ('open', 'lost')) " \
	"AS is_contested, e.released, b.bid_amount, b.comparable_price " \
	"FROM dwello.escrow_accounts AS e " \
	"JOIN dwello.jobs AS j ON j.id = e.job_id " \
	"JOIN dwello.bids AS b ON b.job_id = e.job_id AND b.id = e.bid_id " \
	"LEFT JOIN dwello.ai_agent_activity AS a ON a.job_id = e.job_id " \
	"AND a.user_id = e.provider_id AND a.id = b.decision_id " \
	"AND a.created_at BETWEEN j.published_at AND j.confirmed_at "

static Contract *contracts_take(uint64 count);
static Contract *contracts_of(const DwUuid *jobs, int count, int *found);
static bool contract_counts(const Contract *contract);
static PriceRow *rows_lock(const DwUuid *jobs, int count, int *found);
static void rows_delete(const DwUuid *jobs, int count);
static bool row_differs(const PriceRow *row, const PriceRow *other);
static void statistics_add(Tally *tallies, int count);

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
					 "m.base_amount, m.stars, m.longitude, m.latitude "
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

static const DwColumn found_fields[] = {
	DW_FIELD(UUID, Found, job_id, job_id),
	DW_FIELD(UUID, Found, homeowner_id, price.homeowner_id),
	DW_FIELD(UUID, Found, provider_id, price.provider_id),
	DW_FIELD(DATE, Found, released_on, released_on),
	DW_FIELD(INT8, Found, amount, price.amount),
	DW_FIELD(INT8, Found, base_amount, price.base_amount),
	DW_FIELD_OR(INT4, Found, stars, price.stars, DW_MARKET_NO_STARS),
	DW_FIELD(FLOAT8, Found, longitude, place.longitude),
	DW_FIELD(FLOAT8, Found, latitude, place.latitude)
};

static DwMap found_map = DW_MAP(found_fields);

/* Prices in their order, newest first. */
typedef struct FoundList
{
	Found	   *rows;			/* in memory of their own */
	int			count;			/* of them */
} FoundList;

/* Reads the prices of the last result. */
static FoundList
prices_read(uint64 count)
{
	FoundList	list = {
		.rows = palloc_array(Found, count + 1),.count = (int) count
	};

	for (int i = 0; i < list.count; i++)
		dw_map_read(&found_map, i, &list.rows[i]);
	return list;
}

/* Takes the prices that lie within the radius; gives their number. */
static int
prices_take(const MarketQuery *query, double radius_miles,
			const FoundList *list, DwMarketPrice **prices)
{
	int			near = 0;

	*prices = palloc_array(DwMarketPrice, list->count + 1);
	for (int i = 0; i < list->count; i++)
	{
		const Found *found = &list->rows[i];
		DwMarketPrice *price = &(*prices)[near];

		if (dw_geo_distance_m(query->place.longitude, query->place.latitude,
							  found->place.longitude,
							  found->place.latitude) >
			radius_miles * DW_GEO_METRES_PER_MILE)
			continue;
		*price = found->price;
		price->age_days = query->as_of - found->released_on;
		near++;
	}
	return near;
}

/* The newest prices around a place, one a person. */
static int
prices_around(const MarketQuery *query, double radius_miles,
			  DwMarketPrice **prices)
{
	FoundList	list = prices_read(prices_find(query, radius_miles));
	int			near = prices_take(query, radius_miles, &list, prices);

	pfree(list.rows);
	return dw_market_select(*prices, near, &query->asker);
}

/* The newest of the whole category, wherever they are. */
static FoundList
prices_everywhere(const MarketQuery *query)
{
	static DwStatement find_newest =
		DW_STATEMENT("SELECT m.job_id, m.homeowner_id, m.provider_id, "
					 "m.released_on, m.amount, m.base_amount, m.stars, "
					 "m.longitude, m.latitude "
					 "FROM dwello.market_prices AS m "
					 "WHERE m.category_id = $1 AND m.currency = $2 "
					 "AND m.released_on BETWEEN $3 AND $4 "
					 "ORDER BY m.released_on DESC, m.job_id DESC LIMIT "
					 NEWEST_ROWS);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &query->category_id);
	dw_param_text(&p, query->currency);
	dw_param_date(&p, query->as_of - DW_STATS_MAX_DAYS);
	dw_param_date(&p, query->as_of);
	return prices_read(query->is_fresh ? dw_execute(&find_newest, &p)
					   : dw_query(&find_newest, &p));
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
	int			count = prices_around(&query,
									  dw_setting_int8("market_radius_miles"),
									  &prices);

	return dw_market_reference(prices, count,
							   dw_setting_int8("market_minimum"));
}

/* What the category, or its nearest ancestor with one, has in a currency. */
static int64
category_reference(const DwUuid *category_id, const char *currency)
{
	/* reference tables, which every node has; no rows of users or jobs */
	static DwStatement load_default =
		DW_STATEMENT("WITH RECURSIVE line (id, parent_id, amount, depth) AS ("
					 "SELECT c.id, c.parent_id, a.amount, 0 "
					 "FROM dwello.service_categories AS c "
					 "LEFT JOIN dwello.category_amounts AS a "
					 "ON a.category_id = c.id AND a.currency = $2 "
					 "WHERE c.id = $1 UNION ALL "
					 "SELECT c.id, c.parent_id, a.amount, "
					 "line.depth + 1 FROM line "
					 "JOIN dwello.service_categories AS c "
					 "ON c.id = line.parent_id "
					 "LEFT JOIN dwello.category_amounts AS a "
					 "ON a.category_id = c.id AND a.currency = $2 "
					 "WHERE line.amount IS NULL AND line.depth < 100) "
					 "SELECT line.amount FROM line "
					 "WHERE line.amount IS NOT NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, category_id);
	dw_param_text(&p, currency);
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
	facts->category_default = category_reference(&job->category_id,
												 job->currency);
}

/* What the anchors of jobs of one category and currency have in common. */
typedef struct AnchorKind
{
	const DwLearningSettings *settings; /* constants */
	double		radius_miles;	/* of the prices around a job */
	FoundList	newest;			/* of the whole category */
	bool		has_reference;	/* the next was read */
	int64		reference;		/* what an operator says, or absent */
} AnchorKind;

/*
 * What the category's contracts come to without what agents multiplied, else
 * what an operator says; 0 when neither is known.
 */
static int64
category_base(AnchorKind *kind, const MarketQuery *query)
{
	DwMarketPrice *prices;
	int			count = prices_take(query, DW_BBOX_RADIUS_MAX_MILES,
									&kind->newest, &prices);
	int64		amount;

	count = dw_market_select(prices, count, &query->asker);
	dw_market_to_base(prices, count);
	amount = dw_market_reference(prices, count, DW_MARKET_LEAST);
	pfree(prices);
	if (amount == DW_MARKET_ABSENT && !kind->has_reference)
	{
		kind->reference = category_reference(&query->category_id,
											 query->currency);
		kind->has_reference = true;
	}
	if (amount == DW_MARKET_ABSENT)
		amount = kind->reference;
	return Max(amount, 0);
}

/*
 * The newest prices around a job, one a person.  Where the category has no
 * more than are read of a cell, all that lie around it are among them.
 */
static int
kind_around(const AnchorKind *kind, const MarketQuery *query,
			DwMarketPrice **prices)
{
	int			near;

	if (kind->newest.count > CELL_ROWS_COUNT)
		return prices_around(query, kind->radius_miles, prices);
	near = prices_take(query, kind->radius_miles, &kind->newest, prices);
	return dw_market_select(*prices, near, &query->asker);
}

/* The prices that are asked for of a job. */
static MarketQuery
anchor_query(const DwJob *job, DateADT as_of)
{
	return (MarketQuery)
	{
		.category_id = job->category_id,.currency = job->currency,
			.place = job->place,.asker = job->homeowner_id,.as_of = as_of
	};
}

/* The anchor of one job of a kind. */
static int64
anchor_of(AnchorKind *kind, const DwJob *job, DateADT as_of)
{
	MarketQuery query = anchor_query(job, as_of);
	DwAnchorJob known = {.category_reference = category_base(kind, &query)};
	DwMarketPrice *prices;
	DwWinningPrice *wins;
	int			count;
	int64		anchor;

	/* what the market's reference is made of comes in by itself */
	if (job->reference_source != DW_REFERENCE_MARKET)
		known.reference = job->reference_amount;
	count = kind_around(kind, &query, &prices);
	wins = palloc_array(DwWinningPrice, count + 1);
	for (int i = 0; i < count; i++)
	{
		wins[i].amount = prices[i].base_amount;
		wins[i].days = Max(prices[i].age_days, 0);
		wins[i].winner = i;		/* each has one price */
	}
	anchor = dw_anchor(kind->settings, &known, wins, count);
	pfree(wins);
	pfree(prices);
	return anchor;
}

/* Orders pointers to jobs by kind, for qsort. */
static int
kind_compare(const void *a, const void *b)
{
	return dw_job_kind_compare(*(const DwJob *const *) a,
							   *(const DwJob *const *) b);
}

int64 *
dw_market_anchors(const DwLearningSettings *settings, const DwJob *jobs,
				  int count, DateADT as_of)
{
	const DwJob **order = palloc_array(const DwJob *, count + 1);
	int64	   *anchors = palloc_array(int64, count + 1);
	AnchorKind	kind = {
		.settings = settings,
		.radius_miles = dw_setting_int8("market_radius_miles")
	};

	for (int i = 0; i < count; i++)
		order[i] = &jobs[i];
	qsort(order, count, sizeof(order[0]), kind_compare);
	for (int i = 0; i < count; i++)
	{
		if (i == 0 || kind_compare(&order[i - 1], &order[i]) != 0)
		{
			MarketQuery query = anchor_query(order[i], as_of);

			if (i > 0)
				pfree(kind.newest.rows);
			kind.newest = prices_everywhere(&query);
			kind.has_reference = false;
		}
		anchors[order[i] - jobs] = anchor_of(&kind, order[i], as_of);
	}
	pfree(order);
	return anchors;
}

/* Ids, for bsearch. */
static int
compare_ids(const void *a, const void *b)
{
	return dw_uuid_compare(a, b);
}

/* By job; of one job, what may end the row first. */
static int
compare_changes(const void *a, const void *b)
{
	const DwMarketChange *one = a;
	const DwMarketChange *two = b;
	int			order = compare_ids(&one->job_id, &two->job_id);

	return order != 0 ? order : (int) two->effect - (int) one->effect;
}

/* What a refresh has changed. */
typedef struct Refresh
{
	DwUuid	   *inserted;		/* jobs whose rows it has made, in order */
	int			inserted_count; /* of them */
	Tally	   *tallies;		/* what each row means for its category */
	int			tally_count;	/* of them */
} Refresh;

/*
 * Inserts the rows of contracts that count, and of those that may not any
 * more: the head of this file says why.  One that is not fully paid yet has
 * none, however many events tell of it.
 */
static void
rows_insert(const DwMarketChange *changes, Contract *contracts, int count,
			Refresh *refresh)
{
	for (int i = 0; i < count; i++)
	{
		PriceRow   *row = &contracts[i].row;

		while (!dw_uuid_equal(&changes->job_id, &row->job_id))
			changes++;
		if ((changes->effect == DW_MARKET_MAY_END ||
			 contract_counts(&contracts[i])) &&
			dw_table_insert_new(&prices_table, row))
			refresh->inserted[refresh->inserted_count++] = row->job_id;
	}
}

/* Notes that a category has so many contracts more, or others. */
static void
tally(Refresh *refresh, const PriceRow *row, int64 contracts)
{
	Tally	   *added = &refresh->tallies[refresh->tally_count++];

	added->category_id = row->category_id;
	strlcpy(added->currency, row->currency, sizeof(added->currency));
	added->contracts = contracts;
}

/* Makes a locked row what its contract asks for; true when it has to go. */
static bool
row_update(const PriceRow *row, Contract *contract, Refresh *refresh)
{
	bool		is_new = bsearch(&row->job_id, refresh->inserted,
								 refresh->inserted_count, sizeof(DwUuid),
								 compare_ids) != NULL;
	bool		counts = contract_counts(contract);
	bool		differs = row_differs(row, &contract->row);

	if (counts && differs)
		dw_table_update(&prices_table, &contract->row);
	/* a new row was in no tally; a changed one may have another category */
	if (!is_new && (differs || !counts))
		tally(refresh, row, -1);
	if (counts && (is_new || differs))
		tally(refresh, &contract->row, 1);
	return !counts;
}

/* All locked rows; they and the contracts are in the order of their jobs. */
static void
rows_update(const PriceRow *rows, int count, Contract *contracts,
			Refresh *refresh)
{
	DwUuid	   *unwanted = palloc(sizeof(DwUuid) * (count + 1));
	int			gone = 0;

	for (int i = 0; i < count; i++)
	{
		while (!dw_uuid_equal(&rows[i].job_id, &contracts->row.job_id))
			contracts++;
		if (row_update(&rows[i], contracts, refresh))
			unwanted[gone++] = rows[i].job_id;
	}
	rows_delete(unwanted, gone);
}

/* The jobs of sorted changes, each once. */
static DwUuid *
jobs_of(const DwMarketChange *changes, int count, int *distinct)
{
	DwUuid	   *jobs = palloc(sizeof(DwUuid) * (count + 1));

	*distinct = 0;
	for (int i = 0; i < count; i++)
		if (i == 0 || !dw_uuid_equal(&jobs[*distinct - 1], &changes[i].job_id))
			jobs[(*distinct)++] = changes[i].job_id;
	return jobs;
}

void
dw_market_refresh(DwMarketChange *changes, int count)
{
	Refresh		refresh = {0};
	Contract   *contracts;
	PriceRow   *rows;
	DwUuid	   *jobs;
	int			found;
	int			locked;

	qsort(changes, count, sizeof(*changes), compare_changes);
	jobs = jobs_of(changes, count, &count);
	contracts = contracts_of(jobs, count, &found);
	refresh.inserted = palloc(sizeof(DwUuid) * (found + 1));
	rows_insert(changes, contracts, found, &refresh);
	/* whoever has no contract has no row either */
	for (int i = 0; i < found; i++)
		jobs[i] = contracts[i].row.job_id;
	rows = rows_lock(jobs, found, &locked);
	refresh.tallies = palloc(sizeof(Tally) * (2 * locked + 1));
	contracts = contracts_of(jobs, found, &found);
	rows_update(rows, locked, contracts, &refresh);
	statistics_add(refresh.tallies, refresh.tally_count);
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
		contracts[i].row.base_amount = dw_market_base(&contracts[i].facts,
													  &contracts[i].decision);
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
		row->base_amount != other->base_amount ||
		row->stars != other->stars;
}

/* The order in which categories are locked. */
static int
compare_tallies(const void *a, const void *b)
{
	const Tally *one = a;
	const Tally *two = b;
	int			order = dw_uuid_compare(&one->category_id, &two->category_id);

	return order != 0 ? order : strcmp(one->currency, two->currency);
}

/* Adds the key of a category. */
static void
param_key(DwParams *p, const Tally *category)
{
	dw_param_uuid(p, &category->category_id);
	dw_param_text(p, category->currency);
}

/* Makes the row of a category if there is none, and locks it. */
static void
statistics_lock(const Tally *category)
{
	static DwStatement insert_row =
		DW_STATEMENT("INSERT INTO dwello.category_statistics "
					 "(category_id, currency) VALUES ($1, $2) "
					 "ON CONFLICT DO NOTHING");
	static DwStatement lock_row =
		DW_STATEMENT("SELECT FROM dwello.category_statistics AS s "
					 "WHERE s.category_id = $1 AND s.currency = $2 "
					 "FOR UPDATE");
	DwParams	p = DW_PARAMS;

	param_key(&p, category);
	(void) dw_execute(&insert_row, &p);
	(void) dw_execute(&lock_row, &p);
}

/* Adds a figure, or NULL where it is not known. */
static void
param_figure(DwParams *p, int64 figure)
{
	dw_param_datum(p, INT8OID, Int64GetDatum(figure),
				   figure == DW_MARKET_ABSENT);
}

/* Makes the figures of a locked row anew, with so many contracts more. */
static void
statistics_write(const Tally *category)
{
	static DwStatement update_row =
		DW_STATEMENT("UPDATE dwello.category_statistics AS s "
					 "SET contracts = s.contracts + $3, people = $4, "
					 "reference_amount = $5, rating = $6::numeric / 100 "
					 "WHERE s.category_id = $1 AND s.currency = $2");
	MarketQuery query = {
		.category_id = category->category_id,.currency = category->currency,
		.as_of = dw_today(),.is_fresh = true
	};
	FoundList	newest = prices_everywhere(&query);
	DwMarketPrice *prices;
	int			count = prices_take(&query, DW_BBOX_RADIUS_MAX_MILES, &newest,
									&prices);
	DwMarketPrice *rated = palloc(sizeof(DwMarketPrice) * (count + 1));
	int			rated_count = 0;
	DwParams	p = DW_PARAMS;

	for (int i = 0; i < count; i++)
		if (prices[i].stars != DW_MARKET_NO_STARS)
			rated[rated_count++] = prices[i];
	count = dw_market_select(prices, count, &query.asker);
	rated_count = dw_market_select(rated, rated_count, &query.asker);
	param_key(&p, category);
	dw_param_int8(&p, category->contracts);
	dw_param_int4(&p, count);
	param_figure(&p, dw_market_reference(prices, count, DW_MARKET_LEAST));
	param_figure(&p, dw_market_stars(rated, rated_count));
	(void) dw_execute(&update_row, &p);
}

/*
 * Brings the statistics of the categories up to date, in their order, so that
 * workers do not wait for each other in a circle.
 */
static void
statistics_add(Tally *tallies, int count)
{
	qsort(tallies, count, sizeof(*tallies), compare_tallies);
	for (int i = 0; i < count; i++)
	{
		Tally		category = tallies[i];

		while (i + 1 < count &&
			   compare_tallies(&tallies[i + 1], &category) == 0)
			category.contracts += tallies[++i].contracts;
		statistics_lock(&category);
		statistics_write(&category);
	}
}

/* How far the count of a category's contracts is from what it should be. */
static int64
count_drift(const Tally *category)
{
	static DwStatement select_drift =
		DW_STATEMENT("SELECT (SELECT count(*) FROM dwello.market_prices AS m "
					 "WHERE m.category_id = $1 AND m.currency = $2) "
					 "- s.contracts FROM dwello.category_statistics AS s "
					 "WHERE s.category_id = $1 AND s.currency = $2");
	DwParams	p = DW_PARAMS;

	param_key(&p, category);
	(void) dw_execute(&select_drift, &p);
	return dw_read_only_int8(0);
}

void
dw_statistics_rebuild(void)
{
	static const DwColumn fields[] = {
		DW_FIELD(UUID, Tally, category_id, category_id),
		DW_FIELD(CURRENCY, Tally, currency, currency)
	};
	static DwMap map = DW_MAP(fields);
	static DwStatement select_keys =
		DW_STATEMENT("SELECT m.category_id, m.currency "
					 "FROM dwello.market_prices AS m UNION "
					 "SELECT s.category_id, s.currency "
					 "FROM dwello.category_statistics AS s "
					 "ORDER BY category_id, currency");
	int			count = (int) dw_execute(&select_keys, NULL);
	Tally	   *categories = palloc(sizeof(Tally) * (count + 1));

	for (int i = 0; i < count; i++)
		dw_map_read(&map, i, &categories[i]);
	for (int i = 0; i < count; i++)
	{
		statistics_lock(&categories[i]);
		categories[i].contracts = count_drift(&categories[i]);
		statistics_write(&categories[i]);
	}
}
