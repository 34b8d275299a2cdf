// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/bus_guard.h"

#include <sys/mman.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <memory>
#include <mutex>

namespace goxel_telemetry::shm {

// `begin` is 0 while a place is free and 1 while it is being filled. The handler may run at any
// point of any thread.
struct Place {
  std::atomic<std::uintptr_t> begin;
  std::atomic<std::uintptr_t> end;
  std::atomic<int> protection;
  std::atomic<bool> needed;
};

namespace {

// Chunks are never freed: the handler may be reading them.
struct Chunk {
  Place places[64];
  std::atomic<Chunk*> next;
};
Chunk first;
struct sigaction previous;

void handle_bus_error(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  bool handled = false;  // a further guard of the same mapping has to know, too
  for (Chunk* chunk = &first; chunk != nullptr;
       chunk = chunk->next.load(std::memory_order_acquire)) {
    for (Place& place : chunk->places) {
      const std::uintptr_t begin = place.begin.load(std::memory_order_acquire);
      if (begin <= 1 || address < begin) continue;
      const std::uintptr_t end = place.end.load(std::memory_order_acquire);
      if (address >= end) continue;
      // Another thread may have given the place to another mapping meanwhile: begin and end must be
      // those of one mapping.
      if (place.begin.load(std::memory_order_relaxed) != begin) continue;
      // The whole mapping, not one page: a half-zeroed segment has nothing left to say, and one
      // fault is enough.
      if (handled) {
        place.needed.store(true, std::memory_order_release);
        continue;
      }
      void* zeros = mmap(reinterpret_cast<void*>(begin), end - begin,
                         place.protection.load(std::memory_order_acquire),
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
      errno = saved_errno;
      handled = zeros != MAP_FAILED;
      place.needed.store(handled, std::memory_order_release);
    }
  }
  if (handled) return;
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    ::signal(signal, SIG_DFL);  // the faulting instruction runs again and ends the process
  }
}

void install_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action {};
    action.sa_sigaction = handle_bus_error;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &previous);
  });
}

Place& claim_place() {
  for (Chunk* chunk = &first;;) {
    for (Place& place : chunk->places) {
      std::uintptr_t free = 0;
      if (place.begin.compare_exchange_strong(free, 1, std::memory_order_acquire)) return place;
    }
    Chunk* next = chunk->next.load(std::memory_order_acquire);
    if (next == nullptr) {
      auto added = std::make_unique<Chunk>();
      if (chunk->next.compare_exchange_strong(next, added.get(), std::memory_order_acq_rel)) {
        next = added.release();
      }
    }
    chunk = next;
  }
}

}  // namespace

BusGuard::BusGuard(void* address, std::size_t size, Zeros zeros) : place_(&claim_place()) {
  install_once();
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  place_->end.store(begin + (size + page - 1) / page * page, std::memory_order_release);
  place_->protection.store(zeros == Zeros::writable ? PROT_READ | PROT_WRITE : PROT_READ,
                           std::memory_order_release);
  place_->needed.store(false, std::memory_order_release);
  place_->begin.store(begin, std::memory_order_release);
}

bool BusGuard::was_needed() const {
  return place_->needed.load(std::memory_order_acquire);
}

BusGuard::~BusGuard() {
  place_->begin.store(0, std::memory_order_release);
}

}  // namespace goxel_telemetry::shm
