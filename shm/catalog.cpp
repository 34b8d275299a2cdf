// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/catalog.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace goxel_telemetry::shm {
namespace {

template <class Word>
std::uint64_t load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Reads eight bytes at a time, the last ones perhaps twice: byte by byte this would be the longest
// part of counting a request. The bits are mixed well, because names share long prefixes.
std::uint32_t hash(NameKind kind, std::string_view name) {
  const char* const text = name.data();
  const std::size_t size = name.size();
  std::uint64_t h = size << 8 | static_cast<std::uint64_t>(kind);
  const auto mix = [&h](std::uint64_t word) {
    h = (h ^ word) * 0x9E37'79B9'7F4A'7C15u;
    h ^= h >> 32;
  };
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) mix(load<std::uint64_t>(text + at));
    mix(load<std::uint64_t>(text + size - 8));
  } else if (size >= 4) {
    mix(load<std::uint32_t>(text) << 32 | load<std::uint32_t>(text + size - 4));
  } else {
    for (const char c : name) mix(static_cast<std::uint8_t>(c));
  }
  return static_cast<std::uint32_t>((h * 0xD6E8'FEB8'6659'FD93u) >> 32);
}

bool is(const CatalogEntry& entry, NameKind kind, std::string_view name) {
  return entry.kind.load(std::memory_order_relaxed) == static_cast<std::uint8_t>(kind) &&
         entry.length == name.size() && std::memcmp(entry.name, name.data(), name.size()) == 0;
}

}  // namespace

std::string_view fit_name(std::string_view name, char (&buffer)[kNameBytes]) {
  if (name.size() <= kNameBytes) return name;
  constexpr std::string_view kMore = "\u2026";
  constexpr std::size_t kRoom = kNameBytes - kMore.size();
  std::size_t size = kRoom;
  while (size > kRoom - 4 && (static_cast<std::uint8_t>(name[size]) & 0xC0u) == 0x80u) --size;
  // No character has more than three bytes after its first.
  const bool utf8 = size > kRoom - 4;
  if (!utf8) size = kRoom;
  std::memcpy(buffer, name.data(), size);
  std::memcpy(buffer + size, kMore.data(), kMore.size());
  return {buffer, size + kMore.size()};
}

CatalogWriter::CatalogWriter(Header& header, std::span<CatalogEntry> entries)
    : header_(header), entries_(entries.first(std::min<std::size_t>(entries.size(), 1024))) {
  struct WellKnown {
    std::uint16_t id;
    NameKind kind;
    const char* name;
  };
  static constexpr WellKnown kWellKnown[] = {
      {names::kOther, NameKind::operation, "_OTHER"},
      {names::kMalformed, NameKind::operation, "_MALFORMED"},
      {names::kBatch, NameKind::operation, "_BATCH"},
      {names::kMcpClient, NameKind::layer, "mcp-client"},
      {names::kMcpServer, NameKind::layer, "mcp-server"},
      {names::kTsClient, NameKind::layer, "ts-client"},
      {names::kDaemon, NameKind::layer, "daemon"},
      {names::kFourLayer, NameKind::stack, "4-layer"},
      {names::kTwoLayer, NameKind::stack, "2-layer"},
  };
  for (const WellKnown& known : kWellKnown) {
    [[maybe_unused]] const std::uint16_t id = intern(known.kind, known.name);
    assert(id == known.id);
  }
}

std::uint16_t CatalogWriter::intern(NameKind kind, std::string_view full_name,
                                    std::uint32_t target_us) noexcept {
  char buffer[kNameBytes];
  const std::string_view name = fit_name(full_name, buffer);
  const std::uint32_t start = hash(kind, name);
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    std::atomic<std::uint32_t>& place = places_[(start + probe) % kPlaces];
    std::uint32_t found = place.load(std::memory_order_acquire);  // pairs with the store below
    if (found == 0) {
      if (reserved_.load(std::memory_order_relaxed) >= entries_.size()) break;
      if (place.compare_exchange_strong(found, kBusy, std::memory_order_acquire)) {
        const std::uint16_t id = append(kind, name, target_us);
        // A name that found no room in the catalog leaves its place in the table busy, because
        // other names may have gone past that place while it was busy, and a free place would end
        // the search for them. That costs one place for each thread that is here at the instant at
        // which the catalog fills up, and none later.
        if (id == names::kOther && name != "_OTHER") break;
        place.store(id + 1u, std::memory_order_release);
        return id;
      }
    }
    // Another thread is writing a name into a busy place at this very moment, perhaps the same
    // name. Waiting for it would be a lock. The name goes to the next place instead, and may so get
    // two ids; readers compare names.
    if (found != 0 && found != kBusy && is(entries_[found - 1], kind, name)) {
      return static_cast<std::uint16_t>(found - 1);
    }
  }
  Header* const successor = successor_.load(std::memory_order_acquire);
  (successor != nullptr ? *successor : header_)
      .gauges[Gauge::catalog_overflow]
      .fetch_add(1, std::memory_order_relaxed);
  return names::kOther;
}

std::uint16_t CatalogWriter::append(NameKind kind, std::string_view name,
                                    std::uint32_t target_us) noexcept {
  std::uint32_t id = reserved_.load(std::memory_order_relaxed);
  do {
    if (id >= entries_.size()) return names::kOther;
    // In one order with continue_in()'s: a name that it does not count sees the successor.
  } while (!reserved_.compare_exchange_weak(id, id + 1, std::memory_order_seq_cst));
  CatalogEntry& entry = entries_[id];
  std::memcpy(entry.name, name.data(), name.size());
  entry.length = static_cast<std::uint8_t>(name.size());
  entry.target_us = target_us;
  // Pairs with CatalogReader::name().
  entry.kind.store(static_cast<std::uint8_t>(kind), std::memory_order_release);
  header_.catalog_count.fetch_add(1, std::memory_order_release);
  if (Header* const successor = successor_.load(std::memory_order_seq_cst)) copy_to(*successor, id);
  return static_cast<std::uint16_t>(id);
}

void CatalogWriter::copy_to(Header& header, std::uint32_t id) noexcept {
  const CatalogEntry& from = entries_[id];
  CatalogEntry& to = *reinterpret_cast<CatalogEntry*>(
      reinterpret_cast<std::byte*>(&header) + header.catalog_offset + id * sizeof(CatalogEntry));
  std::memcpy(to.name, from.name, sizeof to.name);
  std::memcpy(&to.length, &from.length, sizeof to.length);
  to.target_us = from.target_us;
  to.kind.store(from.kind.load(std::memory_order_relaxed), std::memory_order_release);
  header.catalog_count.fetch_add(1, std::memory_order_release);
}

void CatalogWriter::continue_in(Header& header) noexcept {
  assert(header.catalog_capacity >= entries_.size());
  successor_.store(&header, std::memory_order_seq_cst);
  entered_before_ = reserved_.load(std::memory_order_seq_cst);
}

void CatalogWriter::catch_up() noexcept {
  Header& header = *successor_.load(std::memory_order_relaxed);
  const CatalogEntry* const there = reinterpret_cast<const CatalogEntry*>(
      reinterpret_cast<const std::byte*>(&header) + header.catalog_offset);
  for (std::uint32_t id = 0; id < entered_before_; ++id) {
    const bool missing = there[id].kind.load(std::memory_order_relaxed) == 0;
    if (missing && entries_[id].kind.load(std::memory_order_acquire) != 0) copy_to(header, id);
  }
}

}  // namespace goxel_telemetry::shm
