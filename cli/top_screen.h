// SPDX-License-Identifier: GPL-3.0-or-later
// A terminal to draw whole screens on. The only part that knows curses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace goxel_telemetry::cli {

// Takes the terminal, and gives it back as it was when it goes. While it lives, SIGINT, SIGTERM,
// SIGHUP, SIGWINCH, SIGTSTP and SIGCONT are blocked: wait() sees to them.
class CursesTerminal {
 public:
  // Throws Failure if there is no terminal, or none on which a cursor can be moved.
  CursesTerminal();
  ~CursesTerminal();
  CursesTerminal(const CursesTerminal&) = delete;
  CursesTerminal& operator=(const CursesTerminal&) = delete;

  std::size_t width() const;
  std::size_t height() const;

  // Lines as Style::paint() makes them.
  void draw(const std::vector<std::string>& lines);

  enum class Event {
    none,     // the time has passed
    keys,     // next_key() has some
    changed,  // another size, or the terminal was somebody else's meanwhile: draw again
    end,      // a signal, or the terminal is gone
  };
  Event wait(int milliseconds);

  // A character, or a SpecialKey; none if no more were pressed.
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
