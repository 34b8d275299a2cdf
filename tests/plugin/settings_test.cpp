// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/settings.h"

#include <gmock/gmock.h>

#include <string>

#include "plugin/telemetry.h"

namespace goxel_telemetry::plugin {
namespace {

using testing::HasSubstr;

TEST(Settings, NothingSetIsTheDocumentedDefault) {
  const Settings settings;
  EXPECT_EQ(settings.instance, "goxel");
  EXPECT_EQ(settings.segment_mode, 0640u);
  EXPECT_EQ(settings.segment_group, "");
  EXPECT_EQ(settings.segment_bytes, 0u);
  EXPECT_EQ(settings.unanswered_after_ns, 30'000'000'000u);
  EXPECT_EQ(settings.clock, ClockChoice::automatic);
  EXPECT_EQ(settings.target_latency_ns, 0u);
  EXPECT_EQ(settings.target_milli_operations_per_second, 0u);
  EXPECT_EQ(settings.target_resident_bytes, 0u);
  EXPECT_TRUE(settings.operation_targets.empty());
}

TEST(Settings, EachLineOfTheLaunchersVariableSetsOne) {
  Settings settings;
  EXPECT_EQ(apply_settings_text(settings,
                                "instance=left-wing.2\nsegment_mode=0644\n\nsegment_group=a=b\n"
                                "segment_size=8\n"
                                "unanswered_after_seconds=86400\nclock=monotonic\n"
                                "target_latency_ms=6.0\ntarget_operations_per_second=1600.125\n"
                                "target_memory_mib=50\noperation_targets_ms.ping=0.5\n"
                                "operation_targets_ms.goxel.export_model=5"),
            "");
  EXPECT_EQ(settings.instance, "left-wing.2");
  EXPECT_EQ(settings.segment_mode, 0644u);
  EXPECT_EQ(settings.segment_group, "a=b");
  EXPECT_EQ(settings.segment_bytes, 8u << 20);
  EXPECT_EQ(settings.unanswered_after_ns, 86'400'000'000'000u);
  EXPECT_EQ(settings.clock, ClockChoice::monotonic);
  EXPECT_EQ(settings.target_latency_ns, 6'000'000u);
  EXPECT_EQ(settings.target_milli_operations_per_second, 1'600'125u);
  EXPECT_EQ(settings.target_resident_bytes, 50u * 1024 * 1024);
  ASSERT_EQ(settings.operation_targets.size(), 2u);
  EXPECT_EQ(settings.operation_targets[0].operation, "ping");
  EXPECT_EQ(settings.operation_targets[0].us, 500u);
  EXPECT_EQ(settings.operation_targets[1].operation, "goxel.export_model");
  EXPECT_EQ(settings.operation_targets[1].us, 5'000u);
}

TEST(Settings, TargetsOfMoreThan256OperationsAreRefused) {
  Settings settings;
  const auto target = [&settings](int number) {
    return apply_setting(settings, "operation_targets_ms.op" + std::to_string(number), "1");
  };
  for (int i = 0; i < 256; ++i) ASSERT_EQ(target(i), "");
  EXPECT_THAT(target(256), HasSubstr("256 operations"));
  EXPECT_EQ(settings.operation_targets.size(), 256u);
}

TEST(Settings, ASizeIsInMiBOrHasAUnit) {
  const auto bytes = [](const char* text) {
    Settings settings;
    EXPECT_EQ(apply_setting(settings, "segment_size", text), "") << text;
    return settings.segment_bytes;
  };
  EXPECT_EQ(bytes("1.5"), 1'572'864u);
  EXPECT_EQ(bytes("1536K"), 1'572'864u);
  EXPECT_EQ(bytes("2.125"), 2'228'224u);
  EXPECT_EQ(bytes("2560 KiB"), 2'621'440u);
  EXPECT_EQ(bytes("16M"), 16'777'216u);
  EXPECT_EQ(bytes("16MiB"), 16'777'216u);
  EXPECT_EQ(bytes("0.5G"), 536'870'912u);
  EXPECT_EQ(bytes("1 GiB"), 1'073'741'824u);
  EXPECT_EQ(bytes("1024"), 1'073'741'824u);
}

TEST(Settings, ATargetIsANumberWithDecimals) {
  const auto latency_ns = [](const char* text) {
    Settings settings;
    EXPECT_EQ(apply_setting(settings, "target_latency_ms", text), "") << text;
    return settings.target_latency_ns;
  };
  EXPECT_EQ(latency_ns("6"), 6'000'000u);
  EXPECT_EQ(latency_ns("0.25"), 250'000u);
  EXPECT_EQ(latency_ns("2.5000000000"), 2'500'000u);
  EXPECT_EQ(latency_ns("0.000001"), 1u);
  EXPECT_EQ(latency_ns("86400000.000000"), 86'400'000'000'000u);
}

struct Bad {
  const char* name;
  const char* value;
  const char* wanted;  // what the sentence says to write instead
};

class BadSettings : public testing::TestWithParam<Bad> {};

TEST_P(BadSettings, AreOneSentenceThatNamesThemAndChangeNothing) {
  const auto& [name, value, wanted] = GetParam();
  Settings settings;
  const std::string problem = apply_setting(settings, name, value);
  EXPECT_THAT(problem, HasSubstr(std::string("\"") + name + "\""));
  EXPECT_THAT(problem, HasSubstr(wanted));
  EXPECT_EQ(problem.find('\n'), std::string::npos);
  EXPECT_EQ(settings.instance, "goxel");
  EXPECT_EQ(settings.segment_mode, 0640u);
  EXPECT_EQ(settings.unanswered_after_ns, 30'000'000'000u);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSettings,
    testing::Values(
        Bad{"instance", "", "1 to 63"}, Bad{"instance", "a/b", "1 to 63"},
        Bad{"instance", ".hidden", "1 to 63"}, Bad{"instance", "goxel.layers", "outer layers"},
        Bad{"target_latency_ms", "0", "milliseconds"},
        Bad{"target_latency_ms", "0.0000001", "milliseconds"},
        Bad{"target_latency_ms", "86400000.1", "milliseconds"},
        Bad{"target_latency_ms", "6,5", "milliseconds"},
        Bad{"target_latency_ms", "6.", "milliseconds"},
        Bad{"target_latency_ms", ".5", "milliseconds"},
        Bad{"target_latency_ms", "-1", "milliseconds"},
        Bad{"target_latency_ms", "1e3", "milliseconds"},
        Bad{"target_operations_per_second", "0.0", "a second"},
        Bad{"target_operations_per_second", "0.0001", "a second"},
        Bad{"target_operations_per_second", "1000000001", "a second"},
        Bad{"target_memory_mib", "0", "MiB"}, Bad{"target_memory_mib", "1.5", "MiB"},
        Bad{"target_memory_mib", "16777217", "MiB"},
        Bad{"operation_targets_ms.", "1", "names no operation"},
        Bad{"operation_targets_ms._BATCH", "1", "names no operation"},
        Bad{"operation_targets_ms.a=b", "1", "names no operation"},
        Bad{"operation_targets_ms.ping", "0", "milliseconds"},
        Bad{"operation_targets_ms.ping", "0.0001", "milliseconds"},
        Bad{"operation_targets_ms.ping", "4294967.296", "milliseconds"},
        Bad{"operation_targets_ms", "1", "no setting"}, Bad{"segment_mode", "0666", "0640"},
        Bad{"segment_mode", "0660", "0640"}, Bad{"segment_mode", "0400", "0640"},
        Bad{"segment_mode", "rw", "0640"}, Bad{"segment_mode", "0640 ", "0640"},
        Bad{"segment_size", "1.499", "1.5 to 1024"}, Bad{"segment_size", "0", "1.5 to 1024"},
        Bad{"segment_size", "1024.001", "1.5 to 1024"}, Bad{"segment_size", "8MB", "8MiB"},
        Bad{"segment_size", "1535KiB", "8MiB"}, Bad{"segment_size", "8 M iB", "8MiB"},
        Bad{"segment_size", "M", "8MiB"}, Bad{"segment_size", "", "8MiB"},
        Bad{"segment_size", "8 ", "8MiB"}, Bad{"segment_size", "-8", "8MiB"},
        Bad{"segment_size", "18446744073709551615G", "8MiB"},
        Bad{"unanswered_after_seconds", "0", "1 to 86400"},
        Bad{"unanswered_after_seconds", "86401", "1 to 86400"},
        Bad{"unanswered_after_seconds", "-1", "1 to 86400"},
        Bad{"unanswered_after_seconds", "1.5", "1 to 86400"},
        Bad{"unanswered_after_seconds", "99999999999999999999", "1 to 86400"},
        Bad{"clock", "sundial", "auto, tsc or monotonic"}, Bad{"colour", "red", "no setting"}));

// The launcher gives all of them to the daemon in one environment variable, which has 128 KiB.
TEST(Settings, NamesAndValuesAreBoundedInLength) {
  const std::string zeros(255, '0');
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"segment_group", zeros},
                                    {"unanswered_after_seconds", zeros.substr(1) + "5"},
                                    {"operation_targets_ms." + zeros.substr(21), "1"}}) {
    Settings settings;
    EXPECT_EQ(apply_setting(settings, name, value), "") << name;
    const bool in_name = name.size() == 255;
    const std::string problem =
        apply_setting(settings, in_name ? name + "0" : name, in_name ? value : "0" + value);
    EXPECT_THAT(problem, HasSubstr("longer than 255 bytes"));
    EXPECT_LT(problem.size(), 200u);
  }
}

TEST(Settings, ALineWithoutAnEqualsSignNamesTheVariable) {
  Settings settings;
  EXPECT_THAT(apply_settings_text(settings, "instance=a\nnonsense\n"),
              HasSubstr("GOXEL_TELEMETRY_SETTINGS"));
}

// Somebody else may have written the config file.
TEST(Complaints, ShowWhatATerminalWouldObey) {
  EXPECT_EQ(Line("is \"", "\x1b[31m\r\n\t\x7f").text(), "is \"\\x1b[31m\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(Line("\u009b1m \u00e9 \u4e2d").text(), "\xc2\\x9b1m \u00e9 \u4e2d");
}

TEST(Complaints, AreClipped) {
  for (const char letter : {'a', '\x1b'}) {
    const Line line("it is ", std::string(1'000'000, letter));
    EXPECT_LE(line.text().size(), 2'048u);
    EXPECT_GT(line.text().size(), 2'000u);
    EXPECT_TRUE(line.text().ends_with("..."));
    EXPECT_EQ(std::string(line.c_str()), line.text());
  }
  EXPECT_EQ(Line("whole").text(), "whole");
}

}  // namespace
}  // namespace goxel_telemetry::plugin
