// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/operation_names.h"

#include <cstring>

namespace goxel_telemetry::plugin {
namespace {

std::uint64_t eight_bytes(const char* text) noexcept {
  std::uint64_t word;
  std::memcpy(&word, text, sizeof word);
  return word;
}

}  // namespace

// Names share long prefixes: their ends tell them apart.
inline std::uint32_t OperationNames::first_place(std::string_view name) noexcept {
  std::uint64_t word = name.size();
  if (name.size() >= 8) {
    word ^= eight_bytes(name.data() + name.size() - 8);
  } else {
    for (const char c : name) word = word << 8 ^ static_cast<unsigned char>(c);
  }
  return static_cast<std::uint32_t>((word * 0x9E37'79B9'7F4A'7C15u) >> 56);
}

// Eight bytes at a time, the last ones perhaps twice; reads nothing outside of the name.
inline bool OperationNames::Entry::spells(std::string_view name) const noexcept {
  if (size != name.size()) return false;
  if (name.size() < 8) {
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (text[i] != name[i]) return false;
    }
    return true;
  }
  const std::size_t last = name.size() - 8;
  for (std::size_t at = 0; at < last; at += 8) {
    if (eight_bytes(text + at) != eight_bytes(name.data() + at)) return false;
  }
  return eight_bytes(text + last) == eight_bytes(name.data() + last);
}

[[gnu::hot]] OperationNames::Found OperationNames::find(std::string_view name) const noexcept {
  const std::uint32_t start = first_place(name);
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    // Pairs with add().
    const std::uint8_t found = places_[(start + probe) % kPlaces].load(std::memory_order_acquire);
    if (found == 0) break;
    const Entry& entry = entries_[found - 1];
    if (entry.spells(name)) return {entry.id, entry.only_mcp};
  }
  return {};
}

void OperationNames::add(std::string_view name, std::uint16_t id) noexcept {
  static_assert(kMost < 256 && kPlaces == 256);
  if (count_ == kMost || name.size() > sizeof entries_->text || find(name).id != kUnknown) return;
  const std::uint32_t start = first_place(name);
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    std::atomic<std::uint8_t>& place = places_[(start + probe) % kPlaces];
    if (place.load(std::memory_order_relaxed) != 0) continue;
    Entry& entry = entries_[count_++];
    std::memcpy(entry.text, name.data(), name.size());
    entry.size = static_cast<std::uint8_t>(name.size());
    entry.only_mcp = only_mcp_has(name);
    entry.id = id;
    place.store(static_cast<std::uint8_t>(count_), std::memory_order_release);
    return;
  }
}

}  // namespace goxel_telemetry::plugin
