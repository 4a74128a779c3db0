/* A disk that fails when a test wants it to: preloaded into a program, it makes the Nth change to files below the folder
   that $FAKE_DISK names fail. Built by fakes/disk.py.

   A change is a write, a sync, a truncation, a new name or a removal. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int calls, first, lasting, code;

/* The `nth` change from now on fails with `error`; where `lasts`, all later ones, too. 0: none. */
void fake_disk_arm(int nth, int error, int lasts) {
  calls = 0;
  first = nth;
  code = error;
  lasting = lasts;
}

/* How many changes there were since. */
int fake_disk_calls(void) { return calls; }

static int fails(const char *path) {
  const char *folder = getenv("FAKE_DISK");
  int number;
  if (!folder || strncmp(path, folder, strlen(folder))) return 0;
  number = ++calls;
  if (!first || number < first || (number > first && !lasting)) return 0;
  errno = code;
  return 1;
}

static int file_fails(int file) {
  char link[64], path[PATH_MAX];
  ssize_t length;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return fails(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *data, size_t size) {
  return file_fails(file) ? -1 : REAL(write)(file, data, size);
}
ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
  return file_fails(file) ? -1 : REAL(pwrite)(file, data, size, at);
}
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
  return file_fails(file) ? -1 : REAL(pwrite64)(file, data, size, at);
}
ssize_t sendfile(int out, int in, off_t *at, size_t size);
ssize_t sendfile(int out, int in, off_t *at, size_t size) {
  return file_fails(out) ? -1 : REAL(sendfile)(out, in, at, size);
}
int fsync(int file) { return file_fails(file) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return file_fails(file) ? -1 : REAL(fdatasync)(file); }
int ftruncate(int file, off_t size) { return file_fails(file) ? -1 : REAL(ftruncate)(file, size); }
int ftruncate64(int file, off64_t size) { return file_fails(file) ? -1 : REAL(ftruncate64)(file, size); }
int rename(const char *from, const char *to) { return fails(to) ? -1 : REAL(rename)(from, to); }
int unlink(const char *path) { return fails(path) ? -1 : REAL(unlink)(path); }
int link(const char *from, const char *to) { return fails(to) ? -1 : REAL(link)(from, to); }
