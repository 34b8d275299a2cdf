// SPDX-License-Identifier: GPL-3.0-or-later
// Some hundred requests, one as the other, of which tests/benchmarks/counts counts what the plugin touches. It is run under
// valgrind, with the plugin and preload_calls.cpp preloaded (`preload`) or the plugin loaded by this program (`abi`).
// What is neither in this program nor in preload_calls.cpp is the plugin, and so nothing else is called between the
// two marks. Everything has the same place in each run: the thread's stack and its thread-local variables, too.
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "plugin/goxel_plugin.h"
#include "preload_calls.h"

// Called before the first request that counts, and after the last.
extern "C" __attribute__((noinline)) void counting_begins() {
  asm volatile("");
}
extern "C" __attribute__((noinline)) void counting_ends() {
  asm volatile("");
}
// Through the ABI: called when a request has arrived, and when the daemon would send its answer.
extern "C" __attribute__((noinline)) void request_arrives() {
  asm volatile("");
}
extern "C" __attribute__((noinline)) void answer_departs() {
  asm volatile("");
}

namespace {

constexpr int kWarmUp = 400;
constexpr int kCounted = 128;

struct Run {
  const char* layout;
  const char* plugin;  // null: preloaded
  const void* frame =
      nullptr;  // below it is the stack of the calls, above it what belongs to the thread
};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "counted_requests: %s\n", what);
  std::exit(1);
}

// What the reader of the trace has to know: where everything is.
void write_layout(const Run& run) {
  std::FILE* const out = std::fopen(run.layout, "we");
  std::FILE* const maps = std::fopen("/proc/self/maps", "re");
  if (out == nullptr || maps == nullptr) fail("the layout cannot be written");
  char line[4096];
  while (std::fgets(line, sizeof line, maps) != nullptr) std::fprintf(out, "map %s", line);
  std::fclose(maps);
  const auto mark = [out](const char* name, const void* address) {
    std::fprintf(out, "mark %s %p\n", name, address);
  };
  mark("begins", reinterpret_cast<const void*>(&counting_begins));
  mark("ends", reinterpret_cast<const void*>(&counting_ends));
  mark("arrives", reinterpret_cast<const void*>(&request_arrives));
  mark("departs", reinterpret_cast<const void*>(&answer_departs));
  mark("frame", run.frame);
  if (run.plugin == nullptr) {
    void* const calls = dlopen(PRELOAD_CALLS_PATH, RTLD_NOLOAD | RTLD_LAZY);
    if (calls == nullptr) fail("preload_calls is not preloaded");
    constexpr const char* kCalls[] = {"poll", "recv", "send"};
    for (const char* name : kCalls) mark(name, dlsym(calls, name));
  }
  std::fprintf(out, "whole\n");
  std::fclose(out);
}

// As the stock daemon does it: it waits, reads without waiting, works, and sends the answer and a newline.
void preloaded_request(int fd, char* buffer, std::size_t size) {
  pollfd waiting{fd, POLLIN, 0};
  if (poll(&waiting, 1, 100) != 1) return;
  recv(fd, buffer, size, MSG_DONTWAIT);
  send(fd, kAnswer, sizeof kAnswer - 1, MSG_NOSIGNAL);
  send(fd, "\n", 1, MSG_NOSIGNAL);
}

void count_preloaded(const Run& run) {
  if (listen(kListener, 1) != 0) fail("listen");
  const int fd = accept(kListener, nullptr, nullptr);
  static char buffer[8192];
  std::memcpy(buffer, kRequest, sizeof kRequest);
  write_layout(run);
  for (int i = 0; i < kWarmUp; ++i) preloaded_request(fd, buffer, sizeof buffer);
  counting_begins();
  for (int i = 0; i < kCounted; ++i) preloaded_request(fd, buffer, sizeof buffer);
  counting_ends();
}

// As a daemon with a pool of workers does it, on one thread.
void abi_request(const goxel_plugin& plugin, const goxel_plugin_request& request) {
  request_arrives();
  const goxel_plugin_request_token token = plugin.request_received(&request);
  plugin.request_queued(token);
  plugin.request_started(token, 1);
  plugin.request_answering(token);
  answer_departs();
  plugin.request_finished(token, GOXEL_STATUS_OK, sizeof kAnswer - 1);
}

void count_abi(const Run& run) {
  void* const library = dlopen(run.plugin, RTLD_NOW);
  if (library == nullptr) fail(dlerror());
  const auto entry =
      reinterpret_cast<goxel_plugin_entry_function>(dlsym(library, GOXEL_PLUGIN_ENTRY));
  const goxel_plugin* const plugin = entry == nullptr ? nullptr : entry(GOXEL_PLUGIN_ABI_MAJOR);
  if (plugin == nullptr) fail("it is no plugin");
  const goxel_plugin_setting settings[] = {{"instance", std::getenv("COUNTED_INSTANCE")},
                                           {"clock", "tsc"}};
  goxel_plugin_host host{};
  host.size = sizeof host;
  host.name = "counted_requests";
  host.version = "0";
  host.workers_configured = 1;
  host.settings = settings;
  host.setting_count = 2;
  if (plugin->activate(&host) != 0) fail("the plugin was not activated");
  static constexpr char kOperation[] = "goxel.add_voxel";
  goxel_plugin_request request{};
  request.size = sizeof request;
  request.connection = 1;
  request.protocol = GOXEL_PROTOCOL_JSON_RPC;
  request.operation = kOperation;
  request.operation_length = sizeof kOperation - 1;
  request.bytes = sizeof kRequest - 1;
  request.receive_duration_ns = 1000;
  plugin->connection_opened(request.connection);
  write_layout(run);
  for (int i = 0; i < kWarmUp; ++i) abi_request(*plugin, request);
  counting_begins();
  for (int i = 0; i < kCounted; ++i) abi_request(*plugin, request);
  counting_ends();
  plugin->deactivate();
}

void* work(void* argument) {
  Run& run = *static_cast<Run*>(argument);
  run.frame = __builtin_frame_address(0);
  if (run.plugin == nullptr) {
    count_preloaded(run);
  } else {
    count_abi(run);
  }
  return nullptr;
}

}  // namespace

// counted_requests LAYOUT: the plugin is preloaded; counted_requests LAYOUT PLUGIN: it is loaded.
int main(int count, char** arguments) {
  if (count < 2) fail("it takes the name of a file");
  Run run{arguments[1], count > 2 ? arguments[2] : nullptr};
  constexpr std::size_t kStackBytes = std::size_t{1} << 20;
  alignas(1 << 16) static char stack[kStackBytes];
  pthread_attr_t attributes;
  pthread_t thread;
  if (pthread_attr_init(&attributes) != 0 ||
      pthread_attr_setstack(&attributes, stack, kStackBytes) != 0 ||
      pthread_create(&thread, &attributes, work, &run) != 0) {
    fail("the thread cannot be started");
  }
  pthread_join(thread, nullptr);
}
