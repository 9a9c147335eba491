#include "engine/campaign/device_history.h"

#include <gmock/gmock.h>

#include "tests/campaign/support.h"

namespace herald::campaign {
namespace {

// Of the device that the tests' second record (number 1) is.
class DeviceHistoryTest : public testing::Test {
 protected:
  std::string read(bool abandoned = false) {
    const auto history = DeviceHistory::read(store_, {&record_, 1}, {fingerprint_of(1)},
                                             {{kCampaign, 1}}, abandoned);
    EXPECT_TRUE(history);
    std::string all;
    for (const auto& [key, event] : history->events()) {
      all += std::to_string(key.record) + ' ' +
             std::string(event.outcome ? to_string(*event.outcome) : "pending") + '.' +
             std::string(to_string(event.reason)) + ' ';
    }
    return all;
  }
  void give_back(store::BatchId batch) {
    settle(store_, {.batch = batch, .how = store::Settled::voided, .released = true, .tokens = 3});
  }

  MemoryStore store_;
  store::CampaignRecord record_ = record_of(CampaignState::running);
};

TEST_F(DeviceHistoryTest, UnansweredIsInDoubtOnlyWhereNoProcessHasTheCampaign) {
  reserve(store_, {.batch = 1, .tokens = 3});
  EXPECT_EQ(read(false), "1 pending.none ");
  EXPECT_EQ(read(true), "1 ambiguous.process_died ");
}

TEST_F(DeviceHistoryTest, WhatWasGivenBackIsCancelledWithItsCampaign) {
  reserve(store_, {.batch = 1, .tokens = 3});
  give_back(1);
  EXPECT_EQ(read(true), "1 pending.none ");
  record_.state = CampaignState::cancelled;
  EXPECT_EQ(read(), "1 cancelled.none ");
}

TEST_F(DeviceHistoryTest, AfterAResumeItIsWhatTheNextAttemptMakesIt) {
  reserve(store_, {.batch = 1, .tokens = 3});
  give_back(1);
  store::GroupWriter group;
  group.resumed(kCampaign, kToday);
  store_.add(group);
  record_.state = CampaignState::cancelled;
  EXPECT_EQ(read(), "");
  reserve(store_, {.batch = 2, .tokens = 3});
  settle(store_, {.batch = 2, .outcome = Outcome::accepted, .tokens = 3});
  EXPECT_EQ(read(), "1 accepted.none ");
}

TEST_F(DeviceHistoryTest, ASecondAttemptThatWasGivenBackLeavesWhatTheFirstWas) {
  reserve(store_, {.batch = 1, .tokens = 3});
  settle(store_, {.batch = 1, .outcome = Outcome::ambiguous, .reason = Reason::reset, .tokens = 3});
  store::GroupWriter group;
  group.reservation(
      {.campaign = kCampaign, .batch = 2, .days = {kToday}, .records = 2, .resends = Reason::reset},
      std::vector<store::ReservedToken>{{fingerprint_of(1), 1}},
      std::vector<store::DroppedRecord>{});
  store_.add(group);
  EXPECT_EQ(read(), "1 pending.none ");
  settle(store_, {.batch = 2, .how = store::Settled::voided, .released = true, .tokens = 1});
  EXPECT_EQ(read(), "1 ambiguous.reset ");
}

}  // namespace
}  // namespace herald::campaign
