/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenarios of threads: crowds of them, ones that end early, and calls from signal handlers and
 * other libraries. */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "scenarios.h"

enum { kSidePairs = 64 };
static struct pair side[kSidePairs];
static volatile sig_atomic_t handled;

static void serve_in_handler(int number) {
  (void)number;
  const int error = errno;
  const struct pair pair = side[handled++ % kSidePairs];
  ask(pair.client, "handlers");
  serve(pair.server);
  hear(pair.client);
  errno = error;
}

/* A handler holds conversations of its own, whatever its thread is at: 5,000 requests, and those
 * of the handler that did not come in the middle of another. */
void signal_handler(void) {
  const int listener = start_listening();
  const struct pair pair = new_pair(listener);
  for (int i = 0; i < kSidePairs; ++i) side[i] = new_pair(listener);
  struct sigaction action = {.sa_handler = serve_in_handler, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  const struct itimerval often = {{0, 50}, {0, 50}};
  EXPECT(setitimer(ITIMER_REAL, &often, NULL) == 0);
  for (int i = 0; i < 5000; ++i) converse(pair, "mains");
  const struct itimerval never = {{0, 0}, {0, 0}};
  EXPECT(setitimer(ITIMER_REAL, &never, NULL) == 0);
  EXPECT(handled > 10);
}

struct blocked {
  struct pair pair;
  int listener;
  int call;
  atomic_bool begun;
};

static void* block(void* argument) {
  struct blocked* const b = argument;
  char buffer[4096] = {0};
  struct pollfd waiting = {.fd = b->pair.server, .events = POLLIN};
  struct msghdr message = {.msg_iov = &(struct iovec){buffer, sizeof buffer}, .msg_iovlen = 1};
  atomic_store(&b->begun, true);
  switch (b->call) {
    case 0:
      recv(b->pair.server, buffer, sizeof buffer, 0);
      break;
    case 1:
      poll(&waiting, 1, -1);
      break;
    case 2:
      recvmsg(b->pair.server, &message, 0);
      break;
    case 3:
      accept(b->listener, NULL, NULL);
      break;
    default:
      while (send(b->pair.server, buffer, sizeof buffer, MSG_NOSIGNAL) > 0) {
      }
  }
  return NULL;
}

/* Threads are cancelled in each call that waits; what they waited on serves on: 160
 * requests. */
void cancellation(void) {
  const int listener = start_listening();
  for (int i = 0; i < 200; ++i) {
    struct blocked b = {.pair = new_pair(listener), .listener = listener, .call = i % 5};
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, block, &b) == 0);
    while (!atomic_load(&b.begun)) usleep(100);
    usleep(200); /* most are in the call by now; the others are cancelled on their way */
    EXPECT(pthread_cancel(thread) == 0);
    void* result;
    EXPECT(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    if (b.call != 4) converse(b.pair, "after.cancellation"); /* in 4 an answer was begun */
    close(b.pair.server);
    close(b.pair.client);
  }
}

/* A library that was loaded later does the talking; argument: its path. 2 requests. */
void dlopened(void) {
  const int listener = start_listening();
  const struct pair pair = new_pair(listener);
  void* const library = dlopen(scenario_argument, RTLD_NOW | RTLD_LOCAL);
  EXPECT(library != NULL);
  void (*library_serve)(int);
  *(void**)&library_serve = dlsym(library, "library_serve");
  EXPECT(library_serve != NULL);
  for (int i = 0; i < 2; ++i) {
    ask(pair.client, "library");
    library_serve(pair.server);
    hear(pair.client);
  }
}

static pthread_barrier_t all_in_flight;

static void* serve_in_crowd(void* server) {
  char buffer[4096];
  for (int round = 0; round < 2; ++round) {
    EXPECT(recv(*(int*)server, buffer, sizeof buffer, 0) > 0);
    pthread_barrier_wait(&all_in_flight);
    EXPECT(send(*(int*)server, answer, sizeof answer - 1, MSG_NOSIGNAL) == sizeof answer - 1);
    EXPECT(send(*(int*)server, "\n", 1, MSG_NOSIGNAL) == 1);
  }
  close(*(int*)server);
  return NULL;
}

/* As many connections as the argument says, a thread each, all with a request in flight at once,
 * twice. */
static void serve_crowd(int listener, int count, const char* method) {
  struct pair* const pairs = calloc((size_t)count, sizeof *pairs);
  pthread_t* const threads = calloc((size_t)count, sizeof *threads);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 128 * 1024);
  pthread_barrier_init(&all_in_flight, NULL, (unsigned)count);
  for (int i = 0; i < count; ++i) {
    pairs[i] = new_pair(listener);
    if (pthread_create(&threads[i], &attributes, serve_in_crowd, &pairs[i].server) != 0) {
      skip("not enough threads are allowed here");
    }
  }
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < count; ++i) ask(pairs[i].client, method);
    for (int i = 0; i < count; ++i) hear(pairs[i].client);
  }
  for (int i = 0; i < count; ++i) {
    pthread_join(threads[i], NULL);
    close(pairs[i].client);
  }
  pthread_barrier_destroy(&all_in_flight);
  free(threads);
  free(pairs);
}

void crowd(void) {
  const int count = atoi(scenario_argument);
  need_descriptors(2 * (unsigned long)count + 64);
  serve_crowd(start_listening(), count, "crowd");
}

/* More threads than there are lanes of their own, and then few enough on any machine: 2 * 400, and
 * 2 * 30 four times. */
void churn(void) {
  need_descriptors(2 * 400 + 64);
  const int listener = start_listening();
  serve_crowd(listener, 400, "crowd");
  for (int wave = 0; wave < 4; ++wave) serve_crowd(listener, 30, "few");
}
