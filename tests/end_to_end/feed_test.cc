// An engine in the test's own process, whose audiences are pushed to it.
#include <fmt/format.h>

#include "herald/engine.h"
#include "tests/end_to_end/harness.h"

namespace herald::e2e {
namespace {

using testing::HasSubstr;

class Feeds : public EndToEnd {
 protected:
  Feeds() { engine_.emplace(Engine::open(Config::load(config_).value()).value()); }

  Job job(const std::string& id) { return Job::load(write_job(id, "none")).value(); }
  void push(AudienceFeed& feed, int tokens) {
    for (int i = 0; i < tokens; ++i) {
      ASSERT_TRUE(feed.push(fmt::format("token-{}", i)).has_value());
    }
  }

  std::unique_ptr<Pushsim> service_ = pushsim();
  std::optional<Engine> engine_;
};

TEST_F(Feeds, PushedRecordsAreSentAndListedAfterwards) {
  AudienceFeed feed;
  auto campaign = engine_->submit(job("sale"), feed);
  ASSERT_TRUE(campaign.has_value()) << campaign.error().what;
  push(feed, 2500);
  push(feed, 1);
  EXPECT_TRUE(feed.push("two words").has_value());
  feed.finish();
  campaign->wait();
  const Report report = campaign->report().value();
  EXPECT_EQ(report.state, CampaignState::finished);
  EXPECT_EQ(report.records, 2502u);
  EXPECT_EQ(report.count(Outcome::accepted), 2500u);
  EXPECT_EQ(report.count(Outcome::duplicate), 1u);
  EXPECT_EQ(report.count(Outcome::malformed), 1u);
  EXPECT_EQ(feed.push("more").error().code, Errc::usage);
  engine_.reset();
  const Ended listed = herald({"outcomes", "sale", "--format", "tsv"});
  EXPECT_EQ(listed.out, "2501\ttoken-0\tduplicate\t-\n2502\ttwo words\tmalformed\tspace_inside\n");
}

// A caller that has no more for now is not one that has finished: what there is goes out.
TEST_F(Feeds, WhatWasPushedIsSentWhileTheFeedIsOpen) {
  AudienceFeed feed;
  auto campaign = engine_->submit(job("sale"), feed);
  ASSERT_TRUE(campaign.has_value()) << campaign.error().what;
  push(feed, 10);
  for (int i = 0; i < 1000 && campaign->progress().accepted < 10; ++i) {
    campaign->wait_for(std::chrono::milliseconds{10});
  }
  EXPECT_EQ(campaign->progress().accepted, 10u);
  feed.finish();
  campaign->wait();
  EXPECT_EQ(campaign->report().value().count(Outcome::accepted), 10u);
}

TEST_F(Feeds, CallerThatGoesAwayEndsTheCampaignAsAnInputError) {
  std::optional<AudienceFeed> feed{std::in_place};
  auto campaign = engine_->submit(job("sale"), *feed);
  ASSERT_TRUE(campaign.has_value()) << campaign.error().what;
  push(*feed, 1500);
  feed.reset();
  campaign->wait();
  const Report report = campaign->report().value();
  EXPECT_EQ(report.state, CampaignState::input_error);
  EXPECT_THAT(report.pause_reason, HasSubstr("the caller went away"));
  EXPECT_EQ(report.records, 1500u);
  EXPECT_EQ(report.count(Outcome::accepted), 1500u);
}

TEST_F(Feeds, PauseEndsTheWaitForAFeed) {
  AudienceFeed feed;
  auto campaign = engine_->submit(job("sale"), feed);
  ASSERT_TRUE(campaign.has_value()) << campaign.error().what;
  campaign->pause("enough");
  campaign->wait();
  EXPECT_EQ(campaign->progress().state, CampaignState::paused);
  engine_.reset();
  EXPECT_EQ(feed.push("token").error().code, Errc::audience);
}

TEST_F(Feeds, AFeedIsOfOneCampaignAndNotOfCsv) {
  AudienceFeed feed;
  Job csv = job("csv");
  csv.audience.format = AudienceSpec::Format::csv;
  EXPECT_EQ(engine_->submit(csv, feed).error().code, Errc::job);
  ASSERT_TRUE(engine_->submit(job("one"), feed).has_value());
  EXPECT_EQ(engine_->submit(job("two"), feed).error().code, Errc::usage);
}

}  // namespace
}  // namespace herald::e2e
