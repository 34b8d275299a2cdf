// SPDX-License-Identifier: GPL-3.0-or-later
// The functions that ours stand in front of.
#pragma once

#include <dlfcn.h>

#include <atomic>

namespace goxel_telemetry::plugin {

// The next definition of a function after ours in the order of the dynamic loader. It is looked up
// before main(), or by the first call if that comes earlier.
template <class Function>
class Original {
 public:
  explicit constexpr Original(const char* name) : name_(name) {}
  Function* get() noexcept {
    Function* function = function_.load(std::memory_order_relaxed);
    if (function == nullptr) [[unlikely]] {
      function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name_));
      function_.store(function, std::memory_order_relaxed);
    }
    return function;
  }

 private:
  const char* name_;
  std::atomic<Function*> function_{nullptr};
};

template <class... Originals>
void resolve(Originals&... originals) {
  (originals.get(), ...);
}

}  // namespace goxel_telemetry::plugin
