// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: an X server without a screen, on a display of its own choice.
#pragma once

#include <unistd.h>
#include <memory>
#include <string>

#include "tests/integration/child_process.h"

namespace goxel_telemetry::viewer {

class VirtualDisplay {
 public:
  static constexpr int kWidth = 1280;
  static constexpr int kHeight = 900;

  explicit VirtualDisplay(const std::string& log) {
    int channel[2];
    if (pipe(channel) != 0) return;
    const std::string screen = std::to_string(kWidth) + "x" + std::to_string(kHeight) + "x24";
    server_ = std::make_unique<integration::ChildProcess>(
        std::vector<std::string>{"Xvfb", "-displayfd", std::to_string(channel[1]), "-screen", "0",
                                 screen, "-nolisten", "tcp"},
        log);
    close(channel[1]);
    char c = 0;
    while (read(channel[0], &c, 1) == 1 && c != '\n') name_ += c;
    close(channel[0]);
    name_.insert(0, ":");
  }
  // ":" alone if there is no server.
  const std::string& name() const { return name_; }

 private:
  std::unique_ptr<integration::ChildProcess> server_;
  std::string name_;
};

}  // namespace goxel_telemetry::viewer
