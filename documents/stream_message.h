// SPDX-License-Identifier: GPL-3.0-or-later
// What a client of the live stream says, and the frames that it gets. docs/http-api.md has the protocol.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace goxel_telemetry::documents {

inline constexpr std::size_t kMostStreamMessageBytes = 4096;
inline constexpr int kMostStreamHz = 20;

// {"subscribe": document, "id": id, "hz": 1 to 20, …}: the document, as often as that. All other members are texts,
// parameters of the same name as a GET of that document has.
struct Subscribe {
  std::string id;
  std::string document;
  int hz = 1;
  std::map<std::string, std::string> parameters = {};
};

// {"unsubscribe": id}
struct Unsubscribe {
  std::string id;
};

// The message cannot be followed: `id` is what it says, if it says one; `sentence` is for a person.
struct BadStreamMessage {
  std::string id;
  std::string sentence;
};

// `text` is JSON.
std::variant<Subscribe, Unsubscribe, BadStreamMessage> parse_stream_message(std::string_view text);

enum class StreamEncoding { json, msgpack };

// What stands before and behind a document in its frame: {"id": id, "missed": missed, "document": …}. The document is
// put between them as it is, for it is shared by many frames.
std::string frame_head(StreamEncoding encoding, std::string_view id, std::uint64_t missed);
std::string_view frame_tail(StreamEncoding encoding);

// A whole frame: {"id": id, "problem": …}, of a problem document as encode_json_problem() makes it.
std::string problem_frame(StreamEncoding encoding, std::string_view id, std::string_view problem);

}  // namespace goxel_telemetry::documents
