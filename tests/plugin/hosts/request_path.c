/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenarios of what must not happen while a request passes: no allocation, no system call but the
 * daemon's own. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scenarios.h"

static struct pair fresh; /* a connection and a thread that the plugin has seen nothing of yet */
static atomic_bool go;

static void* serve_without_allocation(void* argument) {
  while (!atomic_load(&go)) {
  }
  for (int i = 0; i < 1000; ++i) converse(fresh, "allocates.nothing");
  return argument;
}

/* 1,000 requests. */
void no_allocation(void) {
  fresh = new_pair(start_listening());
  pthread_t thread;
  EXPECT(pthread_create(&thread, NULL, serve_without_allocation, NULL) == 0);
  forbid_allocation();
  atomic_store(&go, true);
  pthread_join(thread, NULL);
  allow_allocation();
}

#define ALLOW(call)                                      \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void* serve_in_sandbox(void* argument) {
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      ALLOW(recvfrom),
      ALLOW(sendto),
      ALLOW(exit_group),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  const struct sock_fprog program = {.len = sizeof rules / sizeof *rules, .filter = rules};
  EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) skip("no seccomp here");
  for (int i = 0; i < 5000; ++i) converse(fresh, "calls.nothing");
  syscall(SYS_exit_group, 0);
  return argument;
}

/* 5,000 requests by a thread that may receive, send and end the process. */
void no_system_call(void) {
  fresh = new_pair(start_listening());
  pthread_t thread;
  EXPECT(pthread_create(&thread, NULL, serve_in_sandbox, NULL) == 0);
  pthread_join(thread, NULL);
  EXPECT(false);
}
