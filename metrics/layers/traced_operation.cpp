// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/traced_operation.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kNone = SIZE_MAX;

Span bounds_of(const TracedSpan& span) {
  return {span.start_ns, span.start_ns + span.duration_ns, 0, span.layer, 0, span.error_us, false};
}

// Spans sorted from the outside in, then by start: a span lies in an earlier one.
class Tree {
 public:
  explicit Tree(std::vector<TracedSpan>& spans)
      : spans_(spans), children_(spans.size()), parent_(spans.size(), kNone) {
    for (std::size_t i = 0; i < spans.size(); ++i) {
      parent_[i] = parent_of(i);
      if (parent_[i] != kNone) children_[parent_[i]].push_back(i);
    }
    const auto by_start = [&](std::size_t a, std::size_t b) {
      return std::tie(spans[a].start_ns, a) < std::tie(spans[b].start_ns, b);
    };
    for (std::size_t i = 0; i < spans.size(); ++i) {
      std::sort(children_[i].begin(), children_[i].end(), by_start);
      if (parent_[i] == kNone) roots_.push_back(i);
    }
    std::sort(roots_.begin(), roots_.end(), by_start);
  }

  std::vector<TracedSpan> in_order() {
    std::vector<TracedSpan> ordered;
    for (const std::size_t root : roots_) add(root, 0, ordered);
    return ordered;
  }

 private:
  std::size_t parent_of(std::size_t inner) const {
    std::size_t found = kNone;
    for (std::size_t outer = 0; outer < inner && spans_[outer].layer < spans_[inner].layer;
         ++outer) {
      if (!contains(bounds_of(spans_[outer]), bounds_of(spans_[inner]))) continue;
      found = outer;
    }
    return found;
  }

  // At most one level for each layer.
  void add(std::size_t i, std::uint32_t depth, std::vector<TracedSpan>& ordered) {
    TracedSpan& span = spans_[i];
    const std::uint64_t end_ns = span.start_ns + span.duration_ns;
    std::uint64_t covered_ns = 0;
    std::uint64_t covered_until_ns = span.start_ns;
    for (const std::size_t child : children_[i]) {
      const std::uint64_t child_end_ns =
          std::min(end_ns, spans_[child].start_ns + spans_[child].duration_ns);
      const std::uint64_t from_ns = std::max(covered_until_ns, spans_[child].start_ns);
      if (child_end_ns <= from_ns) continue;
      covered_ns += child_end_ns - from_ns;
      covered_until_ns = child_end_ns;
    }
    span.depth = depth;
    span.own_ns = span.duration_ns - covered_ns;
    ordered.push_back(std::move(span));
    for (const std::size_t child : children_[i]) add(child, depth + 1, ordered);
  }

  std::vector<TracedSpan>& spans_;
  std::vector<std::vector<std::size_t>> children_;
  std::vector<std::size_t> parent_;
  std::vector<std::size_t> roots_;
};

}  // namespace

std::vector<TracedOperation> traced_operations(std::uint64_t trace_id,
                                               std::vector<TracedSpan> spans,
                                               std::uint64_t realtime_ahead_ns) {
  const auto key = [](const TracedSpan& s) {
    return std::tie(s.start_ns, s.layer, s.duration_ns, s.operation, s.stack, s.status);
  };
  std::sort(spans.begin(), spans.end(),
            [&](const TracedSpan& a, const TracedSpan& b) { return key(a) < key(b); });
  spans.erase(
      std::unique(spans.begin(), spans.end(),
                  [&](const TracedSpan& a, const TracedSpan& b) { return key(a) == key(b); }),
      spans.end());

  std::vector<TracedOperation> operations;
  for (auto first = spans.begin(); first != spans.end();) {
    std::uint64_t end_ns = first->start_ns + first->duration_ns;
    auto last = first + 1;
    for (; last != spans.end() && last->start_ns <= end_ns; ++last) {
      end_ns = std::max(end_ns, last->start_ns + last->duration_ns);
    }
    TracedOperation& operation = operations.emplace_back();
    operation.trace_id = trace_id;
    operation.start_ns = first->start_ns;
    operation.start_realtime_ns = first->start_ns + realtime_ahead_ns;
    operation.duration_ns = end_ns - first->start_ns;
    const auto count = static_cast<std::size_t>(last - first);
    const std::size_t kept = std::min(count, kMostTracedSpans);
    operation.spans_left_out = count - kept;
    std::vector<TracedSpan> here(
        std::make_move_iterator(first),
        std::make_move_iterator(first) + static_cast<std::ptrdiff_t>(kept));
    std::sort(here.begin(), here.end(), [](const TracedSpan& a, const TracedSpan& b) {
      return std::tie(a.layer, a.start_ns, b.duration_ns) <
             std::tie(b.layer, b.start_ns, a.duration_ns);
    });
    for (const TracedSpan& span : here) operation.layers |= set_of(span.layer);
    operation.spans = Tree(here).in_order();
    operation.operation = operation.spans.front().operation;
    operation.stack = operation.spans.front().stack;
    first = last;
  }
  return operations;
}

}  // namespace goxel_telemetry::metrics
