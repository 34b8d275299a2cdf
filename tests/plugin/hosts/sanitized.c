/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A host that is built with AddressSanitizer, whose leak detector has nothing to say, in its child
   neither. 1 request through the preload door; with the plugin's path and an instance, none through
   the plugin ABI. */
#include <dirent.h>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "plugin/goxel_plugin.h"

static void serve_by_preload(void) {
  const int listener = start_listening();
  const struct pair pair = new_pair(listener);
  converse(pair, "plain");
  close(pair.client);
  close(pair.server);
  close(listener);
}

static int threads(void) {
  DIR* const folder = opendir("/proc/self/task");
  EXPECT(folder != NULL);
  int count = -2; /* "." and ".." */
  while (readdir(folder) != NULL) ++count;
  closedir(folder);
  return count;
}

/* The thread of the first activation ends by itself. */
static void load(const char* path, const char* instance) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  EXPECT(library != NULL);
  goxel_plugin_entry_function entry = NULL;
  *(void**)&entry = dlsym(library, GOXEL_PLUGIN_ENTRY);
  const goxel_plugin* const plugin = entry(GOXEL_PLUGIN_ABI_MAJOR);
  const goxel_plugin_setting setting = {"instance", instance};
  const goxel_plugin_host host = {
      .size = sizeof host, .name = "host", .settings = &setting, .setting_count = 1};
  for (int i = 0; i < 2; ++i) {
    EXPECT(plugin->activate(&host) == 0);
    if (i == 0) plugin->deactivate();
  }
  while (threads() > 2) usleep(10000);
}

int main(int count, char** arguments) {
  printf("pid %d\n", (int)getpid());
  fflush(stdout);
  if (arguments[1][0] == '/') {
    EXPECT(count == 3);
    load(arguments[1], arguments[2]);
  } else {
    serve_by_preload();
  }
  const pid_t child = fork();
  if (child == 0) exit(0);
  int status = -1;
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
  return 0;
}
