#include "engine/store/campaign_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <string>

namespace herald::store {
namespace {

using testing::HasSubstr;

CampaignRecord full() {
  CampaignRecord record;
  record.number = 18446744073709551615u;
  record.id = "sale-2026";
  record.app = "demo";
  record.job = R"({"id":"sale-2026","payload":{"title":"\"周末\""}})";
  record.audience = "/srv/a b/tokens.txt";
  record.audience_bytes = 1u << 31;
  record.audience_digest = 0xfedcba9876543210;
  record.audience_format = "csv";
  record.audience_column = "push \"token\"";
  record.audience_separator = "\t";
  record.audience_packed = true;
  record.audience_spooled = true;
  record.created_day = 20781;
  record.created_ms = 1'795'512'000'123;
  record.state = CampaignState::paused;
  record.pause_reason = "interrupted";
  record.body_bytes = 512;
  record.requests = {10, 2, 1};
  record.rate_limited = 3;
  record.elapsed_ms = 1234;
  record.synced = false;
  record.totals = Totals{.records = 12, .pending = 1, .reasons = {{"invalid.noRight", 4}}};
  record.totals->outcomes[0] = 7;
  record.totals->outcomes[9] = 18446744073709551615u;
  return record;
}

TEST(CampaignRecord, SlicesAreThereOnlyWhereTheAudienceWasCut) {
  CampaignRecord record = full();
  EXPECT_EQ(encode(record).find("audience_slices"), std::string::npos);
  EXPECT_EQ(record.slices(), 1u);
  record.audience_slices = {0, 67108870, 134217728};
  const auto got = decode_campaign(encode(record));
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->audience_slices, record.audience_slices);
  EXPECT_EQ(got->slices(), 3u);
  // Out of order, or not from the start: no such cut was made.
  for (const auto& begins : {std::vector<std::uint64_t>{1, 2}, {0, 5, 5}, {0, 9, 3}}) {
    record.audience_slices = begins;
    EXPECT_FALSE(decode_campaign(encode(record)));
  }
}

TEST(CampaignRecord, ComesBackWhole) {
  const CampaignRecord record = full();
  const auto got = decode_campaign(encode(record));
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->number, record.number);
  EXPECT_EQ(got->id, record.id);
  EXPECT_EQ(got->app, record.app);
  EXPECT_EQ(got->job, record.job);
  EXPECT_EQ(got->audience, record.audience);
  EXPECT_EQ(got->audience_bytes, record.audience_bytes);
  EXPECT_EQ(got->audience_digest, record.audience_digest);
  EXPECT_EQ(got->audience_format, record.audience_format);
  EXPECT_EQ(got->audience_column, record.audience_column);
  EXPECT_EQ(got->audience_separator, record.audience_separator);
  EXPECT_EQ(got->audience_packed, record.audience_packed);
  EXPECT_EQ(got->audience_spooled, record.audience_spooled);
  EXPECT_EQ(got->created_day, record.created_day);
  EXPECT_EQ(got->created_ms, record.created_ms);
  EXPECT_EQ(got->state, record.state);
  EXPECT_EQ(got->pause_reason, record.pause_reason);
  EXPECT_EQ(got->body_bytes, record.body_bytes);
  EXPECT_EQ(got->requests.sent, record.requests.sent);
  EXPECT_EQ(got->requests.retried, record.requests.retried);
  EXPECT_EQ(got->requests.failed, record.requests.failed);
  EXPECT_EQ(got->rate_limited, record.rate_limited);
  EXPECT_EQ(got->elapsed_ms, record.elapsed_ms);
  EXPECT_EQ(got->synced, record.synced);
  ASSERT_TRUE(got->totals);
  EXPECT_EQ(got->totals->records, record.totals->records);
  EXPECT_EQ(got->totals->pending, record.totals->pending);
  EXPECT_EQ(got->totals->outcomes, record.totals->outcomes);
  EXPECT_EQ(got->totals->reasons, record.totals->reasons);
}

// What a record says of any audience but one of plain lines.
constexpr const char* kLater[]{"audience_format", "audience_column", "audience_separator",
                               "audience_packed", "audience_spooled"};

// As a version wrote it that knew plain lines only, and as a later one may.
TEST(CampaignRecord, OlderAndLaterVersionsRead) {
  boost::json::object json = boost::json::parse(encode(full())).as_object();
  for (const char* name : kLater) ASSERT_EQ(json.erase(name), 1u);
  json["something_later"] = 1;
  const auto got = decode_campaign(boost::json::serialize(json));
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->audience_format, "lines");
  EXPECT_EQ(got->audience_separator, ",");
  EXPECT_FALSE(got->audience_packed);
  EXPECT_FALSE(got->audience_spooled);
}

TEST(CampaignRecord, EveryStateComesBack) {
  for (int state = 0; state <= static_cast<int>(CampaignState::finished); ++state) {
    CampaignRecord record;
    record.state = static_cast<CampaignState>(state);
    EXPECT_EQ(decode_campaign(encode(record))->state, record.state);
  }
}

TEST(CampaignRecord, ALaterVersionMayAddMembersButNoneMayLack) {
  boost::json::object object = boost::json::parse(encode(full())).as_object();
  object["new"] = 1;
  EXPECT_TRUE(decode_campaign(boost::json::serialize(object)));
  object.erase("new");
  std::set<std::string> came_later(std::begin(kLater), std::end(kLater));
  came_later.insert({"project", "push_type", "totals"});
  for (const auto& member : object) {
    boost::json::object poorer = object;
    poorer.erase(member.key());
    const auto got = decode_campaign(boost::json::serialize(poorer));
    if (came_later.count(member.key()) != 0) {
      EXPECT_TRUE(got) << member.key();
    } else {
      ASSERT_FALSE(got) << member.key();
      EXPECT_EQ(got.error().code, Errc::damaged_store);
    }

    boost::json::object wrong = object;
    wrong[member.key()] = nullptr;
    EXPECT_FALSE(decode_campaign(boost::json::serialize(wrong))) << member.key();
  }
}

TEST(CampaignRecord, EveryTruncationAndAnUnknownStateAreDamage) {
  const std::string whole = encode(full());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto got = decode_campaign(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::damaged_store);
  }
  boost::json::object object = boost::json::parse(whole).as_object();
  for (const int state : {-1, 5}) {
    object["state"] = state;
    EXPECT_FALSE(decode_campaign(boost::json::serialize(object)));
  }
}

TEST(Meta, ComesBackWhole) {
  Meta meta;
  meta.fingerprint_seed = 0xfedcba9876543210;
  const auto got = decode_meta(encode(meta));
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->format, 1u);
  EXPECT_EQ(got->fingerprint_seed, meta.fingerprint_seed);
  EXPECT_EQ(got->shard, 0u);
  EXPECT_EQ(got->shards, 1u);
}

TEST(Meta, AnotherFormatOrShardIsRefusedWithTheWayOut) {
  for (const Meta& meta : {Meta{.format = 2}, Meta{.format = 0}, Meta{.shard = 1, .shards = 4},
                           Meta{.shard = 0, .shards = 2}}) {
    const auto got = decode_meta(encode(meta));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::damaged_store);
    EXPECT_THAT(got.error().what, HasSubstr("use the version that made it"));
  }
  EXPECT_FALSE(decode_meta("{}"));
  EXPECT_FALSE(decode_meta("[]"));
  EXPECT_FALSE(decode_meta(""));
}

}  // namespace
}  // namespace herald::store
