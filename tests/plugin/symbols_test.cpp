// SPDX-License-Identifier: GPL-3.0-or-later
// goxel_telemetry.so in a daemon's process: what it needs of it, and what it shows to it.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/child_process.h"
#include "tests/stand-in-daemon/running_daemon.h"

namespace goxel_telemetry::integration {
namespace {

std::string output_of(const std::vector<std::string>& command) {
  const stand_in_test::TemporaryFolder folder;
  const Finished finished = run(command, folder.file("log"));
  EXPECT_EQ(finished.exit_code, 0) << command[0] << ": " << finished.output;
  return finished.output;
}

// The first group of each match.
std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

// A C++ library of its own beside the host's would be asking for trouble.
TEST(PluginLibrary, NeedsNothingButLibc) {
  const std::set<std::string> needed =
      matches(output_of({"readelf", "--dynamic", "--wide", PLUGIN_PATH}),
              std::regex(R"(\(NEEDED\)[^\[]*\[([^\]]*)\])"));
  EXPECT_TRUE(needed.contains("libc.so.6"));
  for (const std::string& library : needed) {
    EXPECT_TRUE(library == "libc.so.6" || library.starts_with("ld-linux")) << library;
  }
}

TEST(PluginLibrary, ShowsTheNamesOfItsExportMapAndNoOthers) {
  const std::string map = stand_in_test::text_of(EXPORTS_MAP_PATH);
  const std::size_t begin = map.find("global:") + std::string("global:").size();
  const std::set<std::string> listed =
      matches(map.substr(begin, map.find("local:") - begin), std::regex(R"((\w+);)"));
  const std::set<std::string> shown =
      matches(output_of({"nm", "--dynamic", "--defined-only", PLUGIN_PATH}),
              std::regex(R"([0-9a-f]+ \w (\S+))"));
  EXPECT_TRUE(listed.contains("goxel_plugin_entry"));
  EXPECT_EQ(shown, listed);
}

}  // namespace
}  // namespace goxel_telemetry::integration
