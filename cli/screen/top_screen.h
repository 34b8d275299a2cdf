// SPDX-License-Identifier: GPL-3.0-or-later
// A terminal to draw whole screens on. The only part that uses curses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace goxel_telemetry::cli {

// Takes the terminal; the destructor gives it back as it was. While the object exists, SIGINT,
// SIGTERM, SIGHUP, SIGWINCH, SIGTSTP and SIGCONT are blocked: wait() handles them.
class CursesTerminal {
 public:
  // Throws Failure if there is no terminal, or if its cursor cannot be moved.
  CursesTerminal();
  ~CursesTerminal();
  CursesTerminal(const CursesTerminal&) = delete;
  CursesTerminal& operator=(const CursesTerminal&) = delete;

  std::size_t width() const;
  std::size_t height() const;

  // Draws lines that Style::paint() made.
  void draw(const std::vector<std::string>& lines);

  enum class Event {
    none,     // the time has passed
    keys,     // next_key() has some
    changed,  // another size, or another program used the terminal: draw again
    end,      // a signal, or the terminal is gone
  };
  Event wait(int milliseconds);

  // A character or a SpecialKey; none if no more keys were pressed.
  std::optional<char32_t> next_key();

 private:
  void suspend();
  void fit_size();

  struct Curses;
  std::unique_ptr<Curses> curses_;
  int signals_ = -1;
  bool utf8_ = false;
};

}  // namespace goxel_telemetry::cli
