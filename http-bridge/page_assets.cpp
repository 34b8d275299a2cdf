// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/page_assets.h"

#include <array>
#include <cassert>
#include <map>

#include "http-bridge/page_files.h"
#include "http-bridge/representation.h"

namespace goxel_telemetry::http_bridge {
namespace {

const char* type_of(std::string_view path) {
  struct Type {
    std::string_view ending;
    const char* name;
  };
  static constexpr std::array kTypes = {
      Type{".css", "text/css; charset=utf-8"}, Type{".js", "text/javascript; charset=utf-8"},
      Type{".json", "application/json"}, Type{".svg", "image/svg+xml"},
      Type{".txt", "text/plain; charset=utf-8"}};
  for (const Type& type : kTypes) {
    if (path.ends_with(type.ending)) return type.name;
  }
  return "text/html; charset=utf-8";
}

struct Asset {
  explicit Asset(const PageFile& file) {
    Response plain{200, type_of(file.path), std::string(file.bytes)};
    add_tag(plain);
    gzip = std::make_shared<const Response>(compressed(plain, Effort::most));
    whole = std::make_shared<const Response>(std::move(plain));
  }
  std::shared_ptr<const Response> whole;
  std::shared_ptr<const Response> gzip;
};

// Made when a browser first asks: it takes some hundredths of a second.
const std::map<std::string_view, Asset>& assets() {
  static const auto made = [] {
    std::map<std::string_view, Asset> all;
    for (const PageFile& file : page_files()) all.emplace(file.path, file);
    return all;
  }();
  return made;
}

}  // namespace

std::vector<std::string> page_paths() {
  std::vector<std::string> paths;
  for (const PageFile& file : page_files()) paths.emplace_back(file.path);
  return paths;
}

bool is_page_path(std::string_view path) {
  for (const PageFile& file : page_files()) {
    if (file.path == path) return true;
  }
  return false;
}

std::shared_ptr<const Response> page_answer(const Request& request) {
  const auto found = assets().find(request.path);
  assert(found != assets().end());
  const auto& answer = takes_gzip(request) ? found->second.gzip : found->second.whole;
  if (!is_known(request, *answer)) return answer;
  return std::make_shared<const Response>(not_modified(*answer));
}

}  // namespace goxel_telemetry::http_bridge
