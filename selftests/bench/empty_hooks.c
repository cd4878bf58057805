// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks that do nothing, where tcptrace has its own: what a netfilter module
 * costs before it does anything.
 */
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>

static unsigned int nothing(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

#define HOOK(family, number)				\
	{						\
		.hook = nothing,			\
		.pf = (family),				\
		.hooknum = (number),			\
		.priority = NF_IP_PRI_LAST,		\
	}

static const struct nf_hook_ops hooks[] = {
	HOOK(NFPROTO_IPV4, NF_INET_LOCAL_IN),
	HOOK(NFPROTO_IPV4, NF_INET_LOCAL_OUT),
	HOOK(NFPROTO_IPV4, NF_INET_FORWARD),
	HOOK(NFPROTO_IPV6, NF_INET_LOCAL_IN),
	HOOK(NFPROTO_IPV6, NF_INET_LOCAL_OUT),
	HOOK(NFPROTO_IPV6, NF_INET_FORWARD),
};

static int __net_init register_hooks(struct net *net)
{
	return nf_register_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

static void __net_exit unregister_hooks(struct net *net)
{
	nf_unregister_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

static struct pernet_operations pernet = {
	.init = register_hooks,
	.exit = unregister_hooks,
};

static int __init empty_hooks_init(void)
{
	return register_pernet_subsys(&pernet);
}

static void __exit empty_hooks_exit(void)
{
	unregister_pernet_subsys(&pernet);
}

module_init(empty_hooks_init);
module_exit(empty_hooks_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Netfilter hooks that do nothing, to measure by");
