// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/section_reader.h"

#include <gmock/gmock.h>

namespace goxel_telemetry::http_bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SectionReaderTest : public testing::Test {
 protected:
  void add(const std::string& name, const std::vector<std::string>& values) {
    section_.entries.push_back({name, values, line_++});
  }

  unsigned line_ = 4;
  ConfigSection section_{"alerts.x", 3, {}};
  std::vector<std::string> faults_;
};

TEST_F(SectionReaderTest, TakesValuesOfTheirKinds) {
  add("enabled", {"false"});
  add("above", {"0.25"});
  add("hold", {"2h"});
  add("to", {"a", "b"});
  add("name", {"n"});
  SectionReader reader(section_, faults_);
  bool enabled = true;
  double above = 1;
  std::uint64_t hold = 1;
  std::vector<std::string> to;
  std::string name;
  std::string other = "as it was";
  reader.read("enabled", enabled);
  reader.read("above", above, 0, 1);
  reader.read_duration("hold", hold, 1, 86'400);
  reader.read("to", to);
  reader.read("name", name);
  reader.read("other", other);
  reader.finish();
  EXPECT_THAT(faults_, IsEmpty());
  EXPECT_FALSE(enabled);
  EXPECT_EQ(above, 0.25);
  EXPECT_EQ(hold, 7'200u);
  EXPECT_THAT(to, ElementsAre("a", "b"));
  EXPECT_EQ(name, "n");
  EXPECT_EQ(other, "as it was");
}

TEST_F(SectionReaderTest, SaysInWhichLineAValueIsWrong) {
  add("enabled", {"yes"});
  add("above", {"1.5"});
  add("hold", {"1s"});
  add("name", {"a", "b"});
  add("more", {"1"});
  SectionReader reader(section_, faults_);
  bool enabled = true;
  double above = 1;
  std::uint64_t hold = 60;
  std::string name;
  reader.read("enabled", enabled);
  reader.read("above", above, 0.125, 1);
  reader.read_duration("hold", hold, 60, 7'200);
  reader.read("name", name);
  reader.refuse("url", "is missing");
  reader.finish();
  EXPECT_THAT(faults_, ElementsAre("line 4: enabled of [alerts.x] is true or false",
                                   "line 5: above of [alerts.x] is a number from 0.125 to 1",
                                   "line 6: hold of [alerts.x] is a time from \"1m\" to \"2h\"",
                                   "line 7: name of [alerts.x] is one value and no list",
                                   "line 3: url of [alerts.x] is missing",
                                   "line 8: [alerts.x] has no \"more\""));
  EXPECT_TRUE(enabled);
  EXPECT_EQ(above, 1);
  EXPECT_EQ(hold, 60u);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
