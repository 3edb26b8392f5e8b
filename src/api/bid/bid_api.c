/*
 * bid_api.c
 *		Entry points of a bid before the award: submit_bid, revise_bid,
 *		confirm_bid, reject_bid, withdraw_bid.
 *
 * Every version of a bid is scored once, from what is known that day, and
 * against what the job's terms froze; never against other bids.
 *
 * A bid that fails a gate is kept all the same, with its reasons: it may
 * become eligible later (a credential is verified, a setting changes).
 * Accepting it asks the gates again.  Each offer is a version of the bid and
 * none is lost: a revision replaces all that was offered before, and a
 * confirmation repeats it for the job's present terms.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "api/account/account_api.h"
#include "api/bid/bid_api_int.h"
#include "api/job/job_api.h"
#include "api/score/score_api.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/bid/bid_store.h"
#include "store/score/score_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */
#define TEXT_MAX		20000	/* characters of a description */
#define NAME_MAX_LENGTH	200		/* characters of a material's name */
#define URL_MAX_LENGTH	2000	/* characters of an address */
#define QUANTITY_DECIMALS	6

/* numeric(18, 6) holds less than 10^12, in millionths 10^18. */
#define QUANTITY_LIMIT	INT64CONST(1000000000000000000)

/*
 * The lines of material of an offer, read from the jsonb of the call.
 *
 * Every line is looked at before anything is refused, because what is said
 * must not depend on the order of the lines: the kinds of errors have an
 * order of their own, which is that of DwResult.
 */

/* Lines being read, and what was wrong with them. */
typedef struct MaterialReading
{
	DwMaterials materials;		/* so far */
	DwJsonArg	object;			/* the line that is read now */
	DwResult	code;			/* DW_OK, or the first error */
	const char *problem;		/* "line 1: quantity must be ..." */
} MaterialReading;

/* Keeps the error that comes first in the order of DwResult. */
static void
line_note(MaterialReading *reading, DwResult code, const char *what)
{
	if (reading->code != DW_OK && reading->code <= code)
		return;
	reading->code = code;
	reading->problem = psprintf("line %d: %s", reading->materials.count + 1,
								what);
}

/* A text of a line, or NULL. */
static char *
line_text(MaterialReading *reading, const char *name, int max)
{
	char	   *text = NULL;

	if (dw_json_arg_text(&reading->object, name, &text) == DW_MEMBER_WRONG)
		line_note(reading, DW_BAD_VALUE, psprintf("%s must be a text", name));
	if (text != NULL && pg_mbstrlen(text) > max)
		line_note(reading, DW_TEXT_TOO_LONG,
				  psprintf("%s is longer than %d characters", name, max));
	return text;
}

/* True when something is left after so many digits behind the point. */
static bool
has_more_decimals(const char *text, int decimals)
{
	const char *point = strchr(text, '.');

	if (point == NULL || (int) strlen(point + 1) <= decimals)
		return false;
	point += 1 + decimals;
	return point[strspn(point, "0")] != '\0';
}

/* Reads digits with a point into units of 10^-decimals; false: too big. */
static bool
read_decimal(const char *text, int decimals, int64 *value)
{
	int64		number = 0;
	int			after = -1;		/* digits read after the point */

	for (; *text != '\0' && after < decimals; text++)
	{
		if (*text == '.')
		{
			after = 0;
			continue;
		}
		if (__builtin_mul_overflow(number, INT64CONST(10), &number) ||
			__builtin_add_overflow(number, *text - '0', &number))
			return false;
		after += after >= 0;
	}
	for (after = Max(after, 0); after < decimals; after++)
		if (__builtin_mul_overflow(number, INT64CONST(10), &number))
			return false;
	*value = number;
	return true;
}

/*
 * A number of a line, as it was given, and in units of 10^-decimals; 1 where
 * there is none.
 */
static int64
line_number(MaterialReading *reading, const char *name, int decimals,
			Numeric *given)
{
	int64		number = 1;
	char	   *text;

	if (dw_json_arg_numeric(&reading->object, name, given) !=
		DW_MEMBER_GIVEN)
	{
		line_note(reading, DW_BAD_VALUE,
				  psprintf("%s must be a number", name));
		return number;
	}
	text = DatumGetCString(DirectFunctionCall1(numeric_out,
											   NumericGetDatum(*given)));
	if (*text == '-')
		line_note(reading, DW_BAD_VALUE,
				  psprintf("%s must not be negative", name));
	else if (has_more_decimals(text, decimals))
		line_note(reading, DW_BAD_VALUE,
				  psprintf("%s has more than %d decimals", name, decimals));
	else if (!read_decimal(text, decimals, &number))
		line_note(reading, DW_OVERFLOW,
				  psprintf("%s is out of range", name));
	return number;
}

/* Prices a line of valid numbers and adds it to the total. */
static void
line_price(MaterialReading *reading, DwMaterial *line, int64 quantity)
{
	int64	   *total = &reading->materials.total;

	if (dw_money_line_total(line->unit_price, quantity,
							&line->total_price) != DW_OK ||
		dw_money_add(*total, line->total_price, total) != DW_OK)
		line_note(reading, DW_OVERFLOW, "the total is out of range");
}

/* Reads the next line and adds its total. */
static void
line_read(MaterialReading *reading)
{
	DwMaterial *line =
		&reading->materials.lines[reading->materials.count];
	Numeric		given;
	Numeric		price;
	int64		quantity;

	line->item_name = line_text(reading, "item_name", NAME_MAX_LENGTH);
	line->store_name = line_text(reading, "store_name", NAME_MAX_LENGTH);
	line->store_url = line_text(reading, "store_url", URL_MAX_LENGTH);
	if (line->item_name == NULL ||
		line->item_name[strspn(line->item_name, " \t\r\n")] == '\0')
		line_note(reading, DW_BAD_VALUE, "item_name must be a text");

	quantity = line_number(reading, "quantity", QUANTITY_DECIMALS, &given);
	line->unit_price = line_number(reading, "unit_price", 0, &price);
	if (quantity == 0)
		line_note(reading, DW_BAD_VALUE, "quantity must be positive");
	if (quantity >= QUANTITY_LIMIT)
		line_note(reading, DW_OVERFLOW, "quantity is out of range");
	if (reading->code == DW_OK)
	{
		line->quantity = NumericGetDatum(given);
		line_price(reading, line, quantity);
	}
}

/* Reads an array of objects; members that have no meaning are ignored. */
static void
materials_read(Datum document, MaterialReading *reading)
{
	DwMaterials *materials = &reading->materials;
	DwJsonArg	list;
	int			count;

	memset(reading, 0, sizeof(*reading));
	reading->code = DW_BAD_VALUE;
	if (!dw_json_arg_list(document, &list, &count))
		reading->problem = "must be an array of objects";
	else if (count > DW_MATERIAL_MAX_LINES)
		reading->problem = psprintf("must not have more than %d lines",
									DW_MATERIAL_MAX_LINES);
	else
		reading->code = DW_OK;
	if (reading->code != DW_OK)
		return;
	materials->lines = palloc0_array(DwMaterial, Max(count, 1));
	for (; materials->count < count; materials->count++)
		if (dw_json_arg_item(&list, materials->count, &reading->object))
			line_read(reading);
		else
			line_note(reading, DW_BAD_VALUE, "must be an object");
}

/* 22001, 22003, 22023: what an offer costs, in that order. */
static void
offer_check_money(DwCall *call, DwBid *bid, const MaterialReading *reading)
{
	if (reading->code == DW_TEXT_TOO_LONG)
		dw_arg_refuse(call, "materials", reading->code, reading->problem);
	if (dw_money_add(bid->labor_cost, bid->materials_cost,
					 &bid->bid_amount) != DW_OK)
		dw_arg_refuse(call, "labor_cost", DW_OVERFLOW,
					  "and materials_cost are out of range together");
	if (reading->code != DW_OK)
		dw_arg_refuse(call, "materials", reading->code, reading->problem);

	if (bid->labor_cost < 0)
		dw_arg_refuse(call, "labor_cost", DW_BAD_VALUE,
					  "must not be negative");
	if (bid->materials_cost < 0)
		dw_arg_refuse(call, "materials_cost", DW_BAD_VALUE,
					  "must not be negative");
	if (bid->bid_amount == 0)
		dw_arg_refuse(call, "labor_cost", DW_BAD_VALUE,
					  "and materials_cost must not both be zero");
	if (!bid->materials_included && bid->materials_cost != 0)
		dw_arg_refuse(call, "materials_cost", DW_BAD_VALUE,
					  "must be 0 when materials are not included");
}

/* 22023: what an offer promises besides. */
static void
offer_check_rest(DwCall *call, DwBid *bid)
{
	if (bid->warranty_months < 0)
		dw_arg_refuse(call, "warranty_months", DW_BAD_VALUE,
					  "must not be negative");
	bid->timeline_days = DW_BID_NO_DAYS;
	if (!dw_arg_has(call, "timeline_days"))
		return;
	bid->timeline_days = dw_arg_int4(call, "timeline_days");
	if (bid->timeline_days <= 0)
		dw_arg_refuse(call, "timeline_days", DW_BAD_VALUE, "must be positive");
}

/*
 * 22023: how low the offer may go by itself.  Not below the materials: what
 * is saved is labour.  No message names a number, for logs keep messages.
 */
static void
offer_read_floor(DwCall *call, DwBid *bid)
{
	bid->lowest_amount = DW_BID_NO_FLOOR;
	if (!dw_arg_has(call, "lowest_amount"))
		return;
	bid->lowest_amount = dw_arg_amount(call, "lowest_amount");
	if (bid->lowest_amount <= 0)
		dw_arg_refuse(call, "lowest_amount", DW_BAD_VALUE,
					  "must be positive");
	if (bid->lowest_amount > bid->bid_amount)
		dw_arg_refuse(call, "lowest_amount", DW_BAD_VALUE,
					  "must not be above what is asked for");
	if (bid->lowest_amount < bid->materials_cost)
		dw_arg_refuse(call, "lowest_amount", DW_BAD_VALUE,
					  "must not be below materials_cost");
}

/* 22023: whether the job takes bids that go down by themselves. */
static void
offer_check_floor(DwCall *call, const DwJob *job, const DwBid *bid)
{
	DwScoreJob	terms;

	if (bid->lowest_amount == DW_BID_NO_FLOOR)
		return;
	dw_score_job_read(job, &terms);
	if (job->bid_mode != DW_BID_MODE_OPEN)
		dw_arg_refuse(call, "lowest_amount", DW_BAD_VALUE,
					  "is for jobs in open mode alone");
	if (!dw_proxy_makes_sense(&terms))
		dw_arg_refuse(call, "lowest_amount", DW_BAD_VALUE,
					  "is of no use where the price has no weight");
	dw_bid_need_least(call, "lowest_amount", bid->lowest_amount,
					  job->currency);
}

/*
 * Reads an offer and checks what the arguments say by themselves: 22004,
 * 22001, 22003, 22023.
 */
static void
offer_read(DwCall *call, DwBid *bid, DwMaterials *materials)
{
	MaterialReading reading;
	Datum		lines;

	bid->labor_cost = dw_arg_amount(call, "labor_cost");
	bid->materials_cost = dw_arg_amount(call, "materials_cost");
	bid->warranty_months = dw_arg_int4(call, "warranty_months");
	bid->materials_included = dw_arg_bool(call, "materials_included");
	lines = dw_arg_jsonb(call, "materials");

	bid->description = dw_arg_text_opt(call, "description", TEXT_MAX);
	bid->special_terms = dw_arg_text_opt(call, "special_terms",
										 TEXT_MAX);
	materials_read(lines, &reading);
	*materials = reading.materials;
	offer_check_money(call, bid, &reading);
	offer_check_rest(call, bid);
	offer_read_floor(call, bid);
}

/* WD103 when the argument names other terms than the job's present ones. */
static void
offer_need_terms(DwCall *call, const char *arg, const DwJob *job)
{
	if (!dw_arg_has(call, arg) ||
		dw_arg_int4(call, arg) == job->terms_version)
		return;
	dw_raise(DW_STALE_VERSION, "the job's terms have changed",
			 psprintf("The bid is for terms version %d, the job has %d.",
					  dw_arg_int4(call, arg), job->terms_version),
			 "Read the job again and price what it asks for now.");
}

/* WD103, WD101, WD102, WD201: whether the job takes such a bid now. */
static void
job_check(DwCall *call, const DwJob *job, DwBid *bid)
{
	const char *currency = dw_arg_text_opt(call, "currency",
										   CURRENCY_MAX);

	offer_need_terms(call, "terms_version", job);
	dw_bidding_need_open(job);
	if (currency != NULL && strcmp(currency, job->currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the bid is in another currency than the job",
				 psprintf("Job %s is in %s.", dw_uuid_text(&job->id),
						  job->currency),
				 "Leave currency out to bid in the job's.");
	strlcpy(bid->currency, job->currency, sizeof(bid->currency));
	bid->terms_version = job->terms_version;
}

/*
 * WD301 when the caller has changed their offer for the job as often as one
 * may in a day: by the answers to many offers a rival's price can be found.
 */
static void
offer_need_rest(const DwBid *bid)
{
	int64		most = dw_setting_int8("bid_revisions_per_day");
	TimestampTz next = dw_bid_next_offer(&bid->job_id, &bid->provider_id,
										 most);

	if (next == DT_NOBEGIN)
		return;
	dw_raise(DW_LIMIT_REACHED, "the offer was changed too often",
			 psprintf("An offer for job %s may be changed " INT64_FORMAT
					  " %s in 24 hours, the next time from %s on.",
					  dw_uuid_text(&bid->job_id), most,
					  most == 1 ? "time" : "times",
					  timestamptz_to_str(next)),
			 "The setting bid_revisions_per_day says how often.");
}

/*
 * 23505: whether the provider may make another bid; true when one of theirs
 * has ended.  A bid whose time is over stands in nobody's way: it ends.
 */
static bool
bid_find_ended(DwCall *call, DwJob *job, DwBid *bid)
{
	DwUuid		live;
	DwBidLife	life = dw_bid_find_live(&job->id, &bid->provider_id, &live);

	if (life == DW_BID_LIVE)
		dw_raise_constraint(DW_ALREADY_EXISTS, "bids_live_key",
							"the provider has a live bid on this job",
							psprintf("It is bid %s.", dw_uuid_text(&live)),
							"See dwello.revise_bid() and"
							" dwello.withdraw_bid().");
	if (life == DW_BID_OVERDUE)
	{
		/* who closes the job would wait for this end, and we for them */
		if (job->is_shared)
		{
			dw_job_shared_for_command(call, &bid->job_id, true, job);
			job_check(call, job, bid);
		}
		dw_bid_expire_overdue(&job->id, &bid->provider_id);
	}
	return life != DW_BID_NEVER;
}

/*
 * 23505: gives the bid its id and owner.  One that follows another changes
 * what was offered, and counts as a revision (WD301).
 */
static void
bid_identify(DwCall *call, DwJob *job, DwBid *bid)
{
	const DwUuid *given = dw_arg_uuid_opt(call, "bid_id");
	bool		has_ended;

	bid->homeowner_id = job->homeowner_id;
	bid->provider_id = call->actor.user_id;
	bid->status = DW_BID_PENDING;
	bid->bid_version = 1;
	bid->version = 1;
	has_ended = bid_find_ended(call, job, bid);
	if (given != NULL && dw_bid_exists(&job->id, given))
		dw_raise_constraint(DW_ALREADY_EXISTS, "bids_pkey",
							"the job has a bid of this id", NULL,
							"Leave bid_id out for a new one.");
	if (has_ended)
		offer_need_rest(bid);
	bid->id = given != NULL ? *given : dw_uuid_fresh();
}

/* Puts what is offered in the place of what was; see submit for the rest. */
static void
bid_replace_offer(DwBid *bid, const DwBid *offer)
{
	bid->labor_cost = offer->labor_cost;
	bid->materials_cost = offer->materials_cost;
	bid->bid_amount = offer->bid_amount;
	bid->materials_included = offer->materials_included;
	bid->timeline_days = offer->timeline_days;
	bid->warranty_months = offer->warranty_months;
	bid->description = offer->description;
	bid->special_terms = offer->special_terms;
	bid->lowest_amount = offer->lowest_amount;
}

/*
 * Makes the bid one of now: submitted_at, and expires_at from the argument
 * or the setting; 22023 when that is not in the future.
 */
static void
offer_date(DwCall *call, const char *arg, DwBid *bid)
{
	bid->submitted_at = dw_now();
	bid->expires_at = dw_arg_time_opt(call, arg);
	if (bid->expires_at == DT_NOBEGIN)
		bid->expires_at = bid->submitted_at +
			dw_setting_int8("bid_expiry_days") * USECS_PER_DAY;
	if (bid->expires_at <= bid->submitted_at)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be in the future");
}

/*
 * Reads the job of a new bid.  It may change meanwhile, see late_service.c,
 * but where the bid writes more than rows of its own: a rank is due when
 * those of rivals are, and an invitation is taken up.
 */
static void
job_for_bid(DwCall *call, const DwUuid *id, DwJob *job)
{
	dw_job_shared_for_command(call, id, false, job);
	if (job->is_invite_only || job->bid_mode == DW_BID_MODE_RANK_ONLY)
		dw_job_shared_for_command(call, id, true, job);
}

/* submit_bid(…) → the bid with its score and its reasons */
DW_FUNCTION(dwello_submit_bid)
{
	DwCall		call;
	DwJob		job;
	DwBid		bid;
	DwMaterials materials;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	dw_bid_need_verified(&call);
	memset(&bid, 0, sizeof(bid));
	bid.job_id = dw_arg_uuid(&call, "job_id");
	offer_read(&call, &bid, &materials);
	(void) dw_arg_time_opt(&call, "expires_at");

	job_for_bid(&call, &bid.job_id, &job);
	if (dw_uuid_equal(&job.homeowner_id, &call.actor.user_id))
		dw_raise(DW_FORBIDDEN, "nobody may bid on their own job", NULL,
				 "dwello.match_jobs() shows others.");
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);

	/*
	 * What the job says comes before what the bid says: a bidder who is late
	 * or prices old terms is told so, and not that a date is wrong.
	 */
	job_check(&call, &job, &bid);
	offer_date(&call, "expires_at", &bid);
	offer_check_floor(&call, &job, &bid);
	bid_identify(&call, &job, &bid);
	dw_bid_price(&call, "labor_cost", &job, &bid, &materials);

	dw_bid_insert(&job, &bid, &materials);
	if (job.is_shared)
		dw_bid_ask_again(&bid);
	if (job.is_invite_only)
		dw_invite_take_up(&bid);
	dw_bid_emit(&bid, "bid_submitted");
	dw_row_bid(&call, &job, &bid);
	return dw_call_return(&call);
}

/* revise_bid(job_id, bid_id, …) → the bid with its new score */
DW_FUNCTION(dwello_revise_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	DwJob		job;
	DwBid		bid;
	DwBid		offer;
	DwMaterials materials;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	dw_bid_need_verified(&call);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");
	memset(&offer, 0, sizeof(offer));
	offer_read(&call, &offer, &materials);
	(void) dw_arg_time_opt(&call, "expires_at");

	dw_job_shared_for_command(&call, &job_id, true, &job);
	dw_bid_for_bidder(&call, &job, &bid_id, &bid);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, bid.version);
	offer_need_terms(&call, "terms_version", &job);
	bid.status = dw_bid_next_in_time(&call, &job, &bid, DW_BID_EVENT_REVISE);

	bid_replace_offer(&bid, &offer);
	offer_date(&call, "expires_at", &bid);
	offer_check_floor(&call, &job, &bid);
	offer_need_rest(&bid);
	dw_bid_price(&call, "labor_cost", &job, &bid, &materials);
	bid.terms_version = job.terms_version;
	dw_bid_revise(&bid, &materials);
	dw_bid_emit(&bid, "bid_revised");
	dw_row_bid(&call, &job, &bid);
	return dw_call_return(&call);
}

/* confirm_bid(job_id, bid_id, …) → the bid, for the job's present terms */
DW_FUNCTION(dwello_confirm_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	DwJob		job;
	DwBid		bid;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	dw_bid_need_verified(&call);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");

	dw_job_shared_for_command(&call, &job_id, true, &job);
	dw_bid_for_bidder(&call, &job, &bid_id, &bid);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, bid.version);
	offer_need_terms(&call, "terms_version", &job);
	bid.status = dw_bid_next_in_time(&call, &job, &bid,
									 DW_BID_EVENT_CONFIRM_TERMS);
	if (bid.terms_version == job.terms_version)
	{
		dw_call_replayed(&call);	/* it stands for them already */
		dw_row_bid(&call, &job, &bid);
		return dw_call_return(&call);
	}

	dw_bid_load_floor(&bid);
	dw_bid_repeat(&call, "bid_id", &job, &bid);
	dw_bid_emit(&bid, "bid_confirmed");
	return dw_call_return(&call);
}

/* The row of a command that ended a bid. */
static void
row_bid_end(DwCall *call, const DwJob *job, const DwBid *bid)
{
	dw_row_uuid(call, "job_id", &job->id);
	dw_row_uuid(call, "bid_id", &bid->id);
	dw_row_uuid(call, "provider_id", &bid->provider_id);
	dw_row_enum(call, "job_status", &dw_job_status_labels, job->status);
	dw_row_enum(call, "bid_status", &dw_bid_status_labels, bid->status);
	dw_row_int4(call, "version", bid->version);
}

/* reject_bid(job_id, bid_id, …) → the bid, declined by the homeowner */
DW_FUNCTION(dwello_reject_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	char	   *note;
	DwJob		job;
	DwBid		bid;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");
	note = dw_arg_text_opt(&call, "reason", DW_BID_NOTE_MAX);

	dw_job_for_command(&call, &job_id, &job);
	if (!dw_bid_lock(&job_id, &bid_id, &bid))
		dw_bid_refuse_unknown(&bid_id);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, bid.version);
	bid.status = dw_bid_next_in_time(&call, &job, &bid, DW_BID_EVENT_REJECT);

	dw_bid_end(&bid, DW_BID_REASON_DECLINED, note);
	row_bid_end(&call, &job, &bid);
	return dw_call_return(&call);
}

/*
 * Of a bid that has become a contract: WD101 once something was paid for it
 * or work has begun, WD102 when the time to pay is over.
 */
static void
need_unfunded(const DwJob *job, const DwBid *bid)
{
	DwEscrowRow row;

	if (!dw_escrow_lock(&job->id, &row))
		elog(ERROR, "a confirmed award has no escrow");
	if (job->status != DW_JOB_AWARDED || row.escrow.funded > 0)
		dw_raise(DW_INVALID_TRANSITION, "the contract is under way",
				 psprintf("Bid %s has become the contract of job %s, for"
						  " which " INT64_FORMAT " were paid.",
						  dw_uuid_text(&bid->id), dw_uuid_text(&job->id),
						  row.escrow.funded),
				 "A contract can be withdrawn from until something is paid;"
				 " dwello.refund_escrow() gives money back.");
	dw_contract_need_time(job, &row.escrow);
}

/* withdraw_bid(job_id, bid_id, …) → the bid, and what became of the job */
DW_FUNCTION(dwello_withdraw_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	char	   *note;
	DwJob		job;
	DwBid		bid;
	bool		is_award;
	bool		is_contract;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");
	note = dw_arg_text_opt(&call, "reason", DW_BID_NOTE_MAX);

	dw_job_shared_for_command(&call, &job_id, true, &job);
	dw_bid_for_bidder(&call, &job, &bid_id, &bid);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, bid.version);
	is_award = bid.status == DW_BID_ACCEPTED;
	if (is_award)				/* others share it who leave it as it is */
		dw_job_for_command(&call, &job_id, &job);
	is_contract = is_award && job.confirmed_at != DT_NOBEGIN;
	if (is_contract)
		need_unfunded(&job, &bid);
	bid.status = dw_bid_next_in_time(&call, &job, &bid,
									 DW_BID_EVENT_WITHDRAW);

	if (is_contract)
		dw_contract_lapse(&call, &job, &bid, DW_BID_REASON_WITHDRAWN, note);
	else if (is_award)
		dw_award_lapse(&call, &job, &bid, DW_BID_REASON_WITHDRAWN, note);
	else
		dw_bid_end(&bid, DW_BID_REASON_WITHDRAWN, note);
	row_bid_end(&call, &job, &bid);
	return dw_call_return(&call);
}
