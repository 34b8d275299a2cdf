// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/comparison_route.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "documents/comparison_document.h"
#include "http-bridge/parameters.h"
#include "http-bridge/reply.h"
#include "metrics/comparison/baseline_store.h"
#include "metrics/sides/live_observer.h"
#include "metrics/sides/side.h"
#include "metrics/text/arguments.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::SideFailure;
using metrics::SideOutcome;

constexpr std::array<std::string_view, 7> kParameters = {"a",     "b",     "instance", "operation",
                                                         "stack", "layer", "relevant"};
constexpr double kMostPercent = 10'000;

Response refusal(const SideFailure& failure) {
  int status = 503;
  switch (failure.outcome()) {
    case SideOutcome::invalid_text:
      status = 400;
      break;
    case SideOutcome::unknown:
    case SideOutcome::absent:
      status = 404;
      break;
    case SideOutcome::invalid_file:
    case SideOutcome::unreadable:
      break;
  }
  return sentence_reply(status, failure.what());
}

// The instance that the request names, or the only one; of several, the only one that is live.
std::string choose_instance(const std::string& asked, const Snapshots& watched) {
  std::vector<std::string> all;
  std::vector<std::string> live;
  for (const metrics::Snapshot& snapshot : watched.instances) {
    if (!asked.empty() && snapshot.instance != asked) continue;
    all.push_back(snapshot.instance);
    if (is_live(snapshot)) live.push_back(snapshot.instance);
  }
  const std::vector<std::string>& candidates = live.empty() ? all : live;
  if (candidates.size() == 1) return candidates.front();
  if (candidates.empty()) {
    throw SideFailure(SideOutcome::unknown,
                      asked.empty() ? "there is no instance to look at yet" : no_instance(asked));
  }
  throw SideFailure(SideOutcome::invalid_text,
                    "there are several instances; choose one with ?instance=NAME");
}

metrics::Side read_live(const std::string& asked, const Snapshots& watched) {
  const std::string instance = choose_instance(asked, watched);
  metrics::LiveObserver observer(instance);
  observer.sweep(metrics::Time::now());
  metrics::Side side;
  side.description = "live, instance \"" + instance + '"';
  side.observation = observer.finish();
  if (side.observation.operations.empty()) {
    throw SideFailure(SideOutcome::absent,
                      "instance \"" + instance + "\" has answered no requests that its ring holds");
  }
  return side;
}

}  // namespace

Response ComparisonRoutes::compare(const Request& request, const Snapshots& watched) {
  if (auto refused = refuse_parameters(request, "a comparison", kParameters)) return *refused;
  const auto text = [&request](const char* name) { return parameter(request, name).value_or(""); };
  const std::string a = text("a");
  const std::string b = text("b");
  if (a.empty() || b.empty()) {
    return error_reply(400, "A comparison has two sides: ?a=SIDE&b=SIDE.");
  }
  metrics::ComparisonOptions options;
  options.operation = text("operation");
  options.stack = text("stack");
  options.layer = text("layer");
  if (const auto relevant = parameter(request, "relevant")) {
    const auto percent = metrics::parse_number(*relevant, 0, kMostPercent);
    if (!percent) {
      return sentence_reply(
          400, "relevant must be a percentage from 0 to 10000, not " + quoted(*relevant));
    }
    options.least_relevant = *percent / 100;
  }
  metrics::SideSources sources;
  sources.instance = text("instance");
  sources.history_file = history_file_;
  sources.stop = request.is_gone;
  sources.baseline_folder = baseline_folder_;
  sources.live = [&] { return read_live(text("instance"), watched); };
  return costly_.run([&] {
    try {
      metrics::SideReader reader(std::move(sources));
      const metrics::ComparedSides compared = metrics::compare_sides(reader, a, b, options);
      return document_reply(request, documents::document_of(compared));
    } catch (const SideFailure& failure) {
      return refusal(failure);
    }
  });
}

Response ComparisonRoutes::baselines(const Request& request) {
  if (auto refused = refuse_parameters(request, "the baselines", {})) return *refused;
  if (baseline_folder_.empty()) {
    return error_reply(404, "This bridge has no baselines: start it with --baselines FOLDER.");
  }
  return costly_.run([&] {
    const metrics::BaselineStore store(baseline_folder_);
    std::vector<std::string> names;
    if (const metrics::StoreResult result = store.names(names); !result.done()) {
      return sentence_reply(503, result.message);
    }
    documents::BaselineListDocument document;
    for (const std::string& name : names) {
      metrics::Baseline baseline;
      if (!store.load(name, baseline).done()) continue;  // a comparison with it will say why
      document.baselines.push_back(documents::document_of(baseline));
    }
    return document_reply(request, document);
  });
}

}  // namespace goxel_telemetry::http_bridge
