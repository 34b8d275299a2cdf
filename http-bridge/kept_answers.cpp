// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/kept_answers.h"

namespace goxel_telemetry::http_bridge {

std::shared_ptr<const Response> KeptAnswers::get(const std::shared_ptr<const Snapshots>& snapshots,
                                                 const std::string& name,
                                                 const std::function<Response()>& make) {
  const std::scoped_lock lock(mutex_);
  if (made_from_.lock() != snapshots) {
    kept_.clear();
    made_from_ = snapshots;
  }
  const auto found = kept_.find(name);
  if (found != kept_.end()) return found->second;
  auto made = std::make_shared<const Response>(make());
  if (made->status == 200) kept_[name] = made;
  return made;
}

}  // namespace goxel_telemetry::http_bridge
