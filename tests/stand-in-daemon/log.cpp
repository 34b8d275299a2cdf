// SPDX-License-Identifier: GPL-3.0-or-later
#include "log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <ctime>

namespace stand_in {
namespace {

// Set before there is a second thread.
int log_descriptor = STDERR_FILENO;

}  // namespace

bool log_to_file(const std::string& path) {
  const int opened = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (opened < 0) return false;
  log_descriptor = opened;
  return true;
}

void log_line(const std::string& text) {
  std::array<char, 32> when{};
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::strftime(when.data(), when.size(), "%Y-%m-%d %H:%M:%S ", &parts);
  const std::string line = when.data() + text + "\n";
  [[maybe_unused]] const ssize_t ignored = write(log_descriptor, line.data(), line.size());
}

}  // namespace stand_in
