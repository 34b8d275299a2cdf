// SPDX-License-Identifier: GPL-3.0-or-later
// How the stock daemon treats the bytes that it reads, with its faults: see "Where it breaks" in
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
    std::vector<std::string> messages;  // to be answered at once
    bool too_large = false;             // to be answered with an error
  };

  // Takes the bytes of one recv(); `filled`: they filled its buffer.
  Step take(std::string_view bytes, bool filled);

 private:
  static constexpr std::size_t kLongest = 65536;

  Framer framer_{kLongest};
  std::vector<std::string> waiting_;
  bool fresh_ = true;  // nothing has arrived yet
  bool deaf_ = false;  // nothing will be answered any more
  // Bytes of a message that is longer than one recv(); it is never answered.
  std::size_t swallowed_ = 0;
};

}  // namespace stand_in
