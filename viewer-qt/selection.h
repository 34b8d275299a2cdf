// SPDX-License-Identifier: GPL-3.0-or-later
// What is being looked at. Every view shows the same selection, and every click that restricts a view changes it.
#pragma once

#include <QObject>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/operation_key.h"
#include "metrics/time.h"
#include "shm/record.h"

namespace goxel_telemetry::viewer {

enum class StatusChoice { any, ok, failed };

// Both ends belong to it.
struct Durations {
  std::uint64_t low_ns = 0;
  std::uint64_t high_ns = UINT64_MAX;
  friend bool operator==(const Durations&, const Durations&) = default;
};

// An empty name means: any.
struct Selection {
  std::string instance;
  std::optional<metrics::TimeStretch> range;  // empty: live, up to now
  std::string stack;
  std::string layer;
  // A method's name. Tools that do a method's work belong to it (metrics/comparison/tool_method.h).
  std::string operation;
  StatusChoice status = StatusChoice::any;
  std::optional<Durations> durations;  // restricts records, and no other view

  bool is_live() const { return !range; }
  bool passes(const metrics::OperationKey& key) const;
  // Requests without an answer and malformed ones count as failed, notifications as ok.
  bool passes(shm::Status ended) const;

  friend bool operator==(const Selection&, const Selection&) = default;
};

// The present selection, and the way to it.
class SelectionTrail : public QObject {
  Q_OBJECT
 public:
  static constexpr std::size_t kMostSteps = 100;  // older ones are forgotten

  using QObject::QObject;

  const Selection& current() const { return steps_[at_]; }
  // Does nothing if it is the current one. Selections that were gone back from are forgotten.
  void select(Selection selection);
  // Replaces the current one without a step of its own: a wheel makes hundreds of small changes.
  void adjust(Selection selection);
  bool can_go_back() const { return at_ > 0; }
  bool can_go_forward() const { return at_ + 1 < steps_.size(); }
  void go_back();
  void go_forward();

 Q_SIGNALS:
  void changed(const Selection& selection);

 private:
  std::vector<Selection> steps_ = {Selection()};
  std::size_t at_ = 0;
};

}  // namespace goxel_telemetry::viewer
