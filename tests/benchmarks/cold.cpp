// SPDX-License-Identifier: GPL-3.0-or-later
#include "cold.h"

#include <sys/mman.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

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

// Those that are present: to flush a line of another would make it present.
std::vector<const unsigned char*> present_pages() {
  std::vector<const unsigned char*> pages;
  std::ifstream maps("/proc/self/maps");
  std::ifstream pagemap("/proc/self/pagemap", std::ios::binary);
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" r") == std::string::npos || line.find("[v") != std::string::npos) continue;
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%zx-%zx", &begin, &end) != 2) continue;
    std::vector<std::uint64_t> entries((end - begin) / kPage);
    pagemap.seekg(static_cast<std::streamoff>(begin / kPage * sizeof(std::uint64_t)));
    pagemap.read(reinterpret_cast<char*>(entries.data()),
                 static_cast<std::streamsize>(entries.size() * sizeof(std::uint64_t)));
    constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if ((entries[i] & kPresent) != 0) {
        pages.push_back(reinterpret_cast<const unsigned char*>(begin + i * kPage));
      }
    }
  }
  return pages;
}

}  // namespace

void become_cold() {
  static const std::vector<const unsigned char*> ours = present_pages();

  static const unsigned char* const data = small_pages(kBytes, PROT_READ);
  static const unsigned char* const code = small_pages(kCodePages * kPage, PROT_READ | PROT_EXEC);
#if defined(__x86_64__)
  for (const unsigned char* page : ours) {
    for (std::size_t i = 0; i < kPage; i += kLine) _mm_clflush(page + i);
  }
  _mm_mfence();
#endif
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
