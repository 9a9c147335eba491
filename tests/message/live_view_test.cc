// Push type 7, what creating, updating and ending a live view demands (api.md 15.1 to 15.3, 15.8).
#include <gtest/gtest.h>

#include <string>

#include "tests/message/live_view_samples.h"

namespace herald::message {
namespace {

// The same view, updated.
std::string updated(std::string_view payload) { return with(payload, "/operation", "1"); }

TEST(LiveViewRules, V19SamplesAreFine) {
  EXPECT_EQ(broken_live(kTaxi), "");
  EXPECT_EQ(broken_live(kFlight), "");
  EXPECT_EQ(broken_live(kScoreUpdate), "");
}

TEST(LiveViewRules, V19FieldsAreRequired) {
  for (const char* name : {"activityId", "operation", "event", "status", "activityData"}) {
    const std::string pointer = fmt::format("/{}", name);
    EXPECT_EQ(broken_live(kTaxi, pointer, ""), v19(pointer));
  }
  EXPECT_EQ(broken_live(kTaxi, "/activityData", "{}"), v19("/activityData/notificationData"));
}

TEST(LiveViewRules, V19ActivityIdIsA32BitNumber) {
  for (const char* id : {"-2147483648", "0", "2147483647"}) {
    EXPECT_EQ(broken_live(kTaxi, "/activityId", id), "");
  }
  for (const char* id : {"-2147483649", "2147483648"}) {
    EXPECT_EQ(broken_live(kTaxi, "/activityId", id), v19("/activityId"));
  }
}

TEST(LiveViewRules, V19OperationIs0124Or6) {
  for (const char* operation : {"-1", "3", "5", "7"}) {
    EXPECT_EQ(broken_live(kTaxi, "/operation", operation), v19("/operation"));
  }
  EXPECT_EQ(broken_live(kTaxi, "/operation", "2"), "");
}

TEST(LiveViewRules, V19VersionIsNotNegative) {
  EXPECT_EQ(broken_live(kTaxi, "/version", "0"), "");
  EXPECT_EQ(broken_live(kTaxi, "/version", "-1"), v19("/version"));
}

TEST(LiveViewRules, V19EventIsOneOfTheList) {
  EXPECT_EQ(broken_live(kScoreUpdate, "/event", "\"WORKOUT\""), "");
  EXPECT_EQ(broken_live(kScoreUpdate, "/event", "\"PARTY\""), v19("/event"));
}

TEST(LiveViewRules, V19OnlySomeEventsAreCreatedByAMessage) {
  EXPECT_EQ(broken_live(kTaxi, "/event", "\"DELIVERY\""), "");
  EXPECT_EQ(broken_live(kTaxi, "/event", "\"SCORE\""), v19("/operation"));
  EXPECT_EQ(broken_live(kTaxi, "/event", "\"TIMER\""), v19("/operation"));
}

TEST(LiveViewRules, V19StatusIsOneOfTheEvents) {
  EXPECT_EQ(broken_live(kTaxi, "/status", "\"TAKEN_OFF\""), v19("/status"));
  EXPECT_EQ(broken_live(kFlight, "/status", "\"TAKEN_OFF\""), "");
  EXPECT_EQ(broken_live(kTaxi, "/status", "\"\""), v19("/status"));
  EXPECT_EQ(broken_live(updated(kTaxi), "/status", "\"SLEEPING\""), v19("/status"));
}

TEST(LiveViewRules, V19StatusOfOtherEventsMayBeAnythingButEmpty) {
  const std::string delivery = with(kTaxi, "/event", "\"DELIVERY\"");
  EXPECT_EQ(broken_live(delivery, "/status", "\"ON_ITS_WAY\""), "");
  EXPECT_EQ(broken_live(delivery, "/status", "\"\""), v19("/status"));
}

TEST(LiveViewRules, V19CreationHasTheLayoutsOfItsEvent) {
  EXPECT_EQ(broken_live(kFlight, kData + "/type", "-1"), "");
  EXPECT_EQ(broken_live(with(kFlight, kData + "/richProgress", R"({"progress": 1,
                                  "nodeIcons": ["a", "b"]})"),
                        kData + "/type", "3"),
            v19(kData + "/type"));
  EXPECT_EQ(broken_live(kTaxi, kData + "/type", "6"), v19(kData + "/type"));
}

TEST(LiveViewRules, V19UpdateMayHaveAnyLayoutAndAnUnlistedOneIsAWarning) {
  EXPECT_EQ(broken_live(updated(kTaxi), kData + "/type", "6"),
            "/payload" + kData + "/type V19 warning");
  EXPECT_EQ(broken_live(with(updated(kFlight), kData + "/richProgress", R"({"progress": 1})"),
                        kData + "/type", "3"),
            "");
}

TEST(LiveViewRules, V19StatusPlaceholderStandsSomewhere) {
  EXPECT_EQ(broken_live(kTaxi, kData + "/contentTitle", "\"Car\""), v19(kData));
  const std::string bare = with(kTaxi, kData + "/contentTitle", "\"Car\"");
  EXPECT_EQ(broken_live(bare, kData + "/contentText", R"([{"text": "is {{status}}"}])"), "");
  EXPECT_EQ(broken_live(bare, kData + "/extend", R"({"type": 1, "text": "{{status}}"})"), "");
  EXPECT_EQ(broken_live(bare, kData + "/additionalText", "\"{{status}}\""),
            "/payload" + kData + "/additionalText V19 warning; " + v19(kData));
}

TEST(LiveViewRules, V19PlaceholderMayStandInTheBlocksOfTheLayout) {
  const std::string line = R"({"firstLine": "{{status}}", "secondLine": "x"})";
  const std::string emphasis =
      with(with(with(kTaxi, kData + "/type", "4"), kData + "/descPic", "\"d.png\""),
           kData + "/contentTitle", "\"Car\"");
  EXPECT_EQ(broken_live(emphasis, kData + "/singleTextBlock", line), "");
  // A block that the layout does not show does not count.
  EXPECT_EQ(broken_live(with(kTaxi, kData + "/contentTitle", "\"Car\""), kData + "/singleTextBlock",
                        line),
            v19(kData));
  const std::string flight = with(kFlight, kData + "/contentTitle", "\"{{flightNo}}\"");
  EXPECT_EQ(broken_live(flight, kData + "/lastTextBlock", line), "");
}

TEST(LiveViewRules, V19KeywordsStandInTheTextAndAreTheEventsOwn) {
  EXPECT_EQ(broken_live(kFlight, kData + "/keywords", "{}"), v19(kData + "/keywords/flightNo"));
  EXPECT_EQ(broken_live(kFlight, kData + "/keywords", ""), v19(kData + "/keywords/flightNo"));
  EXPECT_EQ(broken_live(kFlight, kData + "/contentTitle", "\"{{status}}\""), v19(kData));
  EXPECT_EQ(broken_live(kFlight, kData + "/keywords", R"({"flightNo": "1", "gate": "2"})"),
            v19(kData + "/keywords/gate"));
  EXPECT_EQ(broken_live(kFlight, kData + "/keywords", R"({"flightNo": 1})"),
            "/payload" + kData + "/keywords/flightNo types 80100003");
  const std::string train =
      with(with(kFlight, "/event", "\"TRAIN\""), kData + "/keywords", R"({"trainNo": "G1"})");
  EXPECT_EQ(broken_live(with(train, kData + "/contentTitle", "\"{{trainNo}} {{status}}\""),
                        "/status", "\"CHECKED\""),
            "");
}

// A view created on the device may leave both out; given, they must be sound (15.2, rule 3).
TEST(LiveViewRules, V19UpdateMayLeaveStatusAndKeywordsOut) {
  const std::string bare = with(with(updated(kFlight), "/status", ""), kData + "/keywords", "");
  EXPECT_EQ(broken_live(bare, kData + "/contentTitle", "\"Flight\""), "");
  EXPECT_EQ(broken_live(updated(kTaxi), kData + "/contentTitle", "\"Car\""), v19(kData));
}

TEST(LiveViewRules, V19EndingNeedsNoPlaceholder) {
  EXPECT_EQ(broken_live(with(kTaxi, "/operation", "2"), kData + "/contentTitle", "\"Car\""), "");
}

TEST(LiveViewRules, V19FenceWithoutATriggerIsAWarningAndIsNotHeldToTheRulesOfCreation) {
  const std::string bare = with(with(kTaxi, "/status", ""), kData + "/contentTitle", "\"Car\"");
  EXPECT_EQ(broken_live(bare, "/operation", "4"), "/payload/trigger V19 warning");
  EXPECT_EQ(broken_live(bare, "/operation", "6"), "/payload/trigger V19 warning");
}

TEST(LiveViewRules, V19TriggerIsAPlaceOnEarth) {
  const std::string trigger =
      R"({"type": 1, "displayTime": 900, "condition": {"longitude": 116.4, "latitude": 39.9,
          "coordinateSystemType": 1, "monitorEvent": 2, "radius": 200.5, "delayTime": 300}})";
  const std::string fence = with(with(kTaxi, "/operation", "4"), "/trigger", trigger);
  EXPECT_EQ(broken_live(fence), "");
  const auto condition = [&](const char* name, const char* value) {
    return broken_live(fence, fmt::format("/trigger/condition/{}", name), value);
  };
  for (const char* name :
       {"longitude", "latitude", "coordinateSystemType", "monitorEvent", "radius"}) {
    EXPECT_EQ(condition(name, ""), v19(fmt::format("/trigger/condition/{}", name)));
  }
  EXPECT_EQ(condition("delayTime", ""), "");
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"longitude", "180.001"},
                                                                  {"longitude", "-181"},
                                                                  {"latitude", "90.5"},
                                                                  {"latitude", "-1e300"},
                                                                  {"coordinateSystemType", "3"},
                                                                  {"monitorEvent", "0"},
                                                                  {"radius", "199.9"},
                                                                  {"radius", "2001"},
                                                                  {"delayTime", "301"},
                                                                  {"delayTime", "-1"}}) {
    EXPECT_EQ(condition(name, value), v19(fmt::format("/trigger/condition/{}", name))) << value;
  }
  EXPECT_EQ(condition("longitude", "\"116\""),
            "/payload/trigger/condition/longitude types 80100003");
  for (const char* seconds : {"14", "1801"}) {
    EXPECT_EQ(broken_live(fence, "/trigger/displayTime", seconds), v19("/trigger/displayTime"));
  }
  EXPECT_EQ(broken_live(fence, "/trigger/type", "2"), v19("/trigger/type"));
}

TEST(LiveViewRules, MembersOfTheNewestEditionAreKnown) {
  EXPECT_EQ(broken_live(with(kTaxi, "/subEvent", "\"X\""), "/shareUrl", "{}"), "");
}

}  // namespace
}  // namespace herald::message
