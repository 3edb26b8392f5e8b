/*
 * user_store.h
 *		Rows of dwello.users: reading and writing.
 */
#ifndef DW_USER_STORE_H
#define DW_USER_STORE_H

#include "postgres.h"

#include "core/user.h"
#include "core/uuid.h"

/* The status of a user; DW_USER_INACTIVE when there is none (any more). */
extern DwUserStatus dw_user_status(const DwUuid *user_id);

#endif							/* DW_USER_STORE_H */
