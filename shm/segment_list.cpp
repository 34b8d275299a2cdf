// SPDX-License-Identifier: GPL-3.0-or-later
// Which instances have an object on this machine.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <algorithm>

#include "shm/named_object.h"
#include "shm/segment.h"
#include "shm/segment_pages.h"

namespace goxel_telemetry::shm {
namespace {

constexpr std::size_t kMost = 1000;
// Any user can make any number of them; looking at so many takes some ten milliseconds.
constexpr std::size_t kMostLookedAt = 20'000;

struct Folder {
  DIR* dir = opendir("/dev/shm");
  Folder() = default;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    if (dir != nullptr) closedir(dir);
  }
};

// An object that has all the pages of its size, and more than a header. Not opened: that costs more.
bool may_be_a_segment(int folder, const std::string& instance) {
  struct stat status {};
  return fstatat(folder, object_name(instance).c_str() + 1, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(status.st_mode) && status.st_size > off_t{sizeof(Header)} &&
         has_all_its_pages(status);
}

}  // namespace

std::vector<std::string> list_instances() {
  std::vector<std::string> instances;
  const Folder folder;
  if (folder.dir == nullptr) return instances;
  while (const dirent* entry = readdir(folder.dir)) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with(kObjectPrefix)) continue;
    const std::string_view instance = name.substr(kObjectPrefix.size());
    if (valid_segment_name(instance)) instances.emplace_back(instance);
    if (instances.size() == kMostLookedAt) break;
  }
  if (instances.size() > kMost) {
    std::stable_partition(instances.begin(), instances.end(), [&](const std::string& instance) {
      return may_be_a_segment(dirfd(folder.dir), instance);
    });
    instances.resize(kMost);
  }
  std::sort(instances.begin(), instances.end());
  return instances;
}

}  // namespace goxel_telemetry::shm
