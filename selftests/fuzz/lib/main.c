// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzzer without a fuzzer: each file of the directories that are named is an
 * input, shown once; without arguments, the standard input is. Speaks TAP.
 */
#include <dirent.h>
#include <libgen.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzzer.h"
#include "must.h"

#define INPUT_MAX	1048576

/* What the parent knows of a child that is gone. */
struct progress {
	unsigned int nr;
	char file[1024];
};

/* Memory of its own, so that a read beyond it is caught. */
static void show(FILE *f)
{
	static uint8_t all[INPUT_MAX];
	size_t size = fread(all, 1, sizeof(all), f);
	uint8_t *data = malloc(size);

	MUST(data || !size);
	if (size)
		memcpy(data, all, size);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static void show_directory(const char *path, struct progress *p)
{
	struct dirent **entry;
	int i, nr = scandir(path, &entry, NULL, alphasort);
	FILE *f;

	if (nr < 0) {
		perror(path);
		exit(1);
	}
	for (i = 0; i < nr; i++) {
		if (entry[i]->d_name[0] != '.') {
			snprintf(p->file, sizeof(p->file), "%s/%s", path,
				 entry[i]->d_name);
			f = fopen(p->file, "r");
			MUST(f);
			show(f);
			fclose(f);
			p->nr++;
		}
		free(entry[i]);
	}
	free(entry);
}

int main(int argc, char **argv)
{
	const char *name = basename(argv[0]);
	struct progress *p;
	int i, status;
	pid_t child;

	if (argc < 2) {
		show(stdin);
		return 0;
	}
	p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(p != MAP_FAILED);
	printf("TAP version 13\n1..1\n");
	fflush(stdout);
	child = fork();
	MUST(child >= 0);
	if (!child) {
		for (i = 1; i < argc; i++)
			show_directory(argv[i], p);
		exit(p->nr ? 0 : 1);
	}
	MUST(waitpid(child, &status, 0) == child);
	if (!status) {
		printf("ok 1 - %s: %u inputs\n", name, p->nr);
		return 0;
	}
	printf("not ok 1 - %s: %s\n", name,
	       p->nr || p->file[0] ? p->file : "no inputs");
	return 1;
}
