/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linked statically: nothing can be preloaded into it. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
  printf("pid %d\n", (int)getpid());
  return 0;
}
