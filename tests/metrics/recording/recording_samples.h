// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings in memory, for tests.
#pragma once

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "metrics/recording/recording.h"

namespace goxel_telemetry::metrics::recording {

using Bytes = std::vector<std::uint8_t>;

inline Reader reader_of(std::span<const std::uint8_t> bytes) {
  return Reader([bytes, at = std::size_t{0}](std::span<std::uint8_t> out) mutable {
    const std::size_t size = std::min(out.size(), bytes.size() - at);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, out.begin());
    at += size;
    return size;
  });
}

struct ReadBack {
  std::vector<Entry> entries;
  std::vector<Segment> segments;  // of each entry
  Outcome outcome;
};
inline ReadBack read_all(std::span<const std::uint8_t> bytes) {
  ReadBack result{};
  Reader reader = reader_of(bytes);
  Entry entry;
  while ((result.outcome = reader.next(entry)) == Outcome::entry) {
    result.entries.push_back(entry);
    result.segments.push_back(reader.segment());
  }
  return result;
}

// A session with all kinds of entries; some values are at their limits.
inline std::vector<Entry> some_entries(unsigned seed, std::size_t records) {
  std::mt19937_64 random(seed);
  // Small, large and extreme values, equally often.
  const auto number = [&random](std::uint64_t most) {
    const std::uint64_t value = random() >> (random() % 64);
    return random() % 16 == 0 ? most : std::min(value, most);
  };
  std::vector<Entry> entries;
  const auto add = [&entries](auto&& entry) {
    entries.emplace_back().emplace<std::decay_t<decltype(entry)>>(entry);
  };
  add(RunBegan{number(UINT64_MAX), 4242, shm::Door::preload, 1'000, 2'000, 3'000, "goxel",
               "goxel-daemon", "0.19", "0.1.0"});
  add(Name{9, shm::NameKind::operation, "goxel.add_voxel"});
  add(Name{10, shm::NameKind::operation, std::string(shm::kNameBytes, '\xff'), 4'294'967'295u});
  for (std::size_t i = 0; i < records; ++i) {
    LaneRecord lane;
    lane.lane = static_cast<std::uint32_t>(number(shm::kMaxLanes - 1));
    shm::Record::Words words;
    for (std::uint64_t& word : words) word = number(UINT64_MAX);
    lane.record = shm::Record::from_words(words);
    add(lane);
    if (i % 50 == 49) {
      Moment moment;
      moment.monotonic_ns = number(UINT64_MAX);
      moment.realtime_ns = number(UINT64_MAX);
      moment.gauges = {1, 2, 3, 4, 5, 6, 7, 8, 9, number(UINT64_MAX), 11, 12};
      moment.own_cost_ns = number(UINT64_MAX);
      moment.cost_sums = {1, UINT64_MAX, 3, 4, 5};
      for (std::uint64_t line = number(3); line > 0; --line) {
        for (std::uint64_t& word : words) word = number(UINT64_MAX);
        shm::InflightEntry& entry =
            moment.inflight.emplace_back(shm::InflightEntry::from_words(words));
        entry.unused = 0;
      }
      add(moment);
    }
  }
  add(Lost{number(UINT64_MAX)});
  add(RunEnded{number(UINT64_MAX), random() % 2 == 0});
  return entries;
}

// The segments of `entries` entries: both segments, in any order.
inline std::vector<Segment> some_segments(unsigned seed, std::size_t entries) {
  std::mt19937_64 random(seed);
  std::vector<Segment> segments(entries);
  for (Segment& segment : segments) segment = static_cast<Segment>(random() % kSegments);
  return segments;
}

// A recording and the places where its chunks end; the first one is where the chunks begin.
struct Written {
  Bytes bytes;
  std::vector<std::size_t> edges;
};
// `segments`: the segment of each entry; empty: all are the daemon's.
inline Written write(const std::vector<Entry>& entries, std::size_t entries_in_a_chunk,
                     const std::vector<Segment>& segments = {}) {
  Written written;
  Writer writer([&written](std::span<const std::uint8_t> bytes) {
    written.bytes.insert(written.bytes.end(), bytes.begin(), bytes.end());
    written.edges.push_back(written.bytes.size());
  });
  std::size_t count = 0;
  for (const Entry& entry : entries) {
    const Segment of = segments.empty() ? Segment::daemon : segments[count];
    std::visit(
        [&](const auto& value) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, End>) writer.add(value, of);
        },
        entry);
    if (++count % entries_in_a_chunk == 0) writer.close_chunk();
  }
  writer.finish();
  return written;
}

inline bool same(const Moment& a, const Moment& b) {
  const auto words = [](const Moment& moment) {
    std::vector<shm::InflightEntry::Words> all;
    for (const shm::InflightEntry& entry : moment.inflight) all.push_back(entry.words());
    return all;
  };
  return a.monotonic_ns == b.monotonic_ns && a.realtime_ns == b.realtime_ns &&
         a.gauges == b.gauges && a.own_cost_ns == b.own_cost_ns &&
         a.own_cost_samples == b.own_cost_samples && a.cost_sums == b.cost_sums &&
         words(a) == words(b);
}
inline bool same(const Entry& a, const Entry& b) {
  return a.index() == b.index() && std::visit(
                                       [&b](const auto& value) {
                                         using Kind = std::decay_t<decltype(value)>;
                                         if constexpr (std::is_same_v<Kind, Moment>) {
                                           return same(value, std::get<Moment>(b));
                                         } else {
                                           return value == std::get<Kind>(b);
                                         }
                                       },
                                       a);
}

}  // namespace goxel_telemetry::metrics::recording
