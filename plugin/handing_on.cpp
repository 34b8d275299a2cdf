// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/handing_on.h"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "plugin/program_file.h"
#include "plugin/settings.h"
#include "plugin/telemetry.h"

namespace goxel_telemetry::plugin {
namespace {

constinit Heritage inherited{};
constinit bool no_more = false;
constinit int own_count = 0;
constinit char** own_arguments = nullptr;

constexpr std::string_view kPreload = "LD_PRELOAD";
// More than any program between a launcher and a daemon has; the lists are on the stack.
constexpr int kMostVariables = 4096;
constexpr std::size_t kMostPreloads = 4096;

bool is_variable(const char* entry, std::string_view name) noexcept {
  return std::strncmp(entry, name.data(), name.size()) == 0 && entry[name.size()] == '=';
}

bool is_value_of_config(char* const* argument, std::string_view config) noexcept {
  const std::string_view text = *argument;
  if (text == "-c" || text == "--config") return argument[1] != nullptr && config == argument[1];
  if (text.starts_with("--config=")) return text.substr(9) == config;
  return text.starts_with("-c") && text.substr(2) == config;
}

// The last words of this process's own command line, but not all of it.
bool is_end_of_own_command(char* const* arguments) noexcept {
  int count = 0;
  while (arguments[count] != nullptr && count < own_count) ++count;
  if (arguments[count] != nullptr || count == 0 || count >= own_count) return false;
  for (int i = 0; i < count; ++i) {
    const char* const own = own_arguments[own_count - count + i];
    if (own == nullptr || std::strcmp(arguments[i], own) != 0) return false;
  }
  return true;
}

std::string_view config_of_launch() noexcept {
  std::string_view text = inherited.launch;
  for (int i = 0; i < 2; ++i) text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
  return text;
}

void refuse(const Heritage& from, const char* path, const char* why) noexcept {
  char line[2 * PATH_MAX];
  std::snprintf(line, sizeof line, "%s %s", path, why);
  say(strict(from) ? kNotStarted : kTelemetryIsOff, line);
}

}  // namespace

const Heritage& heritage() noexcept {
  return inherited;
}

bool strict(const Heritage& from) noexcept {
  const char* const flag = std::strchr(from.launch, ' ');
  return flag != nullptr && flag[1] == '1';
}

void inherit(const Heritage& from, int count, char** arguments) noexcept {
  inherited = from;
  own_count = count;
  own_arguments = arguments;
}

void hand_on_no_more() noexcept {
  no_more = true;
}

bool is_to_be_handed_on(char* const* arguments) noexcept {
  if (inherited.launch == nullptr || no_more) return false;
  const std::string_view launch = inherited.launch;
  pid_t launched = 0;
  std::from_chars(launch.data(), launch.data() + launch.size(), launched);
  if (launched == getpid()) return true;
  if (arguments == nullptr) return false;
  if (is_end_of_own_command(arguments)) return true;
  const std::string_view config = config_of_launch();
  for (char* const* argument = arguments; *argument != nullptr; ++argument) {
    if (is_value_of_config(argument, config)) return true;
  }
  return false;
}

int hand_on(const Heritage& from, const char* path, char* const* environment, Execute execute,
            void* context) noexcept {
  const ProgramFile program = look_at_program(path);
  if (program.obstacle != nullptr) {
    refuse(from, path, program.obstacle);
    if (!strict(from)) return execute(context, environment);
    errno = EACCES;
    return kRefused;
  }
  char preload[kMostPreloads];
  char settings[kMostSettings + 64];
  char launch[PATH_MAX + 64];
  const char* variables[kMostVariables + 4];
  int count = 0;
  const char* others = "";
  bool fits = true;
  for (char* const* entry = environment; entry != nullptr && *entry != nullptr; ++entry) {
    if (is_variable(*entry, kPreload)) {
      others = *entry + kPreload.size() + 1;
    } else if (!is_variable(*entry, kSettingsVariable) && !is_variable(*entry, kLaunchVariable)) {
      if (count == kMostVariables) {
        fits = false;
        break;
      }
      variables[count++] = *entry;
    }
  }
  const auto print = [&fits](char* out, std::size_t room, const char* format, auto... texts) {
    const int size = std::snprintf(out, room, format, texts...);
    fits = fits && size >= 0 && static_cast<std::size_t>(size) < room;
  };
  print(preload, sizeof preload, "LD_PRELOAD=%s%s%s%s%s", program.first_library,
        program.first_library[0] != '\0' ? ":" : "", from.library, others[0] != '\0' ? ":" : "",
        others);
  print(settings, sizeof settings, "%s=%s", kSettingsVariable, from.settings);
  print(launch, sizeof launch, "%s=%s", kLaunchVariable, from.launch);
  if (fits) {
    for (const char* added : {preload, settings, launch}) variables[count++] = added;
    variables[count] = nullptr;
    const int result = execute(context, const_cast<char* const*>(variables));
    if (result == 0 || errno != E2BIG) return result;
  }
  refuse(from, path, "cannot be given the plugin: the environment has no room for it");
  if (!strict(from)) return execute(context, environment);
  errno = E2BIG;
  return kRefused;
}

}  // namespace goxel_telemetry::plugin
