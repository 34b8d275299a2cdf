// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/accept.h"

#include <cstddef>
#include <optional>
#include <tuple>

#include "http-bridge/field_text.h"

namespace goxel_telemetry::http_bridge {
namespace {

// In thousandths; empty if `text` is no weight: 0, 0.5, 1.000
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    if (i == 1) continue;
    const char digit = i < text.size() ? text[i] : '0';
    if (digit < '0' || digit > '9') return std::nullopt;
    weight = weight * 10 + (digit - '0');
  }
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

struct Preference {
  int weight = 0;       // in thousandths
  int specificity = 0;  // 0: not named, 1: */*, 2: application/*, 3: application/json
  int earliness = 0;    // the greater, the earlier it is named
};

Preference preference(std::string_view accept, std::string_view type) {
  Preference best;
  for (int place = 0; !accept.empty(); --place) {
    std::string_view member = take_part(accept, ',');
    const std::string_view range = take_part(member, ';');
    std::optional<int> weight = 1000;
    while (!member.empty()) {
      std::string_view value = take_part(member, ';');
      if (same_name(take_part(value, '='), "q")) weight = parse_weight(value);
    }
    int specificity = 0;
    if (same_name(range, type)) {
      specificity = 3;
    } else if (range.ends_with("/*") &&
               same_name(range.substr(0, range.size() - 1), type.substr(0, type.find('/') + 1))) {
      specificity = 2;
    } else if (range == "*/*") {
      specificity = 1;
    }
    if (weight && specificity > best.specificity) best = {*weight, specificity, place};
  }
  return best;
}

}  // namespace

bool prefers(std::string_view accept, std::string_view wanted, std::string_view usual) {
  const Preference a = preference(accept, wanted);
  const Preference b = preference(accept, usual);
  return a.weight > 0 && std::tie(a.weight, a.specificity, a.earliness) >
                             std::tie(b.weight, b.specificity, b.earliness);
}

}  // namespace goxel_telemetry::http_bridge
