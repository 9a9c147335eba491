#include "engine/campaign/open_groups.h"

#include <gtest/gtest.h>

#include <list>
#include <random>
#include <string>

namespace herald::campaign {
namespace {

std::unique_ptr<batch::Batch> batch_of(const std::string& prefix) {
  auto batch = std::make_unique<batch::Batch>();
  batch->prefix = prefix;
  return batch;
}

TEST(OpenGroupsTest, FindsWhatWasAddedUntilItIsTaken) {
  OpenGroups groups;
  EXPECT_TRUE(groups.empty());
  EXPECT_EQ(groups.find("a"), nullptr);
  EXPECT_EQ(groups.take_oldest(), nullptr);
  batch::Batch& a = groups.add(batch_of("a"));
  batch::Batch& b = groups.add(batch_of("b"));
  EXPECT_EQ(groups.find("a"), &a);
  EXPECT_EQ(groups.find("b"), &b);
  EXPECT_EQ(groups.find("ab"), nullptr);
  EXPECT_EQ(groups.take(a)->prefix, "a");
  EXPECT_EQ(groups.find("a"), nullptr);
  EXPECT_EQ(groups.find("b"), &b);
  EXPECT_FALSE(groups.empty());
}

TEST(OpenGroupsTest, TheOldestIsTheOneFoundOrAddedLongestAgo) {
  OpenGroups groups;
  for (const char* prefix : {"a", "b", "c"}) groups.add(batch_of(prefix));
  groups.find("a");
  groups.find("none");
  EXPECT_EQ(groups.take_oldest()->prefix, "b");
  groups.find("c");
  EXPECT_EQ(groups.take_oldest()->prefix, "a");
  EXPECT_EQ(groups.take_oldest()->prefix, "c");
  EXPECT_TRUE(groups.empty());
}

TEST(OpenGroupsTest, TakesThoseThatBeganBefore) {
  OpenGroups groups;
  for (const std::uint64_t first : {5, 7, 9}) {
    groups.add(batch_of(std::to_string(first))).first_record = first;
  }
  EXPECT_EQ(groups.take_begun_before(5), nullptr);
  EXPECT_EQ(groups.take_begun_before(6)->prefix, "5");
  EXPECT_EQ(groups.take_begun_before(6), nullptr);
  EXPECT_NE(groups.take_begun_before(100), nullptr);
  EXPECT_NE(groups.take_begun_before(100), nullptr);
  EXPECT_EQ(groups.take_begun_before(100), nullptr);
  EXPECT_TRUE(groups.empty());
}

TEST(OpenGroupsTest, IsFullWithTheMostThereAre) {
  OpenGroups groups;
  for (std::size_t i = 0; i < kOpenGroupsMax; ++i) {
    EXPECT_FALSE(groups.full());
    groups.add(batch_of(std::to_string(i)));
  }
  EXPECT_TRUE(groups.full());
  EXPECT_EQ(groups.take_oldest()->prefix, "0");
  EXPECT_FALSE(groups.full());
}

// Beside a list in the order of use.
TEST(OpenGroupsTest, AnySequenceOfCallsKeepsTheOrderOfUse) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  OpenGroups groups;
  std::list<std::string> model;
  for (int i = 0; i < 20000; ++i) {
    const std::string prefix = std::to_string(random() % (kOpenGroupsMax * 3 / 2));
    const auto at = std::find(model.begin(), model.end(), prefix);
    batch::Batch* const found = groups.find(prefix);
    ASSERT_EQ(found != nullptr, at != model.end());
    ASSERT_EQ(groups.full(), model.size() == kOpenGroupsMax);
    if (found != nullptr) {
      ASSERT_EQ(found->prefix, prefix);
      model.erase(at);
      if (random() % 8 == 0) {
        ASSERT_EQ(groups.take(*found)->prefix, prefix);
        continue;
      }
    } else {
      if (groups.full()) {
        ASSERT_EQ(groups.take_oldest()->prefix, model.front());
        model.pop_front();
      }
      groups.add(batch_of(prefix));
    }
    model.push_back(prefix);
  }
  while (!model.empty()) {
    ASSERT_EQ(groups.take_oldest()->prefix, model.front());
    model.pop_front();
  }
  EXPECT_TRUE(groups.empty());
}

}  // namespace
}  // namespace herald::campaign
