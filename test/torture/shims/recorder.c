/*
 * Records every change to the files of one directory, with its content and in the order in which it was made, so that a
 * test can tell what a disk would hold if the power failed at any of these moments.
 *
 *   RECORD_DIR    the directory, absolute
 *   RECORD_LOG    where the records go; others may append to it too
 *   RECORD_DOOM   a file: while it holds a `k`, the process is killed in place of a sync of the database's files; an `f`: the
 *                 sync fails, and what it should have covered never reaches the disk, although it can be read
 *
 * A record: kind, length of the name (u32 each), offset, length of the data (u64 each), the name, the data; the data of a
 * renaming, or of a link, is the new name. One lock is held over each call and its record: a sync's record follows those of all
 * that it covers, and goes before anything that it allows.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include "shim.h"

enum kind {
  WRITE = 1,
  TRUNCATE = 2,
  SYNC = 3,
  UNLINK = 4,
  SYNC_DIRECTORY = 5,
  CONTENT = 6,
  FAILED_SYNC = 8,
  RENAME = 9,
  LINK = 10
};

struct head {
  uint32_t kind;
  uint32_t name_bytes;
  uint64_t offset;
  uint64_t data_bytes;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void record(enum kind kind, const char *name, off_t offset, const void *data, size_t bytes) {
  static int log = -1;
  if (log < 0) log = open(getenv("RECORD_LOG"), O_WRONLY | O_APPEND | O_CLOEXEC);
  struct head head = {kind, strlen(name), offset, bytes};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)name, head.name_bytes}, {(void *)data, bytes}};
  ssize_t wanted = sizeof head + head.name_bytes + bytes;
  if (writev(log, parts, 3) != wanted) abort();
}

/* The name inside the directory, "" for the directory itself, NULL for anything else and for what no crash outlives. */
static const char *recorded(int fd, char *path) {
  if (!path_of(fd, path)) return NULL;
  const char *name = name_below(getenv("RECORD_DIR"), path);
  if (name == NULL || ends_with(name, "-shm") || ends_with(name, ".lock")) return NULL;
  return name;
}

static int is_database(const char *name) {
  return strncmp(name, "posthorn.db", 11) == 0;
}

/*
 * What Bun itself writes does not pass by here; the whole of such a file is taken when it is synced. SQLite writes at offsets,
 * and leaves the position of its descriptors at 0. What is to be restored both of them have written.
 */
static int is_written_by_sqlite(int fd, const char *name) {
  return is_database(name) && !ends_with(name, ".restoring") && lseek(fd, 0, SEEK_CUR) == 0;
}

static void record_content(int fd, const char *name) {
  struct stat facts;
  if (fstat(fd, &facts) != 0) abort();
  char *content = malloc(facts.st_size);
  char path[PATH_BYTES];
  path_of(fd, path);
  int own = open(path, O_RDONLY | O_CLOEXEC);
  if (read(own, content, facts.st_size) != facts.st_size) abort();
  close(own);
  record(CONTENT, name, 0, content, facts.st_size);
  free(content);
}

static void record_sync(int fd, const char *name) {
  if (*name == '\0') record(SYNC_DIRECTORY, name, 0, NULL, 0);
  else if (is_written_by_sqlite(fd, name)) record(SYNC, name, 0, NULL, 0);
  else record_content(fd, name);
}

static char doom_of(const char *name) {
  char doom = 0;
  int file = is_database(name) ? open(getenv("RECORD_DOOM"), O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return doom;
  if (read(file, &doom, 1) < 0) abort();
  close(file);
  return doom;
}

static int fail_sync(const char *name) {
  record(FAILED_SYNC, name, 0, NULL, 0);
  errno = EIO;
  return -1;
}

static int sync_recorded(int fd, int (*sync)(int)) {
  char path[PATH_BYTES];
  const char *name = recorded(fd, path);
  if (name == NULL) return sync(fd);
  char doom = doom_of(name);
  if (doom == 'k') raise(SIGKILL);
  if (doom == 'f') return fail_sync(name);
  pthread_mutex_lock(&lock);
  int result = sync(fd);
  if (result == 0) record_sync(fd, name);
  pthread_mutex_unlock(&lock);
  return result;
}

SHIM int fsync(int fd) {
  return sync_recorded(fd, NEXT(fsync));
}

SHIM int fdatasync(int fd) {
  return sync_recorded(fd, NEXT(fdatasync));
}

SHIM ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t offset) {
  char path[PATH_BYTES];
  const char *name = recorded(fd, path);
  if (name == NULL) return NEXT(pwrite64)(fd, data, bytes, offset);
  pthread_mutex_lock(&lock);
  ssize_t written = NEXT(pwrite64)(fd, data, bytes, offset);
  if (written > 0) record(WRITE, name, offset, data, written);
  pthread_mutex_unlock(&lock);
  return written;
}

SHIM ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) {
  return pwrite64(fd, data, bytes, offset);
}

SHIM ssize_t write(int fd, const void *data, size_t bytes) {
  char path[PATH_BYTES];
  const char *name = recorded(fd, path);
  if (name == NULL) return NEXT(write)(fd, data, bytes);
  pthread_mutex_lock(&lock);
  off_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t written = NEXT(write)(fd, data, bytes);
  if (written > 0) record(WRITE, name, offset, data, written);
  pthread_mutex_unlock(&lock);
  return written;
}

SHIM int ftruncate64(int fd, off64_t bytes) {
  char path[PATH_BYTES];
  const char *name = recorded(fd, path);
  if (name == NULL || !is_database(name)) return NEXT(ftruncate64)(fd, bytes);
  pthread_mutex_lock(&lock);
  int result = NEXT(ftruncate64)(fd, bytes);
  if (result == 0) record(TRUNCATE, name, bytes, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

SHIM int ftruncate(int fd, off_t bytes) {
  return ftruncate64(fd, bytes);
}

SHIM int unlink(const char *path) {
  const char *name = name_below(getenv("RECORD_DIR"), path);
  if (name == NULL || !is_database(name) || ends_with(name, "-shm")) return NEXT(unlink)(path);
  pthread_mutex_lock(&lock);
  int result = NEXT(unlink)(path);
  if (result == 0) record(UNLINK, name, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

static int name_anew(enum kind kind, int (*call)(const char *, const char *), const char *from, const char *to) {
  const char *before = name_below(getenv("RECORD_DIR"), from);
  const char *after = name_below(getenv("RECORD_DIR"), to);
  if (before == NULL || after == NULL) return call(from, to);
  pthread_mutex_lock(&lock);
  int result = call(from, to);
  if (result == 0) record(kind, before, 0, after, strlen(after));
  pthread_mutex_unlock(&lock);
  return result;
}

SHIM int rename(const char *from, const char *to) {
  return name_anew(RENAME, NEXT(rename), from, to);
}

SHIM int link(const char *from, const char *to) {
  return name_anew(LINK, NEXT(link), from, to);
}
