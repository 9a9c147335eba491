// Every push type, over HTTP/2, over HTTP/1.1 and with a service that fails in 2 of 100 requests:
// what herald reports is what pushsim counted, and no quota of pushsim's own is exceeded.
//
// Each campaign is a process of its own, so what they share of a day or a window went through the
// store.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

struct Service {
  const char* name;
  Arguments options;
  bool exact;  // nothing is left in doubt
};

struct Type {
  const char* name;
  const char* push_type;
  const char* payload;
  const char* options;  // pushOptions
  const char* format;
  const char* policy;
  // A line of the audience: record number, campaign number from 0.
  std::function<std::string(int, int)> record;
  int records;
  // Per campaign: how many records a faultless service gets.
  std::vector<std::uint64_t> accepted;
  const char* reason = "";  // of the others, all of them over a quota
};

std::string token(int number) { return fmt::format("TKN-type-{:06}", number); }

std::string plain_line(int number, int) { return token(number); }

// Two cards on every device.
std::string card_line(int number, int campaign) {
  return fmt::format(
      R"({{"token":"{}","formId":{},"version":{},"vars":{{"line":"{}","minutes":{}}}}})",
      token(number / 2), 1000 + number % 2, campaign + 1, number % 7, number % 5);
}

std::string live_view_line(int number, int campaign) {
  return fmt::format(R"({{"token":"{}","activityId":{},"version":{}}})", token(number),
                     500 + number % 3, campaign + 1);
}

constexpr const char* kNotification =
    R"("title":"News","body":"What is new","clickAction":{"actionType":0})";

const std::vector<Type>& types() {
  static const std::string marketing =
      fmt::format(R"({{"notification":{{"category":"MARKETING",{}}}}})", kNotification);
  static const std::string express =
      fmt::format(R"({{"notification":{{"category":"EXPRESS",{}}}}})", kNotification);
  static const std::string voice = fmt::format(
      R"({{"notification":{{"category":"PLAY_VOICE",{}}},"extraData":"{{}}"}})", kNotification);
  static const std::string live_view = R"({"operation":1,"event":"DELIVERY","status":"ON_THE_WAY",)"
                                       R"("activityData":{"notificationData":{"type":3,)"
                                       R"("clickAction":{"actionType":0},)"
                                       R"("richProgress":{"progress":20}}}})";
  constexpr const char* kSmall = R"({"tokensPerRequest":50})";
  static const std::vector<Type> all{
      {"marketing",
       "0",
       marketing.c_str(),
       "{}",
       "lines",
       kSmall,
       plain_line,
       3000,
       {3000, 3000, 0},
       "over_quota.marketing"},
      {"service",
       "0",
       express.c_str(),
       "{}",
       "lines",
       kSmall,
       plain_line,
       3000,
       {3000, 3000, 3000}},
      {"badge",
       "0",
       R"({"notification":{"badge":{"setNum":3}}})",
       "{}",
       "lines",
       kSmall,
       plain_line,
       3000,
       {3000, 3000, 3000}},
      {"form",
       "1",
       R"({"moduleName":"entry","abilityName":"Bus","formName":"bus",)"
       R"("formData":{"line":"{{vars.line}}","minutes":"{{vars.minutes}}"}})",
       "{}",
       "jsonl",
       "{}",
       card_line,
       600,
       {600, 600, 0},
       "over_quota.form"},
      {"text_to_speech",
       "2",
       voice.c_str(),
       "{}",
       "lines",
       kSmall,
       plain_line,
       3000,
       {3000, 3000, 3000}},
      {"background",
       "6",
       R"({"extraData":"sync"})",
       "{}",
       "lines",
       kSmall,
       plain_line,
       3000,
       {3000, 3000, 3000}},
      {"live_view",
       "7",
       live_view.c_str(),
       "{}",
       "jsonl",
       kSmall,
       live_view_line,
       300,
       {300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 0, 0},
       "over_quota.live_view"},
      {"call",
       "10",
       R"({"extraData":"{\"scene\":\"voice\"}"})",
       R"({"ttl":30})",
       "lines",
       kSmall,
       plain_line,
       3000,
       {3000, 3000, 3000}},
      {"test_message",
       "0",
       marketing.c_str(),
       R"({"testMessage":true})",
       "lines",
       "{}",
       plain_line,
       700,
       {700, 300, 0},
       "over_quota.test"},
  };
  return all;
}

const std::vector<Service>& services() {
  static const std::vector<Service> all{
      {"http2", {}, true},
      {"http1", {"--http1"}, true},
      {"faults",
       {"--fault", "drop-after:0.005", "--fault", "refused:0.005", "--fault", "badjson:0.005",
        "--error", "500:0.005", "--latency", "1ms", "--seed", "7"},
       false},
  };
  return all;
}

class PushTypes : public EndToEnd,
                  public testing::WithParamInterface<std::tuple<std::size_t, std::size_t>> {
 protected:
  const Type& type() const { return types()[std::get<0>(GetParam())]; }
  const Service& service() const { return services()[std::get<1>(GetParam())]; }

  Json send(int campaign) {
    std::string lines;
    for (int i = 0; i < type().records; ++i) lines += type().record(i, campaign) + '\n';
    const std::string id = fmt::format("{}-{}", type().name, campaign + 1);
    write_file(dir_ / (id + ".txt"), lines);
    write_file(dir_ / (id + ".json"),
               fmt::format(R"({{"id":"{}","app":"demo","pushType":{},"payload":{},)"
                           R"("pushOptions":{},"audience":{{"file":"{}.txt","format":"{}"}},)"
                           R"("policy":{}}})",
                           id, type().push_type, type().payload, type().options, id, type().format,
                           type().policy));
    const Ended ended =
        herald({"run", (dir_ / (id + ".json")).string(), "--json", "--progress", "none"});
    EXPECT_TRUE(ended.status == 0 || (!service().exact && ended.status == 4)) << ended.err;
    return ended.out.empty() ? Json{} : parse_json(ended.out);
  }

  // What the service itself says was too much, too old or out of order.
  void expect_no_excess(const Json& account) {
    for (const char* member :
         {"/over_limit/marketing", "/over_limit/form", "/over_limit/live_view", "/over_limit/test",
          "/over_limit/total", "/forms/version_not_greater", "/forms/overlapping",
          "/live_views/version_not_greater", "/live_views/overlapping", "/live_views/created_again",
          "/tokens/twice_in_campaign", "/tokens/duplicate_in_request"}) {
      EXPECT_EQ(number(account, member), 0u) << member;
    }
  }
};

TEST_P(PushTypes, ReportsAreTheServicesAccountAndNoQuotaIsExceeded) {
  const auto simulator = [&] {
    Arguments options = service().options;
    options.insert(options.end(), {"--entitlements", "EXPRESS,IM"});
    return pushsim(options);
  }();
  Settings settings;
  settings.port = simulator->port();
  settings.app_more = "rate = 1000000\nentitlements = [\"EXPRESS\", \"IM\"]\n";
  config_ = write_config(settings);

  std::vector<Json> reports;
  for (std::size_t i = 0; i < type().accepted.size(); ++i) {
    reports.push_back(send(static_cast<int>(i)));
    ASSERT_FALSE(reports.back().empty());
  }
  const Json account = simulator->stop();
  expect_no_excess(account);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const Json& report = reports[i];
    SCOPED_TRACE(report.at("campaign").as_string());
    expect_adds_up(report);
    EXPECT_EQ(number(report, "/records"), static_cast<std::uint64_t>(type().records));
    const std::uint64_t accepted = number(report, "/outcomes/accepted");
    const std::uint64_t ambiguous = number(report, "/outcomes/ambiguous");
    const std::uint64_t counted = number(
        account, "/by_campaign/" + std::string(report.at("campaign").as_string()) + "/accepted");
    EXPECT_LE(accepted, counted);
    EXPECT_LE(counted, accepted + ambiguous);
    if (service().exact) {
      EXPECT_EQ(ambiguous, 0u);
      EXPECT_EQ(accepted, type().accepted[i]);
      const std::uint64_t rest = static_cast<std::uint64_t>(type().records) - accepted;
      EXPECT_EQ(number(report, "/outcomes/over_quota"), rest);
      if (rest > 0) {
        EXPECT_EQ(number(report, fmt::format("/reasons/{}", type().reason)), rest);
      }
    }
  }
}

std::string name_of(const testing::TestParamInfo<std::tuple<std::size_t, std::size_t>>& info) {
  return fmt::format("{}_{}", types()[std::get<0>(info.param)].name,
                     services()[std::get<1>(info.param)].name);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, PushTypes,
                         testing::Combine(testing::Range(std::size_t{0}, types().size()),
                                          testing::Range(std::size_t{0}, services().size())),
                         name_of);

}  // namespace
}  // namespace herald::e2e
