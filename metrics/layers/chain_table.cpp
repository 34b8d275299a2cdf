// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/chain_table.h"

#include <algorithm>

#include "metrics/live/operation_table.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

bool of_whole_stack(const ChainTable::Name& name) {
  return name.operation.empty();
}

Measurement of(std::uint64_t end_ns, std::uint64_t duration_ns) {
  Measurement m;
  m.end_ns = end_ns;
  m.duration_ns = duration_ns;
  return m;
}

}  // namespace

std::uint32_t ChainTable::number_of(std::string_view stack, std::string_view operation) {
  Name name{std::string(stack), std::string(operation)};
  if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
  // The last places are for the _OTHER of each stack; the very last one is for all stacks.
  constexpr std::size_t kForOthers = 64;
  if (names_.size() + kForOthers >= kMostNames) {
    name.operation = kOtherOperation;
    if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
    if (names_.size() + 4 >= kMostNames) name.stack = kOtherOperation;
  }
  return intern(std::move(name));
}

std::uint32_t ChainTable::intern(Name name) {
  if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
  const std::uint32_t stack =
      of_whole_stack(name) ? static_cast<std::uint32_t>(names_.size()) : intern({name.stack, ""});
  const auto number = static_cast<std::uint32_t>(names_.size());
  numbers_.emplace(name, number);
  names_.push_back(std::move(name));
  stack_of_.push_back(stack);
  short_numbers_.try_emplace(stack, static_cast<std::uint8_t>(short_numbers_.size()));
  return number;
}

void ChainTable::advance(std::uint64_t second) {
  if (second == second_) return;
  second_ = second;
  for (auto it = chains_.begin(); it != chains_.end();) {
    auto& [key, chain] = *it;
    chain.duration.advance(second);
    for (Chain::Hop& hop : chain.hops) {
      hop.cost.advance(second);
      hop.there.advance(second);
      hop.back.advance(second);
    }
    if (chain.duration.empty()) {
      stack_chains_ -= of_whole_stack(names_[key.first]);
      it = chains_.erase(it);
    } else {
      ++it;
    }
  }
}

std::size_t ChainTable::window_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [key, chain] : chains_) {
    bytes += chain.duration.memory_bytes();
    for (const Chain::Hop& hop : chain.hops) {
      bytes += hop.cost.memory_bytes() + hop.there.memory_bytes() + hop.back.memory_bytes();
    }
  }
  return bytes;
}

void ChainTable::forget_before(std::uint64_t second) {
  for (auto& [key, chain] : chains_) {
    chain.duration.forget_before(second);
    for (Chain::Hop& hop : chain.hops) {
      hop.cost.forget_before(second);
      hop.there.forget_before(second);
      hop.back.forget_before(second);
    }
  }
}

Chain* ChainTable::find_or_add(const Key& key) {
  if (const auto known = chains_.find(key); known != chains_.end()) return &known->second;
  const bool stack = of_whole_stack(names_[key.first]);
  const bool full =
      stack ? stack_chains_ >= kMostStackChains : chains_.size() - stack_chains_ >= kMostChains;
  if (full) return nullptr;
  stack_chains_ += stack;
  Chain& chain = chains_[key];
  chain.hops.resize(layers_in(key.second).size());
  chain.duration.advance(second_);
  for (Chain::Hop& hop : chain.hops) {
    hop.cost.advance(second_);
    hop.there.advance(second_);
    hop.back.advance(second_);
  }
  return &chain;
}

void ChainTable::add(const JoinedOperation& operation) {
  const std::uint64_t second = operation.end_ns / kNsPerSecond;
  const std::vector<Layer> layers = layers_in(operation.layers);
  const auto count = [&](Chain* chain, bool whole_stack) {
    if (chain == nullptr) {
      ++dropped_;
      return;
    }
    const auto outermost = static_cast<std::size_t>(layers.front());
    chain->duration.add(second, of(operation.end_ns, operation.time_ns[outermost]));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto here = static_cast<std::size_t>(layers[i]);
      Measurement m = of(operation.end_ns, operation.time_ns[here]);
      const bool innermost = i + 1 == layers.size();
      if (!innermost) {
        m.duration_ns -= operation.time_ns[static_cast<std::size_t>(layers[i + 1])];
        m.wait_ns = operation.there_ns[here];
        m.send_ns = operation.back_ns[here];
      }
      chain->hops[i].cost.add(second, m);
      if (!whole_stack || innermost) continue;
      chain->hops[i].there.add(second, of(operation.end_ns, operation.there_ns[here]));
      chain->hops[i].back.add(second, of(operation.end_ns, operation.back_ns[here]));
    }
  };
  count(find_or_add({operation.name, operation.layers}), false);
  count(find_or_add({stack_of_.at(operation.name), operation.layers}), true);
}

}  // namespace goxel_telemetry::metrics
