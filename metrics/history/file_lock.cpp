// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

std::string lock_of(const std::string& file) {
  return file + ".lock";
}

}  // namespace

std::unique_ptr<FileLock> FileLock::take(const FileKind& kind, const std::string& file,
                                         HistoryResult& why) {
  const std::string the_file = "the " + std::string(kind.name) + " " + file;
  const std::string name = lock_of(file);
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    const int code = errno;
    const bool denied = code == EACCES || code == EROFS || code == EPERM;
    why = {denied ? HistoryOutcome::read_only
                  : (code == ENOSPC ? HistoryOutcome::full : HistoryOutcome::failed),
           the_file + " cannot be written: " + std::strerror(code)};
    return nullptr;
  }
  std::unique_ptr<FileLock> lock(new FileLock(descriptor));
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    why = {HistoryOutcome::in_use, "another bridge writes " + the_file};
    return nullptr;
  }
  return lock;
}

FileLock::~FileLock() {
  ::close(descriptor_);
}

void FileLock::touch() const {
  ::futimens(descriptor_, nullptr);
}

std::optional<std::uint64_t> FileLock::touched_ns(const std::string& file) {
  struct stat status {};
  if (::stat(lock_of(file).c_str(), &status) != 0 || status.st_mtim.tv_sec < 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_mtim.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
}

}  // namespace goxel_telemetry::metrics
