// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/telling_apart.h"

#include <set>
#include <string_view>
#include <tuple>

namespace goxel_telemetry::cli {
namespace {

// How many of the operations look different.
std::size_t different(const std::vector<const metrics::OperationKey*>& keys, bool stack,
                      bool protocol, bool layer) {
  using Name = std::string_view;
  std::set<std::tuple<Name, Name, Name, Name>> seen;
  for (const metrics::OperationKey* key : keys) {
    seen.emplace(key->operation, stack ? Name(key->stack) : Name(),
                 protocol ? Name(key->protocol) : Name(), layer ? Name(key->layer) : Name());
  }
  return seen.size();
}

}  // namespace

ToldApartBy::ToldApartBy(const std::vector<const metrics::OperationKey*>& keys) {
  const std::size_t most = different(keys, true, true, true);
  constexpr bool kCombinations[][3] = {
      {false, false, false}, {true, false, false}, {false, true, false}, {false, false, true},
      {true, true, false},   {true, false, true},  {false, true, true},  {true, true, true}};
  for (const auto& [with_stack, with_protocol, with_layer] : kCombinations) {
    if (different(keys, with_stack, with_protocol, with_layer) != most) continue;
    stack = with_stack;
    protocol = with_protocol;
    layer = with_layer;
    return;
  }
}

}  // namespace goxel_telemetry::cli
