// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/span_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kMs = 1'000'000;
constexpr auto kClient = Layer::mcp_client;
constexpr auto kServer = Layer::mcp_server;
constexpr auto kTs = Layer::ts_client;
constexpr auto kDaemon = Layer::daemon;

// In milliseconds.
Span span(Layer layer, std::uint64_t start, std::uint64_t end, std::uint32_t name = 1) {
  return {start * kMs, end * kMs, name, layer};
}

struct Joined : JoinedSpans {
  SpanFates fates;
};
Joined join(std::vector<Span> spans) {
  Joined result;
  join_spans(spans, result, result.fates);
  return result;
}

const LayerSet kAllLayers = 0b1111;

std::vector<Span> whole_operation(std::uint64_t at) {
  return {span(kClient, at, at + 10), span(kServer, at + 2, at + 9), span(kTs, at + 3, at + 8),
          span(kDaemon, at + 5, at + 7)};
}

TEST(JoinSpans, NestedSpansAreOneOperation) {
  const Joined joined = join(whole_operation(100));
  ASSERT_EQ(joined.operations.size(), 1u);
  const JoinedOperation& operation = joined.operations[0];
  EXPECT_EQ(operation.layers, kAllLayers);
  EXPECT_EQ(operation.name, 1u);
  EXPECT_EQ(operation.end_ns, 110 * kMs);
  EXPECT_THAT(operation.time_ns, ElementsAre(10 * kMs, 7 * kMs, 5 * kMs, 2 * kMs));
  EXPECT_THAT(operation.there_ns, ElementsAre(2 * kMs, 1 * kMs, 2 * kMs, 0));
  EXPECT_THAT(operation.back_ns, ElementsAre(1 * kMs, 1 * kMs, 1 * kMs, 0));
  EXPECT_EQ(joined.fates, (SpanFates{.joined = 4}));
}

TEST(JoinSpans, ATraceMayHoldSeveralOperationsAlsoAtOnce) {
  std::vector<Span> spans = whole_operation(100);
  for (const std::uint64_t at : {111, 120}) {  // 120 begins while 111 goes on
    const std::vector<Span> more = whole_operation(at);
    spans.insert(spans.end(), more.begin(), more.end());
  }
  const Joined joined = join(spans);
  ASSERT_EQ(joined.operations.size(), 3u);
  for (const JoinedOperation& operation : joined.operations) {
    EXPECT_THAT(operation.time_ns, ElementsAre(10 * kMs, 7 * kMs, 5 * kMs, 2 * kMs));
  }
}

TEST(JoinSpans, TheOperationIsCalledAsItsOutermostSpan) {
  EXPECT_EQ(join({span(kClient, 0, 9, 7), span(kDaemon, 1, 2, 8)}).operations.at(0).name, 7u);
}

// A retry, or a call that makes several: what lies between the inner spans is the hop's.
TEST(JoinSpans, SeveralInnerSpansOfOneOuterAddUp) {
  const Joined joined = join(
      {span(kClient, 0, 20), span(kDaemon, 3, 5), span(kDaemon, 8, 12), span(kDaemon, 11, 14)});
  const JoinedOperation& operation = joined.operations.at(0);
  EXPECT_EQ(operation.time_ns[0], 20 * kMs);
  EXPECT_EQ(operation.time_ns[3], 8 * kMs);  // 3 to 5 and 8 to 14
  EXPECT_EQ(operation.there_ns[0], 3 * kMs);
  EXPECT_EQ(operation.back_ns[0], 6 * kMs);
}

// Two calls of the client library, of which only the first reached the daemon.
TEST(JoinSpans, AnOuterSpanWithoutAnInnerOneIsTheHopsOwn) {
  const Joined joined =
      join({span(kServer, 0, 30), span(kTs, 1, 10), span(kTs, 12, 22), span(kDaemon, 2, 9)});
  const JoinedOperation& operation = joined.operations.at(0);
  EXPECT_THAT(operation.time_ns, ElementsAre(0, 30 * kMs, 19 * kMs, 7 * kMs));
  EXPECT_EQ(operation.there_ns[2], 1 * kMs);
  EXPECT_EQ(operation.back_ns[2], 1 * kMs + 10 * kMs);
  EXPECT_EQ(joined.fates.joined, 4u);
}

TEST(JoinSpans, DuplicatesCountOnce) {
  std::vector<Span> spans = whole_operation(5);
  const std::vector<Span> again = spans;
  spans.insert(spans.end(), again.begin(), again.end());
  spans.push_back(again[3]);
  const Joined joined = join(spans);
  EXPECT_EQ(joined.operations, join(again).operations);
  EXPECT_EQ(joined.fates, (SpanFates{.joined = 4, .duplicates = 5}));
}

TEST(JoinSpans, AMissingLayerLeavesTheOthersJoined) {
  std::vector<Span> spans = whole_operation(5);
  spans.erase(spans.begin() + 1);  // the server's
  const Joined joined = join(spans);
  EXPECT_EQ(joined.operations.at(0).layers, set_of(kClient) | set_of(kTs) | set_of(kDaemon));
  EXPECT_THAT(joined.operations.at(0).time_ns, ElementsAre(10 * kMs, 0, 5 * kMs, 2 * kMs));
}

TEST(JoinSpans, ASpanByItselfIsAlone) {
  const Joined joined = join({span(kDaemon, 1, 2), span(kClient, 5, 6)});
  EXPECT_TRUE(joined.operations.empty());
  EXPECT_EQ(joined.fates, (SpanFates{.alone = 2}));
}

// The second daemon span's own span of the client library is missing.
TEST(JoinSpans, AnOperationWithAGapIsNotJoined) {
  const Joined joined =
      join({span(kServer, 0, 30), span(kTs, 1, 10), span(kDaemon, 2, 9), span(kDaemon, 12, 14)});
  EXPECT_TRUE(joined.operations.empty());
  EXPECT_EQ(joined.fates, (SpanFates{.irregular = 4}));
}

// Another machine's clock, or invalid times.
TEST(JoinSpans, AnInnerSpanThatSticksOutIsNotJoined) {
  for (const auto& [start, end] : {std::pair{0, 5}, {5, 11}, {0, 12}}) {
    const Joined joined = join({span(kClient, 1, 10), span(kDaemon, static_cast<unsigned>(start),
                                                           static_cast<unsigned>(end))});
    EXPECT_TRUE(joined.operations.empty());
    EXPECT_EQ(joined.fates, (SpanFates{.alone = 2, .sticking_out = 1}));
  }
}

TEST(JoinSpans, AnInnerSpanThatSticksOutByAReadingOfTheClockIsCut) {
  Span daemon = span(kDaemon, 1, 10);
  daemon.start_ns -= kClockSlackNs;
  daemon.end_ns += kClockSlackNs;
  const Joined joined = join({span(kClient, 1, 10), daemon});
  EXPECT_EQ(joined.operations.at(0).time_ns[3], 9 * kMs);
  EXPECT_EQ(joined.fates, (SpanFates{.joined = 2, .cut = 1}));
  --daemon.start_ns;
  EXPECT_TRUE(join({span(kClient, 1, 10), daemon}).operations.empty());
}

// Shortly after a daemon's start its clock's calibration is coarse, and says so.
TEST(JoinSpans, ASpanThatKnowsItsTimesBadlyMayStickOutByAsMuchMore) {
  Span daemon = span(kDaemon, 1, 10);
  daemon.error_us = 30;
  daemon.start_ns -= kClockSlackNs + 30'000;
  EXPECT_EQ(join({span(kClient, 1, 10), daemon}).fates, (SpanFates{.joined = 2, .cut = 1}));
  --daemon.start_ns;
  EXPECT_TRUE(join({span(kClient, 1, 10), daemon}).operations.empty());
}

TEST(JoinSpans, TheTightestOuterSpanIsTheOne) {
  const Joined joined = join({span(kClient, 0, 20, 1), span(kClient, 2, 10, 2), span(kDaemon, 3, 4),
                              span(kDaemon, 12, 13)});
  ASSERT_EQ(joined.operations.size(), 2u);
  EXPECT_EQ(joined.operations[0].name, 1u);
  EXPECT_EQ(joined.operations[0].time_ns[3], 1 * kMs);
  EXPECT_EQ(joined.operations[1].name, 2u);
}

TEST(JoinSpans, TimesAtTheEdgeOfTheirRangeDoNoHarm) {
  const Joined joined = join({{0, UINT64_MAX, 1, kClient},
                              {0, UINT64_MAX, 1, kServer},
                              {UINT64_MAX, UINT64_MAX, 1, kTs},
                              {0, 0, 1, kDaemon}});
  EXPECT_EQ(joined.fates.joined + joined.fates.alone + joined.fates.irregular, 4u);
}

// --- The same by definition: every span is compared with every other. ---

std::uint64_t length(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& parts,
                     std::uint64_t from, std::uint64_t to) {
  std::uint64_t covered = 0;  // unit by unit: the oracle's times are small numbers
  for (std::uint64_t unit = from; unit < to; ++unit) {
    covered += std::any_of(parts.begin(), parts.end(),
                           [&](const auto& p) { return p.first <= unit && unit < p.second; });
  }
  return covered;
}

Joined join_by_definition(const std::vector<Span>& all) {
  Joined result;
  std::vector<Span> spans;
  for (const Span& s : all) {
    if (std::find(spans.begin(), spans.end(), s) != spans.end()) {
      ++result.fates.duplicates;
    } else {
      spans.push_back(s);
    }
  }
  const std::size_t n = spans.size();
  std::vector<std::size_t> parent(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (auto layer = static_cast<int>(spans[i].layer) - 1; layer >= 0; --layer) {
      bool overlaps = false;
      for (std::size_t j = 0; j < n; ++j) {
        const Span& outer = spans[j];
        if (static_cast<int>(outer.layer) != layer) continue;
        overlaps |= outer.start_ns < spans[i].end_ns && spans[i].start_ns < outer.end_ns;
        if (outer.start_ns > spans[i].start_ns || outer.end_ns < spans[i].end_ns) continue;
        // Tighter: started later, then ends earlier, then the greater name.
        const auto rank = [&](std::size_t k) {
          return std::tuple(spans[k].start_ns, ~spans[k].end_ns, spans[k].name);
        };
        if (parent[i] == n || rank(j) > rank(parent[i])) parent[i] = j;
      }
      if (parent[i] != n) break;
      if (overlaps) {
        ++result.fates.sticking_out;
        break;
      }
    }
  }
  const auto root_of = [&](std::size_t i) {
    while (parent[i] != n) i = parent[i];
    return i;
  };
  for (std::size_t root = 0; root < n; ++root) {
    if (parent[root] != n) continue;
    std::vector<std::size_t> members;
    JoinedOperation operation;
    for (std::size_t i = 0; i < n; ++i) {
      if (root_of(i) != root) continue;
      members.push_back(i);
      operation.layers |= set_of(spans[i].layer);
    }
    if (members.size() == 1) {
      ++result.fates.alone;
      continue;
    }
    bool gap = false;
    for (const std::size_t i : members) {
      if (i == root) continue;
      for (const Layer between : layers_in(operation.layers)) {
        gap |= between > spans[parent[i]].layer && between < spans[i].layer;
      }
    }
    (gap ? result.fates.irregular : result.fates.joined) += members.size();
    if (gap) continue;
    operation.name = spans[root].name;
    operation.end_ns = spans[root].end_ns;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> outer;
    std::size_t outer_index = 0;
    for (const Layer layer : layers_in(operation.layers)) {
      std::vector<std::pair<std::uint64_t, std::uint64_t>> here;
      std::uint64_t first = UINT64_MAX;
      std::uint64_t last = 0;
      for (const std::size_t i : members) {
        if (spans[i].layer != layer) continue;
        here.emplace_back(spans[i].start_ns, spans[i].end_ns);
        first = std::min(first, spans[i].start_ns);
        last = std::max(last, spans[i].end_ns);
      }
      const auto index = static_cast<std::size_t>(layer);
      operation.time_ns[index] = length(here, first, last);
      operation.there_ns[outer_index] += length(outer, 0, first);
      operation.back_ns[outer_index] += length(outer, last, operation.end_ns);
      outer = here;
      outer_index = index;
    }
    result.operations.push_back(operation);
  }
  return result;
}

std::string text(const std::vector<Span>& spans) {
  std::ostringstream out;
  for (const Span& s : spans) {
    out << static_cast<int>(s.layer) << ':' << s.start_ns << '-' << s.end_ns << '/' << s.name
        << ' ';
  }
  return out.str();
}

std::vector<JoinedOperation> sorted(std::vector<JoinedOperation> operations) {
  std::sort(operations.begin(), operations.end(), [](const auto& a, const auto& b) {
    return std::tie(a.end_ns, a.name, a.layers, a.time_ns, a.there_ns, a.back_ns) <
           std::tie(b.end_ns, b.name, b.layers, b.time_ns, b.there_ns, b.back_ns);
  });
  return operations;
}

// Properties: joining agrees with its definition, whatever order the spans come in; the layers'
// times never grow inwards; way there and way back fit into the hop.
TEST(JoinSpans, AgreesWithItsDefinitionOnRandomSpans) {
  std::mt19937 random(20261126);
  const auto below = [&](std::uint64_t n) { return static_cast<std::uint64_t>(random() % n); };
  std::uint64_t joined_operations = 0;
  for (int round = 0; round < 4000; ++round) {
    std::vector<Span> spans;
    // Some nest on purpose, some are anything; steps are units larger than the clock's slack.
    for (std::uint64_t count = 1 + below(4); count > 0; --count) {
      std::uint64_t start = below(40);
      std::uint64_t end = start + below(40);
      for (std::size_t layer = below(3); layer < kLayerCount; ++layer) {
        if (below(6) != 0) {
          spans.push_back(
              {start, end, static_cast<std::uint32_t>(below(2)), static_cast<Layer>(layer)});
        }
        start += below(4);
        end = std::max(start, end - std::min(end, below(4)));
      }
    }
    for (std::uint64_t count = below(5); count > 0; --count) {
      const std::uint64_t start = below(60);
      spans.push_back({start, start + below(20), 3, static_cast<Layer>(below(kLayerCount))});
    }
    if (below(3) == 0) spans.push_back(spans[below(spans.size())]);
    const Joined expected = join_by_definition(spans);
    // The slack is tested above; here every unit counts.
    std::vector<Span> stretched = spans;
    constexpr std::uint64_t kUnit = 2 * kClockSlackNs;
    for (Span& s : stretched) {
      s.start_ns *= kUnit;
      s.end_ns *= kUnit;
    }
    std::shuffle(stretched.begin(), stretched.end(), random);
    Joined joined = join(stretched);
    for (JoinedOperation& operation : joined.operations) {
      std::uint64_t outer = UINT64_MAX;
      for (const Layer layer : layers_in(operation.layers)) {
        const auto i = static_cast<std::size_t>(layer);
        EXPECT_LE(operation.time_ns[i], outer);
        outer = operation.time_ns[i];
        EXPECT_LE(operation.there_ns[i] + operation.back_ns[i], operation.time_ns[i]);
        operation.time_ns[i] /= kUnit;
        operation.there_ns[i] /= kUnit;
        operation.back_ns[i] /= kUnit;
      }
      operation.end_ns /= kUnit;
    }
    ASSERT_EQ(joined.fates, expected.fates) << text(spans);
    ASSERT_EQ(sorted(joined.operations), sorted(expected.operations)) << text(spans);
    joined_operations += joined.operations.size();
  }
  EXPECT_GT(joined_operations, 2000u);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
