// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

#include "access.h"

/**
 * tcptrace_access() - may a file of ours be opened
 * @file: the file that is being opened
 *
 * What is to be seen is the traffic of all network namespaces. The mode alone
 * would let in whoever is the user root, without a capability or from a
 * container that sees the host's processes and their /proc/PID/net; and
 * CAP_NET_ADMIN alone is what many a container has, on the same procfs.
 *
 * Context: process.
 * Return: 0; -EPERM without CAP_NET_ADMIN and CAP_NET_RAW in the initial user
 * namespace; -EACCES from another network namespace than the initial one.
 */
int tcptrace_access(const struct file *file)
{
	if (!file_ns_capable(file, &init_user_ns, CAP_NET_ADMIN) ||
	    !file_ns_capable(file, &init_user_ns, CAP_NET_RAW))
		return -EPERM;
	if (!current->nsproxy || current->nsproxy->net_ns != &init_net)
		return -EACCES;
	return 0;
}
