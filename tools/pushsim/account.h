// What pushsim says every device was sent: its own count, by hash of the token and service day.
// In: the tokens of requests as they are accepted. Out: totals, and a line per device and day.
// Nothing is ever given back: what counts is what the app asked for. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/pushsim/flat_table.h"
#include "tools/pushsim/verdict.h"

namespace pushsim {

std::uint64_t token_hash(std::string_view token);

// The quota that a message counts against, beside the device's total.
enum class Scenario : std::uint8_t { none, marketing, form, live_view };
inline constexpr std::size_t kScenarios = 4;

struct AccountOptions {
  std::uint32_t marketing_limit = 2;  // of an app to a device in a natural day
  std::uint32_t total_limit = 3000;   // the same, everything together
  std::uint32_t test_limit = 1000;    // test messages of the project in a natural day
  bool keep_tokens = false;           // else a device is known by its hash only
  std::size_t expected_devices = 0;   // room made at once, so that no growth disturbs a measurement
};

// One request's accepted tokens; `hashes[i]` is token_hash(tokens[i]).
struct Charge {
  std::int32_t day = 0;
  Scenario scenario = Scenario::none;
  bool test = false;          // a test message: counted for the project, not for the device
  std::string_view campaign;  // biTag; empty: none
  std::span<const std::string_view> tokens;
  std::span<const std::uint64_t> hashes;
  // What a campaign may send once: a token's card or activity. Empty: the token.
  std::span<const std::uint64_t> once;
  // A verdict a token, or empty. In: what the account of forms or live views says. Out: what this
  // one has to add.
  std::span<Verdict> verdicts;
};

struct DayTotals {
  std::uint64_t total = 0;
  std::uint64_t test = 0;
  std::uint64_t devices = 0;
  std::array<std::uint64_t, kScenarios> of{};  // by Scenario
  std::uint64_t in(Scenario scenario) const { return of[static_cast<std::size_t>(scenario)]; }
};

struct CampaignTotals {
  std::uint64_t accepted = 0;
  std::uint64_t invalid = 0;
  std::uint64_t requests = 0;
  std::uint64_t over_limit = 0;  // messages over any limit
  std::uint64_t twice = 0;       // tokens (cards, activities) accepted more than once
};

struct AccountTotals {
  std::uint64_t accepted = 0;
  std::uint64_t invalid = 0;
  std::uint64_t over_limit = 0;  // messages over any limit; the next three say over which
  std::array<std::uint64_t, kScenarios> over{};
  std::uint64_t over_test = 0;
  std::uint64_t over_total = 0;
  std::uint64_t duplicate_in_request = 0;
  std::uint64_t twice_in_campaign = 0;
  std::uint32_t marketing_max = 0;  // of a device in a day
  std::uint32_t total_max = 0;
};

class Account {
 public:
  explicit Account(const AccountOptions& options) : options_(options) {}

  void charge(const Charge& charge);
  void note_invalid(std::string_view campaign, std::uint64_t tokens);
  void note_request(std::string_view campaign);
  // Before illegal tokens are taken out: how many tokens of a request repeat an earlier one.
  void note_duplicates(std::span<const std::uint64_t> hashes);

  const AccountTotals& totals() const { return totals_; }
  std::map<std::string, CampaignTotals> campaigns() const;
  std::map<std::int32_t, DayTotals> days() const;
  std::uint64_t devices() const;  // distinct over all days
  std::uint32_t marketing_of(std::int32_t day, std::string_view token) const;
  std::uint32_t total_of(std::int32_t day, std::string_view token) const;

  // day, token (or its hash), class, -, count; tab-separated. An own line for each class; test
  // messages have no device.
  std::string device_lines() const;
  // With keep_tokens: the devices of a day by hash. Valid until the next charge.
  std::unordered_map<std::uint64_t, std::string_view> names(std::int32_t day) const;

 private:
  struct Device {
    std::uint64_t key;
    std::uint32_t total;
    std::uint32_t marketing;
  };
  static_assert(sizeof(Device) == 16);
  struct Day {
    explicit Day(std::size_t expected) : devices(expected) {}
    FlatTable<Device> devices;
    DayTotals totals;
    std::vector<std::pair<std::uint64_t, std::string>> tokens;  // with keep_tokens
  };
  struct Hash {
    std::uint64_t key;
  };
  struct OverCount {
    std::uint64_t scenario = 0;
    std::uint64_t total = 0;
    std::uint64_t any = 0;
  };
  struct Campaign {
    explicit Campaign(std::size_t expected) : once(expected) {}
    CampaignTotals totals;
    FlatTable<Hash> once;   // every token accepted
    FlatTable<Hash> twice;  // those accepted again
  };

  struct RoundSlot {
    std::uint64_t hash = 0;
    std::uint32_t round = 0;
  };

  Day& day(std::int32_t number);
  Campaign& campaign(std::string_view name);
  void charge_project(const Charge& charge, Campaign& campaign);
  void charge_devices(const Charge& charge, Campaign& campaign);
  bool over_scenario(const Charge& charge, std::size_t i, Device& device);
  void count_twice(const Charge& charge, Campaign& campaign);

  AccountOptions options_;
  AccountTotals totals_;
  std::map<std::int32_t, Day> days_;
  std::map<std::string, Campaign, std::less<>> campaigns_;
  // Scratch of note_duplicates: hashes of this request, told from older ones by their round.
  std::vector<RoundSlot> round_slots_;
  std::uint32_t round_ = 0;
};

}  // namespace pushsim
