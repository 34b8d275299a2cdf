// SPDX-License-Identifier: GPL-3.0-or-later
// A UNIX socket that listens under a name in the file system. Whom its mode and its group let write,
// and who may enter its folder, can connect, and nobody else.
//
// - Nobody can connect before mode and group are what they shall be: a socket that does not listen
//   yet, which it does last, refuses everybody. So neither the umask, which is the whole process's,
//   nor the moment between the making of the name and the change of its mode matters.
// - One process at a time has the name. Whoever wants it takes the lock of a second file first,
//   NAME.lock, and keeps it to its end. The lock is the kernel's: it goes when its holder dies,
//   however it dies. Only under this lock a socket that a killed process left behind is told from
//   one that listens (by connecting), and removed; so nobody can remove what another one has just
//   made in its place.
// - The name is removed at the end if it still is this socket's, and the second file then, too.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

namespace goxel_telemetry::http_bridge {

struct SocketPlace {
  std::string path;
  mode_t mode = 0600;
  std::string group;  // name or number; empty: the process's own
};

class SocketFile {
 public:
  // Null if it cannot be done: then `why` is a sentence for the operator.
  static std::unique_ptr<SocketFile> listen(const SocketPlace& place, std::string& why);
  // Why nobody could listen there, before it is tried: a sentence, or nothing.
  static std::string fault_of(const SocketPlace& place);
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  const std::string& path() const { return path_; }  // absolute
  // The socket, which does not block. It is the caller's from now on.
  int take_descriptor();

 private:
  class Lock;

  SocketFile(std::string path, std::unique_ptr<Lock> lock);
  bool make(const SocketPlace& place, gid_t group, std::string& why);

  const std::string path_;
  const std::unique_ptr<Lock> lock_;
  int socket_ = -1;
  int name_ = -1;  // of the file; while it is open no other file gets the same inode
};

}  // namespace goxel_telemetry::http_bridge
