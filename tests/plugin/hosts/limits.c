/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenarios of hosts with little room: limits, a stderr that takes nothing, a clock that stands. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "scenarios.h"

/* What becomes of signals: what is blocked, what is pending, what has which handler. Signals 32 and
   33 are libc's own. */
struct signals {
  int blocked[65], pending[65];
  void (*handler[65])(int);
  int flags[65];
};
static void read_signals(struct signals* out) {
  memset(out, 0, sizeof *out);
  sigset_t blocked;
  sigset_t pending;
  EXPECT(sigprocmask(SIG_SETMASK, NULL, &blocked) == 0 && sigpending(&pending) == 0);
  for (int number = 1; number <= 64; ++number) {
    if (number == 32 || number == 33) continue;
    out->blocked[number] = sigismember(&blocked, number);
    out->pending[number] = sigismember(&pending, number);
    struct sigaction action;
    EXPECT(sigaction(number, NULL, &action) == 0);
    out->handler[number] = action.sa_handler;
    out->flags[number] = action.sa_flags;
  }
}

/* 1 request, if there is telemetry. */
void signals_kept(void) {
  EXPECT(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
  sigset_t some;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR2);
  EXPECT(sigprocmask(SIG_BLOCK, &some, NULL) == 0 && raise(SIGUSR2) == 0);
  struct signals before;
  struct signals after;
  read_signals(&before);
  converse(new_pair(start_listening()), "plain");
  read_signals(&after);
  EXPECT(memcmp(&before, &after, sizeof before) == 0);
}

/* Listens while nobody can hear what there is to say. */
void stderr_gone(void) {
  int ends[2];
  EXPECT(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
  EXPECT(close(ends[0]) == 0 && close(ends[1]) == 0);
  converse(new_pair(start_listening()), "plain");
}

void stderr_full(void) {
  int ends[2];
  EXPECT(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
  EXPECT(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  while (write(ends[1], answer, sizeof answer) > 0) continue;
  EXPECT(fcntl(ends[1], F_SETFL, 0) == 0);
  converse(new_pair(start_listening()), "plain");
}

static void set_limit(int resource, rlim_t value) {
  const struct rlimit limit = {value, value};
  EXPECT(setrlimit(resource, &limit) == 0);
}

void few_descriptors(void) {
  const int listener = start_listening();
  EXPECT(listener == 3);
  close(listener);
}

/* As much address space as there is in use, and a little: not enough for the segment. */
void little_memory(void) {
  FILE* const file = fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  EXPECT(file != NULL && fscanf(file, "%lu", &pages) == 1);
  fclose(file);
  set_limit(RLIMIT_AS, (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (1 << 20));
  close(start_listening());
}

/* pthread_create() of this program, found before libc's, fails like that of a host at its limit. */
static bool no_more_threads = false;
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) {
  if (no_more_threads) return EAGAIN;
  static int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "pthread_create");
  return real(thread, attributes, run, argument);
}

void no_thread(void) {
  no_more_threads = true;
  close(start_listening());
}

/* This program's own clock_gettime() and clock_nanosleep() are found before libc's, like those of a
   preloaded library that fakes the time. */
static bool still = false;
static int sleeps = 0;

int clock_gettime(clockid_t id, struct timespec* out) {
  if (still && id == CLOCK_MONOTONIC) {
    *out = (struct timespec){1000, 0};
    return 0;
  }
  return (int)syscall(SYS_clock_gettime, id, out);
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec* wanted, struct timespec* left) {
  if (still) {
    __atomic_fetch_add(&sleeps, 1, __ATOMIC_RELAXED);
    return 0;
  }
  return (int)syscall(SYS_clock_nanosleep, id, flags, wanted, left);
}

/* 1 request. The plugin neither waits for this clock nor takes its time or its sleep from it. */
void clock_stands_still(void) {
  still = true;
  converse(new_pair(start_listening()), "still");
  EXPECT(__atomic_load_n(&sleeps, __ATOMIC_RELAXED) == 0);
}
