/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small daemon for one scenario at a time, and its client, in one process: it listens on an
 * abstract Unix socket, connects to itself, and ends. What the plugin made of it is read from the
 * segment afterwards. The client's side is no accepted connection, so the plugin lets it pass.
 */
#ifndef GOXEL_TELEMETRY_TESTS_HOST_H
#define GOXEL_TELEMETRY_TESTS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the process with code 3 and says where, unless it holds. Async-signal-safe. */
#define EXPECT(condition)                                                 \
  do {                                                                    \
    if (!(condition)) expectation_failed(__FILE__, __LINE__, #condition); \
  } while (0)
_Noreturn void expectation_failed(const char* file, int line, const char* condition);

/* Not run on this machine: code 77. */
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

/* Has as many descriptors allowed, or as many as the machine gives; how many. */
unsigned long allow_descriptors(unsigned long count);
/* The same, but skips the scenario if that is less. */
void need_descriptors(unsigned long count);

/* No allocation by anybody in this process between these two, or it ends (no_malloc.c). */
void forbid_allocation(void);
void allow_allocation(void);

#endif
