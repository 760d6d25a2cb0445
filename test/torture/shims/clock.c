/*
 * A wall clock that the test sets while the program runs. The monotonic clock is left alone, as it is when an operator or NTP
 * sets the time.
 *
 *   CLOCK_FILE    8 bytes: how many milliseconds the wall clock is ahead (i64)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include "shim.h"

static int64_t ahead_ms(void) {
  static volatile int64_t *mapped;
  if (mapped == NULL) {
    int file = open(getenv("CLOCK_FILE"), O_RDONLY | O_CLOEXEC);
    void *memory = mmap(NULL, sizeof *mapped, PROT_READ, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) abort();
    close(file);
    mapped = memory;
  }
  return *mapped;
}

/* `fraction` counts units of which a second has `units`. */
static void set_ahead(time_t *seconds, long *fraction, long units) {
  int64_t ms = ahead_ms();
  *seconds += ms / 1000;
  *fraction += ms % 1000 * (units / 1000);
  if (*fraction < 0) {
    *fraction += units;
    *seconds -= 1;
  }
  if (*fraction >= units) {
    *fraction -= units;
    *seconds += 1;
  }
}

SHIM int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = NEXT(clock_gettime)(clock, now);
  int is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (result == 0 && is_wall) set_ahead(&now->tv_sec, &now->tv_nsec, 1000000000);
  return result;
}

SHIM int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  int result = NEXT(gettimeofday)(now, zone);
  if (result == 0) set_ahead(&now->tv_sec, &now->tv_usec, 1000000);
  return result;
}

SHIM time_t time(time_t *seconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds != NULL) *seconds = now.tv_sec;
  return now.tv_sec;
}
