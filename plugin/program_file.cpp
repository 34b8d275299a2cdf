// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/program_file.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace goxel_telemetry::plugin {
namespace {

using FileHeader = ElfW(Ehdr);
using Part = ElfW(Phdr);
using Entry = ElfW(Dyn);

constexpr int kMostParts = 64;
constexpr int kMostEntries = 1024;

#if defined(__x86_64__)
constexpr int kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr int kMachine = EM_AARCH64;
#else
constexpr int kMachine = EM_NONE;  // not compared
#endif

template <class T>
bool read_at(int fd, std::uint64_t offset, T& out) noexcept {
  return pread(fd, &out, sizeof out, static_cast<off_t>(offset)) == ssize_t{sizeof out};
}

// A text of the file, cut to the buffer.
template <std::size_t N>
std::string_view read_text(int fd, std::uint64_t offset, char (&out)[N]) noexcept {
  const ssize_t got = pread(fd, out, N - 1, static_cast<off_t>(offset));
  out[got > 0 ? got : 0] = '\0';
  return out;
}

std::string_view name_of(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1);
}

// These end the process if another library comes before them.
bool must_come_first(std::string_view library) noexcept {
  for (const std::string_view runtime : {"libasan.so", "libtsan.so", "liblsan.so", "libhwasan.so",
                                         "libclang_rt.asan", "libclang_rt.tsan"}) {
    if (library.starts_with(runtime)) return true;
  }
  return false;
}

struct Parts {
  Part all[kMostParts];
  int count = 0;

  const Part* find(std::uint32_t type) const noexcept {
    for (int i = 0; i < count; ++i) {
      if (all[i].p_type == type) return &all[i];
    }
    return nullptr;
  }
  // Where the file has what is loaded at this address; 0 if it has not.
  std::uint64_t offset_of(std::uint64_t address) const noexcept {
    for (int i = 0; i < count; ++i) {
      const Part& part = all[i];
      if (part.p_type == PT_LOAD && address >= part.p_vaddr &&
          address - part.p_vaddr < part.p_filesz) {
        return part.p_offset + (address - part.p_vaddr);
      }
    }
    return 0;
  }
};

void find_first_library(int fd, const Parts& parts, ProgramFile& out) noexcept {
  const Part* const dynamic = parts.find(PT_DYNAMIC);
  if (dynamic == nullptr) return;
  std::uint64_t names = 0;
  // Where the names are may be said after which of them are needed.
  for (const bool look_up : {false, true}) {
    for (int i = 0; i < kMostEntries; ++i) {
      Entry entry;
      if (!read_at(fd, dynamic->p_offset + static_cast<std::uint64_t>(i) * sizeof entry, entry) ||
          entry.d_tag == DT_NULL) {
        break;
      }
      if (!look_up && entry.d_tag == DT_STRTAB) names = parts.offset_of(entry.d_un.d_ptr);
      if (!look_up || names == 0 || entry.d_tag != DT_NEEDED) continue;
      char library[sizeof out.first_library];
      if (must_come_first(read_text(fd, names + entry.d_un.d_val, library))) {
        std::memcpy(out.first_library, library, sizeof library);
        return;
      }
    }
  }
}

void look_at_elf(int fd, const FileHeader& header, std::string_view path,
                 ProgramFile& out) noexcept {
  constexpr unsigned char kOurClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  if (header.e_ident[EI_CLASS] != kOurClass ||
      (kMachine != EM_NONE && header.e_machine != kMachine)) {
    out.obstacle = "is made for another processor than the plugin";
    return;
  }
  Parts parts;
  while (parts.count < header.e_phnum && parts.count < kMostParts &&
         read_at(fd, header.e_phoff + static_cast<std::uint64_t>(parts.count) * sizeof(Part),
                 parts.all[parts.count])) {
    ++parts.count;
  }
  const Part* const interpreter = parts.find(PT_INTERP);
  char loader[128] = {};
  if (interpreter != nullptr) read_text(fd, interpreter->p_offset, loader);
  const std::string_view loader_name = name_of(interpreter != nullptr ? loader : path);
  if (interpreter == nullptr && !loader_name.starts_with("ld")) {
    out.obstacle = "is statically linked, so that nothing can be preloaded into it";
  } else if (loader_name.starts_with("ld-musl")) {
    out.obstacle = "is linked with another C library than the plugin";
  } else {
    find_first_library(fd, parts, out);
  }
}

// Whether the loader will ignore preloads because the program gets rights that its caller has not.
const char* raised_rights(int fd, const struct stat& status) noexcept {
  struct statvfs mount {};
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) return nullptr;
  if (fstatvfs(fd, &mount) == 0 && (mount.f_flag & ST_NOSUID) != 0) return nullptr;
  const bool user = (status.st_mode & S_ISUID) != 0 && status.st_uid != getuid();
  const bool group =
      (status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && status.st_gid != getgid();
  if (user || group) {
    return "is a set-user-ID or set-group-ID program, for which the loader preloads nothing";
  }
  char capabilities[32];
  if (getuid() != 0 &&
      fgetxattr(fd, "security.capability", capabilities, sizeof capabilities) > 0) {
    return "has file capabilities, for which the loader preloads nothing";
  }
  return nullptr;
}

}  // namespace

ProgramFile look_at_program(const char* path) noexcept {
  ProgramFile out;
  char interpreter[256];
  // A script's interpreter may be a script; the kernel follows four.
  for (int depth = 0; depth < 5; ++depth) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return out;
    struct stat status {};
    FileHeader header{};
    char line[256] = {};
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
      if (read_at(fd, 0, header) && std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0) {
        out.obstacle = raised_rights(fd, status);
        if (out.obstacle == nullptr) look_at_elf(fd, header, path, out);
      } else {
        read_text(fd, 0, line);
      }
    }
    close(fd);
    if (line[0] != '#' || line[1] != '!') return out;
    const char* const begin = line + 2 + std::strspn(line + 2, " \t");
    const std::size_t size = std::strcspn(begin, " \t\n");
    std::memcpy(interpreter, begin, size);
    interpreter[size] = '\0';
    path = interpreter;
  }
  return out;
}

bool find_program(const char* file, char (&path)[PATH_MAX]) noexcept {
  const auto is_program = [&path] {
    struct stat status {};
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
  };
  const std::size_t size = std::strlen(file);
  if (size == 0 || size >= PATH_MAX) return false;
  if (std::strchr(file, '/') != nullptr) {
    std::memcpy(path, file, size + 1);
    return is_program();
  }
  const char* folders = std::getenv("PATH");
  if (folders == nullptr) folders = "/bin:/usr/bin";
  for (std::string_view rest = folders;;) {
    const std::size_t end = rest.find(':');
    std::string_view folder = rest.substr(0, end);
    if (folder.empty()) folder = ".";
    if (folder.size() + 1 + size < PATH_MAX) {
      std::memcpy(path, folder.data(), folder.size());
      path[folder.size()] = '/';
      std::memcpy(path + folder.size() + 1, file, size + 1);
      if (is_program()) return true;
    }
    if (end == std::string_view::npos) return false;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace goxel_telemetry::plugin
