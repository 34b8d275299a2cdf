// SPDX-License-Identifier: GPL-3.0-or-later
// For benchmarks: a history file with a day of 64 operations. Time is an argument: a day is written as fast as possible.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "metrics/history/writer.h"
#include "tests/benchmarks/busy_daemon.h"

namespace goxel_telemetry::benchmarks {

inline constexpr std::uint64_t kDay = 86'400;

inline void demand(const metrics::HistoryResult& result) {
  if (!result.done()) throw std::runtime_error(result.message);
}

// It commits 20 s at a time: the rows are the same as with one commit a second, and not more than one commit can remove.
class DayOfHistory {
 public:
  // `begin`: Unix seconds.
  DayOfHistory(std::string instance, std::uint64_t begin, std::uint64_t records_per_second)
      : instance_(std::move(instance)),
        per_second_(records_per_second),
        file_(
            std::filesystem::temp_directory_path() /
            ("history-bench-" + std::to_string(getpid()) + '-' + std::to_string(++days_) + ".db")),
        now_(begin) {
    remove();
    metrics::HistoryResult why;
    writer_ = metrics::HistoryWriter::open(file_, {}, why);
    demand(why);
    for (std::uint64_t passed = 0; passed < kDay; passed += 20) commit(20);
  }
  ~DayOfHistory() {
    writer_.reset();
    remove();
  }
  DayOfHistory(const DayOfHistory&) = delete;
  DayOfHistory& operator=(const DayOfHistory&) = delete;

  void commit(std::uint64_t seconds) { write(prepare(seconds)); }
  metrics::RollupDelta prepare(std::uint64_t seconds) {
    metrics::RollupDelta delta;
    for (std::uint64_t second = 0; second < seconds; ++second) {
      due_ += per_second_;
      std::vector<metrics::Tally> tallies(kOperations);
      for (; due_ > 0; --due_) {
        metrics::Measurement m;
        m.duration_ns = durations_[random_() % durations_.size()];
        m.bytes_in = 150;
        m.bytes_out = 110;
        tallies[random_() % kOperations].add(m);
      }
      for (std::uint64_t i = 0; i < kOperations; ++i) {
        if (tallies[i].outcomes.all() == 0) continue;
        delta.rollups.push_back({key(i), now_ + second, 1, std::move(tallies[i])});
      }
    }
    delta.observed = {{now_ * metrics::kNsPerSecond, (now_ + seconds) * metrics::kNsPerSecond}};
    now_ += seconds;
    delta.position = {1, {now_}, now_ * metrics::kNsPerSecond};
    return delta;
  }
  void write(metrics::RollupDelta delta) {
    demand(writer_->commit({{instance_, std::move(delta)}}, now_));
  }

  static metrics::OperationKey key(std::uint64_t operation) {
    return {"2-layer", "mcp", "daemon", name_of_operation(operation)};
  }
  std::uintmax_t bytes() const { return std::filesystem::file_size(file_); }
  const std::string& file() const { return file_; }
  std::uint64_t now() const { return now_; }

 private:
  void remove() const {
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
      std::filesystem::remove(file_ + suffix);
    }
  }

  const std::string instance_;
  const std::uint64_t per_second_;
  static inline int days_ = 0;
  const std::string file_;
  std::mt19937_64 random_{1};
  const std::vector<std::uint64_t> durations_ = latencies(65'536);
  std::uint64_t due_ = 0;
  std::uint64_t now_;
  std::unique_ptr<metrics::HistoryWriter> writer_;
};

}  // namespace goxel_telemetry::benchmarks
