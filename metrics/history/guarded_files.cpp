// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/guarded_files.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <utility>

#include "shm/bus_guard.h"

namespace goxel_telemetry::metrics {
namespace {

// Of one open database: the parts of its -shm file that are mapped.
class SharedMemory {
 public:
  SharedMemory() {
    const std::scoped_lock lock(mutex());
    all().insert(this);
  }
  ~SharedMemory() {
    const std::scoped_lock lock(mutex());
    all().erase(this);
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  void guard(void* address, std::size_t size) {
    if (!guards_.contains(address)) {
      guards_.emplace(
          address, std::make_unique<shm::BusGuard>(address, size, shm::BusGuard::Zeros::writable));
    }
  }
  bool broken() const {
    return std::any_of(guards_.begin(), guards_.end(),
                       [](const auto& guard) { return guard.second->was_needed(); });
  }

  // A journal does not know its database: while one is broken, none is written.
  static bool any_broken() {
    const std::scoped_lock lock(mutex());
    return std::any_of(all().begin(), all().end(),
                       [](const SharedMemory* one) { return one->broken(); });
  }

 private:
  static std::mutex& mutex() {
    static std::mutex mutex;
    return mutex;
  }
  static std::set<const SharedMemory*>& all() {
    static std::set<const SharedMemory*> all;
    return all;
  }

  std::map<void*, std::unique_ptr<shm::BusGuard>> guards_;
};

// SQLite's own file lies behind it. SQLite gives 8-byte alignment.
struct File {
  sqlite3_file base;
  SharedMemory* shared;  // null while nothing is mapped
};
static_assert(alignof(File) <= 8 && sizeof(File) % 8 == 0);

File* ours(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(ours(file) + 1);
}

// Hands a call on to SQLite's own file.
template <auto Method, class... Arguments>
auto pass(sqlite3_file* file, Arguments... arguments) {
  return (real(file)->pMethods->*Method)(real(file), arguments...);
}

int close(sqlite3_file* file) {
  delete std::exchange(ours(file)->shared, nullptr);
  return pass<&sqlite3_io_methods::xClose>(file);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (SharedMemory::any_broken()) return SQLITE_IOERR_WRITE;
  return pass<&sqlite3_io_methods::xWrite>(file, bytes, size, offset);
}

int map(sqlite3_file* file, int region, int size, int extend, void volatile** address) {
  SharedMemory*& shared = ours(file)->shared;
  if (shared != nullptr && shared->broken()) return SQLITE_IOERR_SHMMAP;
  const int code = pass<&sqlite3_io_methods::xShmMap>(file, region, size, extend, address);
  if (*address == nullptr) return code;
  try {
    if (shared == nullptr) shared = new SharedMemory;
    shared->guard(const_cast<void*>(*address), static_cast<std::size_t>(size));
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
  return code;
}

int lock(sqlite3_file* file, int offset, int count, int flags) {
  const SharedMemory* const shared = ours(file)->shared;
  if ((flags & SQLITE_SHM_LOCK) != 0 && shared != nullptr && shared->broken()) {
    return SQLITE_IOERR_SHMLOCK;
  }
  return pass<&sqlite3_io_methods::xShmLock>(file, offset, count, flags);
}

int unmap(sqlite3_file* file, int remove) {
  delete std::exchange(ours(file)->shared, nullptr);
  return pass<&sqlite3_io_methods::xShmUnmap>(file, remove);
}

using M = sqlite3_io_methods;
constexpr sqlite3_io_methods kMethods = {
    2,
    close,
    pass<&M::xRead>,
    write,
    pass<&M::xTruncate>,
    pass<&M::xSync>,
    pass<&M::xFileSize>,
    pass<&M::xLock>,
    pass<&M::xUnlock>,
    pass<&M::xCheckReservedLock>,
    pass<&M::xFileControl>,
    pass<&M::xSectorSize>,
    pass<&M::xDeviceCharacteristics>,
    map,
    lock,
    pass<&M::xShmBarrier>,
    unmap,
    nullptr,
    nullptr,
};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  new (file) File{};
  auto* const own = static_cast<sqlite3_vfs*>(vfs->pAppData);
  const int code = own->xOpen(own, name, real(file), flags, out_flags);
  // SQLite closes a file that has methods, also if it could not be opened.
  if (real(file)->pMethods != nullptr) file->pMethods = &kMethods;
  return code;
}

}  // namespace

const char* guarded_files() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs* const own = sqlite3_vfs_find(nullptr);
    sqlite3_vfs guarded = *own;  // its other functions do not look at pAppData
    guarded.szOsFile += static_cast<int>(sizeof(File));
    guarded.zName = "goxel-telemetry";
    guarded.pNext = nullptr;
    guarded.pAppData = own;
    guarded.xOpen = open;
    return guarded;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  return registered == SQLITE_OK ? vfs.zName : nullptr;
}

}  // namespace goxel_telemetry::metrics
