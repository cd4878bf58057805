/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that depends on the kernel's version, 5.10 to 7.2, and nothing
 * else. Distributions backport: where a macro can be tested for, the macro is
 * tested, not the version.
 */
#ifndef _TCPTRACE_COMPAT_H
#define _TCPTRACE_COMPAT_H

#include <linux/mm.h>
#include <linux/version.h>

/*
 * vm_flags became read-only, behind vm_flags_set() and vm_flags_clear(), in
 * 6.3 and in the kernels of RHEL 9.5. These are functions, so there is no
 * macro to test.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define TCPTRACE_HAVE_VM_FLAGS_SET
#elif defined(RHEL_RELEASE_CODE) && defined(RHEL_RELEASE_VERSION)
#if RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(9, 5)
#define TCPTRACE_HAVE_VM_FLAGS_SET
#endif
#endif

/**
 * tcptrace_vm_flags_mod() - change the flags of a mapping that is being made
 * @vma: the mapping
 * @set: flags to set
 * @clear: flags to clear
 *
 * Context: process, in an mmap handler.
 */
static inline void tcptrace_vm_flags_mod(struct vm_area_struct *vma,
					 unsigned long set, unsigned long clear)
{
#ifdef TCPTRACE_HAVE_VM_FLAGS_SET
	vm_flags_set(vma, set);
	vm_flags_clear(vma, clear);
#else
	vma->vm_flags |= set;
	vma->vm_flags &= ~clear;
#endif
}

#endif /* _TCPTRACE_COMPAT_H */
