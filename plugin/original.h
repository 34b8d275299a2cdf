// SPDX-License-Identifier: GPL-3.0-or-later
// The functions that ours stand in front of.
#pragma once

#include <dlfcn.h>

#include <atomic>
#include <cstddef>

namespace goxel_telemetry::plugin {

// A name as an argument of a template.
template <std::size_t kSize>
struct FunctionName {
  char text[kSize];
  constexpr FunctionName(const char (&name)[kSize]) {  // NOLINT(google-explicit-constructor)
    for (std::size_t i = 0; i < kSize; ++i) text[i] = name[i];
  }
};

// The next definition of a function after ours in the order of the dynamic loader. It is looked up
// before main(), or by the first call if that comes earlier. As large as a pointer, so that those of a
// request lie in one cache line.
template <FunctionName kName, class Function>
class Original {
 public:
  Function* get() noexcept {
    Function* function = function_.load(std::memory_order_relaxed);
    if (function == nullptr) [[unlikely]] {
      function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, kName.text));
      function_.store(function, std::memory_order_relaxed);
    }
    return function;
  }

 private:
  std::atomic<Function*> function_{nullptr};
};

template <class... Originals>
void resolve(Originals&... originals) {
  (originals.get(), ...);
}

}  // namespace goxel_telemetry::plugin
