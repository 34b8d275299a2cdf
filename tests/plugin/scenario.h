// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a scenario of hosts/ as a process with the plugin preloaded, and what the plugin
// recorded, read from the segment that the process leaves behind.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "shm/reader.h"
#include "tests/integration/child_process.h"
#include "tests/stand-in-daemon/running_daemon.h"

namespace goxel_telemetry::plugin {

class Scenario {
 public:
  Scenario();
  ~Scenario();

  // Runs the scenario to its end, started by the launcher. Returns its exit code: 0 if all was as
  // expected, 77 if it cannot run here.
  int run(const std::string& name, const std::string& argument = "");
  // The same with another command, which must contain the launcher and the host.
  int run(std::vector<std::string> command);
  std::vector<std::string> launched(const std::string& name,
                                    const std::string& argument = "") const;

  // The process that was started; what it wrote on stdout and stderr.
  pid_t pid() const { return pid_; }
  const std::string& output() const { return output_; }

  const std::string& instance() const { return instance_; }
  std::string segment_path() const { return "/dev/shm/goxel-telemetry." + instance_; }
  std::string file(const std::string& name) const { return folder_.file(name); }
  void write_config(const std::string& settings = "");

  // After run(): a reader of the segment; null if there is none.
  shm::Reader* reader() { return reader_.get(); }
  // How many records there are of each "operation status".
  using Counts = std::map<std::string, std::uint64_t>;
  Counts counts();
  std::vector<shm::Record> records(const std::string& operation);

 private:
  stand_in_test::TemporaryFolder folder_;
  std::string instance_;
  pid_t pid_ = -1;
  std::string output_;
  std::unique_ptr<shm::Reader> reader_;
  std::vector<shm::Record> all_;
};

}  // namespace goxel_telemetry::plugin
