// The real programs over the service's midnight, with its clock 4 s behind ours, the same, and 4 s
// ahead, and late answers: by the service's own account no device is over on any of its days.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

using std::chrono::seconds;

// What must be behind us when it comes: starting everything, and a campaign.
constexpr std::time_t kBeforeMidnight = 16;

// Offsets are whole minutes, so midnight can be at any full one.
std::time_t next_midnight() {
  const std::time_t now = std::time(nullptr);
  return (now + kBeforeMidnight + 59) / 60 * 60;
}

std::string offset_of(std::time_t midnight) {
  const auto minute = static_cast<int>(midnight / 60 % (24 * 60));
  const int offset = minute > 12 * 60 ? 24 * 60 - minute : -minute;
  return fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', std::abs(offset) / 60,
                     std::abs(offset) % 60);
}

class Midnight : public EndToEnd {
 protected:
  struct Pair {
    std::unique_ptr<Pushsim> service;
    fs::path config;
  };

  Midnight() : midnight_(next_midnight()) { utc_offset_ = offset_of(midnight_); }

  void start(int skew_ms) {
    config_ = dir_ / fmt::format("herald-{}.toml", pairs_.size());
    auto service = pushsim({"--clock-skew", std::to_string(skew_ms), "--fault", "late:0.05",
                            "--latency", "200ms", "--error", "503:0.05"});
    Settings settings;
    settings.port = service->port();
    settings.data_dir = fmt::format("data-{}", pairs_.size());
    settings.endpoint_more = "request_timeout = \"5s\"\n";
    settings.ledger_more = "lateness = \"5s\"\n";
    pairs_.push_back({std::move(service), write_config(settings)});
  }
  // The same campaign for each of them, side by side.
  void run_all(const std::string& id, const Audience& audience, const std::string& policy = "{}") {
    const fs::path job = write_job(id, audience.file, policy);
    std::vector<std::unique_ptr<Program>> programs;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      config_ = pairs_[i].config;
      programs.push_back(
          start_herald({"run", job, "--report", report_file(i, id), "--progress", "none"}));
    }
    for (const auto& program : programs) EXPECT_EQ(program->wait().status, 0);
  }
  fs::path report_file(std::size_t pair, const std::string& id) const {
    return dir_ / fmt::format("{}-{}.report", id, pair);
  }

  const std::time_t midnight_;
  std::vector<Pair> pairs_;
};

TEST_F(Midnight, NoDeviceIsOverOnAServicesDayWhateverTheClocks) {
  for (const int skew_ms : {-4000, 0, 4000}) start(skew_ms);
  const Audience audience = write_audience("tokens.txt", {.tokens = 6000});
  run_all("before", audience);
  // Formed at once, and granted for 17 s around midnight.
  const std::string start_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(midnight_ - 9));
  run_all("over", audience, fmt::format(R"({{"rate": 300, "startAt": "{}"}})", start_at));
  for (const char* id : {"after-1", "after-2", "after-3"}) run_all(id, audience);

  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    SCOPED_TRACE(i);
    const Json account = pairs_[i].service->stop();
    EXPECT_EQ(number(account, "/tokens/over_limit"), 0u);
    EXPECT_LE(number(account, "/max_per_device/marketing"), 2u);
    EXPECT_EQ(number(account, "/tokens/twice_in_campaign"), 0u);
    EXPECT_EQ(account.at("days").as_object().size(), 2u) << "it was over midnight";
    EXPECT_GT(number(account, "/faults/late"), 0u);
    for (const std::string id : {"before", "over", "after-1", "after-2", "after-3"}) {
      const Json report = parse_json(content(report_file(i, id)));
      expect_bounds(report, account);
      EXPECT_EQ(number(report, "/outcomes/ambiguous"), 0u);
    }
    const auto accepted = [&](const std::string& id) {
      return number(parse_json(content(report_file(i, id))), "/outcomes/accepted");
    };
    EXPECT_EQ(accepted("before"), audience.tokens);
    EXPECT_EQ(accepted("over"), audience.tokens) << "one more is within each day's quota";
    // Two more on the new day, less what "over" was charged on it.
    EXPECT_LT(accepted("after-1") + accepted("after-2"), 2 * audience.tokens);
    EXPECT_GT(accepted("after-1"), 0u);
    EXPECT_EQ(accepted("after-3"), 0u) << "by then every device has had what it may";
  }
}

}  // namespace
}  // namespace herald::e2e
