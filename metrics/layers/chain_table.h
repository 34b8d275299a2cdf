// SPDX-License-Identifier: GPL-3.0-or-later
// Joined operations -> windows, for each stack and operation and each set of layers that was
// joined.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/layers/span_chain.h"
#include "metrics/window.h"

namespace goxel_telemetry::metrics {

// Operations of one stack that were joined from the same layers.
struct Chain {
  // Of a layer but the innermost: what the hop to the next inner one costs. Of the innermost: the
  // time in it. Its tally's wait and send are the hop's way there and way back.
  struct Hop {
    SlidingWindows cost;
    SlidingWindows there;  // of a whole stack only, as is `back`
    SlidingWindows back;
  };
  SlidingWindows duration;  // at the outermost layer
  std::vector<Hop> hops;    // one for each layer, from the outside in
};

class ChainTable {
 public:
  // Joined operations of a stack beyond kMostChains count in their stack only, until others have
  // left all windows. Beyond kMostNames different names a reader's life long, operations count as
  // _OTHER.
  static constexpr std::size_t kMostChains = 96;
  static constexpr std::size_t kMostStackChains = 32;
  static constexpr std::size_t kMostNames = 4096;

  struct Name {
    std::string stack;
    std::string operation;  // empty: all of the stack
    auto operator<=>(const Name&) const = default;
  };
  // A number for Span::name; it stays the same.
  std::uint32_t number_of(std::string_view stack, std::string_view operation);
  const Name& name(std::uint32_t number) const { return names_.at(number); }

  // Moves all windows to `second`.
  void advance(std::uint64_t second);
  void add(const JoinedOperation& operation);

  // By number of the name (that of a stack: operation ""), and layers.
  using Key = std::pair<std::uint32_t, LayerSet>;
  std::map<Key, Chain>& chains() { return chains_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  std::uint32_t intern(Name name);
  Chain* find_or_add(const Key& key);

  std::map<Name, std::uint32_t> numbers_;
  std::vector<Name> names_;
  std::vector<std::uint32_t> stack_of_;  // by number: that of its stack
  std::map<Key, Chain> chains_;
  std::size_t stack_chains_ = 0;  // of these
  std::uint64_t second_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace goxel_telemetry::metrics
