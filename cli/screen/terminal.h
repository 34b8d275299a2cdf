// SPDX-License-Identifier: GPL-3.0-or-later
// Writes text, and knows what standard output can show.
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

// The emphasis for which Style::paint() writes `sequence` before a text; none for any other
// sequence, also for the one that ends the emphasis.
Emphasis emphasis_of_sequence(std::string_view sequence);

// The style of standard output: if it is a terminal, its width, and colours unless NO_COLOR is set
// (no-color.org).
Style output_style();

enum class WriteOutcome {
  written,
  closed,  // the output has no reader any more
  failed,  // one sentence was written to standard error
};

// Writes all of `text` to standard output, at once. The process must ignore SIGPIPE.
WriteOutcome write_output(std::string_view text);

// The same, for a command that ends with this text. Returns its exit code: 0 if the text was
// written or the output has no reader any more, else 1.
int finish(std::string_view text);

// "goxel-telemetry: <sentence>" on standard error, with everything in it made visible.
void complain(std::string_view sentence);

// The number of columns that UTF-8 text takes: wide characters take two, combining ones none.
std::size_t columns(std::string_view text);

// The first `width` columns of `text`, the last of them "…" if some did not fit. One column less if a
// wide character would have to be halved.
std::string cut(std::string_view text, std::size_t width);

// `text` in lines of at most `width` columns (0: in one line), broken at spaces, and longer words where they must be. Each
// begins with `indent` spaces; there is no newline at the end.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0);

enum class Align { left, right };
// With spaces after or before it, so that it takes `width` columns.
std::string padded(const std::string& text, std::size_t width, Align align = Align::left);

}  // namespace goxel_telemetry::cli
