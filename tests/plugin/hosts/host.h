/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small daemon for one scenario at a time, and its client, in one process: it listens on an
 * abstract Unix socket, connects to itself, and ends. What the plugin made of it is read from the
 * segment afterwards. The client's side is no accepted connection, so the plugin ignores it.
 */
#ifndef GOXEL_TELEMETRY_TESTS_HOST_H
#define GOXEL_TELEMETRY_TESTS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* If `condition` is false, says where and ends the process with code 3. Async-signal-safe. */
#define EXPECT(condition)                                                 \
  do {                                                                    \
    if (!(condition)) expectation_failed(__FILE__, __LINE__, #condition); \
  } while (0)
_Noreturn void expectation_failed(const char* file, int line, const char* condition);

/* The scenario cannot run on this machine: ends with code 77. */
_Noreturn void skip(const char* why);

struct pair {
  int client;
  int server; /* accepted */
};

int start_listening(void); /* the listener; one a process */
struct pair new_pair(int listener);

/* One request and its answer, by plain recv and send on the server's side. */
void converse(struct pair pair, const char* method);
void ask(int client, const char* method); /* the client's half: sends the request */
void serve(int server);                   /* the server's half: reads once, answers */
void hear(int client);                    /* the client's half: reads the answer's line */

/* The answer to every request. */
extern const char answer[58];

/* An answer of `size` bytes, newline not included; to be freed. */
char* long_answer(size_t size);

/* Asks the kernel to allow `count` descriptors; returns how many are allowed then. */
unsigned long allow_descriptors(unsigned long count);
/* The same, but skips the scenario if fewer are allowed. */
void need_descriptors(unsigned long count);

/* An allocation between these two calls, in any thread, ends the process (no_malloc.c). */
void forbid_allocation(void);
void allow_allocation(void);

#endif
