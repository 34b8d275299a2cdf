/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another allocator than the C library's in the host, which the plugin then uses, too; and one that
 * notices when it is used. */
#include <errno.h>
#include <stdatomic.h>

#include "host.h"

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void __libc_free(void* block);

static atomic_bool forbidden;

void forbid_allocation(void) {
  atomic_store(&forbidden, true);
}
void allow_allocation(void) {
  atomic_store(&forbidden, false);
}

void* malloc(size_t size) {
  EXPECT(!atomic_load(&forbidden));
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  EXPECT(!atomic_load(&forbidden));
  return __libc_calloc(count, size);
}
void* realloc(void* block, size_t size) {
  EXPECT(!atomic_load(&forbidden));
  return __libc_realloc(block, size);
}
void free(void* block) {
  EXPECT(block == NULL || !atomic_load(&forbidden));
  const int error = errno;
  __libc_free(block);
  errno = error;
}
