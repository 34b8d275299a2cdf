// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/parameters.h"

#include <algorithm>
#include <charconv>

#include "http-bridge/reply.h"
#include "metrics/text/printable.h"

namespace goxel_telemetry::http_bridge {
namespace {

// "a, b and c"
std::string enumerated(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace

std::optional<std::string> parameter(const Request& request, const std::string& name) {
  const auto found = request.parameters.find(name);
  return found == request.parameters.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Response> refuse_parameters(const Request& request, std::string_view whose,
                                          std::span<const std::string_view> known) {
  for (const auto& [name, value] : request.parameters) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return sentence_reply(400, "there is no parameter " + quoted(name) +
                                     (known.empty() ? "; there are none of " : "; those of ") +
                                     std::string(whose) +
                                     (known.empty() ? "" : " are " + enumerated(known)));
    }
    if (value.empty()) return sentence_reply(400, "the parameter " + quoted(name) + " is empty");
  }
  return std::nullopt;
}

std::optional<std::uint32_t> whole_number(const std::string& text, std::uint32_t least,
                                          std::uint32_t most) {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed != end || number < least || number > most) return std::nullopt;
  return number;
}

std::variant<std::string, Response> one_instance(std::string_view asked,
                                                 const std::vector<std::string>& watched) {
  if (asked.empty() && watched.size() == 1) return watched.front();
  if (asked.empty() && watched.empty())
    return sentence_reply(404, "no daemon has been seen on this machine yet");
  if (asked.empty()) {
    return sentence_reply(400,
                          "there are several instances; say of which one, by instance=NAME: "
                          "/api/v1/instances lists them");
  }
  const auto found = std::find(watched.begin(), watched.end(), asked);
  if (found == watched.end()) return sentence_reply(404, no_instance(asked));
  return *found;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kMostShown = 60;
  return '"' + metrics::printable(text.substr(0, kMostShown)) + '"';
}

std::string no_instance(std::string_view name) {
  return "there is no instance " + quoted(name) + "; /api/v1/snapshot lists those that are";
}

}  // namespace goxel_telemetry::http_bridge
