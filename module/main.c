// SPDX-License-Identifier: GPL-2.0
/*
 * tcptrace: state transitions of TCP connections, from netfilter into a ring.
 *
 * This file is the table of contents: what is set up, in which order, and
 * taken down in the reverse one. The hooks go on last and come off first.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "drop.h"
#include "flow.h"
#include "hook.h"
#include "ports.h"
#include "procfs.h"
#include "range.h"
#include "ring.h"
#include "room.h"
#include "sock.h"
#include "version.h"

/* --- parameters ------------------------------------------------------- */

static u32 ring_slots;		/* 0: by the number of CPUs */
static u32 max_flows = 65536;
static u32 max_half_open = 8192;
static bool init_net_only;
static bool sock = true;

static const struct tcptrace_range ring_slots_range = {
	&ring_slots, TCPTRACE_RING_SLOTS_LEAST, TCPTRACE_RING_SLOTS_MAX, true,
};

static const struct tcptrace_range max_flows_range = {
	&max_flows, 1, 1 << 24, false,
};

static const struct tcptrace_range max_half_open_range = {
	&max_half_open, 1, 1 << 24, false,
};

static int netns_set(const char *val, const struct kernel_param *kp)
{
	if (sysfs_streq(val, "all")) {
		init_net_only = false;
	} else if (sysfs_streq(val, "init")) {
		init_net_only = true;
	} else {
		pr_err("netns: \"%.*s\" is neither all nor init\n",
		       tcptrace_quoted_len(val), val);
		return -EINVAL;
	}
	return 0;
}

static int netns_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", init_net_only ? "init" : "all");
}

static const struct kernel_param_ops netns_ops = {
	.set = netns_set,
	.get = netns_get,
};

/*
 * Not the kernel's bool: of that the first character alone is looked at, and
 * "nonsense" is no, "18446744073709551616" yes.
 */
static int sock_set(const char *val, const struct kernel_param *kp)
{
	/* Named without a value it is on. */
	if (val && (!val[0] || (val[1] && val[1] != '\n') ||
		    kstrtobool(val, &sock))) {
		pr_err("sock: \"%.*s\" is neither 0 nor 1\n",
		       tcptrace_quoted_len(val), val);
		return -EINVAL;
	}
	if (!val)
		sock = true;
	return 0;
}

static const struct kernel_param_ops sock_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = sock_set,
	.get = param_get_bool,
};

module_param_cb(ring_slots, &tcptrace_range_ops, (void *)&ring_slots_range, 0444);
MODULE_PARM_DESC(ring_slots, "records in the ring of each CPU, a power of two (default: 64 MiB for all CPUs together, 1024 to 65536 records each)");
module_param_cb(max_flows, &tcptrace_range_ops, (void *)&max_flows_range, 0444);
MODULE_PARM_DESC(max_flows, "connections followed at once (default 65536)");
module_param_cb(max_half_open, &tcptrace_range_ops, (void *)&max_half_open_range, 0444);
MODULE_PARM_DESC(max_half_open, "half-open ones among them (default 8192)");
module_param_cb(netns, &netns_ops, NULL, 0444);
MODULE_PARM_DESC(netns, "network namespaces to trace: all (default) or init");

module_param_cb(sock, &sock_ops, &sock, 0444);
MODULE_PARM_DESC(sock, "record what the kernel says of its sockets' states, too (default 1)");

/* --- network namespaces ----------------------------------------------- */

static bool traced(const struct net *net)
{
	return !init_net_only || net_eq(net, &init_net);
}

static int __net_init net_begin(struct net *net)
{
	return traced(net) ? tcptrace_hook_register(net) : 0;
}

static void __net_exit net_pre_end(struct net *net)
{
	if (traced(net))
		tcptrace_hook_unregister(net);
}

/* A grace period after net_pre_end(): no hook runs there any more. */
static void __net_exit net_end(struct net *net)
{
	if (traced(net))
		tcptrace_drop_net(net);
}

static struct pernet_operations net_ops = {
	.init = net_begin,
	.pre_exit = net_pre_end,
	.exit = net_end,
};

/* --- lifetime --------------------------------------------------------- */

static int __init tcptrace_init(void)
{
	int err;

	if (!ring_slots)
		ring_slots = tcptrace_ring_default_slots();
	err = tcptrace_ring_init(ring_slots);
	if (err)
		return err;
	tcptrace_room_init(max_flows, max_half_open);
	err = tcptrace_flow_init(sock);
	if (err)
		goto exit_ring;
	tcptrace_drop_begin();
	err = tcptrace_procfs_init();
	if (err)
		goto exit_flow;
	err = sock ? tcptrace_sock_init() : 0;
	if (err)
		goto exit_procfs;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto exit_sock;
	return 0;

exit_sock:
	tcptrace_sock_exit();
exit_procfs:
	tcptrace_procfs_exit();
exit_flow:
	tcptrace_drop_finish();
	tcptrace_flow_exit();
exit_ring:
	tcptrace_ring_exit();
	return err;
}

static void __exit tcptrace_exit(void)
{
	tcptrace_drop_unloading();
	tcptrace_sock_exit();
	unregister_pernet_subsys(&net_ops);
	tcptrace_procfs_exit();
	tcptrace_drop_finish();
	tcptrace_flow_exit();
	tcptrace_ring_exit();
}

module_init(tcptrace_init);
module_exit(tcptrace_exit);

MODULE_AUTHOR("The tcptrace maintainers");
MODULE_DESCRIPTION("Traces the TCP state transitions of selected ports, of both endpoints");
MODULE_LICENSE("GPL");
MODULE_VERSION(TCPTRACE_VERSION);
