// SPDX-License-Identifier: GPL-3.0-or-later
// Compares an instance with a baseline that its operator pinned: once a minute its last half hour, from the detector's ticks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "metrics/alerts/condition.h"
#include "metrics/comparison/baseline_store.h"
#include "metrics/regression/kept_ticks.h"
#include "metrics/regression/phase_shifts.h"
#include "metrics/regression/pinned.h"
#include "metrics/regression/pinned_condition.h"

namespace goxel_telemetry::metrics {

class PinnedWatch {
 public:
  static constexpr std::uint64_t kLookTicks = 12;
  static constexpr std::uint64_t kBlockTicks = 3;
  static constexpr std::uint64_t kBlocks = 120;  // half an hour

  // `baseline`: a valid name of one in `store`. Tick 0 began at `begin_seconds`, Unix time.
  PinnedWatch(std::string instance, BaselineStore store, std::string baseline,
              std::uint64_t begin_seconds);

  // As of KeptTicks::add(). Now and then this reads the baseline's file: if it is another one, the watch begins anew.
  void tick(std::uint64_t number, std::span<const OperationTick> operations);

  const std::optional<Condition>& condition() const { return condition_; }
  // One sentence while the baseline cannot be read, else empty.
  const std::string& message() const { return message_; }

 private:
  struct Pinned {
    PinnedSession session;
    PinnedCondition condition;
    std::map<OperationKey, PhaseSums> phases;  // of the daemon
  };
  void read();
  void describe(const Observation& now);

  std::string instance_;
  BaselineStore store_;
  std::string baseline_;
  std::uint64_t begin_seconds_;
  KeptTicks recent_{kBlockTicks, kBlocks};
  std::uint64_t next_look_ = 0;         // tick
  std::optional<std::string> version_;  // of the file that was read
  std::optional<Pinned> pinned_;
  std::optional<Condition> condition_;
  std::string message_;
};

}  // namespace goxel_telemetry::metrics
