// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/baselines.h"

#include "metrics/text/printable.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr const char* kNoFolder =
    "there can be no baselines: neither XDG_STATE_HOME nor HOME is set";
constexpr const char* kTooMany = "there are more baselines, or larger ones, than are read";

}  // namespace

void Baselines::read(const std::string& instance) {
  auto known = std::make_shared<KnownBaselines>();
  marks_.clear();
  const std::string folder = metrics::default_baseline_folder();
  const metrics::BaselineStore store(folder);
  std::vector<std::string> names;
  if (folder.empty()) {
    known->message = kNoFolder;
  } else if (const metrics::StoreResult listed = store.names(names); !listed.done()) {
    known->message = metrics::printable(listed.message);
  }
  std::size_t left_out = 0;
  std::string why;  // the first of them is
  std::size_t tried = 0;
  std::uint64_t bytes = 0;
  for (const std::string& name : names) {
    metrics::Baseline baseline;
    const std::uint64_t size = store.size_of(name);
    metrics::StoreResult result{metrics::StoreOutcome::failed, kTooMany};
    if (tried < kMost && bytes + size <= kMostBytes) {
      ++tried;
      bytes += size;
      result = store.load(name, baseline);
    }
    if (!result.done()) {
      if (left_out++ == 0) why = metrics::printable(result.message);
      continue;
    }
    const BaselineTitle& title = known->all.emplace_back(title_of(baseline));
    if (title.is_of(instance)) marks_.append(mark_of(title));
  }
  if (left_out != 0) known->message = why;
  if (left_out > 1) known->message += "; " + std::to_string(left_out - 1) + " more are left out";
  known_ = std::move(known);
}

std::string Baselines::load(const std::string& name, metrics::Baseline& baseline) {
  const std::string folder = metrics::default_baseline_folder();
  if (folder.empty()) return kNoFolder;
  return metrics::printable(metrics::BaselineStore(folder).load(name, baseline).message);
}

}  // namespace goxel_telemetry::viewer
