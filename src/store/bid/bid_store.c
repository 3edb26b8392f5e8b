/*
 * bid_store.c
 *		Rows of dwello.bids and their history: reading, locking, writing.
 *
 * A bid past its expires_at counts as expired before any worker has marked
 * it; where it would stand in the way of a command it is marked here.
 */
#include "postgres.h"

#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/bid/bid_store.h"
#include "store/score/score_store.h"

/* The columns of DwBid, in the order in which bid_read() takes them. */
#define BID_COLUMNS \
	"b.job_id, b.id, b.homeowner_id, b.provider_id, b.status::text, " \
	"b.reason, b.terms_version, b.bid_version, b.version, b.labor_cost, " \
	"b.materials_cost, b.bid_amount, b.currency, b.materials_included, " \
	"b.timeline_days, b.warranty_months, b.description, b.special_terms, " \
	"b.comparable_price, b.score_total, b.score_inputs, b.submitted_at, " \
	"b.expires_at, b.is_inconsistent"

#define BID_FROM \
	" FROM dwello.bids AS b WHERE b.job_id = $1 AND b.deleted_at IS NULL "

static void emit(const DwBid *bid, const char *type, const char *note);

/* Fills *bid from the one row of the last result. */
static void
bid_read(DwBid *bid)
{
	bool		isnull;

	memset(bid, 0, sizeof(*bid));
	(void) dw_read_uuid(0, 1, &bid->job_id);
	(void) dw_read_uuid(0, 2, &bid->id);
	(void) dw_read_uuid(0, 3, &bid->homeowner_id);
	(void) dw_read_uuid(0, 4, &bid->provider_id);
	if (!dw_bid_status_parse(dw_read_text(0, 5), &bid->status))
		elog(ERROR, "bid has an unknown status");
	bid->reason = dw_read_text(0, 6);
	bid->terms_version = dw_read_int4(0, 7);
	bid->bid_version = dw_read_int4(0, 8);
	bid->version = dw_read_int4(0, 9);
	bid->labor_cost = dw_read_int8(0, 10);
	bid->materials_cost = dw_read_int8(0, 11);
	bid->bid_amount = dw_read_int8(0, 12);
	strlcpy(bid->currency, dw_read_text(0, 13), sizeof(bid->currency));
	bid->materials_included = dw_read_bool(0, 14);
	bid->timeline_days = dw_read_int4(0, 15);
	bid->warranty_months = dw_read_int4(0, 16);
	bid->description = dw_read_text(0, 17);
	bid->special_terms = dw_read_text(0, 18);
	bid->price = dw_read_int8(0, 19);
	bid->score_total = dw_read_int8(0, 20);
	dw_score_inputs_read(dw_read_datum(0, 21, &isnull), &bid->inputs);
	bid->submitted_at = dw_read_time(0, 22);
	bid->expires_at = dw_read_time(0, 23);
	bid->is_inconsistent = dw_read_bool(0, 24);
}

bool
dw_bid_lock(const DwUuid *job_id, const DwUuid *id, DwBid *bid)
{
	static DwStatement lock_bid =
		DW_STATEMENT("SELECT " BID_COLUMNS BID_FROM "AND b.id = $2 "
					 "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&lock_bid, &p) == 0)
		return false;
	bid_read(bid);
	return true;
}

bool
dw_bid_lock_accepted(const DwUuid *job_id, DwBid *bid)
{
	static DwStatement lock_accepted =
		DW_STATEMENT("SELECT " BID_COLUMNS BID_FROM
					 "AND b.status = 'accepted' FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	if (dw_execute(&lock_accepted, &p) == 0)
		return false;
	bid_read(bid);
	return true;
}

bool
dw_bid_load(const DwUuid *job_id, const DwUuid *id, DwBid *bid)
{
	static DwStatement load_bid =
		DW_STATEMENT("SELECT " BID_COLUMNS BID_FROM "AND b.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_query(&load_bid, &p) == 0)
		return false;
	bid_read(bid);
	return true;
}

bool
dw_bid_exists(const DwUuid *job_id, const DwUuid *id)
{
	static DwStatement find_id =
		DW_STATEMENT("SELECT FROM dwello.bids AS b "
					 "WHERE b.job_id = $1 AND b.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	return dw_execute(&find_id, &p) > 0;
}

bool
dw_bid_find_live(const DwUuid *job_id, const DwUuid *provider_id, DwUuid *id)
{
	static DwStatement find_live =
		DW_STATEMENT("SELECT b.id" BID_FROM "AND b.provider_id = $2 "
					 "AND b.status IN ('pending', 'accepted')");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, provider_id);
	if (dw_execute(&find_live, &p) == 0)
		return false;
	return dw_read_only_uuid(0, id);
}

/* Adds a timeline; none is NULL. */
static void
param_days(DwParams *p, int32 days)
{
	dw_param_datum(p, INT4OID, Int32GetDatum(days), days == DW_BID_NO_DAYS);
}

/* Keeps the present version of a bid in its history. */
static void
keep_version(const DwBid *bid)
{
	static DwStatement insert_version =
		DW_STATEMENT("INSERT INTO dwello.bid_versions "
					 "(job_id, bid_id, bid_version, homeowner_id, "
					 "provider_id, terms_version, labor_cost, "
					 "materials_cost, bid_amount, currency, "
					 "materials_included, timeline_days, warranty_months, "
					 "description, special_terms, comparable_price, "
					 "score_total, score_inputs, is_inconsistent, "
					 "submitted_at, expires_at) "
					 "SELECT b.job_id, b.id, b.bid_version, b.homeowner_id, "
					 "b.provider_id, b.terms_version, b.labor_cost, "
					 "b.materials_cost, b.bid_amount, b.currency, "
					 "b.materials_included, b.timeline_days, "
					 "b.warranty_months, b.description, b.special_terms, "
					 "b.comparable_price, b.score_total, b.score_inputs, "
					 "b.is_inconsistent, b.submitted_at, b.expires_at"
					 BID_FROM
					 "AND b.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &bid->job_id);
	dw_param_uuid(&p, &bid->id);
	(void) dw_execute(&insert_version, &p);
}

/* Adds what is offered, for which terms, until when, and what it scores. */
static void
param_offer(DwParams *p, const DwBid *bid)
{
	dw_param_int4(p, bid->terms_version);
	dw_param_int4(p, bid->bid_version);
	dw_param_int4(p, bid->version);
	dw_param_int8(p, bid->labor_cost);
	dw_param_int8(p, bid->materials_cost);
	dw_param_int8(p, bid->bid_amount);
	dw_param_text(p, bid->currency);
	dw_param_bool(p, bid->materials_included);
	param_days(p, bid->timeline_days);
	dw_param_int4(p, bid->warranty_months);
	dw_param_text(p, bid->description);
	dw_param_text(p, bid->special_terms);
	dw_param_int8(p, bid->price);
	dw_param_int8(p, bid->score_total);
	dw_param_datum(p, JSONBOID, dw_score_inputs_store(&bid->inputs), false);
	dw_param_bool(p, bid->is_inconsistent);
	dw_param_time(p, bid->submitted_at);
	dw_param_time(p, bid->expires_at);
}

void
dw_bid_insert(const DwBid *bid, const DwMaterials *materials)
{
	static DwStatement insert_bid =
		DW_STATEMENT("INSERT INTO dwello.bids "
					 "(job_id, id, terms_version, bid_version, version, "
					 "labor_cost, materials_cost, bid_amount, currency, "
					 "materials_included, timeline_days, warranty_months, "
					 "description, special_terms, comparable_price, "
					 "score_total, score_inputs, is_inconsistent, "
					 "submitted_at, expires_at, homeowner_id, provider_id, "
					 "status) "
					 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
					 "$12, $13, $14, $15, $16, $17, $18, $19, $20, $21, "
					 "$22, $23::text::dwello.bid_status)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &bid->job_id);
	dw_param_uuid(&p, &bid->id);
	param_offer(&p, bid);
	dw_param_uuid(&p, &bid->homeowner_id);
	dw_param_uuid(&p, &bid->provider_id);
	dw_param_text(&p, dw_bid_status_label(bid->status));
	(void) dw_execute(&insert_bid, &p);
	keep_version(bid);
	dw_materials_insert(&bid->job_id, &bid->id, materials);
}

void
dw_bid_revise(DwBid *bid, const DwMaterials *materials)
{
	static DwStatement update_offer =
		DW_STATEMENT("UPDATE dwello.bids SET terms_version = $3, "
					 "bid_version = $4, version = $5, labor_cost = $6, "
					 "materials_cost = $7, bid_amount = $8, currency = $9, "
					 "materials_included = $10, timeline_days = $11, "
					 "warranty_months = $12, description = $13, "
					 "special_terms = $14, comparable_price = $15, "
					 "score_total = $16, score_inputs = $17, "
					 "is_inconsistent = $18, submitted_at = $19, "
					 "expires_at = $20 WHERE job_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;

	bid->bid_version++;
	bid->version++;
	dw_param_uuid(&p, &bid->job_id);
	dw_param_uuid(&p, &bid->id);
	param_offer(&p, bid);
	(void) dw_execute(&update_offer, &p);
	keep_version(bid);
	dw_materials_insert(&bid->job_id, &bid->id, materials);
}

void
dw_bid_save(DwBid *bid)
{
	static DwStatement update_bid =
		DW_STATEMENT("UPDATE dwello.bids SET "
					 "status = $3::text::dwello.bid_status, reason = $4, "
					 "version = version + 1 WHERE job_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &bid->job_id);
	dw_param_uuid(&p, &bid->id);
	dw_param_text(&p, dw_bid_status_label(bid->status));
	dw_param_text(&p, bid->reason);
	(void) dw_execute(&update_bid, &p);
	bid->version++;
}

/* What RETURNING gives of bids that have ended, for ended_read(). */
#define ENDED_COLUMNS \
	"b.job_id, b.id, b.homeowner_id, b.provider_id, b.bid_amount, " \
	"b.currency, b.reason"

/* A bid that has just ended, as far as its event tells of it. */
static void
ended_read(uint64 row, DwBid *bid)
{
	DwBidReason reason;

	memset(bid, 0, sizeof(*bid));
	(void) dw_read_uuid(row, 1, &bid->job_id);
	(void) dw_read_uuid(row, 2, &bid->id);
	(void) dw_read_uuid(row, 3, &bid->homeowner_id);
	(void) dw_read_uuid(row, 4, &bid->provider_id);
	bid->bid_amount = dw_read_int8(row, 5);
	strlcpy(bid->currency, dw_read_text(row, 6), sizeof(bid->currency));
	bid->reason = dw_read_text(row, 7);
	if (!dw_bid_reason_parse(bid->reason, &reason))
		elog(ERROR, "bid has an unknown reason");
	bid->status = dw_bid_reason_status(reason);
}

/* The event that tells of the end of a bid. */
static const char *
end_type(DwBidStatus status)
{
	switch (status)
	{
		case DW_BID_REJECTED:
			return "bid_rejected";
		case DW_BID_WITHDRAWN:
			return "bid_withdrawn";
		case DW_BID_EXPIRED:
			return "bid_expired";
		case DW_BID_PENDING:
		case DW_BID_ACCEPTED:
			break;
	}
	elog(ERROR, "bid has not ended");
}

/* Bids that a statement has ended. */
typedef struct Ended
{
	DwBid	   *bids;			/* as ended_read() has them */
	int			count;			/* of them */
} Ended;

/* Orders bids by id, for qsort: RETURNING has no order. */
static int
bid_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const DwBid *) a)->id,
						   &((const DwBid *) b)->id);
}

/* Writes the events of ended bids; work for dw_write_batch(). */
static void
emit_ended(void *argument)
{
	const Ended *ended = argument;

	for (int i = 0; i < ended->count; i++)
		dw_bid_emit(&ended->bids[i], end_type(ended->bids[i].status));
}

/* Ends bids by a statement that returns ENDED_COLUMNS; how many. */
static int
end_by(DwStatement *statement, const DwParams *p)
{
	Ended		ended = {.count = (int) dw_execute(statement, p)};

	if (ended.count == 0)
		return 0;
	ended.bids = palloc_array(DwBid, ended.count);
	for (int i = 0; i < ended.count; i++)
		ended_read(i, &ended.bids[i]);
	SPI_freetuptable(SPI_tuptable);
	qsort(ended.bids, ended.count, sizeof(DwBid), bid_compare);
	if (ended.count == 1 || dw_write_is_batched())
		emit_ended(&ended);
	else
		dw_write_batch(emit_ended, &ended);
	return ended.count;
}

/* Ends all live bids of a job but one (or NULL), with their events. */
static void
end_live(const DwUuid *job_id, const DwUuid *but, DwBidReason reason)
{
	static DwStatement end_bids =
		DW_STATEMENT("UPDATE dwello.bids AS b SET "
					 "status = CASE WHEN $4 OR b.status = 'pending' "
					 "AND b.expires_at <= $3 THEN 'expired'::dwello.bid_status "
					 "ELSE 'rejected'::dwello.bid_status END, "
					 "reason = CASE WHEN b.status = 'pending' "
					 "AND b.expires_at <= $3 THEN 'expired' ELSE $5 END, "
					 "version = b.version + 1 "
					 "WHERE b.job_id = $1 AND b.deleted_at IS NULL "
					 "AND b.status IN ('pending', 'accepted') "
					 "AND b.id IS DISTINCT FROM $2 "
					 "RETURNING " ENDED_COLUMNS);
	DwBidStatus status = dw_bid_reason_status(reason);
	DwParams	p = DW_PARAMS;

	Assert(status == DW_BID_EXPIRED || status == DW_BID_REJECTED);
	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, but);
	dw_param_time(&p, dw_now());
	dw_param_bool(&p, status == DW_BID_EXPIRED);
	dw_param_text(&p, dw_bid_reason_label(reason));
	(void) end_by(&end_bids, &p);
}

/* Marks as expired what is over at $1. */
#define EXPIRE_BIDS \
	"UPDATE dwello.bids AS b SET status = 'expired', reason = 'expired', " \
	"version = b.version + 1 "
#define BID_IS_OVER \
	"b.status = 'pending' AND b.expires_at <= $1 AND b.deleted_at IS NULL "

void
dw_bid_expire_overdue(const DwUuid *job_id, const DwUuid *provider_id)
{
	static DwStatement expire_bid =
		DW_STATEMENT(EXPIRE_BIDS "WHERE b.job_id = $2 AND b.provider_id = $3 "
					 "AND " BID_IS_OVER "RETURNING " ENDED_COLUMNS);
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, dw_now());
	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, provider_id);
	(void) end_by(&expire_bid, &p);
}

DwDue *
dw_bids_claim_overdue(int max_rows, int *count)
{
	static DwStatement find_bids =
		DW_STATEMENT("SELECT b.expires_at, b.id, b.job_id "
					 "FROM dwello.bids AS b WHERE " BID_IS_OVER
					 "AND (b.expires_at, b.id) > ($2, $3) "
					 "ORDER BY b.expires_at, b.id LIMIT $4");

	return dw_due_claim(&find_bids, max_rows, count);
}

int
dw_bids_expire(const DwDue *bids, int count)
{
	static DwStatement expire_bids =
		DW_STATEMENT(EXPIRE_BIDS "FROM unnest($2, $3) AS d (job_id, id) "
					 "WHERE b.job_id = d.job_id AND b.id = d.id "
					 "AND " BID_IS_OVER "RETURNING " ENDED_COLUMNS);
	DwUuid	   *jobs = palloc_array(DwUuid, Max(count, 1));
	DwUuid	   *ids = palloc_array(DwUuid, Max(count, 1));
	DwParams	p = DW_PARAMS;

	for (int i = 0; i < count; i++)
	{
		jobs[i] = bids[i].job_id;
		ids[i] = bids[i].id;
	}
	dw_param_time(&p, dw_now());
	dw_param_uuids(&p, jobs, count);
	dw_param_uuids(&p, ids, count);
	return end_by(&expire_bids, &p);
}

void
dw_bid_reject_rivals(const DwBid *accepted)
{
	end_live(&accepted->job_id, &accepted->id, DW_BID_REASON_NOT_SELECTED);
}

void
dw_bids_lock_live(const DwUuid *job_id)
{
	static DwStatement lock_live =
		DW_STATEMENT("SELECT b.id" BID_FROM
					 "AND b.status IN ('pending', 'accepted') "
					 "ORDER BY b.id FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	(void) dw_execute(&lock_live, &p);
}

void
dw_bids_end_all(const DwUuid *job_id, DwBidReason reason)
{
	end_live(job_id, NULL, reason);
}

void
dw_bid_end(DwBid *bid, DwBidReason reason, const char *note)
{
	Assert(bid->status == dw_bid_reason_status(reason));
	bid->reason = pstrdup(dw_bid_reason_label(reason));
	dw_bid_save(bid);
	emit(bid, end_type(bid->status), note);
}

void
dw_bid_emit(const DwBid *bid, const char *type)
{
	emit(bid, type, NULL);
}

/* Writes the event of a bid with a note to the other side. */
static void
emit(const DwBid *bid, const char *type, const char *note)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &bid->job_id);
	dw_payload_uuid(&payload, "bid_id", &bid->id);
	dw_payload_uuid(&payload, "homeowner_id", &bid->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &bid->provider_id);
	dw_payload_int8(&payload, "amount", bid->bid_amount);
	dw_payload_text(&payload, "currency", bid->currency);
	dw_payload_text(&payload, "reason", bid->reason);
	dw_payload_text(&payload, "note", note);
	dw_event_emit(&bid->job_id, "bid", &bid->id, type, &payload);
}
