// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/own_memory.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>

// From the linker: the beginning and the end of what is loaded of this library.
extern "C" {
[[gnu::visibility("hidden")]] extern const std::byte __ehdr_start[];  // NOLINT: its name
[[gnu::visibility("hidden")]] extern const std::byte _end[];          // NOLINT
}

namespace goxel_telemetry::plugin {
namespace {

// An entry of /proc/self/pagemap.
constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
// Of a present page: of a file or of shared memory; or else of this process alone. The kernel's own
// page of zeros, which stands for memory that was only read, is neither, and is not resident.
constexpr std::uint64_t kFile = std::uint64_t{1} << 61;
constexpr std::uint64_t kExclusive = std::uint64_t{1} << 56;

}  // namespace

Memory own_library() noexcept {
  return {__ehdr_start, static_cast<std::size_t>(_end - __ehdr_start)};
}

std::uint64_t present_bytes(std::span<const Memory> memory) noexcept {
  const int pages = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (pages < 0) return 0;
  const auto page_bytes = static_cast<std::uint64_t>(getpagesize());
  std::uint64_t present = 0;
  for (const Memory& part : memory) {
    std::uint64_t page = reinterpret_cast<std::uintptr_t>(part.data()) / page_bytes;
    const std::uint64_t end =
        (reinterpret_cast<std::uintptr_t>(part.data()) + part.size() + page_bytes - 1) / page_bytes;
    while (page < end) {
      std::uint64_t entries[256];
      const std::uint64_t wanted = std::min<std::uint64_t>(end - page, std::size(entries));
      const ssize_t read = pread(pages, entries, wanted * sizeof entries[0],
                                 static_cast<off_t>(page * sizeof entries[0]));
      if (read < static_cast<ssize_t>(sizeof entries[0])) break;
      const std::uint64_t count = static_cast<std::uint64_t>(read) / sizeof entries[0];
      present += static_cast<std::uint64_t>(
          std::count_if(entries, entries + count, [](std::uint64_t entry) {
            return (entry & kPresent) != 0 && (entry & (kFile | kExclusive)) != 0;
          }));
      page += count;
    }
  }
  close(pages);
  return present * page_bytes;
}

}  // namespace goxel_telemetry::plugin
