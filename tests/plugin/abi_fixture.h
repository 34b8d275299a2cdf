// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: the ABI door, called in a few verbs as a host calls it, and the records that it led
// to.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "plugin/goxel_plugin.h"
#include "shm/reader.h"
#include "tests/shm/test_segment.h"

namespace goxel_telemetry::plugin {

class Abi : public testing::Test {
 protected:
  void TearDown() override { plugin_.deactivate(); }

  static void keep_line(void* lines, const char* line) {
    static_cast<std::vector<std::string>*>(lines)->push_back(line);
  }
  int activate(std::vector<goxel_plugin_setting> more = {}) {
    std::vector<goxel_plugin_setting> settings = {{"instance", instance_.name().c_str()}};
    settings.insert(settings.end(), more.begin(), more.end());
    goxel_plugin_host host{};
    host.size = sizeof host;
    host.name = "abi-test";
    host.version = "1.0";
    host.workers_configured = 3;
    host.settings = settings.data();
    host.setting_count = settings.size();
    host.log = keep_line;
    host.log_context = &log_;
    return plugin_.activate(&host);
  }
  void watch() {
    reader_ = shm::Reader::open(instance_.name());
    ASSERT_NE(reader_, nullptr);
  }
  goxel_plugin_request_token received(const std::string& operation,
                                      goxel_plugin_connection connection = 1) {
    goxel_plugin_request request{};
    request.size = sizeof request;
    request.connection = connection;
    request.protocol = GOXEL_PROTOCOL_JSON_RPC;
    request.operation = operation.data();
    request.operation_length = operation.size();
    request.bytes = 100;
    return plugin_.request_received(&request);
  }
  std::vector<shm::Record> records() {
    std::vector<shm::Record> found;
    reader_->sweep([&](const shm::Record& record, std::uint32_t) { found.push_back(record); });
    return found;
  }
  // Until `met()`, which what the plugin does by itself within seconds brings about; false if it
  // does not.
  template <class Condition>
  static bool wait_until(Condition&& met) {
    for (int i = 0; i < 2000; ++i) {
      if (met()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  // "operation status" each.
  std::vector<std::string> seen() {
    std::vector<std::string> found;
    for (const shm::Record& record : records()) {
      found.push_back(reader_->name(record.operation) + " " +
                      std::to_string(static_cast<int>(record.status)));
    }
    return found;
  }

  const goxel_plugin& plugin_ = *goxel_plugin_entry(GOXEL_PLUGIN_ABI_MAJOR);
  const shm::TestInstance instance_;
  std::vector<std::string> log_;
  std::unique_ptr<shm::Reader> reader_;
};

}  // namespace goxel_telemetry::plugin
