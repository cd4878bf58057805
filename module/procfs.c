// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/tcptrace: text, mmap, poll.
 *
 * No handler waits for anything: rmmod waits for handlers.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "access.h"
#include "ports.h"
#include "procfs.h"
#include "ring.h"
#include "statfile.h"
#include "text.h"

#define FILE_NAME	"tcptrace"
#define FILE_MODE	0400

/* Longest list of ports that the text shows; a longer one ends in "...". */
#define PORTS_LEN	1024

static struct proc_dir_entry *proc_entry;

/**
 * struct lane - one ring's part in the merge
 * @cursor: where in the ring
 * @rec: its oldest record that was not yet shown
 * @full: @rec is valid
 */
struct lane {
	struct tcptrace_ring_cursor cursor;
	struct tcptrace_record rec;
	bool full;
};

/**
 * struct reader - an open file
 * @seen: sum of the positions up to which it knows the records; set by read
 *	and ioctl, looked at by poll, hence marked accesses
 * @pos: the element of the text to show next, of &enum text_pos; this and
 *	all below is guarded by the lock of the seq_file
 * @current_lane: lane whose record is shown next, NULL when all were
 * @gap: records lost since the last element
 * @shown: records shown up to here
 * @lost: records lost up to here
 * @lanes: one for each ring
 */
struct reader {
	u64 seen;
	loff_t pos;
	struct lane *current_lane;
	u64 gap;
	u64 shown;
	u64 lost;
	struct lane lanes[];
};

/* Elements of the text, by position: the head, the records, the foot. */
enum text_pos {
	TEXT_HEAD,
	TEXT_FIRST_RECORD,
};

static void lane_fill(struct reader *reader, struct lane *lane)
{
	u64 lost = lane->cursor.lost;

	lane->full = tcptrace_ring_read(lane - reader->lanes, &lane->cursor,
					&lane->rec);
	lost = lane->cursor.lost - lost;
	reader->gap += lost;
	reader->lost += lost;
}

/*
 * By time; within a connection by number, which also settles it where two
 * CPUs read the same time.
 */
static bool lane_before(const struct lane *a, const struct lane *b)
{
	if (a->rec.conn == b->rec.conn)
		return a->rec.n < b->rec.n;
	return a->rec.t_ns < b->rec.t_ns;
}

static void reader_choose(struct reader *reader)
{
	struct lane *best = NULL;
	u32 i;

	for (i = 0; i < tcptrace_ring_count(); i++) {
		struct lane *lane = &reader->lanes[i];

		if (lane->full && (!best || lane_before(lane, best)))
			best = lane;
	}
	reader->current_lane = best;
}

/* Take the heads: what is published from here on is not shown. */
static void reader_begin(struct reader *reader)
{
	u32 i;

	reader->pos = TEXT_HEAD;
	reader->gap = 0;
	reader->shown = 0;
	reader->lost = 0;
	for (i = 0; i < tcptrace_ring_count(); i++) {
		tcptrace_ring_open(i, &reader->lanes[i].cursor);
		reader->lanes[i].full = false;
	}
}

/* Read the first record of each lane; as late as possible, to lose less. */
static void reader_fill(struct reader *reader)
{
	u32 i;

	for (i = 0; i < tcptrace_ring_count(); i++)
		lane_fill(reader, &reader->lanes[i]);
	reader_choose(reader);
}

static void reader_advance(struct reader *reader)
{
	reader->gap = 0;
	reader->shown++;
	lane_fill(reader, reader->current_lane);
	reader_choose(reader);
}

static void reader_set_seen(struct reader *reader)
{
	u64 seen = 0;
	u32 i;

	for (i = 0; i < tcptrace_ring_count(); i++)
		seen += reader->lanes[i].cursor.end;
	WRITE_ONCE(reader->seen, seen);
}

/* The seq_file comes here for its first element, and again after a pause. */
static void *text_start(struct seq_file *m, loff_t *pos)
{
	struct reader *reader = m->private;

	if (*pos == TEXT_HEAD && reader->pos != TEXT_HEAD)
		reader_begin(reader);
	/* The one after the foot. */
	if (*pos != TEXT_HEAD && *pos != reader->pos)
		return NULL;
	return reader;
}

static void *text_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct reader *reader = m->private;

	++*pos;
	if (reader->pos == TEXT_HEAD) {
		reader_fill(reader);
	} else if (reader->current_lane) {
		reader_advance(reader);
	} else {
		reader_set_seen(reader);
		return NULL;
	}
	reader->pos = *pos;
	return reader;
}

static void text_stop(struct seq_file *m, void *v)
{
}

static void show_ports(struct seq_file *m)
{
	size_t room;
	char *buf;

	seq_puts(m, "# ports ");
	room = seq_get_buf(m, &buf);
	/* Never cut by chance: seq_file comes again with a larger buffer. */
	if (room < PORTS_LEN)
		seq_commit(m, -1);
	else
		seq_commit(m, tcptrace_ports_format(buf, PORTS_LEN));
	seq_putc(m, '\n');
}

static void show_head(struct seq_file *m)
{
	seq_printf(m, "# tcptrace %s, ABI %u.%u\n",
		   THIS_MODULE->version ?: "of no version",
		   TCPTRACE_ABI_MAJOR, TCPTRACE_ABI_MINOR);
	show_ports(m);
	seq_printf(m, "# rings %u of %u records\n", tcptrace_ring_count(),
		   tcptrace_ring_slots());
	seq_puts(m, "# ");
	tcptrace_statfile_sums(m);
	seq_putc(m, '\n');
}

static int text_show(struct seq_file *m, void *v)
{
	const struct reader *reader = m->private;

	if (reader->pos == TEXT_HEAD) {
		show_head(m);
		return 0;
	}
	if (reader->gap)
		seq_printf(m, "# lost %llu: overwritten while being read\n",
			   reader->gap);
	if (reader->current_lane)
		tcptrace_text_record(m, &reader->current_lane->rec);
	else
		seq_printf(m, "# end: %llu records, %llu lost\n",
			   reader->shown, reader->lost);
	return 0;
}

static const struct seq_operations text_ops = {
	.start	= text_start,
	.next	= text_next,
	.stop	= text_stop,
	.show	= text_show,
};

static int tcptrace_proc_open(struct inode *inode, struct file *file)
{
	struct reader *reader;
	int err;

	err = tcptrace_access(file);
	if (err)
		return err;

	reader = kvzalloc(struct_size(reader, lanes, tcptrace_ring_count()),
			  GFP_KERNEL_ACCOUNT);
	if (!reader)
		return -ENOMEM;
	reader_begin(reader);

	err = seq_open(file, &text_ops);
	if (err)
		goto free_reader;
	((struct seq_file *)file->private_data)->private = reader;
	return 0;

free_reader:
	kvfree(reader);
	return err;
}

static struct reader *reader_of(const struct file *file)
{
	const struct seq_file *m = file->private_data;

	return m->private;
}

static int tcptrace_proc_release(struct inode *inode, struct file *file)
{
	kvfree(reader_of(file));
	return seq_release(inode, file);
}

static __poll_t tcptrace_proc_poll(struct file *file, poll_table *pt)
{
	u64 seen = READ_ONCE(reader_of(file)->seen);

	return tcptrace_ring_poll(file, pt, seen) ? EPOLLIN | EPOLLRDNORM : 0;
}

static long tcptrace_proc_ioctl(struct file *file, unsigned int cmd,
				unsigned long arg)
{
	u64 seen;

	if (cmd != TCPTRACE_IOC_SEEN)
		return -ENOTTY;
	if (copy_from_user(&seen, (void __user *)arg, sizeof(seen)))
		return -EFAULT;
	if (seen > tcptrace_ring_total())
		return -EINVAL;
	WRITE_ONCE(reader_of(file)->seen, seen);
	return 0;
}

static int tcptrace_proc_mmap(struct file *file, struct vm_area_struct *vma)
{
	return tcptrace_ring_mmap(vma);
}

static const struct proc_ops tcptrace_proc_ops = {
	.proc_open		= tcptrace_proc_open,
	.proc_release		= tcptrace_proc_release,
	.proc_read_iter		= seq_read_iter,
	.proc_lseek		= seq_lseek,
	.proc_poll		= tcptrace_proc_poll,
	.proc_ioctl		= tcptrace_proc_ioctl,
#ifdef CONFIG_COMPAT
	.proc_compat_ioctl	= compat_ptr_ioctl,
#endif
	.proc_mmap		= tcptrace_proc_mmap,
};

int tcptrace_procfs_init(void)
{
	int err;

	err = tcptrace_statfile_init();
	if (err)
		return err;
	proc_entry = proc_create(FILE_NAME, FILE_MODE, NULL,
				 &tcptrace_proc_ops);
	if (!proc_entry)
		goto exit_statfile;
	return 0;

exit_statfile:
	tcptrace_statfile_exit();
	return -ENOMEM;
}

void tcptrace_procfs_exit(void)
{
	/* Readers of the mapping look for this flag, pollers are ready. */
	tcptrace_ring_gone();

	/* Waits for running handlers, releases what open files hold. */
	proc_remove(proc_entry);
	tcptrace_statfile_exit();

	tcptrace_ring_drain_pollers();
}
