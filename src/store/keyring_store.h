/*
 * keyring_store.h
 *		The keyring file: where the secrets are, and how they are made.
 *
 * Keys stay in this backend's memory and in the file; they are never an SQL
 * value, never printed and never sent.  Everything here raises WD601 when
 * the file cannot be used, with a hint and without its contents.
 */
#ifndef DW_KEYRING_STORE_H
#define DW_KEYRING_STORE_H

#include "postgres.h"

#include "core/keyring.h"

/* What dw_keyring_create did about one kind of key. */
typedef struct DwKeyMade
{
	int32		key_id;			/* the newest key of the kind */
	bool		created;		/* false: it was there before */
} DwKeyMade;

/* Defines the setting dwello.keyring_file; once, from _PG_init. */
extern void dw_keyring_init(void);

/*
 * The keyring as the file has it, looked at once per transaction.  Good
 * until the transaction ends.
 */
extern const DwKeyring *dw_keyring_load(void);

/* Another number whenever dw_keyring_load() has read the file again. */
extern int64 dw_keyring_reading(void);

/* The key that new work of a kind uses; WD601 when there is none. */
extern const DwKey *dw_keyring_need(DwKeyKind kind);

/*
 * Makes the file, and a first key of each kind that has none.  Nothing that
 * is there is ever overwritten; safe against two at once and a crash.
 */
extern void dw_keyring_create(DwKeyMade made[DW_KEY_KIND_COUNT]);

/* True while the file's place is inside the data directory. */
extern bool dw_keyring_in_data_directory(void);

#endif							/* DW_KEYRING_STORE_H */
