/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char answer[58] = "{ \"jsonrpc\": \"2.0\", \"result\": { \"pong\": true }, \"id\": 1 }";

void expectation_failed(const char* file, int line, const char* condition) {
  dprintf(STDERR_FILENO, "%s:%d: not so: %s\n", file, line, condition);
  _exit(3);
}

void skip(const char* why) {
  dprintf(STDERR_FILENO, "skipped: %s\n", why);
  _exit(77);
}

static struct sockaddr_un address;
static socklen_t address_size;

int start_listening(void) {
  address.sun_family = AF_UNIX;
  const int length =
      snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "goxel-host-%d", (int)getpid());
  address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT(listener >= 0);
  EXPECT(bind(listener, (struct sockaddr*)&address, address_size) == 0);
  EXPECT(listen(listener, 4096) == 0);
  return listener;
}

struct pair new_pair(int listener) {
  struct pair pair;
  pair.client = socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT(pair.client >= 0);
  EXPECT(connect(pair.client, (struct sockaddr*)&address, address_size) == 0);
  pair.server = accept(listener, NULL, NULL);
  EXPECT(pair.server >= 0);
  return pair;
}

void ask(int client, const char* method) {
  char request[256];
  const int size = snprintf(request, sizeof request,
                            "{\"jsonrpc\": \"2.0\", \"method\": \"%s\", \"id\": 1}\n", method);
  EXPECT(send(client, request, (size_t)size, MSG_NOSIGNAL) == size);
}

void serve(int server) {
  char buffer[8192];
  EXPECT(recv(server, buffer, sizeof buffer, 0) > 0);
  EXPECT(send(server, answer, sizeof answer - 1, MSG_NOSIGNAL) == sizeof answer - 1);
  EXPECT(send(server, "\n", 1, MSG_NOSIGNAL) == 1);
}

void hear(int client) {
  char buffer[8192];
  ssize_t got;
  do {
    got = recv(client, buffer, sizeof buffer, 0);
    EXPECT(got > 0);
  } while (buffer[got - 1] != '\n');
}

void converse(struct pair pair, const char* method) {
  ask(pair.client, method);
  serve(pair.server);
  hear(pair.client);
}

char* long_answer(size_t size) {
  static const char head[] = "{\"result\": \"";
  static const char tail[] = "\", \"id\": 1}";
  char* const text = malloc(size + 1);
  EXPECT(text != NULL && size > sizeof head + sizeof tail);
  memset(text, 'x', size);
  memcpy(text, head, sizeof head - 1);
  memcpy(text + size - (sizeof tail - 1), tail, sizeof tail);
  return text;
}

unsigned long allow_descriptors(unsigned long count) {
  struct rlimit limit;
  EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur >= count) return count;
  const unsigned long hard = limit.rlim_max;
  limit.rlim_cur = count;
  if (limit.rlim_max < count) limit.rlim_max = count; /* root may */
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return count;
  limit.rlim_cur = limit.rlim_max = hard;
  EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  return hard;
}

void need_descriptors(unsigned long count) {
  if (allow_descriptors(count) < count) skip("not enough descriptors are allowed here");
}
