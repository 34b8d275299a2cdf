// SPDX-License-Identifier: GPL-3.0-or-later
// The characters of UTF-8 text, and how a screen shows them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace goxel_telemetry::metrics {

// The first character of a text that is not empty, taken off it; U+FFFD for a byte that begins none.
char32_t take_character(std::string_view& text);

// Whether a screen shows nothing for it, or lets it move its neighbours: bidirectional controls,
// line and paragraph separators, and what Unicode calls default ignorable (zero-width spaces and
// joiners, variation selectors, fillers, tags).
bool is_hidden(char32_t c);

// `text` for a screen: in the place of each hidden character its number, as in "ad<U+200B>d". So two
// names that differ look different. Data (JSON, baselines, files) keep the character. What a terminal
// would obey (control characters, bytes that are no character) is U+FFFD, as in printable text.
std::string visible(std::string_view text);

// The columns that it takes on a terminal: two if it is wide (East Asian, emoji), none if it combines
// with the one before it.
std::size_t column_count(char32_t c);

}  // namespace goxel_telemetry::metrics
