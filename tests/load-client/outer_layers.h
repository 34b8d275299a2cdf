// SPDX-License-Identifier: GPL-3.0-or-later
// Plays the layers outside of a daemon: takes the time that they would take, and reports their
// spans into a segment, as their collectors would do through the bridge (docs/shm-format.md, "Outer
// layers").
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "shm/catalog.h"
#include "shm/producer.h"
#include "shm/segment.h"
#include "slow_layer.h"

namespace load_client {

// What the layers of a stack measured: the sums of all operations.
struct OuterTimes {
  std::uint64_t operations = 0;                 // answered
  std::map<std::string, std::uint64_t> sum_ns;  // by layer
};
using OuterStatistics = std::map<std::string, OuterTimes>;  // by stack

class OuterLayers {
 public:
  // The segment of the outer layers of the daemon `instance`, with room for `threads` threads.
  // Throws std::runtime_error, with a sentence.
  OuterLayers(const std::string& instance, unsigned threads, SlowLayer slow);
  ~OuterLayers();
  OuterLayers(const OuterLayers&) = delete;
  OuterLayers& operator=(const OuterLayers&) = delete;

  // Used by one thread.
  class Reporter {
   public:
    Reporter(OuterLayers& layers, unsigned index, std::uint64_t seed);

    // Plays a call's way to the daemon: through all layers for JSON-RPC, from the client straight
    // to the daemon for MCP. Takes some time.
    void go(bool json_rpc, const std::string& operation);
    // Plays the way back, after the daemon's answer. Publishes a span of each layer.
    void come_back(const std::string& operation, std::uint64_t trace_id,
                   goxel_telemetry::shm::Status status);

    const OuterStatistics& statistics() const { return statistics_; }

   private:
    struct Crossing {
      const char* layer;
      std::uint8_t layer_id;
      std::uint64_t start_ns;
    };
    void work();

    OuterLayers& layers_;
    goxel_telemetry::shm::Producer producer_;
    bool shows_points_;  // true for the one thread that owns the collection points' lines
    std::uint64_t points_shown_ns_ = 0;
    std::mt19937_64 random_;
    bool json_rpc_ = false;
    std::vector<Crossing> crossings_;
    OuterStatistics statistics_;
  };

 private:
  void show_points(std::uint64_t now_ns);

  const SlowLayer slow_;
  std::unique_ptr<goxel_telemetry::shm::Mapping> mapping_;
  goxel_telemetry::shm::Header* header_;
  std::unique_ptr<goxel_telemetry::shm::CatalogWriter> catalog_;
};

}  // namespace load_client
