// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/daemon_config.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace goxel_telemetry::plugin {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class DaemonConfig : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/daemon-config.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    path_ = folder_ + "/daemon_config.json";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Reads a file with this text; the problem, if any.
  std::string read(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    section_ = PluginSection();
    return read_plugin_section(path_, section_);
  }
  std::string read_config(const std::string& config) {
    return read(R"({"plugins": {"telemetry": {"enabled": true, "config": )" + config + "}}}");
  }
  void expect_problem(const std::string& problem, const std::string& about) {
    EXPECT_THAT(problem, StartsWith(path_));
    EXPECT_THAT(problem, HasSubstr(about));
    EXPECT_EQ(problem.find('\n'), std::string::npos) << problem;
  }

  std::string folder_;
  std::string path_;
  PluginSection section_;
};

TEST_F(DaemonConfig, WithoutASectionThePluginIsOff) {
  for (const char* text :
       {"{}", R"({"daemon": {}, "plugins": {}})", R"({"plugins": {"other": {"enabled": true}}})",
        R"({"plugins": {"telemetry": {}}})"}) {
    EXPECT_EQ(read(text), "") << text;
    EXPECT_FALSE(section_.enabled) << text;
  }
}

TEST_F(DaemonConfig, ASectionGivesLibraryAndSettings) {
  EXPECT_EQ(read(R"({"plugins": {"telemetry": {"enabled": true, "library": "/opt/x.so", "config": {
                   "instance": "a", "segment_mode": "0600", "unanswered_after_seconds": 5, "segment_size": 2.5,
                   "target_latency_ms": 6.5, "target_operations_per_second": 1600}}}})"),
            "");
  EXPECT_TRUE(section_.enabled);
  EXPECT_EQ(section_.library, "/opt/x.so");
  EXPECT_EQ(section_.settings,
            "instance=a\nsegment_mode=0600\nsegment_size=2.5\ntarget_latency_ms=6.5\n"
            "target_operations_per_second=1600\nunanswered_after_seconds=5\n");
}

TEST_F(DaemonConfig, TargetsOfOperationsAreOneObject) {
  EXPECT_EQ(read_config(R"({"operation_targets_ms": {"ping": 0.5, "goxel.export_model": 5},
                            "target_memory_mib": 50})"),
            "");
  EXPECT_EQ(section_.settings,
            "operation_targets_ms.goxel.export_model=5\noperation_targets_ms.ping=0.5\n"
            "target_memory_mib=50\n");
  expect_problem(read_config(R"({"operation_targets_ms": 5})"), "must be an object");
  expect_problem(read_config(R"({"operation_targets_ms": {"ping": "soon"}})"),
                 "operation_targets_ms.ping");
  expect_problem(read_config(R"({"operation_targets_ms": {"ping": [1]}})"),
                 "operation_targets_ms.ping");
  expect_problem(read_config(R"({"operation_targets_ms": {"a\ninstance=b": 1}})"), "line break");
}

TEST_F(DaemonConfig, EachMistakeIsOneSentenceThatNamesTheFileAndTheMistake) {
  expect_problem(read(""), "not valid JSON");
  expect_problem(read("{\"plugins\": {"), "not valid JSON");
  expect_problem(read("\xff\xfe"), "not valid JSON");
  expect_problem(read("[]"), "JSON object");
  expect_problem(read(R"({"plugins": []})"), "\"plugins\" must be an object");
  expect_problem(read(R"({"plugins": {"telemetry": true}})"), "plugins.telemetry must be");
  expect_problem(read(R"({"plugins": {"telemetry": {"enabled": "yes"}}})"), "true or false");
  expect_problem(read(R"({"plugins": {"telemetry": {"library": ""}}})"), "library");
  expect_problem(read(R"({"plugins": {"telemetry": {"library": 7}}})"), "library");
  expect_problem(
      read(R"({"plugins": {"telemetry": {"library": ")" + std::string(4096, 'x') + R"("}}})"),
      "library");
  expect_problem(read(R"({"plugins": {"telemetry": {"enable": true}}})"), "\"enable\"");
  expect_problem(read_config("[]"), "config must be an object");
  expect_problem(read_config(R"({"instance": ["a"]})"), "config.instance");
  expect_problem(read_config(R"({"instance": "a\nsegment_mode=0644"})"), "config.instance");
  expect_problem(read_config(R"({"segment_group": "a\u0000b"})"), "config.segment_group");
  expect_problem(read_config(R"({"instance": "a/b"})"), "\"a/b\"");
  expect_problem(read_config(R"({"segment_mode": 777})"), "segment_mode");
  expect_problem(read_config(R"({"speed": 1})"), "no setting \"speed\"");
}

TEST_F(DaemonConfig, AFileThatCannotBeReadSaysWhy) {
  PluginSection section;
  EXPECT_THAT(read_plugin_section(folder_ + "/none.json", section), HasSubstr("No such file"));
  EXPECT_THAT(read_plugin_section(folder_, section), HasSubstr("Is a directory"));
}

TEST_F(DaemonConfig, AFileOfMoreThan16MiBIsRefusedAndADeepOneDoesNotCrash) {
  expect_problem(read("{\"a\": \"" + std::string(17u << 20, 'x') + "\"}"), "16 MiB");
  expect_problem(read(std::string(1u << 20, '[')), "not valid JSON");
  EXPECT_EQ(read("{\"a\": " + std::string(1u << 18, '[') + std::string(1u << 18, ']') + "}"), "");
}

}  // namespace
}  // namespace goxel_telemetry::plugin
