// What the tests of this folder share: a store in memory, a clock that a test sets, and groups made
// in a line.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/audience/lines.h"
#include "engine/base/executor.h"
#include "engine/ledger/ledger.h"
#include "engine/store/store.h"

namespace herald::campaign {

inline constexpr base::Day kToday = 20781;
inline constexpr store::CampaignNumber kCampaign = 1;

// Noon of a day, eight hours east of Greenwich.
inline base::WallTime noon(base::Day day) {
  return base::WallTime{std::chrono::days{day} + std::chrono::hours{4}};
}

class SetClock final : public base::Clock {
 public:
  base::WallTime now = noon(kToday);
  base::WallTime wall() const override { return now; }
  base::BootTime boot() const override { return base::BootTime{now.time_since_epoch()}; }
};

// Keeps groups by day, as the real one does; each commit is durable at once.
class MemoryStore final : public store::Store {
 public:
  void commit(std::string group, base::Day day, base::Executor& executor, Done done) override {
    ++commits;
    if (broken) {
      const Error error{Errc::disk, "the disk is full"};
      return executor.post([done = std::move(done), error] { done(error); });
    }
    if (!groups.empty()) day = std::max(day, groups.back().first);
    groups.emplace_back(day, std::move(group));
    executor.post([done = std::move(done), sequence = groups.size()] { done(sequence); });
  }
  std::uint64_t durable_sequence() const override { return groups.size(); }
  store::BatchId new_batch_id() override { return next_batch_++; }
  Result<void> put_campaign(const store::CampaignRecord& record) override {
    if (broken) return Error{Errc::disk, "the disk is full"};
    records[record.number] = record;
    return {};
  }
  store::CampaignNumber new_campaign_number() override { return records.size() + 1; }
  Result<std::vector<store::CampaignRecord>> campaigns() override {
    std::vector<store::CampaignRecord> all;
    for (const auto& [number, record] : records) all.push_back(record);
    return all;
  }
  Result<void> put_blocks(std::span<const store::Block> blocks) override {
    blocks_.insert(blocks_.end(), blocks.begin(), blocks.end());
    return {};
  }
  Result<std::vector<store::Block>> blocks(std::int64_t now_ms) override {
    std::vector<store::Block> held = blocks_;
    std::erase_if(held, [&](const store::Block& block) { return block.until_ms <= now_ms; });
    return held;
  }
  Result<void> replay(base::Day from, const Visit& visit) override {
    std::uint64_t sequence = 0;
    for (const auto& [day, group] : groups) {
      ++sequence;
      if (day < from) continue;
      if (auto visited = visit(sequence, group); !visited) return visited;
    }
    return {};
  }
  const store::Meta& meta() const override { return meta_; }

  // For tests that write a group by hand.
  void add(store::GroupWriter& group) {
    const base::Day day = group.day();
    groups.emplace_back(groups.empty() ? day : std::max(day, groups.back().first), group.take());
  }

  std::vector<std::pair<base::Day, std::string>> groups;
  std::map<store::CampaignNumber, store::CampaignRecord> records;
  std::size_t commits = 0;
  bool broken = false;

 private:
  store::Meta meta_;
  std::vector<store::Block> blocks_;
  store::BatchId next_batch_ = 1;
};

// A reservation of records [first, first + tokens + drops): its tokens first, with fingerprints
// 1000 + record, then its drops.
struct Reserve {
  store::BatchId batch = 1;
  std::uint64_t first = 0;
  std::uint32_t tokens = 0;
  std::vector<std::pair<Outcome, Reason>> drops;
  bool again = false;
  base::DaySet days{kToday, false};
  store::CampaignNumber campaign = kCampaign;
  bool marketing = true;
};

inline std::uint64_t fingerprint_of(std::uint64_t record) { return 1000 + record; }

inline void put(store::GroupWriter& group, const Reserve& reserve) {
  std::vector<store::ReservedToken> tokens;
  std::vector<store::DroppedRecord> drops;
  for (std::uint32_t i = 0; i < reserve.tokens; ++i) {
    tokens.push_back({fingerprint_of(reserve.first + i), i});
  }
  for (const auto& [outcome, reason] : reserve.drops) {
    drops.push_back({reserve.tokens + static_cast<std::uint32_t>(drops.size()), outcome, reason});
  }
  group.reservation({.campaign = reserve.campaign,
                     .batch = reserve.batch,
                     .marketing = reserve.marketing,
                     .days = reserve.days,
                     .first_record = reserve.first,
                     .records = static_cast<std::uint32_t>(tokens.size() + drops.size()),
                     .again = reserve.again},
                    tokens, drops);
}

inline void reserve(MemoryStore& store, const Reserve& reserve) {
  store::GroupWriter group;
  put(group, reserve);
  store.add(group);
}

inline void settle(MemoryStore& store, store::Settle settle, base::Day day = kToday) {
  if (settle.campaign == 0) settle.campaign = kCampaign;
  store::GroupWriter group;
  group.settle(settle, day);
  store.add(group);
}

inline store::CampaignRecord record_of(CampaignState state) {
  store::CampaignRecord record;
  record.number = kCampaign;
  record.id = "sale";
  record.app = "demo";
  record.created_day = kToday;
  record.state = state;
  return record;
}

}  // namespace herald::campaign
