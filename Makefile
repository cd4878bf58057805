# SPDX-License-Identifier: GPL-2.0
#
#	make			tcptrace.ko here, and userspace/tcptimeline
#	make module		the module alone; KVER=release or KDIR=dir chooses
#				the kernel, W=1 warns more
#	make userspace		tcptimeline alone; needs no kernel headers
#	make check-host		unit tests, under ASAN and UBSAN; the ring's reader and
#				writers at once, under TSAN; check-model
#	make check-model	the ring's protocol, searched by spin
#	make check-fuzz		fuzzers: their corpora, and 5,000 inputs of each; more
#				of them in selftests/fuzz/Makefile
#	make coverage		lines and branches that host tests and corpora reach
#	make check-oracle	captures, compared with tshark and tcptrace, in a VM;
#				and TLS handshakes, captured and live, with tshark
#	make check-states	states of 10,000 random connections, compared with the
#				kernel's own, in a VM, with sock=0 and sock=1
#	make install		tcptimeline and its man page; DESTDIR, PREFIX
#	make modules_install	tcptrace.ko
#	make clean

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man

KBUILD = $(MAKE) -C $(KDIR) M=$(CURDIR)

.PHONY: all module userspace check-host check-model check-fuzz coverage \
	check-oracle check-states install modules_install clean kernel-headers
all: module userspace

kernel-headers:
	@test -e $(KDIR)/Makefile || { \
		echo "error: no kernel headers in $(KDIR)" >&2; \
		echo "  install them: apt-get install linux-headers-$(KVER)" >&2; \
		echo "  or name others: make KVER=release, make KDIR=directory" >&2; \
		echo "  the reader needs none: make userspace" >&2; \
		exit 1; }

module: kernel-headers
	+$(KBUILD) modules

userspace:
	$(MAKE) -C userspace

check-host: check-model
	$(MAKE) -C selftests/unit check
	$(MAKE) -C selftests/unit check-race

check-model:
	$(MAKE) -C selftests/model check

check-fuzz:
	$(MAKE) -C selftests/fuzz check

coverage:
	scripts/coverage

check-oracle:
	scripts/oracle captures tls

check-states:
	scripts/oracle states

install: userspace
	install -D -m 755 userspace/tcptimeline \
		$(DESTDIR)$(BINDIR)/tcptimeline
	install -D -m 644 userspace/tcptimeline.8 \
		$(DESTDIR)$(MANDIR)/man8/tcptimeline.8

modules_install: kernel-headers
	+$(KBUILD) modules_install

clean:
	$(MAKE) -C userspace clean
	$(MAKE) -C selftests/unit clean
	@if [ -e $(KDIR)/Makefile ]; then $(KBUILD) clean; else \
		rm -f tcptrace.ko tcptrace.mod tcptrace.mod.c tcptrace.o \
			tcptrace.mod.o modules.order Module.symvers \
			module/*.o module/.*.cmd module/core/*.o \
			module/core/.*.cmd .*.cmd; fi
