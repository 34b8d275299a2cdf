// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/span_chain.h"

#include <algorithm>
#include <tuple>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kNone = SIZE_MAX;

struct Interval {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

std::uint64_t minus(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}
std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

bool overlap(const Span& a, const Span& b) {
  return a.start_ns < b.end_ns && b.start_ns < a.end_ns;
}
std::uint64_t slack_of(const Span& inner) {
  return kClockSlackNs + inner.error_us * std::uint64_t{1000};
}

// The spans of one layer, in the order of their starts.
struct Row {
  std::size_t begin = 0;
  std::size_t end = 0;
};

class Joiner {
 public:
  explicit Joiner(const std::vector<Span>& spans)
      : spans_(spans), parent_(spans.size(), kNone), fitted_(spans.size()) {
    latest_end_.reserve(spans.size());
    std::size_t at = 0;
    for (std::size_t layer = 0; layer < kLayerCount; ++layer) {
      rows_[layer].begin = at;
      std::uint64_t latest = 0;
      for (; at < spans.size() && static_cast<std::size_t>(spans[at].layer) == layer; ++at) {
        latest = std::max(latest, spans[at].end_ns);
        latest_end_.push_back(latest);
      }
      rows_[layer].end = at;
    }
  }

  void find_parents(SpanFates& fates) {
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      const Span& span = spans_[i];
      fitted_[i] = {span.start_ns, span.end_ns};
      parent_[i] = parent_of(span, fates);
      if (parent_[i] == kNone) continue;
      const Interval& outer = fitted_[parent_[i]];
      Interval& inner = fitted_[i];
      inner.start = std::clamp(inner.start, outer.start, outer.end);
      inner.end = std::clamp(inner.end, inner.start, outer.end);
      const Span& whole = spans_[parent_[i]];
      fates.cut += span.start_ns < whole.start_ns || span.end_ns > whole.end_ns;
    }
  }

  void gather(JoinedSpans& joined, SpanFates& fates) {
    // Members are sorted by operation, then from the outside in, then by start: so a parent stands
    // before its children.
    std::vector<std::size_t> root(spans_.size());
    std::vector<std::size_t> order(spans_.size());
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      order[i] = i;
      root[i] = parent_[i] == kNone ? i : root[parent_[i]];
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return root[a] < root[b]; });
    for (auto first = order.begin(); first != order.end();) {
      const auto last =
          std::find_if(first, order.end(), [&](std::size_t i) { return root[i] != root[*first]; });
      add_operation({first, last}, joined, fates);
      first = last;
    }
  }

 private:
  std::size_t parent_of(const Span& span, SpanFates& fates) const {
    for (auto layer = static_cast<std::size_t>(span.layer); layer-- > 0;) {
      const Row& row = rows_[layer];
      // The spans of the outer layer that begin early enough to contain this one.
      const std::uint64_t slack = slack_of(span);
      const std::uint64_t bound = plus(span.start_ns, slack);
      const auto begin = spans_.begin() + static_cast<std::ptrdiff_t>(row.begin);
      const auto end = spans_.begin() + static_cast<std::ptrdiff_t>(row.end);
      const auto after = static_cast<std::size_t>(
          std::partition_point(begin, end, [&](const Span& s) { return s.start_ns <= bound; }) -
          spans_.begin());
      std::size_t looks = kMostLookedAt;
      for (std::size_t i = after; i-- > row.begin && looks-- > 0;) {
        if (plus(latest_end_[i], slack) < span.end_ns) break;
        if (contains(spans_[i], span)) return i;
      }
      const auto before_end = static_cast<std::size_t>(
          std::partition_point(begin, end,
                               [&](const Span& s) { return s.start_ns < span.end_ns; }) -
          spans_.begin());
      if (before_end > row.begin && latest_end_[before_end - 1] > span.start_ns) {
        ++fates.sticking_out;
        return kNone;
      }
    }
    return kNone;
  }

  bool regular(const std::vector<std::size_t>& members, LayerSet layers) const {
    return std::all_of(members.begin(), members.end(), [&](std::size_t i) {
      if (parent_[i] == kNone) return true;
      const auto outer = static_cast<std::size_t>(spans_[parent_[i]].layer);
      const auto inner = static_cast<std::size_t>(spans_[i].layer);
      for (std::size_t between = outer + 1; between < inner; ++between) {
        if ((layers & set_of(static_cast<Layer>(between))) != 0) return false;
      }
      return true;
    });
  }

  // The time that an operation's spans of one layer cover.
  std::vector<Interval> covered(const std::vector<std::size_t>& members, Layer layer) const {
    std::vector<Interval> all;
    for (const std::size_t i : members) {
      if (spans_[i].layer == layer) all.push_back(fitted_[i]);
    }
    std::sort(all.begin(), all.end(),
              [](const Interval& a, const Interval& b) { return a.start < b.start; });
    std::vector<Interval> merged;
    for (const Interval& next : all) {
      if (!merged.empty() && next.start <= merged.back().end) {
        merged.back().end = std::max(merged.back().end, next.end);
      } else {
        merged.push_back(next);
      }
    }
    return merged;
  }

  void add_operation(const std::vector<std::size_t>& members, JoinedSpans& joined,
                     SpanFates& fates) const {
    JoinedOperation operation;
    for (const std::size_t i : members) operation.layers |= set_of(spans_[i].layer);
    if (members.size() == 1) {
      ++fates.alone;
      return;
    }
    if (!regular(members, operation.layers)) {
      fates.irregular += members.size();
      return;
    }
    fates.joined += members.size();
    operation.name = spans_[members.front()].name;
    operation.stack = spans_[members.front()].stack;
    operation.end_ns = spans_[members.front()].end_ns;
    const std::vector<Layer> layers = layers_in(operation.layers);
    std::vector<Interval> outer;
    std::size_t outer_index = 0;
    for (const Layer layer : layers) {
      std::vector<Interval> here = covered(members, layer);
      const auto index = static_cast<std::size_t>(layer);
      for (const Interval& part : here) operation.time_ns[index] += part.end - part.start;
      for (const Interval& part : outer) {
        const std::uint64_t first = here.front().start;
        const std::uint64_t last = here.back().end;
        operation.there_ns[outer_index] += minus(std::min(part.end, first), part.start);
        operation.back_ns[outer_index] += minus(part.end, std::max(part.start, last));
      }
      outer = std::move(here);
      outer_index = index;
    }
    joined.operations.push_back(operation);
    for (const std::size_t i : members) joined.spans.push_back(spans_[i]);
    joined.ends.push_back(joined.spans.size());
  }

  const std::vector<Span>& spans_;  // by layer, then by start
  std::array<Row, kLayerCount> rows_{};
  std::vector<std::uint64_t> latest_end_;  // latest end in the row up to each span
  std::vector<std::size_t> parent_;
  std::vector<Interval> fitted_;  // each span, cut to fit into its parent
};

}  // namespace

bool contains(const Span& outer, const Span& inner) {
  if (outer.start_ns <= inner.start_ns && inner.end_ns <= outer.end_ns) return true;
  const std::uint64_t slack = slack_of(inner);
  return overlap(outer, inner) && minus(outer.start_ns, slack) <= inner.start_ns &&
         inner.end_ns <= plus(outer.end_ns, slack);
}

std::vector<Layer> layers_in(LayerSet set) {
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < kLayerCount; ++i) {
    if ((set & set_of(static_cast<Layer>(i))) != 0) layers.push_back(static_cast<Layer>(i));
  }
  return layers;
}

SpanFates& SpanFates::operator+=(const SpanFates& more) {
  joined += more.joined;
  alone += more.alone;
  irregular += more.irregular;
  duplicates += more.duplicates;
  sticking_out += more.sticking_out;
  cut += more.cut;
  return *this;
}

void JoinedSpans::clear() {
  operations.clear();
  spans.clear();
  ends.clear();
}

void join_spans(std::vector<Span>& spans, JoinedSpans& joined, SpanFates& fates) {
  // Of spans that start together the longer one comes first, so that the last one found is the one
  // that fits most closely.
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return std::tie(a.layer, a.start_ns, b.end_ns, a.name) <
           std::tie(b.layer, b.start_ns, a.end_ns, b.name);
  });
  const auto unique_end = std::unique(spans.begin(), spans.end());
  fates.duplicates += static_cast<std::uint64_t>(spans.end() - unique_end);
  spans.erase(unique_end, spans.end());
  Joiner joiner(spans);
  joiner.find_parents(fates);
  joiner.gather(joined, fates);
}

}  // namespace goxel_telemetry::metrics
