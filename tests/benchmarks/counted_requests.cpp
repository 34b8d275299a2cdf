// SPDX-License-Identifier: GPL-3.0-or-later
// Some hundred requests, one as the other, of which tests/benchmarks/counts counts what the plugin touches. It is run under
// valgrind, with the plugin and preload_calls.cpp preloaded (`preload`) or the plugin loaded by this program (`abi`).
// What is neither in this program nor in preload_calls.cpp is the plugin, and so nothing else is called between the
// two marks. Everything has the same place in each run: the thread's stack and its thread-local variables, too.
#include <pthread.h>

#include <cstdio>
#include <cstdlib>

#include "abi_door.h"
#include "preload_door.h"

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
    constexpr const char* kCalls[] = {"poll", "recv", "send"};
    for (const char* name : kCalls) mark(name, of_preload_calls<void>(name));
  }
  std::fprintf(out, "whole\n");
  std::fclose(out);
}

void count_preloaded(const Run& run) {
  const int fd = new_connection();
  char* const buffer = request_buffer();
  const Calls& calls = through_the_plugin();
  write_layout(run);
  for (int i = 0; i < kWarmUp; ++i) one_request(calls, fd, buffer);
  counting_begins();
  for (int i = 0; i < kCounted; ++i) one_request(calls, fd, buffer);
  counting_ends();
}

void count_abi(const Run& run) {
  const goxel_plugin& plugin = activated_plugin(run.plugin, std::getenv("COUNTED_INSTANCE"));
  const goxel_plugin_request request = request_of_abi();
  plugin.connection_opened(request.connection);
  write_layout(run);
  const auto requests = [&](int wanted) {
    for (int i = 0; i < wanted; ++i) {
      request_arrives();
      abi_request(plugin, request, answer_departs);
    }
  };
  requests(kWarmUp);
  counting_begins();
  requests(kCounted);
  counting_ends();
  plugin.deactivate();
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
