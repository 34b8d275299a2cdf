// SPDX-License-Identifier: GPL-3.0-or-later
// A history file in a folder of its own, verbs to fill it, and the answers that it must give.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "metrics/history/reader.h"
#include "metrics/history/writer.h"
#include "metrics/live/window_stats.h"

namespace goxel_telemetry::metrics {

inline constexpr std::uint64_t kNs = 1'000'000'000;
// The beginning of an hour, Unix time.
inline constexpr std::uint64_t kThen = 1'763'996'400;

inline bool same(const Latency& a, const Latency& b) {
  return a.count == b.count && a.mean_ns == b.mean_ns && a.min_ns == b.min_ns &&
         a.p50_ns == b.p50_ns && a.p90_ns == b.p90_ns && a.p95_ns == b.p95_ns &&
         a.p99_ns == b.p99_ns && a.max_ns == b.max_ns && a.out_of_range == b.out_of_range;
}

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    std::string name = testing::TempDir() + "history-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    file_ = folder_ / "history.db";
  }
  ~HistoryTest() override {
    writer_.reset();
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
    std::filesystem::remove_all(folder_);
  }

  static OperationKey key(const std::string& operation, const std::string& layer = "daemon",
                          const std::string& stack = "2-layer") {
    return {stack, "mcp", layer, operation};
  }

  // Adds a record to the next commit.
  void record(const OperationKey& operation, std::uint64_t second, std::uint64_t duration_ns,
              shm::Status status = shm::Status::ok) {
    Measurement m;
    m.duration_ns = duration_ns;
    m.wait_ns = duration_ns / 2;
    m.receive_ns = duration_ns / 3;
    m.send_ns = duration_ns / 5;
    m.status = status;
    m.bytes_in = 10;
    m.bytes_out = 7;
    pending_[{operation, second}].add(m);
    all_[{operation, second}].add(m);
  }

  // Adds a watched stretch to the next commit.
  void watched(double from, double to) {
    const auto ns = [](double seconds) {
      return kThen * kNs + static_cast<std::uint64_t>(seconds * 1e9);
    };
    observed_.push_back({ns(from), ns(to)});
  }

  HistoryWriter& writer() {
    if (writer_ == nullptr) {
      HistoryResult why;
      writer_ = HistoryWriter::open(file_, retention_, why);
      EXPECT_EQ(why.message, "");
      if (writer_ == nullptr) throw std::runtime_error(why.message);
    }
    return *writer_;
  }

  RollupDelta delta() {
    RollupDelta delta;
    for (const auto& [place, tally] : std::exchange(pending_, {})) {
      delta.rollups.push_back({place.first, place.second, 1, tally});
    }
    delta.position = position_;
    delta.observed = std::exchange(observed_, {});
    return delta;
  }
  HistoryResult try_commit(std::uint64_t now) {
    position_.until_realtime_ns = now * kNs;
    return writer().commit({{"goxel", delta()}}, now);
  }
  void commit(std::uint64_t now) { EXPECT_EQ(try_commit(now).message, ""); }

  std::unique_ptr<HistoryReader> reader() const {
    HistoryResult why;
    std::unique_ptr<HistoryReader> reader = HistoryReader::open(file_, why);
    if (reader == nullptr) throw std::runtime_error(why.message);
    return reader;
  }
  HistoryAnswer query(std::uint64_t from, std::uint64_t to, std::uint32_t points,
                      HistoryFilter filter = {}) const {
    filter.instance = "goxel";
    HistoryAnswer answer;
    const HistoryResult result =
        reader()->query({std::move(filter), {from * kNs, to * kNs}, points}, answer);
    EXPECT_EQ(result.message, "");
    expect_covers(answer, from, to);
    return answer;
  }
  // The answer must cover the whole range, point after point, and no more than whole stretches
  // need.
  static void expect_covers(const HistoryAnswer& answer, std::uint64_t from, std::uint64_t to) {
    EXPECT_LE(answer.begin_seconds, from);
    EXPECT_GT(answer.begin_seconds + answer.point_seconds, from);
    EXPECT_GE(answer.end_seconds, to);
    EXPECT_LT(answer.end_seconds, to + answer.point_seconds);
    std::uint64_t reached = answer.begin_seconds;
    for (const HistoryPoint& point : answer.points) {
      EXPECT_EQ(point.begin_seconds, reached);
      reached += point.seconds;
    }
    EXPECT_EQ(reached, answer.end_seconds);
  }

  // The recorded records, merged directly.
  Tally direct(std::uint64_t from, std::uint64_t to, const HistoryFilter& filter = {}) const {
    Tally sum;
    for (const auto& [place, tally] : all_) {
      const auto& [operation, second] = place;
      const auto passes = [](const auto& wanted, const auto& is) {
        return !wanted || *wanted == is;
      };
      if (second >= from && second < to && passes(filter.operation, operation.operation) &&
          passes(filter.layer, operation.layer) && passes(filter.protocol, operation.protocol) &&
          passes(filter.stack, operation.stack)) {
        sum.merge(tally);
      }
    }
    return sum;
  }
  // Every point of an answer, and its total, must be equal to what was recorded.
  void expect_exact(const HistoryAnswer& answer, const HistoryFilter& filter = {}) const {
    for (const HistoryPoint& point : answer.points) {
      expect_same(point.stats,
                  direct(point.begin_seconds, point.begin_seconds + point.seconds, filter));
    }
    expect_same(answer.whole, direct(answer.begin_seconds, answer.end_seconds, filter));
  }
  static void expect_same(const WindowStats& stats, const Tally& tally) {
    const WindowStats expected = stats_of(tally, 1);
    EXPECT_EQ(stats.outcomes, expected.outcomes);
    EXPECT_EQ(stats.bytes_in, expected.bytes_in);
    EXPECT_EQ(stats.bytes_out, expected.bytes_out);
    EXPECT_EQ(stats.mean_receive_ns, expected.mean_receive_ns);
    EXPECT_EQ(stats.mean_wait_ns, expected.mean_wait_ns);
    EXPECT_EQ(stats.mean_send_ns, expected.mean_send_ns);
    EXPECT_TRUE(same(stats.latency, expected.latency));
  }

  std::filesystem::path folder_;
  std::string file_;
  HistoryRetention retention_;
  ReadingPosition position_{7, {1, 2}, 0};
  std::vector<TimeStretch> observed_;
  std::map<std::pair<OperationKey, std::uint64_t>, Tally> pending_;
  std::map<std::pair<OperationKey, std::uint64_t>, Tally> all_;
  std::unique_ptr<HistoryWriter> writer_;
};

}  // namespace goxel_telemetry::metrics
