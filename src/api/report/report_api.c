/*
 * report_api.c
 *		agent_report(): what an agent's decisions came to, what they missed,
 *		and the one setting worth changing; how a decision was come to.
 *
 * All of it is made of the agent's own decisions, from the inputs that are
 * stored with them, and of whether its bids won: a rival's amount is nowhere
 * read, and changing one changes no report.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "api/report/report_api_int.h"
#include "core/report/report.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/number/number_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/report/report_store.h"

/* A jsonb document under construction, all zero at first. */
typedef struct Document
{
	JsonbParseState *state;		/* of the server */
	JsonbValue *result;			/* of the last piece */
} Document;

#define REPORT_DAYS		90		/* that a report looks back */

/* What was planned, and what it became. */
typedef struct Margin
{
	int64		count;			/* of jobs */
	int64		cost;			/* of the work */
	int64		planned;		/* left after cost, at the price asked */
	int64		real;			/* left after cost, of what was paid */
} Margin;

/* The sums of a report. */
typedef struct Report
{
	DwUuid		agent_id;		/* whose it is */
	DwAgentSettings now;		/* as they are set now */
	int64		decisions;		/* last ones of each version of terms */
	int64		bids;			/* that came of them */
	int64		censored;		/* ended, but neither won nor lost */
	DwReportScore score;		/* of those that were won or lost */
	Margin		all;			/* of every bid */
	Margin		completed;		/* of the jobs that were done */
	int64		value;			/* expected of what was priced */
	int64		best;			/* the same at the best amounts */
	int64		reasons[DW_AGENT_REASON_COUNT]; /* decisions, by reason */
	int64		missed[DW_AGENT_REASON_COUNT];	/* expected, without it */
	int64		gains[DW_REPORT_CHANGE_COUNT];	/* of each change */
} Report;

/* ----------------------------------------------------------------------
 * Documents
 * ---------------------------------------------------------------------- */

/* Begins or ends an object or an array. */
static void
document_add(Document *document, JsonbIteratorToken token)
{
	document->result = pushJsonbValue(&document->state, token, NULL);
}

/* Adds the name of a member, whose value is what is begun next. */
static void
add_key(Document *document, const char *name)
{
	JsonbValue	key = {.type = jbvString};

	key.val.string.val = unconstify(char *, name);
	key.val.string.len = strlen(name);
	(void) pushJsonbValue(&document->state, WJB_KEY, &key);
}

/* Adds a member that is a text. */
static void
document_text(Document *document, const char *name, const char *text)
{
	JsonbValue	value = {.type = jbvString};

	add_key(document, name);
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = strlen(text);
	(void) pushJsonbValue(&document->state, WJB_VALUE, &value);
}

/* Adds a member that is a whole number. */
static void
document_int8(Document *document, const char *name, int64 number)
{
	JsonbValue	value = {.type = jbvNumeric};

	add_key(document, name);
	value.val.numeric = int64_to_numeric(number);
	(void) pushJsonbValue(&document->state, WJB_VALUE, &value);
}

/* Adds a member that is a share, to six places. */
static void
document_share(Document *document, const char *name, double share)
{
	JsonbValue	value = {.type = jbvNumeric};

	add_key(document, name);
	value.val.numeric = DatumGetNumeric(dw_share_numeric(share));
	(void) pushJsonbValue(&document->state, WJB_VALUE, &value);
}

/* Adds a member that is true or false. */
static void
add_bool(Document *document, const char *name, bool boolean)
{
	JsonbValue	value = {.type = jbvBool};

	add_key(document, name);
	value.val.boolean = boolean;
	(void) pushJsonbValue(&document->state, WJB_VALUE, &value);
}

/* Adds a member that is a document of its own. */
static void
add_jsonb(Document *document, const char *name, Datum jsonb)
{
	Jsonb	   *other = DatumGetJsonbP(jsonb);
	JsonbValue	value = {.type = jbvBinary};

	add_key(document, name);
	value.val.binary.data = &other->root;
	value.val.binary.len = VARSIZE(other) - VARHDRSZ;
	(void) pushJsonbValue(&document->state, WJB_VALUE, &value);
}


/* The whole as jsonb. */
static Datum
document_end(Document *document)
{
	return JsonbPGetDatum(JsonbValueToJsonb(document->result));
}

/* Adds a guard, and whether it lets the agent pass. */
static void
add_guard(Document *document, const DwAgentInputs *inputs,
		  DwAgentReason guard)
{
	document_add(document, WJB_BEGIN_OBJECT);
	document_text(document, "guard", dw_agent_reason_label(guard));
	add_bool(document, "passes", dw_agent_passes(inputs, NULL, guard));
	document_add(document, WJB_END_OBJECT);
}

/* Adds every guard, in the order in which they are asked. */
static void
add_guards(Document *document, const DwAgentInputs *inputs)
{
	add_key(document, "guards");
	document_add(document, WJB_BEGIN_ARRAY);
	for (int guard = DW_AGENT_PASSED + 1; guard < DW_AGENT_OVER_THRESHOLD;
		 guard++)
		add_guard(document, inputs, guard);
	document_add(document, WJB_END_ARRAY);
}

/* Adds what the price was made of, as far as the decision came. */
static void
add_price(Document *document, const DwAgentDecision *decision)
{
	add_key(document, "price");
	document_add(document, WJB_BEGIN_OBJECT);
	if (decision->anchor > 0)
	{
		document_int8(document, "anchor", decision->anchor);
		document_int8(document, "cost", decision->cost);
		document_int8(document, "floor", decision->floor);
		document_int8(document, "ceiling", decision->ceiling);
	}
	if (decision->amount > 0)
	{
		document_int8(document, "base_amount", decision->base_amount);
		document_int8(document, "amount", decision->amount);
		document_int8(document, "timeline_days", decision->timeline_days);
		document_int8(document, "expected_profit", decision->value);
		document_share(document, "chance", decision->chance);
		document_share(document, "shown_chance", decision->win_probability);
	}
	document_add(document, WJB_END_OBJECT);
}

Datum
dw_decision_trace(const DwAgentInputs *inputs,
				  const DwAgentDecision *decision, TimestampTz as_of)
{
	Document	document = {0};
	char		time[MAXDATELEN + 1];
	const int	utc = 0;

	document_add(&document, WJB_BEGIN_OBJECT);
	document_text(&document, "as_of",
				  JsonEncodeDateTime(time, TimestampTzGetDatum(as_of),
									 TIMESTAMPTZOID, &utc));
	document_int8(&document, "core_version", DW_AGENT_CORE_VERSION);
	add_guards(&document, inputs);
	add_price(&document, decision);
	add_jsonb(&document, "inputs",
			  dw_numbers_write(&dw_agent_input_fields, inputs));
	document_add(&document, WJB_END_OBJECT);
	return document_end(&document);
}

/* ----------------------------------------------------------------------
 * The report
 * ---------------------------------------------------------------------- */

/* Adds a bid: what was planned, and what came of it. */
static void
bid_add(Report *report, const DwReportRow *row, const DwAgentInputs *inputs,
		const DwAgentDecision *decision)
{
	int64		amount = row->amount > 0 ? row->amount : decision->amount;
	int64		payout = dw_report_payout(inputs, amount);

	report->bids++;
	report->censored += row->is_decided &&
		row->outcome == DW_OUTCOME_CENSORED;
	if (row->is_decided && row->win_probability > 0)
		dw_report_add(&report->score, row->win_probability, row->outcome);
	report->all.count++;
	report->all.cost += decision->cost;
	report->all.planned += payout - decision->cost;
	if (!row->is_completed)
		return;
	report->completed.count++;
	report->completed.cost += decision->cost;
	report->completed.planned += payout - decision->cost;
	report->completed.real += row->paid - decision->cost;
}

/* What would be expected of the decision after a change of a setting. */
static int64
value_after(const DwAgentInputs *inputs, DwReportChange change)
{
	DwAgentInputs other = *inputs;
	DwAgentDecision decision;

	(void) dw_report_change(&other.settings, change);
	dw_agent_decide(&other, NULL, &decision);
	return dw_report_value(&decision);
}

/* Adds what every change would have made of the decision. */
static void
changes_add(Report *report, const DwAgentInputs *inputs, int64 value)
{
	for (DwReportChange change = 0; change < DW_REPORT_CHANGE_COUNT; change++)
		report->gains[change] += value_after(inputs, change) - value;
}

/* Adds a decision; one that cannot be read is none. */
static void
row_add(Report *report, const DwReportRow *row)
{
	DwAgentInputs inputs;
	DwAgentDecision decision;
	int64		value;

	CHECK_FOR_INTERRUPTS();
	if (!dw_decision_again(row->inputs, &inputs, &decision))
		return;
	/* the newest comes first: its settings are the ones to change */
	if (report->decisions++ == 0)
		report->now = inputs.settings;
	value = dw_report_value(&decision);
	report->reasons[decision.reason]++;
	report->missed[decision.reason] += dw_report_missed(&inputs,
														decision.reason);
	if (value != 0)
	{
		report->value += value;
		report->best += dw_report_best_value(&inputs, &decision);
	}
	if (row->is_bid)
		bid_add(report, row, &inputs, &decision);
	changes_add(report, &inputs, value);
}

/* A share of two sums; NULL when there is nothing to share. */
static void
share_emit(DwCall *call, const char *column, int64 part, int64 whole)
{
	if (whole > 0)
		dw_row_float8(call, column, (double) part / (double) whole);
}

/* What the chances that were shown were worth. */
static void
score_emit(DwCall *call, const Report *report)
{
	const DwReportScore *score = &report->score;
	Document	document = {0};
	DwReportFigures figures;

	dw_row_int8(call, "won", score->won);
	dw_row_int8(call, "lost", score->lost);
	dw_row_int8(call, "censored", report->censored);
	share_emit(call, "win_rate", score->won, report->bids);
	if (dw_report_figures(score, &figures))
	{
		dw_row_float8(call, "win_rate_decided", figures.win_rate);
		dw_row_float8(call, "brier", figures.brier);
		dw_row_float8(call, "log_score", figures.log_score);
		if (score->won > 0 && score->lost > 0)
			dw_row_float8(call, "skill", figures.skill);
		dw_row_float8(call, "calibration_error", figures.calibration_error);
	}
	document_add(&document, WJB_BEGIN_ARRAY);
	for (int i = 0; i < DW_REPORT_BINS; i++)
	{
		const DwReportBin *bin = &score->bins[i];

		if (bin->count == 0)
			continue;
		document_add(&document, WJB_BEGIN_OBJECT);
		document_share(&document, "from", (double) i / DW_REPORT_BINS);
		document_int8(&document, "bids", bin->count);
		document_share(&document, "shown",
					   bin->chance / (double) bin->count);
		document_share(&document, "won",
					   (double) bin->won / (double) bin->count);
		document_add(&document, WJB_END_OBJECT);
	}
	document_add(&document, WJB_END_ARRAY);
	dw_row_datum(call, "calibration", document_end(&document));
}

/* What was planned, and what it became. */
static void
money_emit(DwCall *call, const Report *report)
{
	share_emit(call, "strategy_cost", report->best - report->value,
			   report->best);
	share_emit(call, "planned_margin", report->all.planned,
			   report->all.cost);
	dw_row_int8(call, "completed", report->completed.count);
	share_emit(call, "completed_planned_margin", report->completed.planned,
			   report->completed.cost);
	share_emit(call, "completed_real_margin", report->completed.real,
			   report->completed.cost);
	if (report->decisions > 0)
		dw_row_text(call, "strategy",
					dw_agent_strategy_label(report->now.strategy));
}

/* What stopped the decisions, and what that missed; the most comes first. */
static Datum
reasons_document(const Report *report)
{
	Document	document = {0};
	bool		is_done[DW_AGENT_REASON_COUNT] = {false};

	document_add(&document, WJB_BEGIN_ARRAY);
	for (;;)
	{
		int			next = -1;

		for (int i = 0; i < DW_AGENT_REASON_COUNT; i++)
			if (!is_done[i] && report->reasons[i] > 0 &&
				(next < 0 || report->missed[i] > report->missed[next] ||
				 (report->missed[i] == report->missed[next] &&
				  report->reasons[i] > report->reasons[next])))
				next = i;
		if (next < 0)
			break;
		is_done[next] = true;
		document_add(&document, WJB_BEGIN_OBJECT);
		document_text(&document, "reason", dw_agent_reason_label(next));
		document_int8(&document, "decisions", report->reasons[next]);
		document_int8(&document, "missed_profit", report->missed[next]);
		document_add(&document, WJB_END_OBJECT);
	}
	document_add(&document, WJB_END_ARRAY);
	return document_end(&document);
}

/* A value of a setting. */
static void
setting_add(Document *document, const char *name, DwReportChange change,
			int64 value)
{
	if (change <= DW_REPORT_PREMIUM)
		document_text(document, name, dw_agent_strategy_label(value));
	else if (change == DW_REPORT_ANY_HOUR)
		document_text(document, name,
					  value == DW_AGENT_NO_LIMIT ? "any" : "limited");
	else
		document_int8(document, name, value);
}

/* The change with the greatest gain; 0 when none gains anything. */
static Datum
advice_document(const Report *report)
{
	Document	document = {0};
	DwAgentSettings changed = report->now;
	DwReportChange best = 0;

	for (DwReportChange change = 1; change < DW_REPORT_CHANGE_COUNT; change++)
		if (report->gains[change] > report->gains[best])
			best = change;
	if (report->gains[best] <= 0 || !dw_report_change(&changed, best))
		return (Datum) 0;
	document_add(&document, WJB_BEGIN_OBJECT);
	document_text(&document, "setting", dw_report_change_label(best));
	setting_add(&document, "from", best,
				dw_report_setting(&report->now, best));
	setting_add(&document, "to", best, dw_report_setting(&changed, best));
	document_int8(&document, "expected_gain", report->gains[best]);
	document_add(&document, WJB_END_OBJECT);
	return document_end(&document);
}

/* The period of a report: 22023 unless it has a length. */
static void
period_read(DwCall *call, TimestampTz *from, TimestampTz *until)
{
	*from = dw_arg_time_opt(call, "from_time");
	*until = dw_arg_time_opt(call, "to_time");
	if (*until == DT_NOBEGIN)
		*until = dw_now();
	if (*from == DT_NOBEGIN)
		*from = *until - REPORT_DAYS * USECS_PER_DAY;
	if (*from >= *until)
		dw_arg_refuse(call, "from_time", DW_BAD_VALUE,
					  "must be before to_time");
}

/* agent_report(agent_id, from_time, to_time) → decisions, bids, won, … */
DW_FUNCTION(dwello_agent_report)
{
	DwCall		call;
	Report		report = {0};
	TimestampTz from;
	TimestampTz until;
	DwReportRow *rows;
	Datum		advice;
	char		currency[DW_CURRENCY_SIZE];
	int			count;

	dw_query_begin(&call, fcinfo, DW_REPORT_ACTORS);
	report.agent_id = dw_report_agent(&call);
	period_read(&call, &from, &until);
	if (!dw_report_currency(&report.agent_id, currency))
		dw_raise(DW_NOT_FOUND, "agent does not exist",
				 psprintf("Provider %s has none.",
						  dw_uuid_text(&report.agent_id)),
				 "dwello.configure_agent() makes it.");
	rows = dw_report_rows(&report.agent_id, from, until, &count);
	for (int i = 0; i < count; i++)
		row_add(&report, &rows[i]);

	dw_row_uuid(&call, "agent_id", &report.agent_id);
	dw_row_time(&call, "from_time", from);
	dw_row_time(&call, "to_time", until);
	dw_row_int8(&call, "decisions", report.decisions);
	dw_row_int8(&call, "bids", report.bids);
	dw_row_text(&call, "currency", currency);
	score_emit(&call, &report);
	money_emit(&call, &report);
	dw_row_datum(&call, "reasons", reasons_document(&report));
	advice = advice_document(&report);
	if (advice != (Datum) 0)
		dw_row_datum(&call, "advice", advice);
	return dw_call_return(&call);
}
