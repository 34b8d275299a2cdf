// SPDX-License-Identifier: GPL-3.0-or-later
// The baselines that `goxel-telemetry baseline save` keeps for this user, to compare with and as marks.
#pragma once

#include <QList>
#include <memory>
#include <string>

#include "metrics/comparison/baseline_store.h"
#include "viewer-qt/models/baseline_title.h"

namespace goxel_telemetry::viewer {

class Baselines {
 public:
  // A file is read as a whole to be checked, so there is a bound on all of them together.
  static constexpr std::size_t kMost = 100;
  static constexpr std::uint64_t kMostBytes = metrics::kMostBaselineBytes;

  // Reads which there are, and which of them were saved from an instance.
  void read(const std::string& instance);
  const std::shared_ptr<const KnownBaselines>& known() const { return known_; }
  // Those that were saved from the instance.
  const QList<Mark>& marks() const { return marks_; }

  // Empty if done, else a sentence.
  static std::string load(const std::string& name, metrics::Baseline& baseline);

 private:
  std::shared_ptr<const KnownBaselines> known_ = std::make_shared<KnownBaselines>();
  QList<Mark> marks_;
};

}  // namespace goxel_telemetry::viewer
