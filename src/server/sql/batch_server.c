/*
 * batch_server.c
 *		The turns of a batch, in flat memory.
 *
 * What a statement returns stays until its SPI connection is finished, and
 * so it would pile up over a batch.  Each turn has a connection of its own,
 * and with it a memory context of its own.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"

#include "server/sql/sql_server.h"

void
dw_each_turn(int count, DwTurn turn, void *argument)
{
	bool		goes_on = true;

	for (int i = 0; i < count && goes_on; i++)
	{
		CHECK_FOR_INTERRUPTS();
		dw_spi_connect();
		goes_on = turn(i, argument);
		if (SPI_finish() != SPI_OK_FINISH)
			elog(ERROR, "SPI_finish failed");
	}
}
