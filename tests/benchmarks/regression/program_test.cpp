// SPDX-License-Identifier: GPL-3.0-or-later
// regression_evaluation as it was built.
#include <gmock/gmock.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/child_process.h"

namespace {

using goxel_telemetry::integration::Finished;
using testing::HasSubstr;
using testing::StartsWith;

class RegressionEvaluation : public testing::Test {
 protected:
  RegressionEvaluation() { std::filesystem::create_directories(folder_); }
  ~RegressionEvaluation() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  Finished run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), REGRESSION_EVALUATION);
    return goxel_telemetry::integration::run(arguments, path("log"));
  }
  void expect_refused(const std::vector<std::string>& arguments, const std::string& why) const {
    const Finished finished = run(arguments);
    EXPECT_EQ(finished.exit_code, 2) << finished.output;
    EXPECT_THAT(finished.output, HasSubstr(why));
    EXPECT_EQ(std::count(finished.output.begin(), finished.output.end(), '\n'), 1)
        << finished.output;
  }

 private:
  std::filesystem::path folder_ =
      testing::TempDir() + "regression_evaluation." + std::to_string(getpid());
};

TEST_F(RegressionEvaluation, ACheckIsMeasuredAndWritten) {
  const Finished finished = run(
      {"--short", "--only", "standard_50_within_60", "--seeds", "700", "--json", path("figures")});
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr("standard: +50 % within 60 s"));
  std::ifstream written(path("figures"));
  const auto figures = nlohmann::json::parse(written);
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_EQ(figures[0]["name"], "standard_50_within_60");
  EXPECT_EQ(figures[0]["bound"], ">= 0.97");
  EXPECT_EQ(figures[0]["measured"].get<double>(),
            figures[0]["events"].get<double>() / figures[0]["of"].get<double>());
  EXPECT_TRUE(figures[0]["passed"]);
}

TEST_F(RegressionEvaluation, ASeriesIsScored) {
  std::string text = "tick,value\n";
  for (int tick = 0; tick < 2000; ++tick) {
    text += std::to_string(tick) + "," + std::to_string(100 + tick * 7919 % 31) + "\n";
  }
  const std::string series = file("series", text);
  const Finished plain = run({"--series", series});
  EXPECT_EQ(plain.exit_code, 0);
  EXPECT_EQ(plain.output, "tick,channel,event,since\n");
  const Finished injected = run({"--series", series, "--inject", "1500:1.5"});
  EXPECT_EQ(injected.exit_code, 0);
  EXPECT_THAT(injected.output, StartsWith("tick,channel,event,since\n15"));
  EXPECT_THAT(injected.output, HasSubstr(",centre,raised,"));
}

TEST_F(RegressionEvaluation, WhatIsWrongIsASentence) {
  expect_refused({"--series", path("none")}, "Cannot read " + path("none"));
  expect_refused({"--series", testing::TempDir()}, "It cannot be read.");
  expect_refused({"--series", file("bad", "1,2\n2,many\n")}, "Line 2 has a value");
  const std::string good = file("good", "1,2\n2,3\n");
  expect_refused({"--series", good, "--inject", "3:2"}, "after the last tick, 2.");
  expect_refused({"--series", good, "--inject", "2"}, "--inject takes TICK:FACTOR");
  expect_refused({"--series", good, "--short"}, "--series");
  expect_refused({"--series="}, "--series is given without a value");
  expect_refused({"--inject", "2:2"}, "--series");
  expect_refused({"--only", "no_such_check"}, "no_such_check");
  expect_refused({"--only", "mix_jump", "--ablations"}, "--ablations");
  expect_refused({"--seeds", "0"}, "--seeds");
  expect_refused({"--only", "mix_jump", "--json", path("no/folder")}, "Cannot write");
}

}  // namespace
