// SPDX-License-Identifier: GPL-3.0-or-later
// The operations that requests name most, found at the cost of two cache lines. The catalog itself
// (shm/catalog.h) costs four, on three pages, two of them shared memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace goxel_telemetry::plugin {

// Whether a JSON-RPC method is one that only MCP has: they have a slash in their names, except two,
// one of which every client of MCP begins with.
inline bool only_mcp_has(std::string_view method) noexcept {
  return method.find('/') != std::string_view::npos || method == "initialize";
}

class OperationNames {
 public:
  static constexpr std::uint16_t kUnknown = UINT16_MAX;
  struct Found {
    std::uint16_t id = kUnknown;
    bool only_mcp = false;
  };

  // The catalog's number of the name. Wait-free, from any thread.
  Found find(std::string_view name) const noexcept;

  // From one thread at a time. A name that finds no room, or is too long, stays unknown.
  void add(std::string_view name, std::uint16_t id) noexcept;

 private:
  static constexpr std::uint32_t kMost = 128;
  static constexpr std::uint32_t kPlaces = 256;
  // Bounds a look-up, also when a client chooses names whose hashes collide.
  static constexpr std::uint32_t kProbes = 8;

  struct alignas(64) Entry {
    char text[60];
    std::uint8_t size;
    bool only_mcp;
    std::uint16_t id;
    bool spells(std::string_view name) const noexcept;
  };
  static std::uint32_t first_place(std::string_view name) noexcept;

  std::atomic<std::uint8_t> places_[kPlaces] = {};  // 0: free; else number of an entry, plus 1
  Entry entries_[kMost] = {};
  std::uint32_t count_ = 0;
};

}  // namespace goxel_telemetry::plugin
