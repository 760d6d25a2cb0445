/*
 * A disk that fails on demand, for the files of one directory.
 *
 *   FAULT_DIR     the directory, absolute
 *   FAULT_FILE    16 bytes that the test changes while the program runs: the fault (u64), and what statfs says is free (u64)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include "shim.h"

enum fault { NONE = 0, FULL = 1, SYNC_FAILS = 2, READ_ONLY = 3 };

struct order {
  uint64_t fault;
  uint64_t free_bytes;
};

static volatile struct order *order(void) {
  static struct order *mapped;
  if (mapped == NULL) {
    int file = open(getenv("FAULT_FILE"), O_RDONLY | O_CLOEXEC);
    void *memory = mmap(NULL, sizeof *mapped, PROT_READ, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) abort();
    close(file);
    mapped = memory;
  }
  return mapped;
}

static int is_ours(const char *path) {
  return name_below(getenv("FAULT_DIR"), path) != NULL;
}

static int has(enum fault fault, int fd) {
  char path[PATH_BYTES];
  return order()->fault == fault && path_of(fd, path) && is_ours(path);
}

static int fail(int code) {
  errno = code;
  return -1;
}

/* On a full disk what lies there already can be written over. */
static int would_grow(int fd, off_t end) {
  struct stat facts;
  return fstat(fd, &facts) == 0 && end > facts.st_size;
}

/* 0, or the error of a write that reaches to `end`. */
static int refusal(int fd, off_t end) {
  if (has(READ_ONLY, fd)) return EROFS;
  return has(FULL, fd) && would_grow(fd, end) ? ENOSPC : 0;
}

SHIM ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t offset) {
  int code = refusal(fd, offset + bytes);
  return code != 0 ? fail(code) : NEXT(pwrite64)(fd, data, bytes, offset);
}

SHIM ssize_t write(int fd, const void *data, size_t bytes) {
  int code = refusal(fd, lseek(fd, 0, SEEK_CUR) + bytes);
  return code != 0 ? fail(code) : NEXT(write)(fd, data, bytes);
}

SHIM int ftruncate64(int fd, off64_t bytes) {
  int code = refusal(fd, bytes);
  return code != 0 ? fail(code) : NEXT(ftruncate64)(fd, bytes);
}

SHIM int fsync(int fd) {
  return has(SYNC_FAILS, fd) ? fail(EIO) : NEXT(fsync)(fd);
}

SHIM int fdatasync(int fd) {
  return has(SYNC_FAILS, fd) ? fail(EIO) : NEXT(fdatasync)(fd);
}

SHIM int unlink(const char *path) {
  return order()->fault == READ_ONLY && is_ours(path) ? fail(EROFS) : NEXT(unlink)(path);
}

static int is_refused_opening(const char *path, int flags) {
  return (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0 && is_ours(path) && order()->fault == READ_ONLY;
}

#define OPENING(name)                                                          \
  SHIM int name(const char *path, int flags, ...) {                            \
    va_list rest;                                                              \
    va_start(rest, flags);                                                     \
    mode_t mode = va_arg(rest, mode_t);                                        \
    va_end(rest);                                                              \
    return is_refused_opening(path, flags) ? fail(EROFS) : NEXT(name)(path, flags, mode); \
  }

OPENING(open)
OPENING(open64)

SHIM int statfs(const char *path, struct statfs *facts) {
  int result = NEXT(statfs)(path, facts);
  if (result == 0 && is_ours(path)) facts->f_bavail = order()->free_bytes / facts->f_bsize;
  return result;
}
