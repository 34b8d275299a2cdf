// SPDX-License-Identifier: GPL-3.0-or-later
// Parameters (?name=value&…) of routes that take more than an instance.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

std::optional<std::string> parameter(const Request& request, const std::string& name);

// The answer to a request with a parameter other than these, or with an empty one; empty if all are
// well. Neither a misspelt name nor a forgotten value may select everything. `whose` is for the
// answer's sentence, for example "the history".
std::optional<Response> refuse_parameters(const Request& request, std::string_view whose,
                                          std::span<const std::string_view> known);

// Nothing but decimal digits, a number from `least` to `most`; empty if the text is none.
std::optional<std::uint32_t> whole_number(const std::string& text, std::uint32_t least,
                                          std::uint32_t most);

// Which of these instances the request is about, by its parameter or because there is only one; or the answer that says why
// none is.
std::variant<std::string, Response> one_instance(std::string_view asked,
                                                 const std::vector<std::string>& watched);

// "x" with quotes, as an answer may repeat what a client wrote.
std::string quoted(std::string_view text);

// That there is no instance of this name, as a sentence for sentence_reply().
std::string no_instance(std::string_view name);

}  // namespace goxel_telemetry::http_bridge
