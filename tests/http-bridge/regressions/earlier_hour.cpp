// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: earlier_hour FROM TO INSTANCE. Makes a history file TO of the hour before the history file FROM begins, in which each
// second is one of those that FROM has of the instance, by turns: as if the daemon had run an hour longer. What FROM has itself is
// still in the daemon's ring, from where a bridge takes it.
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "metrics/history/reader.h"
#include "metrics/history/writer.h"
#include "metrics/time.h"

namespace {

using namespace goxel_telemetry::metrics;

constexpr std::uint64_t kHour = 3600;
constexpr std::ptrdiff_t kFewestSeconds = 30;
constexpr std::ptrdiff_t kCut = 3;  // seconds at both ends, which may not be whole

[[noreturn]] void fail(const std::string& sentence) {
  std::cerr << sentence << std::endl;
  std::exit(1);
}

struct RecordedSeconds {
  std::uint64_t begin = 0;
  std::vector<std::vector<Rollup>> rollups;
};

RecordedSeconds seconds_of(const std::string& file, const std::string& instance) {
  HistoryResult why;
  const auto reader = HistoryReader::open(file, why);
  if (reader == nullptr) fail(why.message);
  const std::uint64_t now_ns = Time::now().realtime_ns;
  HistoryFilter filter;
  filter.instance = instance;
  std::vector<Rollup> rollups;
  why = reader->rollups(filter, {now_ns - kHour * kNsPerSecond, now_ns}, 1, rollups);
  if (!why.done()) fail(why.message);
  std::map<std::uint64_t, std::vector<Rollup>> by_second;
  for (Rollup& rollup : rollups) by_second[rollup.begin_seconds].push_back(std::move(rollup));
  if (std::ssize(by_second) < kFewestSeconds + 2 * kCut) fail("too few seconds in " + file);
  RecordedSeconds seconds{by_second.begin()->first, {}};
  const auto end = std::prev(by_second.end(), kCut);
  for (auto at = std::next(by_second.begin(), kCut); at != end; ++at)
    seconds.rollups.push_back(std::move(at->second));
  return seconds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("usage: earlier_hour FROM TO INSTANCE");
  const RecordedSeconds seconds = seconds_of(argv[1], argv[3]);
  HistoryResult why;
  const auto writer = HistoryWriter::open(argv[2], {}, why);
  if (writer == nullptr) fail(why.message);
  const std::uint64_t end = seconds.begin;
  HistoryDelta delta{argv[3], {}};
  delta.delta.observed = {{(end - kHour) * kNsPerSecond, end * kNsPerSecond}};
  for (std::uint64_t second = end - kHour; second < end; ++second) {
    for (Rollup rollup : seconds.rollups[second % seconds.rollups.size()]) {
      rollup.begin_seconds = second;
      delta.delta.rollups.push_back(std::move(rollup));
    }
  }
  why = writer->commit({delta}, end);
  if (!why.done()) fail(why.message);
  writer->end();
}
