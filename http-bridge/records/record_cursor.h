// SPDX-License-Identifier: GPL-3.0-or-later
// Where a reader of records goes on: a place in a feed, as text for the client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace goxel_telemetry::http_bridge {

struct RecordCursor {
  std::uint64_t life;         // of the RecordSource in which `place` is one
  std::uint64_t place;        // of the next record
  std::uint64_t realtime_ns;  // of another source, records that end later are new: about this time
};

// Three numbers, hexadecimal.
std::string to_text(const RecordCursor& cursor);
std::optional<RecordCursor> parse_cursor(std::string_view text);

}  // namespace goxel_telemetry::http_bridge
