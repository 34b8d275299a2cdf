// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: somebody at a display with a mouse, keys and eyes, and nothing else. What the display shows is read as a screen
// reader does, over a session bus that is the robot's own.
#pragma once

#include <QRect>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/child_process.h"
#include "tests/viewer-qt/virtual_display.h"

namespace goxel_telemetry::viewer {

// Something on the screen, all of it in sight.
struct Seen {
  std::string role;  // AT-SPI's name of it
  std::string name;
  std::string description;
  bool focusable = false;
  QRect rect;  // on the screen
};

class Robot {
 public:
  // Logs and sockets go into `folder`.
  explicit Robot(std::string folder);

  // False if there is no display or no bus.
  bool is_ready() const { return display_.name().size() > 1 && !bus_address_.empty(); }

  // The command that starts a program at the display.
  std::vector<std::string> at_the_display(std::vector<std::string> program) const;

  // Actions, which are counted. Keys (as xdotool names them) go to the window that was clicked last: there is no window
  // manager that would give them to a new one.
  void press(const std::string& keys) { act({"key", "--clearmodifiers", keys}); }
  void click(QPoint place) { act({"mousemove", x_of(place), y_of(place), "click", "1"}); }
  void drag(QPoint from, QPoint to);
  int actions() const { return actions_; }

  // To look at something is no action.
  void point_at(QPoint place) { use_mouse_and_keys({"mousemove", x_of(place), y_of(place)}); }
  std::vector<Seen> look();

 private:
  static std::string x_of(QPoint place) { return std::to_string(place.x()); }
  static std::string y_of(QPoint place) { return std::to_string(place.y()); }
  void use_mouse_and_keys(std::vector<std::string> arguments);
  void act(std::vector<std::string> arguments);

  std::string folder_;
  VirtualDisplay display_;
  std::unique_ptr<integration::ChildProcess> bus_;
  std::string bus_address_;
  int actions_ = 0;
};

}  // namespace goxel_telemetry::viewer
