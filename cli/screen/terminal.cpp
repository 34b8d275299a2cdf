// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "metrics/text/characters.h"
#include "metrics/text/printable.h"

namespace goxel_telemetry::cli {
namespace {

const char* escape_sequence(Emphasis emphasis) {
  switch (emphasis) {
    case Emphasis::strong:
      return "\033[1m";
    case Emphasis::faint:
      return "\033[2m";
    case Emphasis::good:
      return "\033[32m";
    case Emphasis::warning:
      return "\033[33m";
    case Emphasis::bad:
      return "\033[31m";
    case Emphasis::none:
      break;
  }
  return "";
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

std::string Style::paint(Emphasis emphasis, std::string_view text) const {
  if (!colours || emphasis == Emphasis::none || text.empty()) return std::string(text);
  return escape_sequence(emphasis) + std::string(text) + "\033[0m";
}

Emphasis emphasis_of_sequence(std::string_view sequence) {
  for (const Emphasis emphasis :
       {Emphasis::strong, Emphasis::faint, Emphasis::good, Emphasis::warning, Emphasis::bad}) {
    if (sequence == escape_sequence(emphasis)) return emphasis;
  }
  return Emphasis::none;
}

Style output_style() {
  Style style;
  if (isatty(STDOUT_FILENO) == 0) return style;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) style.width = size.ws_col;
  const char* terminal = std::getenv("TERM");
  style.colours = !is_set("NO_COLOR") && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
  return style;
}

WriteOutcome write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      return WriteOutcome::closed;
    } else if (errno != EINTR) {
      complain(std::string("cannot write to standard output: ") + std::strerror(errno));
      return WriteOutcome::failed;
    }
  }
  return WriteOutcome::written;
}

int finish(std::string_view text) {
  return write_output(text) == WriteOutcome::failed ? 1 : 0;
}

void complain(std::string_view sentence) {
  const std::string line =
      "goxel-telemetry: " + metrics::visible(metrics::printable(sentence)) + '\n';
  // If this fails, there is no way to report it.
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) count += metrics::column_count(metrics::take_character(text));
  return count;
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string_view rest = text;
  for (std::size_t left = width - 1;;) {
    std::string_view after = rest;
    const std::size_t needed = metrics::column_count(metrics::take_character(after));
    if (needed > left) break;
    left -= needed;
    rest = after;
  }
  return std::string(text.substr(0, text.size() - rest.size())) + "…";
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out(indent, ' ');
  if (width == 0) return out.append(text);
  std::size_t used = indent;
  const auto new_line = [&] {
    out += '\n' + std::string(indent, ' ');
    used = indent;
  };
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (used != indent && used + 1 + columns(word) > width) new_line();
    if (used != indent) {
      out += ' ';
      ++used;
    }
    for (std::string_view rest = word; !rest.empty();) {
      const std::string_view before = rest;
      const std::size_t wide = metrics::column_count(metrics::take_character(rest));
      if (used != indent && used + wide > width) new_line();
      out += before.substr(0, before.size() - rest.size());
      used += wide;
    }
  }
  return out;
}

std::string padded(const std::string& text, std::size_t width, Align align) {
  const std::size_t used = columns(text);
  const std::string padding(width > used ? width - used : 0, ' ');
  return align == Align::left ? text + padding : padding + text;
}

}  // namespace goxel_telemetry::cli
