// SPDX-License-Identifier: GPL-3.0-or-later
#include "methods.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <utility>

namespace stand_in {
namespace {

// Tools that are not named like their methods.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kRenamedTools{{
    {"goxel_add_voxels", "goxel.add_voxel"},
    {"goxel_remove_voxels", "goxel.remove_voxel"},
    {"goxel_open_file", "goxel.load_project"},
    {"goxel_save_file", "goxel.save_project"},
    {"goxel_export_file", "goxel.export_model"},
    {"goxel_new_layer", "goxel.create_layer"},
    {"goxel_batch_voxel_operations", "goxel.batch_operations"},
}};

Json ping(Project&, const Params&) {
  return {{"pong", true}, {"timestamp", static_cast<std::int64_t>(std::time(nullptr))}};
}

Json version(Project&, const Params&) {
  return {{"version", kGoxelVersion}, {"type", "daemon"}, {"protocol", "JSON-RPC 2.0"}};
}

Json echo(Project&, const Params& params) {
  return params.raw().is_null() ? Json::object() : params.raw();
}

Json status(Project& project, const Params&) {
  std::array<char, 32> time_text{};
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::strftime(time_text.data(), time_text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  std::array<char, HOST_NAME_MAX + 1> host{};
  gethostname(host.data(), host.size() - 1);
  return {{"status", "running"},
          {"pid", getpid()},
          {"current_time", time_text.data()},
          {"hostname", host.data()},
          {"goxel_initialized", true},
          {"methods_available", all_methods().size()},
          {"uptime_seconds", static_cast<std::int64_t>(now - project.started)}};
}

Json list_methods(Project&, const Params&) {
  Json list = Json::array();
  for (const Method& method : all_methods()) {
    list.push_back({{"method", method.name}, {"description", method.description}});
  }
  return {{"count", list.size()}, {"methods", list}};
}

Json create_project(Project& project, const Params& params) {
  const auto side = [&params](const char* name, std::size_t place) {
    return std::clamp(params.integer(name, place).value_or(64), 1, kCoordinateLimit);
  };
  project.name = params.text("name", 0).value_or("New Project");
  project.width = side("width", 1);
  project.height = side("height", 2);
  project.depth = side("depth", 3);
  project.voxels.reset();
  return {{"success", true},
          {"name", project.name},
          {"width", project.width},
          {"height", project.height},
          {"depth", project.depth}};
}

Json get_status(Project& project, const Params&) {
  return {{"version", kGoxelVersion}, {"layer_count", project.voxels.layers().size()},
          {"read_only", false},       {"width", project.width},
          {"height", project.height}, {"depth", project.depth}};
}

bool brackets_balance(const std::string& script) {
  std::string open;
  for (const char c : script) {
    if (c == '(' || c == '[' || c == '{') {
      open.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
    } else if (c == ')' || c == ']' || c == '}') {
      if (open.empty() || open.back() != c) return false;
      open.pop_back();
    }
  }
  return open.empty();
}

// There is no interpreter here: a child process stands for its work, because a host may start
// children.
bool run_child() {
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/true", "true", static_cast<char*>(nullptr));
    _exit(127);
  }
  int result = 0;
  return child > 0 && waitpid(child, &result, 0) == child && WIFEXITED(result) &&
         WEXITSTATUS(result) == 0;
}

Json execute_script(Project&, const Params& params) {
  const auto script = params.text("script", 0);
  if (!script && !params.text("path", 1)) {
    throw MethodError(kInvalidParams, "Must specify either 'script' (code) or 'path' parameter");
  }
  const bool good = brackets_balance(script.value_or("")) && run_child();
  if (!good) {
    return {{"success", false}, {"code", -1}, {"message", "Script execution failed with code -1"}};
  }
  return {{"success", true}, {"code", 0}, {"message", "Script executed successfully"}};
}

}  // namespace

const std::vector<Method>& general_methods() {
  static const std::vector<Method> methods{
      {"echo", "Answers its parameters", echo},
      {"version", "Version of the daemon", version},
      {"status", "State of the daemon", status},
      {"ping", "Is it there?", ping},
      {"list_methods", "This list", list_methods},
      {"goxel.create_project", "Starts an empty project", create_project},
      {"goxel.get_status", "State of the project", get_status},
      {"goxel.execute_script", "Starts a child process in place of a script", execute_script},
  };
  return methods;
}

const std::vector<Method>& all_methods() {
  static const std::vector<Method> methods = [] {
    std::vector<Method> all;
    for (const auto* table : {&general_methods(), &edit_methods(), &layer_methods(),
                              &query_methods(), &file_methods()}) {
      all.insert(all.end(), table->begin(), table->end());
    }
    return all;
  }();
  return methods;
}

const Method* find_method(std::string_view name) {
  for (const Method& method : all_methods()) {
    if (name == method.name) return &method;
  }
  return nullptr;
}

const Method* find_tool(std::string_view tool) {
  for (const auto& [renamed, method] : kRenamedTools) {
    if (tool == renamed) return find_method(method);
  }
  constexpr std::string_view kPrefix = "goxel_";
  if (tool.starts_with(kPrefix)) {
    return find_method("goxel." + std::string(tool.substr(kPrefix.size())));
  }
  return tool.find('.') == std::string_view::npos ? find_method(tool) : nullptr;
}

std::string tool_of(const Method& method) {
  for (const auto& [renamed, name] : kRenamedTools) {
    if (name == method.name) return std::string(renamed);
  }
  std::string tool = method.name;
  std::replace(tool.begin(), tool.end(), '.', '_');
  return tool;
}

Layer& layer_of(Project& project, const Params& params, std::size_t place) {
  const std::optional<int> id = params.integer("layer_id", place);
  if (!id) return *project.voxels.layers().front();
  Layer* layer = project.voxels.find_layer(*id);
  if (layer == nullptr) {
    throw MethodError(-1012, "No layer has the id " + std::to_string(*id));
  }
  return *layer;
}

Json color_json(Color color) {
  return Json::array({color.r, color.g, color.b, color.a});
}

}  // namespace stand_in
