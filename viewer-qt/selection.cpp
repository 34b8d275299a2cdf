// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/selection.h"

#include <utility>

#include "metrics/comparison/tool_method.h"
#include "metrics/tally/outcomes.h"

namespace goxel_telemetry::viewer {

bool Selection::passes(const metrics::OperationKey& key) const {
  const auto is = [](const std::string& wanted, const std::string& name) {
    return wanted.empty() || wanted == name;
  };
  return is(stack, key.stack) && is(layer, key.layer) &&
         (operation.empty() || operation == metrics::method_of_tool(key.operation));
}

bool Selection::passes(shm::Status ended) const {
  return status == StatusChoice::any ||
         (status == StatusChoice::failed) == metrics::is_failure(ended);
}

void SelectionTrail::select(Selection selection) {
  if (selection == current()) return;
  steps_.resize(at_ + 1);
  steps_.push_back(std::move(selection));
  if (steps_.size() > kMostSteps) steps_.erase(steps_.begin());
  at_ = steps_.size() - 1;
  Q_EMIT changed(current());
}

void SelectionTrail::adjust(Selection selection) {
  if (selection == current()) return;
  steps_[at_] = std::move(selection);
  Q_EMIT changed(current());
}

void SelectionTrail::go_back() {
  if (!can_go_back()) return;
  --at_;
  Q_EMIT changed(current());
}

void SelectionTrail::go_forward() {
  if (!can_go_forward()) return;
  ++at_;
  Q_EMIT changed(current());
}

}  // namespace goxel_telemetry::viewer
