// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/catalog_reader.h"

#include <algorithm>
#include <cstring>

namespace goxel_telemetry::shm {

std::uint32_t CatalogReader::size() const {
  const std::uint64_t count = header_.catalog_count.load(std::memory_order_acquire);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, entries_.size()));
}

std::size_t CatalogReader::name(std::uint32_t id, char (&out)[kNameBytes], NameKind* kind) const {
  if (id >= entries_.size()) return 0;
  const CatalogEntry& entry = entries_[id];
  const std::uint8_t found =
      entry.kind.load(std::memory_order_acquire);  // pairs with CatalogWriter::append()
  const std::uint8_t length = read_once(entry.length);
  if (found == 0 || found > static_cast<std::uint8_t>(NameKind::stack) || length > kNameBytes) {
    return 0;
  }
  std::memcpy(out, entry.name, length);
  if (kind != nullptr) *kind = static_cast<NameKind>(found);
  return length;
}

std::uint32_t CatalogReader::target_us(std::uint32_t id) const {
  if (id >= entries_.size()) return 0;
  const CatalogEntry& entry = entries_[id];
  const auto operation = static_cast<std::uint8_t>(NameKind::operation);
  return entry.kind.load(std::memory_order_acquire) == operation ? read_once(entry.target_us) : 0;
}

}  // namespace goxel_telemetry::shm
