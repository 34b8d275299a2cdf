// SPDX-License-Identifier: GPL-3.0-or-later
// A processor that has done something else meanwhile.
#pragma once

// Evicts everything: flushes each line that this process had in its memory when it was first called, to memory; then reads each
// line of 64 MiB in pages of 4 KiB, which leaves nothing in the TLBs and little of the page tables in the caches; runs code on 512
// pages; and sleeps for 3 ms.
void become_cold();
// Reads an object again, so that it is in the cache: what the kernel, or the daemon itself, has just used.
void warm(const void* object, unsigned long size);
