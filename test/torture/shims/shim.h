/* What the shims have in common. They are put before libc by LD_PRELOAD, and Bun's SQLite calls libc by name. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHIM __attribute__((visibility("default")))
#define PATH_BYTES 4096

/* The function that would have been called without the shim. */
#define NEXT(name)                                                             \
  ({                                                                           \
    static __typeof__(&name) next;                                             \
    if (next == NULL) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name);       \
    next;                                                                      \
  })

/* Writes what `fd` was opened by into `path`; 0 when it is no file. */
static inline int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_BYTES - 1);
  if (length <= 0 || path[0] != '/') return 0;
  path[length] = '\0';
  return 1;
}

/* What comes after `directory/` in `path`: "" for the directory itself, NULL for what lies elsewhere. */
static inline const char *name_below(const char *directory, const char *path) {
  if (directory == NULL) return NULL;
  size_t length = strlen(directory);
  if (strncmp(path, directory, length) != 0) return NULL;
  if (path[length] == '\0') return path + length;
  return path[length] == '/' ? path + length + 1 : NULL;
}

static inline int ends_with(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}
