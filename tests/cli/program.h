// SPDX-License-Identifier: GPL-3.0-or-later
// Runs goxel-telemetry as it was built, and reads what it prints.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace goxel_telemetry::cli {

class Program {
 public:
  // Starts it; `environment` is added to the test's own ("NAME=value").
  explicit Program(std::vector<std::string> arguments, std::vector<std::string> environment = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The next line of standard output or standard error without its newline; empty after the end, or
  // when none came for 20 seconds.
  std::string line() { return line_of(output_); }
  std::string error_line() { return line_of(error_); }

  // Whether there is output to read within this time.
  bool has_output(int milliseconds) { return output_.has_more(milliseconds); }
  bool has_error(int milliseconds) { return error_.has_more(milliseconds); }

  pid_t pid() const { return pid_; }
  void signal(int number);
  void stop();          // sends SIGSTOP; returns when the program has stopped
  void close_output();  // like a pager that the user quits

  // All output until the end, and the exit code (-1: it was killed by a signal, or did not end).
  struct Result {
    int exit_code;
    std::string output;
    std::string error;
  };
  Result finish();

 private:
  struct Stream {
    int fd = -1;
    std::string unread;
    bool read_more();  // false at the end
    bool has_more(int milliseconds) const;
  };
  static std::string line_of(Stream& stream);

  pid_t pid_ = 0;
  Stream output_;
  Stream error_;
};

inline Program::Result run(std::vector<std::string> arguments,
                           std::vector<std::string> environment = {}) {
  return Program(std::move(arguments), std::move(environment)).finish();
}

}  // namespace goxel_telemetry::cli
