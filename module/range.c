// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "range.h"

int tcptrace_quoted_len(const char *val)
{
	return min_t(size_t, strcspn(val, "\n"), 64);
}

static int range_set(const char *val, const struct kernel_param *kp)
{
	const struct tcptrace_range *range = kp->arg;
	u32 value;

	if (kstrtou32(val, 0, &value)) {
		pr_err("%s: \"%.*s\" is not a number\n", kp->name,
		       tcptrace_quoted_len(val), val);
		return -EINVAL;
	}
	if (value < range->least || value > range->most) {
		pr_err("%s: %u is not between %u and %u\n", kp->name, value,
		       range->least, range->most);
		return -EINVAL;
	}
	if (range->power_of_two && !is_power_of_2(value)) {
		pr_err("%s: %u is not a power of two\n", kp->name, value);
		return -EINVAL;
	}
	WRITE_ONCE(*range->value, value);
	return 0;
}

static int range_get(char *buf, const struct kernel_param *kp)
{
	const struct tcptrace_range *range = kp->arg;

	return sysfs_emit(buf, "%u\n", READ_ONCE(*range->value));
}

const struct kernel_param_ops tcptrace_range_ops = {
	.set = range_set,
	.get = range_get,
};
