// SPDX-License-Identifier: GPL-3.0-or-later
// The reader's side of the catalog (catalog.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "shm/segment_layout.h"

namespace goxel_telemetry::shm {

// Looks names up in a segment that is not trusted.
class CatalogReader {
 public:
  CatalogReader(const Header& header, std::span<const CatalogEntry> entries)
      : header_(header), entries_(entries) {}

  // Names entered so far. An id may have its name an instant before it is counted.
  std::uint32_t size() const;
  // Copies the name of `id` out, at most kNameBytes; empty if there is none. `kind` may be null.
  std::size_t name(std::uint32_t id, char (&out)[kNameBytes], NameKind* kind) const;
  // How long the operation with this id should take; 0: no target is set.
  std::uint32_t target_us(std::uint32_t id) const;

 private:
  const Header& header_;
  std::span<const CatalogEntry> entries_;
};

}  // namespace goxel_telemetry::shm
