// SPDX-License-Identifier: GPL-3.0-or-later
// One played layer that takes its time for one method, and from a moment on more of it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace load_client {

struct SlowLayer {
  std::string layer;   // empty: none is slow
  std::string method;  // or a tool, as the client sends it
  std::chrono::microseconds usual{0};
  std::chrono::microseconds slow{0};  // while `file` exists
  std::string file;

  // Sleeps if the call of an operation is in this layer.
  void wait(std::string_view layer_of_call, std::string_view operation) const;
};

// From LAYER METHOD USUAL SLOW FILE, times in microseconds. Throws std::invalid_argument, with a sentence.
SlowLayer slow_layer(const std::vector<std::string>& words);

}  // namespace load_client
