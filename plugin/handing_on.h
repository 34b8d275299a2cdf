// SPDX-License-Identifier: GPL-3.0-or-later
// How the plugin gets from the launcher into the daemon, also through programs in between (nice,
// env, strace, a script). A process that was started with the plugin shows no trace of it in its
// environment: nothing that it starts has the plugin, unless it is started by an exec that the
// plugin sees and that leads to the daemon:
//
//  - of the process that the launcher was: a chain of execs keeps the process id;
//  - of the last words of the process's own command line: so do wrappers that fork (strace, timeout);
//  - with the config file that switches the plugin on among its arguments (-c FILE).
//
// Once the process listens, it is the daemon, and hands nothing on.
#pragma once

#include <cstddef>

namespace goxel_telemetry::plugin {

// What the launcher says of the start, beside the settings: "<pid> <0|1: strict> <config file>".
inline constexpr const char* kLaunchVariable = "GOXEL_TELEMETRY_LAUNCH";

// Settings that are longer are refused by the launcher.
inline constexpr std::size_t kMostSettings = 16384;

// Texts that live as long as the process.
struct Heritage {
  const char* library = nullptr;  // path
  const char* settings = nullptr;
  const char* launch = nullptr;
};

// Takes what this process hands on, and the arguments that it was started with. [before main()]
void inherit(const Heritage& heritage, int count, char** arguments) noexcept;
// This process is the daemon.
void hand_on_no_more() noexcept;
// Whether the plugin is to be handed to a program that this process executes with these arguments.
bool is_to_be_handed_on(char* const* arguments) noexcept;

// Calls execute(environment) with the environment that takes the plugin into the program at `path`,
// beside what is in `environment`; returns what it returns, which is the failure of the exec. If
// nothing can be preloaded into the program, says so, and calls it with `environment` itself; if the
// launcher was told to be strict, returns kRefused with errno EACCES and does not call it.
//
// Like find_program() and look_at_program() it may be called between vfork() and exec.
inline constexpr int kRefused = -2;
using Execute = int (*)(void* context, char* const* environment);
int hand_on(const Heritage& heritage, const char* path, char* const* environment, Execute execute,
            void* context) noexcept;
// What inherit() was given.
const Heritage& heritage() noexcept;
bool strict(const Heritage& heritage) noexcept;

}  // namespace goxel_telemetry::plugin
