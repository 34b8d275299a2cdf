// SPDX-License-Identifier: GPL-3.0-or-later
// The bridge from its start to its end: puts its parts together, obeys signals, and tells the operator
// and the service manager how it goes.
//
// - SIGTERM and SIGINT (and SIGHUP, if there is nothing to read again): nobody is accepted any more, answers
//   that are awaited are finished, for kPatience at most; then the history is written. A second such
//   signal ends the process at once.
// - SIGHUP reads configuration, token and the secrets of channels again, if the first or the second is in a file. All that can change while it runs
//   does, or nothing.
#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "http-bridge/options.h"

namespace goxel_telemetry::http_bridge {

class Service {
 public:
  static constexpr std::chrono::seconds kPatience{3};

  // The options as they are now, or sentences about what is wrong with them.
  using Reread = std::function<std::variant<Options, std::vector<std::string>>()>;

  // Before any thread starts: blocks the signals that it obeys.
  Service(Options options, Reread reread);
  ~Service();

  // Returns when it has ended: the exit code.
  int run();

 private:
  struct Parts;

  bool may_reload() const;
  int wait_for_end();
  void look_around();
  void feed_watchdog();
  void reload();

  const Options options_;  // as of the start; what can change is in parts_
  const Reread reread_;
  sigset_t signals_{};
  std::unique_ptr<Parts> parts_;
};

}  // namespace goxel_telemetry::http_bridge
