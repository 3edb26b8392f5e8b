/*
 * crypto_server_int.h
 *		The keys of persons.
 */
#ifndef DW_CRYPTO_SERVER_INT_H
#define DW_CRYPTO_SERVER_INT_H

#include "core/identity/identity.h"

/*
 * The key of a person, whose id is 0, made at the first need if asked; NULL
 * for who has none, or was erased.  Good until the next call.
 */
extern const DwKey *dw_person_key(const DwUuid *person, bool make);

#endif							/* DW_CRYPTO_SERVER_INT_H */
