// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-plugin-run: reads the daemon's config, sets the plugin's preload if it is switched on, and
// becomes the daemon by exec: same pid, same signals, same exit code. If anything is wrong with the
// plugin, it prints one sentence and starts the daemon without it.
#include <dlfcn.h>
#include <grp.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/daemon_config.h"
#include "plugin/goxel_plugin.h"
#include "plugin/handing_on.h"
#include "plugin/program_file.h"
#include "plugin/segment_size.h"
#include "plugin/telemetry.h"

namespace goxel_telemetry::plugin {
namespace {

constexpr int kBadUsage = 2;
constexpr int kWithoutPlugin = 1;
constexpr int kNotExecutable = 126;  // the code that shells use for this
constexpr int kNotFound = 127;

constexpr std::string_view kHelp =
    R"(usage: goxel-plugin-run [--strict] [--config FILE] DAEMON [ARGUMENT...]

Starts a Goxel daemon with the telemetry plugin, if the daemon's config file (its -c or --config FILE) switches it on:

  "plugins": {
    "telemetry": { "enabled": true, "library": "goxel_telemetry.so",
                   "config": { "instance": "goxel", "segment_mode": "0640", "segment_group": "goxel" } }
  }

The launcher becomes the daemon: same process, same signals, same exit code. If the plugin cannot be started, it says why
and the daemon starts without it.

Programs may stand between: goxel-plugin-run nice -n 5 DAEMON …, or a script that starts the daemon. What else they start
has no plugin. Of several processes, the daemon is the one that the launcher was, or that has the config file (-c FILE) as
an argument, or that was started by the last words of a program's own command.

  --strict        refuse to start the daemon without the plugin (exit 1)
  --config FILE   the config file, if the words behind do not name it (a script)
  --help          this text
  --version       the version

Config: instance (default goxel), segment_mode (octal, default 0640), segment_group, segment_size (MiB of shared memory at
most), unanswered_after_seconds (default 30), clock (auto, tsc or monotonic). A library name without a slash is looked for beside this program, in ../plugin, and in
../lib/*/goxel-telemetry and ../lib/goxel-telemetry; a relative path starts at the config file's folder.
)";

struct Invocation {
  bool strict = false;
  const char* config = nullptr;
  char** daemon = nullptr;  // the daemon's own arguments, ending in a null
};

// Programs that start another one, named behind their own options.
constexpr std::string_view kWrappers[] = {
    "chrt",   "env",    "ionice", "nice",    "nohup", "numactl", "prlimit", "setarch", "setpriv",
    "setsid", "stdbuf", "strace", "taskset", "time",  "timeout", "unshare", "valgrind"};

// The daemon's own words, behind those of wrappers: an option of a wrapper (taskset -c) is none of
// the daemon's.
char** without_wrappers(char** command) {
  while (true) {
    const std::string_view path = *command;
    const std::string_view name = path.substr(path.rfind('/') + 1);
    if (std::find(std::begin(kWrappers), std::end(kWrappers), name) == std::end(kWrappers)) {
      return command;
    }
    char found[PATH_MAX];
    char** next = command + 1;
    while (*next != nullptr &&
           (**next == '-' || std::strchr(*next, '=') != nullptr || !find_program(*next, found))) {
      ++next;
    }
    if (*next == nullptr) return command;
    command = next;
  }
}

// The value of the daemon's -c or --config, in any of the forms that getopt_long takes.
std::optional<std::string> config_of(char** daemon) {
  for (char** argument = daemon + 1; *argument != nullptr; ++argument) {
    const std::string_view text = *argument;
    if (text == "--") break;
    if (text == "-c" || text == "--config") {
      if (argument[1] == nullptr) return std::nullopt;
      return argument[1];
    }
    if (text.starts_with("--config=")) return std::string(text.substr(9));
    if (text.starts_with("-c") && !text.starts_with("--")) return std::string(text.substr(2));
  }
  return std::nullopt;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + (slash == 0));
}

std::string own_folder() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
  return size <= 0 ? "." : folder_of(std::string(path, static_cast<std::size_t>(size)));
}

// An absolute path of the library; empty if there is none.
std::string find_library(const std::string& library, const std::string& config) {
  std::vector<std::string> candidates;
  if (library.front() == '/') {
    candidates = {library};
  } else if (library.find('/') != std::string::npos) {
    candidates = {folder_of(config) + "/" + library};
  } else {
    const std::string here = own_folder();
    for (const char* folder : {"", "/../plugin", "/../" GOXEL_TELEMETRY_LIBDIR "/goxel-telemetry",
                               "/../lib/goxel-telemetry"}) {
      candidates.push_back(std::string(here).append(folder).append("/").append(library));
    }
  }
  for (const std::string& candidate : candidates) {
    char resolved[PATH_MAX];
    if (realpath(candidate.c_str(), resolved) != nullptr) return resolved;
  }
  return "";
}

// Whether the library can be loaded and is a plugin.
std::string check_library(const std::string& path) {
  // The dynamic loader splits LD_PRELOAD at these.
  if (path.find_first_of(" :") != std::string::npos) {
    return "the plugin's path \"" + path + "\" has a space or colon, which cannot be preloaded";
  }
  void* const library = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return std::string("the plugin cannot be loaded: ") + dlerror();
  const auto entry =
      reinterpret_cast<goxel_plugin_entry_function>(dlsym(library, GOXEL_PLUGIN_ENTRY));
  std::string problem;
  if (entry == nullptr) {
    problem = path + " is no Goxel plugin: it has no " GOXEL_PLUGIN_ENTRY;
  } else if (entry(GOXEL_PLUGIN_ABI_MAJOR) == nullptr) {
    problem = path + " is a plugin of another version";
  }
  dlclose(library);
  return problem;
}

// Finds out whether the segment can be made by making it. The plugin makes it again, in the same
// process.
std::string check_segment(const Settings& settings) {
  const shm::Created created =
      shm::create_segment(choose_segment(settings, this_machine()).options);
  if (created.outcome != shm::CreateOutcome::created) return created.message;
  const shm::ProducerView segment(created.mapping->bytes());
  shm::remove_segment(created.name, segment.header().run_id);
  return "";
}

// What the daemon will be started with.
struct Plugin {
  std::string library;  // empty: none
  std::string settings;
  std::string launch;
};

// Returns an empty string, or why there will be no plugin.
std::string prepare_plugin(const Invocation& invocation, Plugin& out) {
  const std::optional<std::string> config = invocation.config != nullptr
                                                ? invocation.config
                                                : config_of(without_wrappers(invocation.daemon));
  if (!config) {
    return "the daemon's arguments name no config file (-c FILE), so nothing switches the plugin "
           "on; --config FILE before the daemon names one";
  }
  PluginSection section;
  if (std::string problem = read_plugin_section(*config, section); !problem.empty()) return problem;
  if (!section.enabled) return "";
  const std::string library = find_library(section.library, *config);
  if (library.empty()) return "the plugin's library \"" + section.library + "\" was not found";
  if (std::string problem = check_library(library); !problem.empty()) return problem;
  Settings settings;
  if (std::string problem = apply_settings_text(settings, section.settings); !problem.empty()) {
    return problem;
  }
  if (std::string problem = check_segment(settings); !problem.empty()) return problem;
  out.settings = section.settings;
  // The daemon need not look the group up: that can take long where groups come from a network.
  if (const group* const found = getgrnam(settings.segment_group.c_str())) {
    out.settings += "segment_group=" + std::to_string(found->gr_gid) + "\n";
  }
  out.launch = std::to_string(getpid()) + (invocation.strict ? " 1 " : " 0 ") + *config;
  if (out.settings.size() > kMostSettings || out.launch.size() > PATH_MAX) {
    return "the plugin's config is longer than 48 KiB";
  }
  out.library = library;
  return "";
}

int run(const Invocation& invocation) {
  Plugin plugin;
  if (const std::string problem = prepare_plugin(invocation, plugin); !problem.empty()) {
    say(invocation.strict ? kNotStarted : kTelemetryIsOff, problem);
    if (invocation.strict) return kWithoutPlugin;
  }
  const Execute execute = [](void* daemon, char* const* environment) {
    char* const* const words = static_cast<char**>(daemon);
    return execvpe(words[0], words, environment);
  };
  char path[PATH_MAX];
  if (!plugin.library.empty() && find_program(invocation.daemon[0], path)) {
    const int result =
        hand_on({plugin.library.c_str(), plugin.settings.c_str(), plugin.launch.c_str()}, path,
                environ, execute, invocation.daemon);
    if (result == kRefused) return kWithoutPlugin;
  } else {
    execute(invocation.daemon, environ);
  }
  const int error = errno;
  say("goxel-plugin-run: ",
      std::string(invocation.daemon[0]) + " cannot be started: " + std::strerror(error));
  return error == ENOENT ? kNotFound : kNotExecutable;
}

}  // namespace
}  // namespace goxel_telemetry::plugin

int main(int count, char** arguments) {
  using namespace goxel_telemetry::plugin;
  Invocation invocation;
  int next = 1;
  for (; next < count && arguments[next][0] == '-'; ++next) {
    const std::string_view option = arguments[next];
    if (option == "--help") {
      std::cout << kHelp;
      return 0;
    }
    if (option == "--version") {
      std::cout << "goxel-plugin-run " GOXEL_TELEMETRY_VERSION "\n";
      return 0;
    }
    if (option == "--") {
      ++next;
      break;
    }
    if (option == "--config" && next + 1 < count) {
      invocation.config = arguments[++next];
      continue;
    }
    if (option.starts_with("--config=")) {
      invocation.config = arguments[next] + 9;
      continue;
    }
    if (option != "--strict") {
      say("goxel-plugin-run: unknown option ", std::string(option) + "; --help tells the options");
      return kBadUsage;
    }
    invocation.strict = true;
  }
  if (next == count) {
    say("goxel-plugin-run: ", "name the daemon to start; --help tells how");
    return kBadUsage;
  }
  invocation.daemon = arguments + next;
  return run(invocation);
}
