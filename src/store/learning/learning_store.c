/*
 * learning_store.c
 *		Versions of agent_parameters, outcomes to learn from, and settings.
 */
#include "postgres.h"

#include "server/number/number_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/learning/learning_store.h"

#define PRICED_MAX	2000		/* decisions that a usual day is made of */

/* The settings, in the order of the numbers of dw_learning_fields. */
static const char *const setting_names[] = {
	"learning_mean_one", "learning_mean_price", "learning_mean_rating",
	"learning_mean_distance", "learning_mean_time",
	"learning_weight_one", "learning_weight_price", "learning_weight_rating",
	"learning_weight_distance", "learning_weight_time",
	"learning_slope_max", "learning_step_max", "learning_keep_ppm",
	"learning_shown_weight_shift", "learning_shown_weight_scale",
	"learning_shown_keep_ppm",
	"anchor_winners", "anchor_share_ppm", "anchor_band_ppm",
	"anchor_reference",
	"goal_step_ppm", "goal_least_ppm", "goal_most_ppm"
};

static const DwColumn parameters_columns[] = {
	DW_COLUMN(UUID, DwParameters, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(INT4, DwParameters, version, version, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, DwParameters, status, status, 0),
	DW_COLUMN(JSONB, DwParameters, parameters, document, 0),
	DW_COLUMN(INT4, DwParameters, based_on, based_on, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwParameters, samples, samples, 0),
	DW_COLUMN(INT4, DwParameters, trials, trials, 0),
	DW_COLUMN(INT8, DwParameters, trial_loss, trial_loss, 0),
	DW_COLUMN(INT8, DwParameters, live_loss, live_loss, 0),
	DW_COLUMN(TIME, DwParameters, learned_until, learned_until, 0),
	DW_COLUMN(TIME, DwParameters, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable parameters_table =
DW_TABLE("agent_parameters", DwParameters, parameters_columns);

static const DwColumn outcome_fields[] = {
	DW_FIELD(UUID, DwOutcomeRow, user_id, user_id),
	DW_FIELD(UUID, DwOutcomeRow, job_id, job_id),
	DW_FIELD(UUID, DwOutcomeRow, decision_id, decision_id),
	DW_FIELD_ENUM(DwOutcomeRow, outcome, outcome, dw_outcome_labels),
	DW_FIELD(INT8, DwOutcomeRow, amount, amount),
	DW_FIELD(TIME, DwOutcomeRow, decided_at, decided_at),
	DW_FIELD_OR(INT4, DwOutcomeRow, learned_version, learned_version, -1),
	DW_FIELD(JSONB, DwOutcomeRow, inputs, inputs)
};

static DwMap outcome_map = DW_MAP(outcome_fields);

/*
 * An outcome with the inputs of the decision that its bid came from: of that
 * row, or, where the row only approves another's, of the one that it follows.
 */
#define OUTCOMES \
	"SELECT o.user_id, o.job_id, o.decision_id, o.outcome, o.amount, " \
	"o.decided_at, o.learned_version, d.inputs " \
	"FROM dwello.agent_outcomes AS o " \
	"LEFT JOIN dwello.ai_agent_activity AS a ON a.job_id = o.job_id " \
	"AND a.user_id = o.user_id AND a.id = o.decision_id " \
	"LEFT JOIN dwello.ai_agent_activity AS d ON d.job_id = o.job_id " \
	"AND d.user_id = o.user_id " \
	"AND d.id = CASE WHEN a.core_version IS NULL THEN a.decision_id " \
	"ELSE a.id END "

#define LEARNING_ORDER	"ORDER BY o.decided_at, o.job_id, o.decision_id "

void
dw_learning_settings(DwLearningSettings *settings)
{
	int			count = 0;

	for (int i = 0; i < dw_learning_fields.count; i++)
	{
		const DwNumberField *field = &dw_learning_fields.fields[i];

		for (int n = 0; n < field->count; n++, count++)
			if (count == lengthof(setting_names) ||
				!dw_number_set(field, settings, n,
							   dw_setting_int8(setting_names[count])))
				elog(ERROR, "constants of learning have no settings");
	}
	if (count != lengthof(setting_names))
		elog(ERROR, "settings of learning are no constants");
}

DwUuid *
dw_learners_find(const DwUuid *after, int32 max_agents, int *count)
{
	static DwStatement find =
		DW_STATEMENT("SELECT DISTINCT o.user_id "
					 "FROM dwello.agent_outcomes AS o "
					 "WHERE o.learned_version IS NULL AND o.user_id > $1 "
					 "ORDER BY o.user_id LIMIT $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, after);
	dw_param_int4(&p, max_agents);
	(void) dw_execute(&find, &p);
	return dw_read_only_uuids(count);
}

/* Adds the key of a version. */
static void
param_version(DwParams *p, const DwUuid *user_id, int32 version)
{
	dw_param_uuid(p, user_id);
	dw_param_int4(p, version);
}

/* Reads a document; false for one that learning cannot have come to. */
static bool
document_read(Datum document, DwAgentParameters *values)
{
	return dw_numbers_read(&dw_agent_parameters_fields, document, values) &&
		dw_agent_parameters_valid(values);
}

/*
 * Opens the document of a version that was read.  One that cannot be is left:
 * the agent goes on from the prior.
 */
static void
parameters_open(const DwLearningSettings *settings, DwParameters *parameters)
{
	if (!document_read(parameters->document, &parameters->values))
		dw_agent_prior(settings, &parameters->values);
}

bool
dw_parameters_readable(const DwParameters *parameters)
{
	DwAgentParameters values;

	return document_read(parameters->document, &values);
}

void
dw_parameters_promote(const DwUuid *user_id, int32 version)
{
	static DwStatement promote =
		DW_STATEMENT("UPDATE dwello.agent_parameters AS t "
					 "SET status = 'live', "
					 "promoted_at = COALESCE(t.promoted_at, $3) "
					 "WHERE t.user_id = $1 AND t.version = $2");
	DwParams	p = DW_PARAMS;

	param_version(&p, user_id, version);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&promote, &p);
}

bool
dw_parameters_were_live(const DwUuid *user_id, int32 version)
{
	static DwStatement promoted_at =
		DW_STATEMENT("SELECT t.promoted_at FROM dwello.agent_parameters AS t "
					 "WHERE t.user_id = $1 AND t.version = $2");
	DwParams	p = DW_PARAMS;

	param_version(&p, user_id, version);
	return version == 0 ||
		(dw_execute(&promoted_at, &p) > 0 &&
		 dw_read_only_time(0) != DT_NOBEGIN);
}

bool
dw_parameters_retire(const DwUuid *user_id, int32 but)
{
	static DwStatement retire =
		DW_STATEMENT("UPDATE dwello.agent_parameters AS t "
					 "SET status = 'retired' WHERE t.user_id = $1 "
					 "AND t.version <> $2 AND t.status <> 'retired'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_int4(&p, but);
	return dw_execute(&retire, &p) > 0;
}

bool
dw_parameters_load(const DwLearningSettings *settings, const DwUuid *user_id,
				   int32 version, DwParameters *parameters)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(parameters_table,
					   "WHERE t.user_id = $1 AND t.version = $2");
	DwParams	p = DW_PARAMS;

	if (version == 0)
	{
		memset(parameters, 0, sizeof(*parameters));
		parameters->user_id = *user_id;
		parameters->status = DW_PARAMETERS_LIVE;
		parameters->learned_until = DT_NOBEGIN;
		dw_agent_prior(settings, &parameters->values);
		return true;
	}
	param_version(&p, user_id, version);
	if (dw_table_query(&by_key, &p) == 0)
		return false;
	dw_table_read(&parameters_table, 0, parameters);
	parameters_open(settings, parameters);
	return true;
}

bool
dw_parameters_lock(const DwLearningSettings *settings, const DwUuid *user_id,
				   int32 version, DwParameters *parameters)
{
	static DwTableQuery lock =
		DW_TABLE_QUERY(parameters_table,
					   "WHERE t.user_id = $1 AND t.version = $2 "
					   "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	if (version == 0)
		return dw_parameters_load(settings, user_id, 0, parameters);
	param_version(&p, user_id, version);
	if (dw_table_execute(&lock, &p) == 0)
		return false;
	dw_table_read(&parameters_table, 0, parameters);
	parameters_open(settings, parameters);
	return true;
}

bool
dw_parameters_load_shadow(const DwLearningSettings *settings,
						  const DwUuid *user_id, DwParameters *parameters)
{
	static DwTableQuery by_status =
		DW_TABLE_QUERY(parameters_table,
					   "WHERE t.user_id = $1 AND t.status = 'shadow'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_table_execute(&by_status, &p) == 0)
		return false;
	dw_table_read(&parameters_table, 0, parameters);
	parameters_open(settings, parameters);
	return true;
}

int32
dw_parameters_next(const DwUuid *user_id)
{
	static DwStatement last =
		DW_STATEMENT("SELECT COALESCE(max(t.version), 0) "
					 "FROM dwello.agent_parameters AS t WHERE t.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&last, &p);
	return dw_read_only_int4(0) + 1;
}

void
dw_parameters_insert(DwParameters *parameters)
{
	parameters->document = dw_numbers_write(&dw_agent_parameters_fields,
											&parameters->values);
	dw_table_insert(&parameters_table, parameters);
}

void
dw_parameters_save(DwParameters *parameters)
{
	parameters->document = dw_numbers_write(&dw_agent_parameters_fields,
											&parameters->values);
	dw_table_update(&parameters_table, parameters);
}

/* Reads all outcomes of the last result. */
static DwOutcomeRow *
outcomes_read(uint64 rows, int *count)
{
	DwOutcomeRow *outcomes = palloc0(sizeof(DwOutcomeRow) * (rows + 1));

	for (uint64 i = 0; i < rows; i++)
		dw_map_read(&outcome_map, i, &outcomes[i]);
	*count = (int) rows;
	return outcomes;
}

DwOutcomeRow *
dw_outcomes_waiting(const DwUuid *user_id, int32 max_rows, int *count)
{
	static DwStatement waiting =
		DW_STATEMENT(OUTCOMES "WHERE o.user_id = $1 "
					 "AND o.learned_version IS NULL "
					 LEARNING_ORDER "LIMIT $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_int4(&p, max_rows);
	return outcomes_read(dw_execute(&waiting, &p), count);
}

DwOutcomeRow *
dw_outcomes_learned(const DwUuid *user_id, TimestampTz from,
					TimestampTz until, int *count)
{
	static DwStatement learned =
		DW_STATEMENT(OUTCOMES "WHERE o.user_id = $1 "
					 "AND o.learned_version IS NOT NULL "
					 "AND o.decided_at >= $2 AND o.decided_at <= $3 "
					 LEARNING_ORDER);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, from);
	dw_param_time(&p, until);
	return outcomes_read(dw_execute(&learned, &p), count);
}

void
dw_outcomes_mark(const DwOutcomeRow *outcomes, int count, int32 version)
{
	static DwStatement mark =
		DW_STATEMENT("UPDATE dwello.agent_outcomes AS o "
					 "SET learned_version = $4 "
					 "FROM unnest($2, $3) AS r (job_id, decision_id) "
					 "WHERE o.user_id = $1 AND o.job_id = r.job_id "
					 "AND o.decision_id = r.decision_id");
	DwUuid	   *jobs = palloc(sizeof(DwUuid) * (count + 1));
	DwUuid	   *decisions = palloc(sizeof(DwUuid) * (count + 1));
	DwParams	p = DW_PARAMS;

	for (int i = 0; i < count; i++)
	{
		jobs[i] = outcomes[i].job_id;
		decisions[i] = outcomes[i].decision_id;
	}
	if (count == 0)
		return;
	dw_param_uuid(&p, &outcomes[0].user_id);
	dw_param_uuids(&p, jobs, count);
	dw_param_uuids(&p, decisions, count);
	dw_param_int4(&p, version);
	(void) dw_execute(&mark, &p);
}

Datum *
dw_decisions_priced(const DwUuid *user_id, TimestampTz from,
					TimestampTz until, int *count)
{
	static DwStatement priced =
		DW_STATEMENT("SELECT l.inputs FROM (SELECT DISTINCT ON (a.job_id) "
					 "a.id, a.inputs FROM dwello.ai_agent_activity AS a "
					 "WHERE a.user_id = $1 AND a.created_at >= $2 "
					 "AND a.created_at < $3 AND a.amount IS NOT NULL "
					 "AND a.core_version IS NOT NULL "
					 "ORDER BY a.job_id, a.id DESC) AS l "
					 "ORDER BY l.id DESC LIMIT $4");
	DwParams	p = DW_PARAMS;
	Datum	   *inputs;
	uint64		rows;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, from);
	dw_param_time(&p, until);
	dw_param_int4(&p, PRICED_MAX);
	rows = dw_execute(&priced, &p);
	inputs = palloc(sizeof(Datum) * (rows + 1));
	for (uint64 i = 0; i < rows; i++)
	{
		bool		isnull;

		inputs[i] = dw_read_only_datum(i, &isnull);
	}
	*count = (int) rows;
	return inputs;
}
