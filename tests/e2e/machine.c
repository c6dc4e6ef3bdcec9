// The machine under the runtime, for tests of faults: a clock that is off, a disk that is full. Preloaded, it reads both at
// each call from the file that MACHINE names: how many seconds the clock is ahead, and 1 while nothing can be written, each
// in 64 bits.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t fine[2];
static const volatile int64_t *machine = fine;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("MACHINE");
  int file = path ? open(path, O_RDONLY) : -1;
  if (file < 0) return;
  const void *mapped = mmap(NULL, sizeof fine, PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) machine = mapped;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  long failed = syscall(SYS_clock_gettime, clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += machine[0];
  return (int)failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec precise;
  int failed = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return failed;
}

time_t time(time_t *now) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now) *now = precise.tv_sec;
  return precise.tv_sec;
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at) {
  if (machine[1]) return errno = ENOSPC, -1;
  return syscall(SYS_pwrite64, file, bytes, size, at);
}
