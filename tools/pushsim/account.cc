#include "tools/pushsim/account.h"

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <iterator>

#include "tools/pushsim/clock.h"

namespace pushsim {
namespace {

// Far enough for the line to arrive, near enough to stay in the first-level cache.
constexpr std::size_t kPrefetchAhead = 24;

template <typename Slot>
void with_prefetch(FlatTable<Slot>& table, std::span<const std::uint64_t> hashes, auto&& each) {
  for (std::size_t i = 0; i < std::min(kPrefetchAhead, hashes.size()); ++i) {
    table.prefetch(hashes[i]);
  }
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (i + kPrefetchAhead < hashes.size()) table.prefetch(hashes[i + kPrefetchAhead]);
    each(i);
  }
}

}  // namespace

std::uint64_t token_hash(std::string_view token) { return XXH3_64bits(token.data(), token.size()); }

void Account::charge(const Charge& charge) {
  Campaign& campaign = this->campaign(charge.campaign);
  campaign.totals.accepted += charge.tokens.size();
  totals_.accepted += charge.tokens.size();
  if (charge.test) {
    charge_project(charge, campaign);
  } else {
    charge_devices(charge, campaign);
  }
  if (!charge.campaign.empty()) count_twice(charge, campaign);
}

void Account::charge_project(const Charge& charge, Campaign& campaign) {
  std::uint64_t& sent = day(charge.day).totals.test;
  const std::uint64_t left =
      options_.test_limit - std::min<std::uint64_t>(sent, options_.test_limit);
  const std::uint64_t within = std::min<std::uint64_t>(left, charge.tokens.size());
  const std::uint64_t over = charge.tokens.size() - within;
  sent += charge.tokens.size();
  if (!charge.verdicts.empty()) {
    std::fill(charge.verdicts.begin() + static_cast<std::ptrdiff_t>(within), charge.verdicts.end(),
              Verdict::over_quota);
  }
  totals_.over_test += over;
  totals_.over_limit += over;
  campaign.totals.over_limit += over;
}

void Account::charge_devices(const Charge& charge, Campaign& campaign) {
  Day& day = this->day(charge.day);
  day.totals.total += charge.tokens.size();
  day.totals.of[static_cast<std::size_t>(charge.scenario)] += charge.tokens.size();
  OverCount over;
  with_prefetch(day.devices, charge.hashes, [&](std::size_t i) {
    const std::size_t before = day.devices.size();
    Device& device = day.devices.at(charge.hashes[i]);
    if (options_.keep_tokens && day.devices.size() != before) {
      day.tokens.emplace_back(device.key, std::string(charge.tokens[i]));
    }
    ++device.total;
    totals_.total_max = std::max(totals_.total_max, device.total);
    const bool over_scenario = this->over_scenario(charge, i, device);
    const bool over_total = device.total > options_.total_limit;
    if (!over_scenario && !over_total) return;
    over.scenario += over_scenario ? 1 : 0;
    over.total += over_total ? 1 : 0;
    ++over.any;
    if (charge.verdicts.empty()) return;
    Verdict& verdict = charge.verdicts[i];
    if (over_scenario) {
      verdict = Verdict::over_quota;
    } else if (verdict == Verdict::taken) {
      verdict = Verdict::over_total;
    }
  });
  totals_.over[static_cast<std::size_t>(charge.scenario)] += over.scenario;
  totals_.over_total += over.total;
  totals_.over_limit += over.any;
  campaign.totals.over_limit += over.any;
}

bool Account::over_scenario(const Charge& charge, std::size_t i, Device& device) {
  if (charge.scenario != Scenario::marketing) {
    return !charge.verdicts.empty() && charge.verdicts[i] == Verdict::over_quota;
  }
  ++device.marketing;
  totals_.marketing_max = std::max(totals_.marketing_max, device.marketing);
  return device.marketing > options_.marketing_limit;
}

void Account::count_twice(const Charge& charge, Campaign& campaign) {
  const std::span<const std::uint64_t> keys = charge.once.empty() ? charge.hashes : charge.once;
  with_prefetch(campaign.once, keys, [&](std::size_t i) {
    const std::size_t before = campaign.once.size();
    campaign.once.at(keys[i]);
    if (campaign.once.size() != before) return;
    const std::size_t twice_before = campaign.twice.size();
    campaign.twice.at(keys[i]);
    if (campaign.twice.size() == twice_before) return;
    ++campaign.totals.twice;
    ++totals_.twice_in_campaign;
  });
}

void Account::note_invalid(std::string_view campaign, std::uint64_t tokens) {
  this->campaign(campaign).totals.invalid += tokens;
  totals_.invalid += tokens;
}

void Account::note_request(std::string_view campaign) {
  ++this->campaign(campaign).totals.requests;
}

void Account::note_duplicates(std::span<const std::uint64_t> hashes) {
  std::size_t capacity = std::max<std::size_t>(round_slots_.size(), 2048);
  while (capacity < 2 * hashes.size()) capacity *= 2;
  if (capacity != round_slots_.size() || ++round_ == 0) {
    round_slots_.assign(capacity, {});
    round_ = 1;
  }
  for (const std::uint64_t hash : hashes) {
    std::size_t i = hash & (capacity - 1);
    while (round_slots_[i].round == round_ && round_slots_[i].hash != hash) {
      i = (i + 1) & (capacity - 1);
    }
    if (round_slots_[i].round == round_) ++totals_.duplicate_in_request;
    round_slots_[i] = {hash, round_};
  }
}

std::map<std::string, CampaignTotals> Account::campaigns() const {
  std::map<std::string, CampaignTotals> result;
  for (const auto& [name, campaign] : campaigns_) result.emplace(name, campaign.totals);
  return result;
}

std::map<std::int32_t, DayTotals> Account::days() const {
  std::map<std::int32_t, DayTotals> result;
  for (const auto& [number, day] : days_) {
    DayTotals totals = day.totals;
    totals.devices = day.devices.size();
    result.emplace(number, totals);
  }
  return result;
}

std::uint64_t Account::devices() const {
  std::uint64_t count = 0;
  for (auto day = days_.begin(); day != days_.end(); ++day) {
    if (day == days_.begin()) {
      count += day->second.devices.size();
      continue;
    }
    day->second.devices.for_each([&](const Device& device) {
      const bool earlier = std::any_of(days_.begin(), day, [&](const auto& entry) {
        return entry.second.devices.find(device.key) != nullptr;
      });
      if (!earlier) ++count;
    });
  }
  return count;
}

std::uint32_t Account::marketing_of(std::int32_t day, std::string_view token) const {
  const auto found = days_.find(day);
  const Device* device =
      found == days_.end() ? nullptr : found->second.devices.find(token_hash(token));
  return device == nullptr ? 0 : device->marketing;
}

std::uint32_t Account::total_of(std::int32_t day, std::string_view token) const {
  const auto found = days_.find(day);
  const Device* device =
      found == days_.end() ? nullptr : found->second.devices.find(token_hash(token));
  return device == nullptr ? 0 : device->total;
}

std::string Account::device_lines() const {
  std::string lines;
  const auto append = [&](const std::string& day, std::string_view name, const Device& device) {
    const auto out = std::back_inserter(lines);
    if (device.marketing > 0)
      fmt::format_to(out, "{}\t{}\tmarketing\t-\t{}\n", day, name, device.marketing);
    fmt::format_to(out, "{}\t{}\ttotal\t-\t{}\n", day, name, device.total);
  };
  for (const auto& [number, day] : days_) {
    const std::string text = day_text(number);
    if (day.totals.test > 0) {
      fmt::format_to(std::back_inserter(lines), "{}\t-\ttest\t-\t{}\n", text, day.totals.test);
    }
    if (options_.keep_tokens) {
      for (const auto& [key, token] : day.tokens) append(text, token, *day.devices.find(key));
    } else {
      day.devices.for_each(
          [&](const Device& device) { append(text, fmt::format("{:016x}", device.key), device); });
    }
  }
  return lines;
}

std::unordered_map<std::uint64_t, std::string_view> Account::names(std::int32_t day) const {
  const auto found = days_.find(day);
  if (found == days_.end()) return {};
  return {found->second.tokens.begin(), found->second.tokens.end()};
}

Account::Day& Account::day(std::int32_t number) {
  return days_.try_emplace(number, options_.expected_devices).first->second;
}

Account::Campaign& Account::campaign(std::string_view name) {
  const auto found = campaigns_.find(name);
  if (found != campaigns_.end()) return found->second;
  // Room is made for the first only: with many campaigns the tables would be mostly empty.
  const std::size_t expected = campaigns_.empty() ? options_.expected_devices : 0;
  return campaigns_.try_emplace(std::string(name), expected).first->second;
}

}  // namespace pushsim
