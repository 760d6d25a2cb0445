/*
 * Name servers of the test's own, for a program that takes those of the system.
 *
 *   RESOLV_CONF    the file that is read instead of /etc/resolv.conf
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include "shim.h"

static const char *instead_of(const char *path) {
  return strcmp(path, "/etc/resolv.conf") == 0 ? getenv("RESOLV_CONF") : path;
}

SHIM FILE *fopen(const char *path, const char *mode) {
  return NEXT(fopen)(instead_of(path), mode);
}

SHIM FILE *fopen64(const char *path, const char *mode) {
  return NEXT(fopen64)(instead_of(path), mode);
}
