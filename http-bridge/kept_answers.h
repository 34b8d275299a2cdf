// SPDX-License-Identifier: GPL-3.0-or-later
// Answers that were made from the newest snapshots, so that each is made once, however many ask for it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

class KeptAnswers {
 public:
  // The answer that is kept as `name` and was made from `snapshots`; if there is none, that of `make`,
  // for which others wait meanwhile. Only what succeeds is kept. Thread-safe.
  std::shared_ptr<const Response> get(const std::shared_ptr<const Snapshots>& snapshots,
                                      const std::string& name,
                                      const std::function<Response()>& make);

 private:
  std::mutex mutex_;  // guards what follows, also while an answer is made
  std::weak_ptr<const Snapshots> made_from_;
  std::map<std::string, std::shared_ptr<const Response>> kept_;
};

}  // namespace goxel_telemetry::http_bridge
