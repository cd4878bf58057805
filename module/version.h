/* SPDX-License-Identifier: GPL-2.0 */
/* One version for the module and its reader. */
#ifndef _TCPTRACE_VERSION_H
#define _TCPTRACE_VERSION_H

#define TCPTRACE_VERSION	"0.1.0"

#endif /* _TCPTRACE_VERSION_H */
