// SPDX-License-Identifier: GPL-3.0-or-later
// What the stock daemon makes of the bytes that it reads, faults included: see "Where it breaks" in
// README.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "framing.h"

namespace stand_in {

class StockFaultReader {
 public:
  struct Step {
    std::vector<std::string> messages;  // to be answered now
    bool too_large = false;             // to be answered with an error
  };

  // The bytes of one recv(); `filled` if they filled its buffer.
  Step take(std::string_view bytes, bool filled);

 private:
  static constexpr std::size_t kLongest = 65536;

  Framer framer_{kLongest};
  std::vector<std::string> waiting_;
  bool fresh_ = true;          // nothing has arrived yet
  bool deaf_ = false;          // nothing will be answered any more
  std::size_t swallowed_ = 0;  // bytes of a message over one recv(), which is never answered
};

}  // namespace stand_in
