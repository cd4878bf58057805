/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers of TLS by the names of the IANA registries. */
#ifndef _TCPTIMELINE_TLS_NAMES_H
#define _TCPTIMELINE_TLS_NAMES_H

#include <stdbool.h>

#include "text.h"

/**
 * struct tls_name - a number and its name
 * @number: as on the wire
 * @name: as in the registry
 */
struct tls_name {
	unsigned int number;
	const char *name;
};

const char *tls_suite_name(unsigned int number);
const char *tls_version_name(unsigned int number);
const char *tls_group_name(unsigned int number);
const char *tls_scheme_name(unsigned int number);
const char *tls_alert_name(unsigned int number);
const char *tls_handshake_name(unsigned int number);
const char *tls_content_name(unsigned int number);
const char *tls_certificate_type_name(unsigned int number);

void tls_add_name(struct text *t, const char *name, unsigned int number);
bool tls_is_grease(unsigned int number);

#endif /* _TCPTIMELINE_TLS_NAMES_H */
