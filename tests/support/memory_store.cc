#include "tests/support/memory_store.h"

#include <algorithm>

namespace herald::test {
namespace {

Error disk_error() { return {Errc::disk, "MemoryStore: told to fail"}; }

}  // namespace

void MemoryStore::commit(std::string group, base::Day day, base::Executor& executor, Done done) {
  write();
  const std::uint64_t nth = ++commits_;
  day = last_day_ = std::max(day, last_day_);  // days never go back
  if (at_once_) return commit_now({nth, day, std::move(group)}, done);
  last_due_ = std::max(last_due_, executor_.boot() + latency_);
  if (nth >= fail_from_) {
    // What failed to be synced may be there all the same; what comes after it is not written.
    if (nth == fail_from_) unsynced_.push_back({nth, day, std::move(group)});
    executor.run_at(last_due_, [done = std::move(done)] { done(disk_error()); });
    return;
  }
  unsynced_.push_back({nth, day, std::move(group)});
  executor.run_at(last_due_, [this, nth, life = life_, done = std::move(done)] {
    if (life != life_) return;
    sync_first();
    done(nth);
  });
}

void MemoryStore::commit_now(Group group, const Done& done) {
  if (group.sequence >= fail_from_) return done(disk_error());
  const std::uint64_t sequence = group.sequence;
  unsynced_.push_back(std::move(group));
  sync_first();
  write();
  done(sequence);
}

void MemoryStore::sync_first() {
  synced_.push_back(std::move(unsynced_.front()));
  unsynced_.pop_front();
  durable_ = synced_.back().sequence;
  if (on_durable_) on_durable_(durable_, synced_.back().bytes);
}

Result<void> MemoryStore::put_campaign(const store::CampaignRecord& record) {
  if (fail_records_ || commits_ >= fail_from_) return disk_error();
  write();
  records_[record.number] = record;
  write();
  return {};
}

Result<std::vector<store::CampaignRecord>> MemoryStore::campaigns() {
  std::vector<store::CampaignRecord> all;
  for (const auto& [number, record] : records_) all.push_back(record);
  return all;
}

Result<void> MemoryStore::put_blocks(std::span<const store::Block> blocks) {
  if (fail_records_ || commits_ >= fail_from_) return disk_error();
  for (const store::Block& block : blocks) blocks_[block.surface] = block;
  return {};
}

Result<std::vector<store::Block>> MemoryStore::blocks(std::int64_t now_ms) {
  std::vector<store::Block> held;
  for (const auto& [surface, block] : blocks_) {
    if (block.until_ms > now_ms) held.push_back(block);
  }
  return held;
}

Result<void> MemoryStore::replay(base::Day from, const Visit& visit) {
  for (const Group& group : synced_) {
    if (group.day < from) continue;
    if (auto visited = visit(group.sequence, group.bytes); !visited) return visited;
  }
  return {};
}

void MemoryStore::take_over(MemoryStore& other) {
  synced_ = std::move(other.synced_);
  records_ = std::move(other.records_);
  blocks_ = std::move(other.blocks_);
  commits_ = durable_ = other.durable_;
  last_day_ = other.last_day_;
  next_batch_ = other.next_batch_;
  next_campaign_ = other.next_campaign_;
}

void MemoryStore::crash(std::size_t kept) {
  ++life_;
  for (; kept > 0 && !unsynced_.empty(); --kept) sync_first();
  unsynced_.clear();
  commits_ = durable_;
  last_due_ = {};
}

}  // namespace herald::test
