#include "tools/herald/control_api.h"

#include <gmock/gmock.h>

#include "tools/herald/control_progress.h"

namespace herald::cli {
namespace {

TEST(ControlApi, AnErrorComesThroughAsItWas) {
  for (const Error& error : {Error{Errc::usage, "campaign \"x\" \\ is\tno"},
                             Error{Errc::unsupported, ""}, Error{Errc::disk, "满"}}) {
    const auto read = read_error(error_json(error));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->code, error.code);
    EXPECT_EQ(read->what, error.what);
  }
  for (const char* json :
       {"", "{}", "[]", R"({"error":{}})", R"({"error":{"code":0,"what":"x"}})",
        R"({"error":{"code":99,"what":"x"}})", R"({"error":{"code":"1","what":"x"}})"}) {
    EXPECT_FALSE(read_error(json)) << json;
  }
}

TEST(ControlApi, ProgressComesThroughAsItWas) {
  CampaignProgress one;
  one.id = "sale-1";
  one.app = "demo \"x\"";
  one.created = std::chrono::system_clock::time_point{std::chrono::milliseconds{1764000000123}};
  one.progress = {CampaignState::running, 1000, 900, 800, 1ull << 40, 1ull << 41, 1.5, "no route"};
  CampaignProgress other = one;
  other.id = "sale-2";
  other.progress.state = CampaignState::paused;
  other.progress.trouble.clear();
  const auto read = read_progress(to_json(std::vector{one, other}));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(to_json(*read), to_json(std::vector{one, other}));
  EXPECT_EQ((*read)[0].progress.bytes_read, 1ull << 40);
  EXPECT_EQ((*read)[0].progress.trouble, "no route");
  EXPECT_EQ((*read)[0].created, one.created);
  EXPECT_EQ((*read)[1].progress.state, CampaignState::paused);
  EXPECT_EQ(read_progress(to_json(std::vector<CampaignProgress>{}))->size(), 0u);
  for (const char* json :
       {"", "[]", "{}", R"({"campaigns":{}})", R"({"campaigns":[{"campaign":1}]})"}) {
    EXPECT_FALSE(read_progress(json)) << json;
  }
}

// Found by the fuzzer `control`: nanoseconds of a time in the year 2529 do not fit.
TEST(ControlProgress, ATimeThatNoClockShowsIsRefused) {
  CampaignProgress one;
  one.id = "one";
  std::string json = to_json(std::vector{one});
  ASSERT_TRUE(read_progress(json));
  const std::string_view time = "\"created_ms\":0";
  ASSERT_NE(json.find(time), json.npos) << json;
  json.replace(json.find(time), time.size(), "\"created_ms\":17640000000000");
  EXPECT_FALSE(read_progress(json));
}

}  // namespace
}  // namespace herald::cli
