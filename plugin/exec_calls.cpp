// SPDX-License-Identifier: GPL-3.0-or-later
// Interposes the calls that execute another program, so that programs between launcher and daemon
// hand the plugin on (handing_on.h). In a process that hands nothing on, a wrapper costs one load.
#include <dlfcn.h>
#include <spawn.h>
#include <unistd.h>
#include <cerrno>
#include <climits>
#include <cstdarg>

#include "plugin/handing_on.h"
#include "plugin/original.h"
#include "plugin/program_file.h"

namespace goxel_telemetry::plugin {
namespace {

using Strings = char* const*;

constinit Original<"execve", int(const char*, Strings, Strings)> original_execve;
constinit Original<"execvpe", int(const char*, Strings, Strings)> original_execvpe;
using Spawn = int(pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*,
                  Strings, Strings);
constinit Original<"posix_spawn", Spawn> original_posix_spawn;
constinit Original<"posix_spawnp", Spawn> original_posix_spawnp;

__attribute__((constructor)) void prepare() {
  resolve(original_execve, original_execvpe, original_posix_spawn, original_posix_spawnp);
}

// Calls execute(environment), with the plugin in it if it is to be handed on. `in_path`: `file` is
// looked for in PATH.
template <class Execute>
int execute_with(const char* file, bool in_path, Strings arguments, Strings environment,
                 Execute&& execute) noexcept {
  char found[PATH_MAX];
  const char* path = file;
  if (!is_to_be_handed_on(arguments)) return execute(environment);
  if (in_path) {
    if (!find_program(file, found)) return execute(environment);
    path = found;
  }
  const auto call = [](void* context, Strings with) {
    return (*static_cast<std::remove_reference_t<Execute>*>(context))(with);
  };
  return hand_on(heritage(), path, environment, call, &execute) == 0 ? 0 : -1;
}

int execute(const char* path, Strings arguments, Strings environment) noexcept {
  return execute_with(path, false, arguments, environment,
                      [&](Strings with) { return original_execve.get()(path, arguments, with); });
}

int execute_in_path(const char* file, Strings arguments, Strings environment) noexcept {
  return execute_with(file, true, arguments, environment,
                      [&](Strings with) { return original_execvpe.get()(file, arguments, with); });
}

template <class Original>
int spawn(Original& original, bool in_path, pid_t* pid, const char* file,
          const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes,
          Strings arguments, Strings environment) noexcept {
  int result = 0;
  const int error = errno;
  const int refused = execute_with(file, in_path, arguments, environment, [&](Strings with) {
    result = original.get()(pid, file, actions, attributes, arguments, with);
    errno = result;
    return 0;
  });
  if (refused != 0 && result == 0) result = errno;
  errno = error;
  return result;
}

// The arguments of execl() and its kin: `first`, and those behind it up to a null.
constexpr int kMostArguments = 1024;
int gather(const char* first, va_list& more, const char* (&out)[kMostArguments + 1]) noexcept {
  int count = 0;
  for (const char* argument = first; argument != nullptr; argument = va_arg(more, const char*)) {
    if (count == kMostArguments) return -1;
    out[count++] = argument;
  }
  out[count] = nullptr;
  return count;
}

}  // namespace
}  // namespace goxel_telemetry::plugin

using namespace goxel_telemetry::plugin;

#define INTERPOSE extern "C" __attribute__((visibility("default")))

INTERPOSE int execve(const char* path, char* const* arguments, char* const* environment) noexcept {
  return execute(path, arguments, environment);
}

INTERPOSE int execv(const char* path, char* const* arguments) noexcept {
  return execute(path, arguments, environ);
}

INTERPOSE int execvp(const char* file, char* const* arguments) noexcept {
  return execute_in_path(file, arguments, environ);
}

INTERPOSE int execvpe(const char* file, char* const* arguments, char* const* environment) noexcept {
  return execute_in_path(file, arguments, environment);
}

#define GATHER_ARGUMENTS                     \
  const char* arguments[kMostArguments + 1]; \
  va_list more;                              \
  va_start(more, first);                     \
  const int count = gather(first, more, arguments);

#define REFUSE_TOO_MANY \
  va_end(more);         \
  if (count < 0) {      \
    errno = E2BIG;      \
    return -1;          \
  }

INTERPOSE int execl(const char* path, const char* first, ...) noexcept {
  GATHER_ARGUMENTS
  REFUSE_TOO_MANY
  return execute(path, const_cast<char* const*>(arguments), environ);
}

INTERPOSE int execlp(const char* file, const char* first, ...) noexcept {
  GATHER_ARGUMENTS
  REFUSE_TOO_MANY
  return execute_in_path(file, const_cast<char* const*>(arguments), environ);
}

INTERPOSE int execle(const char* path, const char* first, ...) noexcept {
  GATHER_ARGUMENTS
  char* const* const environment = count < 0 ? nullptr : va_arg(more, char* const*);
  REFUSE_TOO_MANY
  return execute(path, const_cast<char* const*>(arguments), environment);
}

INTERPOSE int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                          const posix_spawnattr_t* attributes, char* const* arguments,
                          char* const* environment) {
  return spawn(original_posix_spawn, false, pid, path, actions, attributes, arguments, environment);
}

INTERPOSE int posix_spawnp(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                           const posix_spawnattr_t* attributes, char* const* arguments,
                           char* const* environment) {
  return spawn(original_posix_spawnp, true, pid, file, actions, attributes, arguments, environment);
}
