// SPDX-License-Identifier: GPL-3.0-or-later
// Producers that come and go on few lanes, and a reader that checks every record: common to the
// property tests and the kill tests.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "shm/place_map.h"
#include "shm/producer.h"
#include "shm/reader.h"
#include "tests/shm/self_checking_record.h"
#include "tests/shm/test_segment.h"

namespace goxel_telemetry::shm {

// GOXEL_TELEMETRY_SOAK_SECONDS, or `otherwise`.
inline std::chrono::milliseconds soak_time(std::chrono::milliseconds otherwise) {
  const char* const seconds = std::getenv("GOXEL_TELEMETRY_SOAK_SECONDS");
  return seconds == nullptr ? otherwise : std::chrono::seconds(std::strtoul(seconds, nullptr, 10));
}

// Few and small lanes, so that they change their owner and wrap all the time.
inline SegmentOptions soak_options(const std::string& instance) {
  SegmentOptions options = small_options(instance);
  options.tiers = {{2, 4096}, {2, 256}, {2, 16}};
  return options;
}

// Threads that come and go: each takes a lane, publishes some records and ends.
class Producers {
 public:
  Producers(std::span<std::byte> segment, int clients) : parts_(segment) {
    for (int i = 0; i < clients; ++i) {
      clients_.emplace_back([this, i] {
        std::minstd_rand random(static_cast<unsigned>(i) + 1);
        while (!stop_.load(std::memory_order_relaxed)) {
          const std::uint64_t records = 1 + random() % 20'000;
          std::thread([this, records] { connection(records); }).join();
        }
      });
    }
  }
  ~Producers() { stop(); }
  Producers(const Producers&) = delete;
  Producers& operator=(const Producers&) = delete;

  // Ends the threads; returns the number of records ever published.
  std::uint64_t stop() {
    stop_.store(true, std::memory_order_relaxed);
    for (std::thread& client : clients_) client.join();
    clients_.clear();
    std::uint64_t published = 0;
    for (std::uint32_t lane = 0; lane < parts_.header().lane_count; ++lane) {
      published += parts_.lane(lane).head.load();
    }
    return published;
  }

 private:
  void connection(std::uint64_t records) {
    const std::uint32_t lane = map_.claim(0, parts_.header().lane_count);
    if (lane == decltype(map_)::kNone) return;
    Producer producer = parts_.producer(lane);
    std::uint64_t sequence = parts_.lane(lane).head.load(std::memory_order_relaxed);
    for (std::uint64_t i = 0; i < records; ++i) producer.publish(record_of(lane, sequence++));
    map_.give_back(lane);
  }

  Parts parts_;
  PlaceMap<64> map_;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> clients_;
};

// Checks what it is given, and that nothing goes missing uncounted.
class CheckingReader {
 public:
  explicit CheckingReader(const std::string& instance) {
    Opened why;
    reader_ = Reader::open(instance, &why);
    if (reader_ == nullptr) throw std::runtime_error(why.message);
  }

  // True if there was a record, or a loss.
  bool sweep() {
    const std::uint64_t gone_before = reader_->before();
    const std::vector<std::uint64_t> before = places();
    std::vector<std::uint64_t> next = before;  // for each lane, the lowest sequence that may come
    const Sweep sweep = reader_->sweep([&](const Record& record, std::uint32_t lane) {
      const std::uint64_t sequence = sequence_of(record);
      // The record must be whole, of this lane, and later than the one before it: so records come
      // in order, and once.
      if (!is_record_of(record, lane, sequence) || sequence < next[lane]) ++wrong_;
      next[lane] = sequence + 1;
    });
    const std::vector<std::uint64_t> after = places();
    std::uint64_t passed = 0;
    for (std::size_t lane = 0; lane < after.size(); ++lane) {
      passed += after[lane] - before[lane];
      if (next[lane] > after[lane]) ++wrong_;
    }
    if (passed != sweep.records + sweep.lost + reader_->before() - gone_before) ++wrong_;
    records_ += sweep.records;
    lost_ += sweep.lost;
    return passed != 0;
  }
  void sweep_to_the_end() {
    while (sweep()) {
    }
  }

  struct Report {
    std::uint64_t began_at;  // records from before the reader that it could not read
    std::uint64_t records;
    std::uint64_t lost;
    // Torn, misplaced or repeated records, and sweeps whose counts do not add up.
    std::uint64_t wrong;
    std::uint64_t accounted() const { return began_at + records + lost; }
  };
  Report report() const { return {reader_->before(), records_, lost_, wrong_}; }
  Reader& reader() { return *reader_; }

 private:
  std::vector<std::uint64_t> places() const {
    std::vector<std::uint64_t> of_lanes;
    for (std::uint32_t lane = 0; lane < reader_->lane_count(); ++lane) {
      of_lanes.push_back(reader_->lane_sequence(lane));
    }
    return of_lanes;
  }

  std::unique_ptr<Reader> reader_;
  std::uint64_t records_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t wrong_ = 0;
};

}  // namespace goxel_telemetry::shm
