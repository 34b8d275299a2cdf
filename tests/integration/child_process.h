// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a program as a process of its own, its output in a file.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace goxel_telemetry::integration {

class ChildProcess {
 public:
  // Starts `arguments[0]` (looked up in PATH) with stdout and stderr going to `log`. Throws if it
  // cannot be started.
  ChildProcess(const std::vector<std::string>& arguments, std::string log);
  // Kills the process if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;
  // Returns the wait status; kills the process if it does not end within two minutes.
  int wait();
  std::string output() const;

 private:
  std::string log_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// Runs a program to its end. Returns its exit code (-1 if a signal ended it) and its output.
struct Finished {
  int exit_code;
  std::string output;
};
Finished run(const std::vector<std::string>& arguments, const std::string& log);

}  // namespace goxel_telemetry::integration
