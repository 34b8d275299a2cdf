// SPDX-License-Identifier: GPL-3.0-or-later
// Where text goes, and what that place can show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace goxel_telemetry::cli {

enum class Emphasis { none, strong, faint, good, warning, bad };

struct Style {
  std::size_t width = 0;  // columns; 0: unlimited
  bool colours = false;

  std::string paint(Emphasis emphasis, std::string_view text) const;
};

// What Style::paint() put `sequence` before a text for; none for any other, also that which ends
// it.
Emphasis emphasis_of_sequence(std::string_view sequence);

// Of standard output: its width if it is a terminal, colours if it is one and NO_COLOR is not set
// (no-color.org).
Style output_style();

enum class WriteOutcome {
  written,
  closed,  // nobody reads any more
  failed,  // one sentence was written to standard error
};

// Writes all of `text` to standard output at once. SIGPIPE must be ignored.
WriteOutcome write_output(std::string_view text);

// The same for a command that ends with it: 0 if it was written or nobody wanted it, else 1.
int finish(std::string_view text);

// "goxel-telemetry: <sentence>" on standard error.
void complain(std::string_view sentence);

// Columns that UTF-8 text takes, one a character.
std::size_t columns(std::string_view text);

// The first `width` columns of `text`, the last of them "…" if some did not fit.
std::string cut(std::string_view text, std::size_t width);

}  // namespace goxel_telemetry::cli
