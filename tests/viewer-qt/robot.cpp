// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/viewer-qt/robot.h"

#include <sstream>
#include <stdexcept>
#include <utility>

namespace goxel_telemetry::viewer {

using integration::ChildProcess;

Robot::Robot(std::string folder) : folder_(std::move(folder)), display_(folder_ + "/xvfb.log") {
  // What the bus starts (the bus of screen readers) takes these on.
  int channel[2];
  if (pipe(channel) != 0) return;
  bus_ = std::make_unique<ChildProcess>(
      at_the_display({"dbus-daemon", "--session", "--nofork", "--nopidfile", "--nosyslog",
                      "--address=unix:dir=" + folder_,
                      "--print-address=" + std::to_string(channel[1])}),
      folder_ + "/bus.log");
  close(channel[1]);
  char c = 0;
  while (read(channel[0], &c, 1) == 1 && c != '\n') bus_address_ += c;
  close(channel[0]);
}

std::vector<std::string> Robot::at_the_display(std::vector<std::string> program) const {
  std::vector<std::string> command = {"env",
                                      "-u",
                                      "WAYLAND_DISPLAY",
                                      "-u",
                                      "AT_SPI_BUS_ADDRESS",
                                      "DISPLAY=" + display_.name(),
                                      "XDG_RUNTIME_DIR=" + folder_,
                                      "DBUS_SESSION_BUS_ADDRESS=" + bus_address_,
                                      "QT_QPA_PLATFORM=xcb",
                                      "QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1"};
  command.insert(command.end(), std::make_move_iterator(program.begin()),
                 std::make_move_iterator(program.end()));
  return command;
}

void Robot::use_mouse_and_keys(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "xdotool");
  const integration::Finished done =
      integration::run(at_the_display(std::move(arguments)), folder_ + "/xdotool.log");
  if (done.exit_code != 0) throw std::runtime_error("xdotool: " + done.output);
}

void Robot::act(std::vector<std::string> arguments) {
  ++actions_;
  use_mouse_and_keys(std::move(arguments));
}

void Robot::drag(QPoint from, QPoint to) {
  const QPoint between = (from + to) / 2;
  act({"mousemove", x_of(from), y_of(from), "mousedown", "1", "mousemove", x_of(between),
       y_of(between), "mousemove", x_of(to), y_of(to), "mouseup", "1"});
}

std::vector<Seen> Robot::look() {
  const integration::Finished reader =
      integration::run(at_the_display({READ_SCREEN, std::to_string(display_.kWidth),
                                       std::to_string(display_.kHeight)}),
                       folder_ + "/reader.log");
  if (reader.exit_code != 0) throw std::runtime_error(reader.output);
  std::vector<Seen> all;
  std::istringstream lines(reader.output);
  for (std::string line; std::getline(lines, line);) {
    const auto thing = nlohmann::json::parse(line);
    all.push_back(
        {thing.at("role"), thing.at("name"), thing.at("description"), thing.at("focusable"),
         QRect(thing.at("left"), thing.at("top"), thing.at("width"), thing.at("height"))});
  }
  return all;
}

}  // namespace goxel_telemetry::viewer
