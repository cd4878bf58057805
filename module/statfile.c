// SPDX-License-Identifier: GPL-2.0
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>

#include "access.h"
#include "ring.h"
#include "statfile.h"
#include "stats.h"
#include "table.h"

#define STAT_NAME	"tcptrace"
#define BOOKS_NAME	"tcptrace_books"
#define FILE_MODE	0400

/* lnstat.h: LNSTAT_MAX_FIELDS_PER_LINE */
#define LNSTAT_COLUMNS	32

static_assert(TCPTRACE_NR_COLUMNS + 2 <= LNSTAT_COLUMNS,
	      "entries, the statistics, overwritten");
static_assert(TCPTRACE_NR_STATS - TCPTRACE_NR_COLUMNS + 1 <= LNSTAT_COLUMNS,
	      "cpu, the other statistics");

static struct proc_dir_entry *stat_entry;
static struct proc_dir_entry *books_entry;

/* Statistic @i of a CPU, while that CPU may be counting. */
static u64 stat_of(u32 cpu, size_t i)
{
	return READ_ONCE(per_cpu_ptr(&tcptrace_stats, cpu)->n[i]);
}

static u64 stat_sum(size_t i)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += stat_of(cpu, i);
	return sum;
}

static u64 overwritten(u32 ring)
{
	u64 pos = tcptrace_ring_pos(ring);
	u32 slots = tcptrace_ring_slots();

	return pos > slots ? pos - slots : 0;
}

static void show_names(struct seq_file *m, size_t from, size_t to)
{
	while (from < to)
		seq_printf(m, " %s", tcptrace_stat_names[from++]);
}

static void show_row(struct seq_file *m, u32 cpu, size_t from, size_t to)
{
	while (from < to)
		seq_printf(m, " %08llx", stat_of(cpu, from++));
}

/* lnstat takes the first column from the last row and sums up the others. */
static int show_stat(struct seq_file *m, void *v)
{
	u32 i;

	seq_puts(m, "entries");
	show_names(m, 0, TCPTRACE_NR_COLUMNS);
	seq_puts(m, " overwritten\n");
	for (i = 0; i < tcptrace_ring_count(); i++) {
		seq_printf(m, "%08x", tcptrace_table_live());
		show_row(m, tcptrace_ring_cpu(i), 0, TCPTRACE_NR_COLUMNS);
		seq_printf(m, " %08llx\n", overwritten(i));
	}
	return 0;
}

static int show_books(struct seq_file *m, void *v)
{
	u32 i;

	seq_puts(m, "cpu");
	show_names(m, TCPTRACE_NR_COLUMNS, TCPTRACE_NR_STATS);
	seq_putc(m, '\n');
	for (i = 0; i < tcptrace_ring_count(); i++) {
		seq_printf(m, "%08x", tcptrace_ring_cpu(i));
		show_row(m, tcptrace_ring_cpu(i), TCPTRACE_NR_COLUMNS,
			 TCPTRACE_NR_STATS);
		seq_putc(m, '\n');
	}
	return 0;
}

static int open_stat(struct inode *inode, struct file *file)
{
	int err = tcptrace_access(file);

	return err ?: single_open(file, show_stat, NULL);
}

static int open_books(struct inode *inode, struct file *file)
{
	int err = tcptrace_access(file);

	return err ?: single_open(file, show_books, NULL);
}

static const struct proc_ops stat_ops = {
	.proc_open	= open_stat,
	.proc_release	= single_release,
	.proc_read_iter	= seq_read_iter,
	.proc_lseek	= seq_lseek,
};

static const struct proc_ops books_ops = {
	.proc_open	= open_books,
	.proc_release	= single_release,
	.proc_read_iter	= seq_read_iter,
	.proc_lseek	= seq_lseek,
};

/**
 * tcptrace_statfile_sums() - the counters of all CPUs together, as text
 * @m: where to: "name=number" for each, in one line without its end
 *
 * Context: process.
 */
void tcptrace_statfile_sums(struct seq_file *m)
{
	u64 sum = 0;
	size_t i;

	seq_printf(m, "entries=%u", tcptrace_table_live());
	for (i = 0; i < TCPTRACE_NR_STATS; i++)
		seq_printf(m, " %s=%llu", tcptrace_stat_names[i], stat_sum(i));
	for (i = 0; i < tcptrace_ring_count(); i++)
		sum += overwritten(i);
	seq_printf(m, " overwritten=%llu", sum);
}

/**
 * tcptrace_statfile_init() - create the files
 *
 * Context: process; may sleep. After rings and table.
 * Return: 0; -ENOMEM, also if a file of a name exists.
 */
int tcptrace_statfile_init(void)
{
	stat_entry = proc_create(STAT_NAME, FILE_MODE, init_net.proc_net_stat,
				 &stat_ops);
	if (!stat_entry)
		return -ENOMEM;
	books_entry = proc_create(BOOKS_NAME, FILE_MODE, init_net.proc_net_stat,
				  &books_ops);
	if (!books_entry)
		goto remove_stat;
	return 0;

remove_stat:
	proc_remove(stat_entry);
	return -ENOMEM;
}

/**
 * tcptrace_statfile_exit() - remove the files; nobody reads them afterwards
 *
 * Context: process; may sleep.
 */
void tcptrace_statfile_exit(void)
{
	proc_remove(books_entry);
	proc_remove(stat_entry);
}
