/*
 * run_store.h
 *		The work of agents: what wakes them, and their answers.
 *
 * Whoever writes a row of dwello.agent_work or dwello.agent_answers holds the
 * lock of its job.
 */
#ifndef DW_RUN_STORE_H
#define DW_RUN_STORE_H

#include "postgres.h"

#include "core/base/base.h"

/*
 * Has agents look at a version of a job's terms; nothing when they do already.
 * Whoever calls it runs as who may write the table.
 */
extern void dw_work_enqueue(const DwUuid *job_id, int32 terms_version);

#endif							/* DW_RUN_STORE_H */
