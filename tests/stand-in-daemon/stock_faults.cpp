// SPDX-License-Identifier: GPL-3.0-or-later
#include "stock_faults.h"

#include <utility>

namespace stand_in {

StockFaultReader::Step StockFaultReader::take(std::string_view bytes, bool filled) {
  Step step;
  const bool first_packet = std::exchange(fresh_, false);
  if (deaf_) return step;
  if (swallowed_ > 0) {
    swallowed_ += bytes.size();
    step.too_large = deaf_ = swallowed_ > kLongest;
    return step;
  }

  framer_.append(bytes);
  std::vector<std::string> arrived;
  while (std::optional<std::string> message = framer_.next()) {
    arrived.push_back(std::move(*message));
  }
  if (framer_.in_message()) {
    // The first piece of a split message is lost. One that fills the buffer is followed to see how
    // long it gets.
    if (filled && arrived.empty()) swallowed_ = bytes.size();
    framer_.drop();
  }

  if (first_packet && arrived.size() > 1) {
    deaf_ = true;
  } else if (!waiting_.empty()) {
    // More bytes, of whatever kind, free those that wait.
    step.messages = std::exchange(waiting_, {});
    step.messages.insert(step.messages.end(), arrived.begin(), arrived.end());
  } else if (!arrived.empty()) {
    step.messages.push_back(arrived.front());
    waiting_.assign(arrived.begin() + 1, arrived.end());
  }
  return step;
}

}  // namespace stand_in
