// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a stand-in daemon as a process of its own, with its files in a folder that is removed
// afterwards.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace stand_in_test {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string text_of(const std::string& path);
void write_text(const std::string& path, const std::string& text);

// For conditions that cannot be waited for in another way. False if it does not become true in half
// a minute.
bool becomes_true(const std::function<bool()>& condition);

class RunningDaemon {
 public:
  // Returns when the daemon listens or has ended, or at once with Wait::no (for a daemon whose log
  // goes elsewhere). `arguments` are those other than --socket; `folder` is its working directory.
  enum class Wait { until_it_listens, no };
  RunningDaemon(const TemporaryFolder& folder, const std::vector<std::string>& arguments,
                Wait wait = Wait::until_it_listens);
  ~RunningDaemon();
  RunningDaemon(const RunningDaemon&) = delete;
  RunningDaemon& operator=(const RunningDaemon&) = delete;

  const std::string& socket_path() const { return socket_path_; }
  pid_t pid() const { return pid_; }
  // What the daemon wrote to stderr until it listened; everything once it has ended.
  const std::string& log() const { return log_; }
  std::size_t open_descriptors() const;

  void send_signal(int signal) const;
  // Reads the log to its end; returns the wait status.
  int wait_for_end();

 private:
  bool read_log();

  std::string socket_path_;
  std::string log_;
  pid_t pid_ = -1;
  int stderr_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

}  // namespace stand_in_test
