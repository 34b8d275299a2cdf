// SPDX-License-Identifier: GPL-3.0-or-later
#include "cold.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kBytes = std::size_t{64} << 20;
constexpr std::size_t kCodePages = 512;

unsigned char* small_pages(std::size_t bytes, int protection) {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || madvise(memory, bytes, MADV_NOHUGEPAGE) != 0) {
    std::perror("memory of small pages");
    std::exit(1);
  }
  // A function that does nothing, everywhere.
  constexpr int kReturn = 0xc3;
  std::memset(memory, kReturn, bytes);
  if (mprotect(memory, bytes, protection) != 0) {
    std::perror("mprotect");
    std::exit(1);
  }
  return static_cast<unsigned char*>(memory);
}

}  // namespace

void become_cold() {
  static const unsigned char* const data = small_pages(kBytes, PROT_READ);
  static const unsigned char* const code = small_pages(kCodePages * kPage, PROT_READ | PROT_EXEC);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBytes; i += kLine) sum += data[i];
  asm volatile("" : : "r"(sum));
#if defined(__x86_64__)
  // 512 pages, two lines of each: as many lines as the first level has for code.
  for (std::size_t page = 0; page < kCodePages; ++page) {
    for (std::size_t part = 0; part < 2; ++part) {
      const std::size_t line = (page * 2 + part) % (kPage / kLine);
      reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(code) + page * kPage +
                                   line * kLine)();
    }
  }
#endif
  usleep(3000);
}

void warm(const void* object, unsigned long size) {
  const auto* const bytes = static_cast<const volatile unsigned char*>(object);
  for (unsigned long i = 0; i < size; i += kLine) static_cast<void>(bytes[i]);
  if (size != 0) static_cast<void>(bytes[size - 1]);
}
