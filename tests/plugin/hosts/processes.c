/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenarios of children: whatever they do, the segment is their parent's. */
#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/goxel_plugin.h"
#include "scenarios.h"

extern char** environ;

static void expect_success(pid_t child) {
  int status;
  EXPECT(child != 0 && waitpid(child, &status, 0) > 0);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* 1 request, and the process id that the launcher's became. */
void plain(void) {
  printf("pid %d\n", (int)getpid());
  converse(new_pair(start_listening()), "plain");
}

/* 2 requests of the parent's. */
void fork_without_exec(void) {
  const struct pair pair = new_pair(start_listening());
  converse(pair, "parents");
  const pid_t child = fork();
  if (child == 0) {
    converse(pair, "childs");
    close(pair.server);
    exit(0); /* runs destructors, the plugin's too */
  }
  expect_success(child);
  converse(pair, "parents");
}

/* The child goes on accepting while its parent lives: 2 requests of the parent's, and a sentence.
 */
void fork_that_serves(void) {
  const int listener = start_listening();
  const struct pair pair = new_pair(listener);
  converse(pair, "parents");
  const pid_t child = fork();
  if (child == 0) {
    converse(new_pair(listener), "childs");
    exit(0);
  }
  expect_success(child);
  converse(pair, "parents");
}

/* The usual way to the background, after listening: 1 request, of the last process. */
void daemonized(void) {
  EXPECT(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  const pid_t starter = fork();
  if (starter == 0) {
    const int listener = start_listening();
    const pid_t self = getpid();
    if (fork() != 0) _exit(0);
    while (getppid() == self) usleep(1000);
    setsid();
    converse(new_pair(listener), "daemons");
    exit(0);
  }
  expect_success(starter);
  expect_success(-1); /* any child: the orphan is ours now */
}

/* Children that run in this process's memory close the connection for themselves: 20 requests. */
void vfork_that_closes(void) {
  const int listener = start_listening();
  const struct pair pair = new_pair(listener);
  for (int i = 0; i < 20; ++i) {
    ask(pair.client, "vforks");
    const pid_t child = vfork();
    if (child == 0) {
      close(pair.server);
      close(listener);
      dup2(STDERR_FILENO, pair.server);
      if (i % 2 == 0) execl("/bin/true", "true", (char*)NULL);
      _exit(0);
    }
    expect_success(child);
    serve(pair.server);
    hear(pair.client);
  }
}

/* 1 request. */
void vfork_before_listening(void) {
  const pid_t child = vfork();
  if (child == 0) _exit(0);
  expect_success(child);
  converse(new_pair(start_listening()), "plain");
}

/* 4 requests; what children see of the environment on stdout. */
void spawned(void) {
  const struct pair pair = new_pair(start_listening());
  converse(pair, "spawns");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclose(&actions, pair.server);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, pair.client);
  char* const arguments[] = {"env", NULL};
  pid_t child;
  EXPECT(posix_spawnp(&child, "env", &actions, NULL, arguments, environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  expect_success(child);
  converse(pair, "spawns");
  EXPECT(system("env") == 0);
  converse(pair, "spawns");
  FILE* const listing = popen("env", "r");
  char line[4096];
  EXPECT(listing != NULL);
  while (fgets(line, sizeof line, listing) != NULL) fputs(line, stdout);
  EXPECT(pclose(listing) == 0);
  converse(pair, "spawns");
}

static const goxel_plugin* plugin;
static const goxel_plugin_request request = {.size = sizeof request,
                                             .connection = 1,
                                             .protocol = GOXEL_PROTOCOL_MCP,
                                             .operation = "abi",
                                             .operation_length = 3};
static char library_path[4096];
static void* library;
static const char* instance;

/* As a host that loads plugins does it; argument: library,instance. */
static void load_plugin(void) {
  snprintf(library_path, sizeof library_path, "%s", scenario_argument);
  char* const comma = strchr(library_path, ',');
  EXPECT(comma != NULL);
  *comma = '\0';
  instance = comma + 1;
  library = dlopen(library_path, RTLD_NOW | RTLD_LOCAL);
  EXPECT(library != NULL);
  goxel_plugin_entry_function entry;
  *(void**)&entry = dlsym(library, GOXEL_PLUGIN_ENTRY);
  EXPECT(entry != NULL && (plugin = entry(GOXEL_PLUGIN_ABI_MAJOR)) != NULL);
}

static pthread_barrier_t barrier;

static void* finish_one(void* argument) {
  plugin->request_finished(plugin->request_received(&request), GOXEL_STATUS_OK, 1);
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier); /* the library is closed now; this thread still holds a lane */
  return argument;
}

/* 1 request through the ABI. */
void unloaded(void) {
  load_plugin();
  const goxel_plugin_setting settings[] = {{"instance", instance}};
  const goxel_plugin_host host = {.size = sizeof host, .settings = settings, .setting_count = 1};
  EXPECT(plugin->activate(&host) == 0);
  pthread_barrier_init(&barrier, NULL, 2);
  pthread_t thread;
  EXPECT(pthread_create(&thread, NULL, finish_one, NULL) == 0);
  pthread_barrier_wait(&barrier);
  plugin->deactivate();
  dlclose(library);
  EXPECT(dlopen(library_path, RTLD_NOLOAD | RTLD_LAZY) != NULL);
  pthread_barrier_wait(&barrier);
  pthread_join(thread, NULL);
}

/* The preload door is open when the ABI's is tried. 2 requests, by the preload door. */
void both_doors(void) {
  const struct pair pair = new_pair(start_listening());
  converse(pair, "preload");
  load_plugin();
  EXPECT(plugin->activate(&(const goxel_plugin_host){.size = sizeof(goxel_plugin_host)}) == -1);
  EXPECT(plugin->request_received(&request) == 0);
  plugin->deactivate();
  converse(pair, "preload");
}

/* The other way round. 1 request, through the ABI. */
void both_doors_abi_first(void) {
  load_plugin();
  const goxel_plugin_setting settings[] = {{"instance", instance}};
  const goxel_plugin_host host = {.size = sizeof host, .settings = settings, .setting_count = 1};
  EXPECT(plugin->activate(&host) == 0);
  converse(new_pair(start_listening()), "preload");
  plugin->request_finished(plugin->request_received(&request), GOXEL_STATUS_OK, 1);
}
