/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenarios of single calls: every form of them, their errors, and reads and writes that do less
 * than was asked. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "scenarios.h"

/* What _FORTIFY_SOURCE makes of calls. */
ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void* buffer, size_t size, size_t room, int flags,
                       struct sockaddr* address, socklen_t* length);
ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room);
int __poll_chk(struct pollfd* fds, nfds_t count, int timeout, size_t room);
int __ppoll_chk(struct pollfd* fds, nfds_t count, const struct timespec* timeout,
                const sigset_t* mask, size_t room);

enum { kPieces = 100, kPieceBytes = 3, kBytes = kPieces * kPieceBytes };

/* `buffer` as a vector of small pieces. */
static void cut(struct iovec* vector, char* buffer, size_t size) {
  for (size_t i = 0; i < kPieces; ++i) {
    const size_t at = i * kPieceBytes < size ? i * kPieceBytes : size;
    vector[i].iov_base = buffer + at;
    vector[i].iov_len = size - at < kPieceBytes ? size - at : kPieceBytes;
  }
}

enum { kReceiveForms = 8 };

static ssize_t receive(int form, int fd, char* buffer) {
  struct iovec vector[kPieces];
  cut(vector, buffer, kBytes);
  struct msghdr message = {.msg_iov = vector, .msg_iovlen = kPieces};
  switch (form) {
    case 0:
      return read(fd, buffer, kBytes);
    case 1:
      return recv(fd, buffer, kBytes, 0);
    case 2:
      return recvfrom(fd, buffer, kBytes, 0, NULL, NULL);
    case 3:
      return recvmsg(fd, &message, 0);
    case 4:
      return readv(fd, vector, kPieces);
    case 5:
      return __recv_chk(fd, buffer, kBytes, kBytes, 0);
    case 6:
      return __recvfrom_chk(fd, buffer, kBytes, kBytes, 0, NULL, NULL);
    default:
      return __read_chk(fd, buffer, kBytes, kBytes);
  }
}

enum { kSendForms = 5 };

static ssize_t transmit(int form, int fd, char* buffer, size_t size) {
  struct iovec vector[kPieces];
  cut(vector, buffer, size);
  struct msghdr message = {.msg_iov = vector, .msg_iovlen = kPieces};
  switch (form) {
    case 0:
      return write(fd, buffer, size);
    case 1:
      return send(fd, buffer, size, MSG_NOSIGNAL);
    case 2:
      return sendto(fd, buffer, size, 0, NULL, 0);
    case 3:
      return sendmsg(fd, &message, 0);
    default:
      return writev(fd, vector, kPieces);
  }
}

/* 40 requests. */
void every_form(void) {
  const int listener = start_listening();
  const struct pair plain = new_pair(listener);
  char text[sizeof answer];
  memcpy(text, answer, sizeof answer);
  char buffer[kBytes];
  for (int r = 0; r < kReceiveForms; ++r) {
    for (int s = 0; s < kSendForms; ++s) {
      ask(plain.client, "every.form");
      EXPECT(receive(r, plain.server, buffer) > 0);
      EXPECT(transmit(s, plain.server, text, sizeof answer - 1) == sizeof answer - 1);
      EXPECT(transmit(s, plain.server, (char[]){'\n'}, 1) == 1);
      hear(plain.client);
    }
  }
}

/* Each poll sees that the client is gone: 4 hang-ups, with a request in flight each. */
void every_poll(void) {
  const int listener = start_listening();
  for (int form = 0; form < 4; ++form) {
    const struct pair pair = new_pair(listener);
    ask(pair.client, "left.behind");
    char buffer[kBytes];
    EXPECT(recv(pair.server, buffer, sizeof buffer, 0) > 0);
    close(pair.client);
    struct pollfd waiting = {.fd = pair.server, .events = POLLIN};
    const struct timespec minute = {60, 0};
    int ready = 0;
    if (form == 0) ready = poll(&waiting, 1, 60000);
    if (form == 1) ready = ppoll(&waiting, 1, &minute, NULL);
    if (form == 2) ready = __poll_chk(&waiting, 1, 60000, sizeof waiting);
    if (form == 3) ready = __ppoll_chk(&waiting, 1, &minute, NULL, sizeof waiting);
    EXPECT(ready == 1 && (waiting.revents & POLLHUP) != 0);
  }
}

/* A pair whose server's side has a second number. */
static struct pair new_pair_with_copy(int listener, int* copy) {
  const struct pair pair = new_pair(listener);
  *copy = dup(pair.server);
  EXPECT(*copy >= 0);
  return pair;
}

/* Each form of each call finds out that the client is gone, on either number of its connection:
 * 16 times by the reset of a read, with a request in flight; 16 times by the end of its input, in the
 * middle of a line; twice by a poll, with a request in flight; these connections stay open. 10 times
 * by a send, with a request in flight. */
void every_hang_up(void) {
  signal(SIGPIPE, SIG_IGN);
  const int listener = start_listening();
  char text[sizeof answer];
  memcpy(text, answer, sizeof answer);
  char buffer[kBytes];
  for (int on_copy = 0; on_copy < 2; ++on_copy) {
    int copy;
    for (int form = 0; form < kReceiveForms; ++form) {
      const struct pair reset = new_pair_with_copy(listener, &copy);
      ask(reset.client, "reset");
      EXPECT(recv(reset.server, buffer, sizeof buffer, 0) > 0);
      EXPECT(send(reset.server, "\n", 1, 0) == 1); /* unread by the client, hence the reset */
      close(reset.client);
      EXPECT(receive(form, on_copy ? copy : reset.server, buffer) == -1 && errno == ECONNRESET);

      const struct pair cut_off = new_pair_with_copy(listener, &copy);
      EXPECT(send(cut_off.client, "GET /", 5, 0) == 5);
      EXPECT(recv(cut_off.server, buffer, sizeof buffer, 0) == 5);
      EXPECT(shutdown(cut_off.client, SHUT_WR) == 0);
      EXPECT(receive(form, on_copy ? copy : cut_off.server, buffer) == 0);
    }
    for (int form = 0; form < kSendForms; ++form) {
      const struct pair refused = new_pair_with_copy(listener, &copy);
      ask(refused.client, "refused");
      EXPECT(recv(refused.server, buffer, sizeof buffer, 0) > 0);
      close(refused.client);
      EXPECT(transmit(form, on_copy ? copy : refused.server, text, sizeof answer - 1) == -1);
      EXPECT(errno == EPIPE);
      close(copy);
      close(refused.server);
    }
    const struct pair polled = new_pair_with_copy(listener, &copy);
    ask(polled.client, "polled");
    EXPECT(recv(polled.server, buffer, sizeof buffer, 0) > 0);
    close(polled.client);
    struct pollfd waiting = {.fd = on_copy ? copy : polled.server, .events = POLLIN};
    EXPECT(poll(&waiting, 1, 1000) == 1 && (waiting.revents & POLLHUP) != 0);
  }
}

/* A host that reads no more still answers; one that sends no more does not, and that is no hang-up
 * of its client's, though sending fails. A shutdown that fails changes nothing. */
void shut_down(void) {
  const int listener = start_listening();
  const int ends[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
  for (int i = 0; i < 3; ++i) {
    const struct pair pair = new_pair(listener);
    ask(pair.client, "shut.down");
    char buffer[kBytes];
    EXPECT(recv(pair.server, buffer, sizeof buffer, 0) > 0);
    EXPECT(shutdown(pair.server, 99) == -1);
    EXPECT(shutdown(pair.server, ends[i]) == 0);
    const ssize_t sent = send(pair.server, answer, sizeof answer - 1, MSG_NOSIGNAL);
    EXPECT(sent == (ends[i] == SHUT_RD ? (ssize_t)(sizeof answer - 1) : -1));
    close(pair.server);
    close(pair.client);
  }
}

/* A request that is never answered, on a connection on which the host goes on telling things, until
 * there is a file of the argument's name. */
void stuck(void) {
  static const char notice[] = "{\"jsonrpc\": \"2.0\", \"method\": \"progress\"}\n";
  const struct pair pair = new_pair(start_listening());
  char buffer[kBytes];
  ask(pair.client, "stuck");
  EXPECT(recv(pair.server, buffer, sizeof buffer, 0) > 0);
  while (access(scenario_argument, F_OK) != 0) {
    EXPECT(send(pair.server, notice, sizeof notice - 1, 0) == sizeof notice - 1);
    hear(pair.client);
    usleep(10000);
  }
}

/* A call's result and errno are the kernel's, whatever it was. Repeated so that calls that the
 * plugin times are among them. */
#define SAME(call, raw)                                       \
  do {                                                        \
    errno = 4242;                                             \
    const long wanted = (long)(raw);                          \
    const int wanted_errno = errno;                           \
    errno = 4242;                                             \
    const long result = (long)(call);                         \
    const int result_errno = errno;                           \
    EXPECT(result == wanted && result_errno == wanted_errno); \
  } while (0)

void errno_kept(void) {
  const int listener = start_listening();
  EXPECT(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
  const struct pair pair = new_pair(listener);
  const int s = pair.server;
  EXPECT(fcntl(s, F_SETFL, O_NONBLOCK) == 0);
  char buffer[64];
  /* Volatile: compilers know bad arguments when they see them. */
  char* volatile nowhere = (char*)8;
  volatile int negative = -1;
  struct iovec bad_piece = {nowhere, 8};
  struct msghdr bad_message = {.msg_iov = &bad_piece, .msg_iovlen = 1};
  for (int i = 0; i < 200; ++i) {
    SAME(recv(s, buffer, sizeof buffer, 0),
         syscall(SYS_recvfrom, s, buffer, sizeof buffer, 0, NULL, NULL));
    SAME(read(s, buffer, sizeof buffer), syscall(SYS_read, s, buffer, sizeof buffer));
    SAME(read(s, buffer, 0), syscall(SYS_read, s, buffer, 0));
    SAME(readv(s, (struct iovec*)nowhere, 3), syscall(SYS_readv, s, nowhere, 3));
    SAME(readv(s, &bad_piece, negative), syscall(SYS_readv, s, &bad_piece, negative));
    SAME(recvmsg(s, (struct msghdr*)nowhere, 0), syscall(SYS_recvmsg, s, nowhere, 0));
    SAME(recvmsg(s, &bad_message, 0), syscall(SYS_recvmsg, s, &bad_message, 0));
    SAME(sendmsg(s, (struct msghdr*)nowhere, 0), syscall(SYS_sendmsg, s, nowhere, 0));
    SAME(sendmsg(s, &bad_message, 0), syscall(SYS_sendmsg, s, &bad_message, 0));
    SAME(writev(s, (struct iovec*)nowhere, 3), syscall(SYS_writev, s, nowhere, 3));
    SAME(write(s, nowhere, 3), syscall(SYS_write, s, nowhere, 3));
    SAME(send(s, nowhere, 3, 0), syscall(SYS_sendto, s, nowhere, 3, 0, NULL, 0));
    SAME(poll((struct pollfd*)nowhere, 1, 0), syscall(SYS_poll, nowhere, 1, 0));
    SAME(accept(listener, NULL, NULL), syscall(SYS_accept, listener, NULL, NULL));
    SAME(accept(s, NULL, NULL), syscall(SYS_accept, s, NULL, NULL));
    SAME(accept4(-1, NULL, NULL, 0), syscall(SYS_accept4, -1, NULL, NULL, 0));
    SAME(listen(-1, 1), syscall(SYS_listen, -1, 1));
    SAME(shutdown(-1, SHUT_WR), syscall(SYS_shutdown, -1, SHUT_WR));
    SAME(close(-1), syscall(SYS_close, -1));
    SAME(close(1 << 30), syscall(SYS_close, 1 << 30));
    SAME(dup(-1), syscall(SYS_dup, -1));
    SAME(dup2(-1, s), syscall(SYS_dup2, -1, s));
    SAME(dup2(s, s), syscall(SYS_dup2, s, s));
    SAME(dup2(s, 1 << 30), syscall(SYS_dup2, s, 1 << 30));
    SAME(dup3(s, s, 0), syscall(SYS_dup3, s, s, 0));
    SAME(fcntl(s, F_GETFL), syscall(SYS_fcntl, s, F_GETFL));
    SAME(fcntl(-1, F_DUPFD, 10), syscall(SYS_fcntl, -1, F_DUPFD, 10));

    /* Calls that work, and that the plugin does most for, leave errno alone. */
    ask(pair.client, "errno.kept");
    errno = 4242;
    EXPECT(recv(s, buffer, sizeof buffer, 0) > 0 && errno == 4242);
    EXPECT(send(s, answer, sizeof answer - 1, 0) > 0 && errno == 4242);
    EXPECT(write(s, "\n", 1) == 1 && errno == 4242);
    hear(pair.client);
    errno = 4242;
    const int copy = dup(s);
    EXPECT(copy >= 0 && errno == 4242 && close(copy) == 0 && errno == 4242);
  }
  close(pair.client);
  signal(SIGPIPE, SIG_IGN);
  SAME(write(s, "x", 1), syscall(SYS_write, s, "x", 1));
  SAME(shutdown(s, SHUT_WR), syscall(SYS_shutdown, s, SHUT_WR));
}

static void ignore_signal(int number) {
  (void)number;
}

static pthread_t reader;
static atomic_bool interrupted_enough;

static void* interrupt_reader(void* argument) {
  (void)argument;
  while (!atomic_load(&interrupted_enough)) {
    usleep(2000);
    pthread_kill(reader, SIGUSR1);
  }
  return NULL;
}

/* Each of these reads before the one that counts delivers nothing, or nothing new: 1 request. */
void odd_reads(void) {
  const struct pair pair = new_pair(start_listening());
  const int s = pair.server;
  char buffer[256];
  EXPECT(recv(s, buffer, sizeof buffer, MSG_DONTWAIT) == -1 && errno == EAGAIN);
  struct sigaction action = {.sa_handler = ignore_signal}; /* no SA_RESTART */
  sigaction(SIGUSR1, &action, NULL);
  reader = pthread_self();
  pthread_t other;
  EXPECT(pthread_create(&other, NULL, interrupt_reader, NULL) == 0);
  EXPECT(recv(s, buffer, sizeof buffer, 0) == -1 && errno == EINTR);
  struct pollfd waiting = {.fd = s, .events = POLLIN};
  EXPECT(poll(&waiting, 1, -1) == -1 && errno == EINTR);
  atomic_store(&interrupted_enough, true);
  pthread_join(other, NULL);
  ask(pair.client, "odd.reads");
  EXPECT(recv(s, buffer, 4, MSG_PEEK) == 4);
  EXPECT(recv(s, buffer, 16, MSG_PEEK) == 16);
  EXPECT(recv(s, buffer, sizeof buffer, MSG_PEEK | MSG_TRUNC) > 16);
  EXPECT(recv(s, buffer, 0, 0) == 0);
  EXPECT(read(s, buffer, 0) == 0);
  struct iovec empty[2] = {{buffer, 0}, {buffer, 0}};
  EXPECT(readv(s, empty, 2) == 0);
  EXPECT(readv(s, empty, 0) == 0);
  struct msghdr message = {.msg_iov = empty, .msg_iovlen = 2};
  EXPECT(recvmsg(s, &message, 0) == 0);
  struct iovec pieces[4] = {{buffer, 0}, {buffer, 1}, {buffer, 0}, {buffer + 1, 5}};
  EXPECT(readv(s, pieces, 4) == 6);
  EXPECT(recv(s, buffer, sizeof buffer, MSG_TRUNC) > 16);
  EXPECT(send(s, answer, sizeof answer - 1, 0) > 0);
  EXPECT(send(s, "\n", 1, 0) == 1);
  hear(pair.client);
  close(pair.client);
  EXPECT(recv(s, buffer, sizeof buffer, 0) == 0);
  close(s);
}

static void* read_slowly(void* client) {
  char buffer[4096];
  ssize_t got;
  size_t total = 0;
  while ((got = recv(*(int*)client, buffer, sizeof buffer, 0)) > 0) total += (size_t)got;
  return (void*)total;
}

/* A non-blocking answer of 4 MB, in as many pieces as the kernel takes, sent by each form: 5
 * requests. */
void partial_sends(void) {
  enum { kSize = 4000000 };
  const int listener = start_listening();
  char* const text = long_answer(kSize);
  for (int form = 0; form < kSendForms; ++form) {
    struct pair pair = new_pair(listener);
    const int s = pair.server;
    int room = 16384;
    setsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    EXPECT(fcntl(s, F_SETFL, O_NONBLOCK) == 0);
    ask(pair.client, "partial.sends");
    char buffer[256];
    struct pollfd waiting = {.fd = s, .events = POLLIN};
    EXPECT(poll(&waiting, 1, -1) == 1 && recv(s, buffer, sizeof buffer, 0) > 0);
    pthread_t client;
    EXPECT(pthread_create(&client, NULL, read_slowly, &pair.client) == 0);
    int parts = 0;
    for (size_t done = 0; done < kSize;) {
      struct iovec halves[2] = {
          {text + done, (kSize - done) / 2},
          {text + done + (kSize - done) / 2, kSize - done - (kSize - done) / 2}};
      struct msghdr message = {.msg_iov = halves, .msg_iovlen = 2};
      const ssize_t sent = form == 3   ? sendmsg(s, &message, 0)
                           : form == 4 ? writev(s, halves, 2)
                                       : transmit(form, s, text + done, kSize - done);
      if (sent > 0) {
        done += (size_t)sent;
        ++parts;
        continue;
      }
      EXPECT(errno == EAGAIN);
      waiting.events = POLLOUT;
      EXPECT(poll(&waiting, 1, -1) == 1);
    }
    EXPECT(parts > 1);
    close(s);
    void* total;
    pthread_join(client, &total);
    EXPECT((size_t)total == kSize);
    close(pair.client);
  }
  free(text);
}

static void talk(int from, int to) {
  static const char text[] = "{\"jsonrpc\": \"2.0\", \"method\": \"not.ours\", \"id\": 1}\n";
  char buffer[256];
  EXPECT(write(from, text, sizeof text - 1) == sizeof text - 1);
  EXPECT(read(to, buffer, sizeof buffer) == sizeof text - 1);
}

/* Messages through everything that is no client's connection; between them 1 real request. */
void foreign_descriptors(void) {
  const struct pair pair = new_pair(start_listening());

  int ends[2];
  EXPECT(pipe(ends) == 0);
  talk(ends[1], ends[0]);
  EXPECT(close(ends[0]) == 0 && close(ends[1]) == 0);

  EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  talk(ends[0], ends[1]);
  talk(ends[1], ends[0]);
  EXPECT(close(ends[0]) == 0 && close(ends[1]) == 0);

  EXPECT(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  talk(ends[0], ends[1]);
  EXPECT(close(ends[0]) == 0 && close(ends[1]) == 0);

  FILE* const file = tmpfile();
  EXPECT(file != NULL);
  EXPECT(write(fileno(file), "{\"method\": \"x\"}", 15) == 15 &&
         lseek(fileno(file), 0, SEEK_SET) == 0);
  char buffer[64];
  EXPECT(read(fileno(file), buffer, sizeof buffer) == 15);
  fclose(file);

  const int tcp = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof local;
  EXPECT(bind(tcp, (struct sockaddr*)&local, sizeof local) == 0 && listen(tcp, 1) == 0);
  EXPECT(getsockname(tcp, (struct sockaddr*)&local, &size) == 0);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT(connect(client, (struct sockaddr*)&local, sizeof local) == 0);
  const int server = accept(tcp, NULL, NULL);
  EXPECT(server >= 0);
  talk(client, server);
  talk(server, client);
  EXPECT(close(client) == 0 && close(server) == 0 && close(tcp) == 0);

  converse(pair, "real");
  close(pair.server);
}

/* One connection under many numbers, also beyond 65,536 where that is allowed: 6 requests, 1
 * connection. */
void duplicates(void) {
  const int high = (int)allow_descriptors(70000) - 100;
  const struct pair pair = new_pair(start_listening());
  const int numbers[] = {
      dup(pair.server), dup2(pair.server, high), dup3(pair.server, high + 1, O_CLOEXEC),
      fcntl(pair.server, F_DUPFD, high + 10), fcntl(pair.server, F_DUPFD_CLOEXEC, high + 10)};
  close(pair.server);
  converse((struct pair){pair.client, numbers[0]}, "duplicates");
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
    EXPECT(numbers[i] >= 0);
    converse((struct pair){pair.client, numbers[i]}, "duplicates");
    EXPECT(close(numbers[i]) == 0);
  }
}

/* What was a client's number is now a file's, a pipe's, another client's: 3 requests of 2
 * connections. */
void number_reused(void) {
  const int listener = start_listening();
  struct pair first = new_pair(listener);
  converse(first, "reused");
  close(first.server);
  const int file = open("/dev/null", O_RDWR);
  EXPECT(file == first.server);
  EXPECT(write(file, "{\"result\": 1, \"id\": 1}", 22) == 22);
  close(file);
  const struct pair second = new_pair(listener);
  converse(second, "reused");
  const int pipe_ends = open("/dev/null", O_RDWR);
  EXPECT(dup2(pipe_ends, second.server) == second.server); /* closes the client's */
  EXPECT(write(second.server, "{\"result\": 1, \"id\": 1}", 22) == 22);
  const struct pair third = new_pair(listener);
  converse(third, "reused");
  close(third.server);
}
