// SPDX-License-Identifier: GPL-3.0-or-later
// What a source of spans is answered, as a document: see document.h.
#pragma once

#include <cstddef>
#include <vector>

#include "documents/document.h"
#include "documents/span_batch.h"

namespace goxel_telemetry::documents {

// POST /api/v1/spans
struct SpansDocument {
  std::size_t taken;
  bool duplicate;  // the batch had been taken before
  std::size_t refused_count;
  const std::vector<RefusedSpan>& refused;  // the first of them
};

template <class Member>
void describe(const RefusedSpan& r, Member&& member) {
  member("index", r.index);
  member("why", r.why);
}

template <class Member>
void describe(const SpansDocument& d, Member&& member) {
  member("taken", d.taken);
  member("duplicate", d.duplicate);
  member("refused_count", d.refused_count);
  member("refused", d.refused);
}

}  // namespace goxel_telemetry::documents
