// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/vfork.h"

#include <dlfcn.h>
#include <unistd.h>

namespace goxel_telemetry::plugin {
namespace {

pid_t own_pid = 0;
pid_t (*real_vfork)() = nullptr;

}  // namespace

bool in_vfork_child_after_all() noexcept {
  if (getpid() != own_pid) return true;
  thread_state.vforked = false;  // this is the parent, after its vfork()
  return false;
}

void remember_this_process() noexcept {
  own_pid = getpid();
}

void resolve_vfork() noexcept {
  real_vfork = reinterpret_cast<pid_t (*)()>(dlsym(RTLD_NEXT, "vfork"));
}

extern "C" __attribute__((visibility("hidden"), used)) void* goxel_telemetry_before_vfork() {
  if (real_vfork == nullptr) resolve_vfork();
  thread_state.vforked = true;
  return reinterpret_cast<void*>(real_vfork);
}

// vfork() returns twice in its caller's frame, so there must be no stack frame of ours in between:
// our vfork() jumps to the real one. On machines other than x86-64 it is not interposed.
#if defined(__x86_64__)
asm(R"(
  .text
  .globl vfork
  .type vfork, @function
vfork:
  .cfi_startproc
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
  call goxel_telemetry_before_vfork
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  jmp *%rax
  .cfi_endproc
  .size vfork, .-vfork
)");
#endif

}  // namespace goxel_telemetry::plugin
