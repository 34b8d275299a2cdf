// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps windows of joined operations: for each stack, operation, and set of layers that was joined.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/layers/span_chain.h"
#include "metrics/live/window.h"

namespace goxel_telemetry::metrics {

// Operations of one stack (and name) that were joined from the same layers.
struct Chain {
  // For the innermost layer: the time in it. For every other layer: the cost of the hop to the next
  // inner layer. The tally's wait and send are the hop's way there and way back.
  struct Hop {
    SlidingWindows cost;
    SlidingWindows there;  // only for a whole stack, like `back`
    SlidingWindows back;
  };
  SlidingWindows duration;  // at the outermost layer
  std::vector<Hop> hops;    // one for each layer, from the outside in
};

class ChainTable {
 public:
  // Beyond kMostChains chains, joined operations count in their stack only, until other chains have
  // left all windows. Beyond kMostNames different names in a reader's life, operations count as
  // _OTHER.
  static constexpr std::size_t kMostChains = 96;
  static constexpr std::size_t kMostStackChains = 32;
  static constexpr std::size_t kMostNames = 4096;

  struct Name {
    std::string stack;
    std::string operation;  // empty: all operations of the stack
    auto operator<=>(const Name&) const = default;
  };
  // The number for Span::name; it never changes.
  std::uint32_t number_of(std::string_view stack, std::string_view operation);
  const Name& name(std::uint32_t number) const { return names_.at(number); }
  // The number for Span::stack: stacks beyond 256 share numbers.
  std::uint8_t short_number_of_stack(std::uint32_t number) const {
    return short_numbers_.at(stack_of_.at(number));
  }

  // Moves all windows to `second`.
  void advance(std::uint64_t second);
  void add(const JoinedOperation& operation);

  // The number of a name (a whole stack's name has operation ""), and the layers.
  // See SlidingWindows.
  std::size_t window_bytes() const;
  void forget_before(std::uint64_t second);

  using Key = std::pair<std::uint32_t, LayerSet>;
  std::map<Key, Chain>& chains() { return chains_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  std::uint32_t intern(Name name);
  Chain* find_or_add(const Key& key);

  std::map<Name, std::uint32_t> numbers_;
  std::vector<Name> names_;
  std::vector<std::uint32_t> stack_of_;  // by a name's number: the number of its stack
  std::map<std::uint32_t, std::uint8_t> short_numbers_;  // by a stack's number
  std::map<Key, Chain> chains_;
  std::size_t stack_chains_ = 0;  // chains of whole stacks
  std::uint64_t second_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace goxel_telemetry::metrics
