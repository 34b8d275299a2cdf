// SPDX-License-Identifier: GPL-3.0-or-later
// Of records that come in any order, those that ended last: what a black box shows. Needs no more memory than that,
// however many come.
#pragma once

#include <cstddef>
#include <vector>

#include "metrics/record_listener.h"

namespace goxel_telemetry::metrics {

class LastRecords {
 public:
  explicit LastRecords(std::size_t most) : most_(most) {}

  void add(const NamedRecord& record);
  // As they ended, at most `most`.
  std::vector<NamedRecord> take();

 private:
  void cut();

  const std::size_t most_;
  std::vector<NamedRecord> records_;  // those, and some that came since they were looked for
};

}  // namespace goxel_telemetry::metrics
