// SPDX-License-Identifier: GPL-3.0-or-later
// What the dynamic loader will do with a program: whether it can be made to load the plugin.
//
// Everything here may be called between vfork() and exec: only system calls, no allocation.
#pragma once

#include <climits>

namespace goxel_telemetry::plugin {

struct ProgramFile {
  // Why nothing can be preloaded into it, to be read after its path ("is …"); null if it can be.
  const char* obstacle = nullptr;
  // The runtime of a sanitizer that the program needs, which must be loaded before all others;
  // empty for none.
  char first_library[64] = {};
};

// Looks at the program, or at the interpreter of a script. A file that cannot be read has no
// obstacle that we know of.
ProgramFile look_at_program(const char* path) noexcept;

// The path of the program that exec would find for `file` in PATH; false if there is none.
bool find_program(const char* file, char (&path)[PATH_MAX]) noexcept;

}  // namespace goxel_telemetry::plugin
