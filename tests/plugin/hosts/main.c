/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios.h"

const char* scenario_argument = "";

int main(int count, char** arguments) {
#define RUN(name)                                      \
  if (count > 1 && strcmp(arguments[1], #name) == 0) { \
    if (count > 2) scenario_argument = arguments[2];   \
    name();                                            \
    return 0;                                          \
  }
  SCENARIOS(RUN)
  fprintf(stderr, "no such scenario\n");
  return 2;
}
