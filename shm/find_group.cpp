// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/find_group.h"

#include <grp.h>

#include <charconv>

namespace goxel_telemetry::shm {

std::optional<gid_t> find_group(const std::string& group) {
  constexpr auto kNone = static_cast<gid_t>(-1);  // which means "as it is" to chown()
  gid_t number = kNone;
  const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), number);
  if (error == std::errc() && end == group.data() + group.size()) {
    return number == kNone ? std::nullopt : std::optional(number);
  }
  ::group entry{};
  ::group* found = nullptr;
  char buffer[16384];
  if (getgrnam_r(group.c_str(), &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return found->gr_gid;
}

std::string group_name(gid_t group) {
  ::group entry{};
  ::group* found = nullptr;
  char buffer[16384];
  const bool known =
      getgrgid_r(group, &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr;
  return known ? found->gr_name : std::to_string(group);
}

}  // namespace goxel_telemetry::shm
