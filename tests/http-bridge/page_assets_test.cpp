// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/page_assets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

namespace goxel_telemetry::http_bridge {
namespace {

using testing::HasSubstr;

std::shared_ptr<const Response> get(const std::string& path, const std::string& coding = "") {
  Request request{"GET", path, {}, "", "localhost", ""};
  request.accept_encoding = coding;
  return page_answer(request);
}

// Scripts that come when somebody opens what they show.
bool is_on_demand(const std::string& path) {
  return get("/page/main.js")->body.find("import('" + path + "')") != std::string::npos;
}

// What a browser takes to show it.
TEST(PageAssetsTest, WholePageIsAtMost110KilobytesCompressed) {
  std::size_t bytes = 0;
  for (const std::string& path : page_paths()) {
    if (!path.ends_with(".txt") && !path.ends_with(".json") && !is_on_demand(path))
      bytes += get(path, "gzip")->body.size();
  }
  EXPECT_GT(bytes, 60'000U) << "Chart.js alone is more";
  EXPECT_LE(bytes, 110'000U);
}

TEST(PageAssetsTest, EachFileHasItsTypeAndIsMadeOnce) {
  EXPECT_EQ(get("/")->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(get("/page/page.css")->content_type, "text/css; charset=utf-8");
  EXPECT_EQ(get("/page/main.js")->content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/page/favicon.svg")->content_type, "image/svg+xml");
  EXPECT_EQ(get("/page/main.js"), get("/page/main.js"));
  EXPECT_TRUE(get("/page/main.js", "gzip")->is_gzip);
  EXPECT_FALSE(get("/page/main.js")->is_gzip);
}

TEST(PageAssetsTest, WhatTheBrowserHasIsNotSentAgain) {
  const auto whole = get("/page/chart.js", "gzip");
  Request request{"GET", "/page/chart.js", {}, "", "localhost", ""};
  request.if_none_match = whole->tag;
  EXPECT_EQ(page_answer(request)->status, 304);
  request.if_none_match = get("/page/main.js")->tag;
  EXPECT_EQ(page_answer(request)->status, 200);
}

TEST(PageAssetsTest, ChartJsComesWithItsLicence) {
  EXPECT_THAT(get("/page/chart.js")->body, HasSubstr("Chart.js v3"));
  EXPECT_THAT(get("/page/chart.js-licence.txt")->body,
              HasSubstr("Permission is hereby granted, free of charge"));
}

// A browser would ask for a module only when it has read who imports it, and so one after the other.
TEST(PageAssetsTest, AllModulesAreAskedForAtOnce) {
  for (const std::string& path : page_paths()) {
    if (path.ends_with(".js") && path != "/page/main.js" && path != "/page/chart.js" &&
        !is_on_demand(path)) {
      EXPECT_THAT(get("/")->body, HasSubstr("rel=\"modulepreload\" href=\"" + path + "\""));
    }
  }
}

// So that it works offline, and nobody else learns who looks: all that a file names is among the files.
TEST(PageAssetsTest, FilesNameNoFilesButEachOther) {
  const std::regex named(R"re((?:src|href)="([^"#]+)"|from '([^']+)'|\burl\(([^)]+)\))re");
  for (const std::string& path : page_paths()) {
    if (path.starts_with("/page/chart.js")) continue;
    const std::string& body = get(path)->body;
    for (std::sregex_iterator at(body.begin(), body.end(), named), end; at != end; ++at) {
      const std::string name = (*at)[1].str() + (*at)[2].str() + (*at)[3].str();
      EXPECT_TRUE(is_page_path(name) || name.starts_with("/api/v1/") || name == "/metrics" ||
                  name == "/healthz" || name == "/readyz")
          << path << " names " << name;
    }
    EXPECT_EQ(body.find("<script>"), std::string::npos) << path;
    EXPECT_EQ(body.find(" style="), std::string::npos) << path;
  }
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
