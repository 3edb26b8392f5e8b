/*
 * lock_server.c
 *		Locks of tables that others keep using.
 *
 * A lock that is waited for makes those who come later wait behind it, and
 * the one it waits for may be an idle transaction.  So it is waited for a
 * moment only, and asked for again after a pause.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "utils/guc.h"
#include "utils/resowner.h"
#include "utils/wait_event.h"

#include "server/sql/sql_server.h"

#define LOCK_TIMEOUT	"100ms" /* that others may wait behind it */
#define LOCK_PAUSE		100		/* milliseconds between two tries */

/* Takes the lock with a timeout; the setting ends with it. */
static void
lock_in_time(Oid relation, LOCKMODE mode)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("lock_timeout", LOCK_TIMEOUT, PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	LockRelationOid(relation, mode);
	AtEOXact_GUC(true, level);
}

/* The same in a subtransaction; false, or 55P03, when it was not to be had. */
static bool
try_lock(Oid relation, LOCKMODE mode, bool or_raise)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool is_taken = true;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		lock_in_time(relation, mode);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		if (or_raise || geterrcode() != ERRCODE_LOCK_NOT_AVAILABLE)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		is_taken = false;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return is_taken;
}

bool
dw_relation_lock(Oid relation, LOCKMODE mode, int tries, bool or_raise)
{
	for (int try = 1;
		 !try_lock(relation, mode, or_raise && try == tries); try++)
	{
		if (try == tries)
			return false;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT |
						 WL_EXIT_ON_PM_DEATH, LOCK_PAUSE, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return true;
}
