// What check says of a job that run would refuse, or make nothing of.
#include "tools/herald/warnings.h"

#include <gmock/gmock.h>

#include "engine/base/clock.h"
#include "engine/store/rocks_store.h"
#include "tests/cli/temporary_directory.h"

namespace herald::cli {
namespace {

using std::chrono::system_clock;
using testing::AllOf;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class Warnings : public TemporaryDirectory {
 protected:
  Warnings() {
    app_.name = "demo";
    app_.key_file = directory_ / "none.json";
    config_.file = directory_ / "herald.toml";
    config_.data_dir = directory_ / "data";
    config_.ledger.min_free = 0;
  }
  std::vector<std::string> of(const AudienceCount& audience) {
    return warnings_of(config_, app_, job_, audience, kNow);
  }
  std::unique_ptr<store::Store> open_store() {
    return store::open_rocks_store(config_.data_dir, config_.ledger, base::SystemClock{}).value();
  }

  static constexpr system_clock::time_point kNow{std::chrono::hours{500'000}};
  Config config_;
  AppConfig app_;
  Job job_;
};

TEST_F(Warnings, ProblemOfTheKeyIsOneOfRun) {
  EXPECT_THAT(of({1, {}}), testing::ElementsAre(
                               AllOf(HasSubstr("none.json"), EndsWith("; run will refuse it"))));
}

TEST_F(Warnings, TimeThatHasRunOut) {
  job_.policy.expires = kNow;
  EXPECT_THAT(of({1, {}}), Contains(HasSubstr("policy.expires has passed")));
  job_.policy.expires = kNow + std::chrono::milliseconds{1};
  EXPECT_THAT(of({1, {}}), Not(Contains(HasSubstr("expires"))));
}

TEST_F(Warnings, EmptyAudience) {
  EXPECT_THAT(of({}), Contains(HasSubstr("the audience has no records")));
}

TEST_F(Warnings, TooManyMalformedRecords) {
  EXPECT_THAT(of({100, {{Reason::not_json, 5, 1}}}), Not(Contains(HasSubstr("malformed"))));
  EXPECT_THAT(of({100, {{Reason::not_json, 5, 1}, {Reason::empty, 1, 9}}}),
              Contains(HasSubstr("6.00 % of the records are malformed, more than "
                                 "policy.maxMalformed 0.05")));
}

TEST_F(Warnings, ConfigurationThatRunRefuses) {
  config_.endpoint.ca_file = directory_ / "none.pem";
  const auto warnings = of({1, {}});
  EXPECT_THAT(warnings, Contains(AllOf(HasSubstr("none.pem (No such file or directory)"),
                                       HasSubstr("run will refuse"))));
  config_.endpoint.ca_file = write("ca.pem", "");
  EXPECT_THAT(of({1, {}}), Not(Contains(HasSubstr("ca_file"))));
}

TEST_F(Warnings, NameIsFreeWhereThereIsNoStoreAndNoneIsMade) {
  EXPECT_THAT(check_id_is_free(config_, "sale").value(), testing::IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(config_.data_dir));
  std::filesystem::create_directory(config_.data_dir);
  EXPECT_THAT(check_id_is_free(config_, "sale").value(), testing::IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(config_.data_dir));
}

TEST_F(Warnings, NameThatTheStoreHasIsRefused) {
  {
    const auto store = open_store();
    store::CampaignRecord record;
    record.number = store->new_campaign_number();
    record.id = "sale";
    record.app = "demo";
    record.state = CampaignState::finished;
    ASSERT_TRUE(store->put_campaign(record));
  }
  EXPECT_THAT(check_id_is_free(config_, "other").value(), testing::IsEmpty());
  const auto taken = check_id_is_free(config_, "sale");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::exists);
  EXPECT_THAT(taken.error().what, HasSubstr("campaign sale exists, finished"));
}

TEST_F(Warnings, StoreInUseIsAWarning) {
  const auto store = open_store();
  EXPECT_THAT(
      check_id_is_free(config_, "sale").value(),
      testing::ElementsAre(HasSubstr("whether campaign sale exists could not be looked at")));
}

}  // namespace
}  // namespace herald::cli
