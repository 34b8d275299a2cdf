// SPDX-License-Identifier: GPL-3.0-or-later
// What can be found out about the process into which we were preloaded, and how to leave no trace
// in its children.
#pragma once

#include <dlfcn.h>

#include "plugin/recorder.h"

namespace goxel_telemetry::plugin {

// The program's name, and the number of workers that its command line asks for (`--workers N`;
// without it 8, the stock daemon's default).
Recorder::Host describe_this_process();

// Removes from the environment the launcher's variables and, from LD_PRELOAD, the library that
// contains the address `inside_library`. Returns the path that it was loaded by; null if it was not
// preloaded.
const char* leave_environment(const void* inside_library);

// libc's own function of that name, past libraries that were preloaded to change what it does (to
// fake the time, say); `otherwise` if this process has no such libc.
template <class Function>
Function* libc_function(const char* name, Function* otherwise) noexcept {
  void* const libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
  if (libc == nullptr) return otherwise;
  void* const found = dlsym(libc, name);
  dlclose(libc);  // it stays: the host needs it
  return found != nullptr ? reinterpret_cast<Function*>(found) : otherwise;
}

// Asks the kernel.
bool is_unix_stream_socket(int fd) noexcept;

}  // namespace goxel_telemetry::plugin
