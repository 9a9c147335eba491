// A store in memory that keeps what was synced apart from what was not, and loses the latter when
// it crashes. Groups take virtual time to become durable.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "engine/store/store.h"
#include "tests/support/virtual_executor.h"

namespace herald::test {

class MemoryStore final : public store::Store {  // one thread
 public:
  explicit MemoryStore(VirtualExecutor& executor) : executor_(executor) {}

  void commit(std::string group, base::Day day, base::Executor& executor, Done done) override;
  std::uint64_t durable_sequence() const override { return durable_; }
  store::BatchId new_batch_id() override { return next_batch_++; }
  Result<void> put_campaign(const store::CampaignRecord& record) override;
  store::CampaignNumber new_campaign_number() override { return next_campaign_++; }
  Result<void> put_blocks(std::span<const store::Block> blocks) override;
  Result<std::vector<store::Block>> blocks(std::int64_t now_ms) override;
  Result<std::vector<store::CampaignRecord>> campaigns() override;
  Result<void> replay(base::Day from, const Visit& visit) override;
  const store::Meta& meta() const override { return meta_; }

  // A new process opens what that one left behind.
  void take_over(MemoryStore& other);
  // How long a group takes to become durable, from now on.
  void set_latency(Duration latency) { latency_ = latency; }
  // The nth commit from the beginning (from 1) and all after it fail.
  void fail_from_commit(std::uint64_t nth) { fail_from_ = nth; }
  void fail_campaign_records() { fail_records_ = true; }
  void repair() { fail_from_ = std::numeric_limits<std::uint64_t>::max(); }
  // What was not synced is gone, and nobody hears of it: all of it, or all but the first `kept`
  // groups, which had reached the disk although nobody could know.
  void crash(std::size_t kept = 0);
  // Whether groups are durable when commit returns: for a recovery, which waits.
  void commit_at_once(bool at_once) { at_once_ = at_once; }
  // Called within commit and put_campaign, before they have an effect and when they have had it: a
  // crash in the middle throws from there.
  void at_writes(std::function<void()> call) { at_writes_ = std::move(call); }
  // Called with each group as it becomes durable.
  void on_durable(std::function<void(std::uint64_t, std::string_view)> call) {
    on_durable_ = std::move(call);
  }

  std::uint64_t commits() const { return commits_; }
  std::size_t groups_synced() const { return synced_.size(); }
  std::size_t groups_unsynced() const { return unsynced_.size(); }

 private:
  struct Group {
    std::uint64_t sequence;
    base::Day day;
    std::string bytes;
  };
  void commit_now(Group group, const Done& done);
  void sync_first();
  void write() const {
    if (at_writes_) at_writes_();
  }

  VirtualExecutor& executor_;
  Duration latency_ = std::chrono::microseconds{300};
  base::BootTime last_due_{};
  std::vector<Group> synced_;
  std::deque<Group> unsynced_;
  std::map<store::CampaignNumber, store::CampaignRecord> records_;
  std::map<std::uint64_t, store::Block> blocks_;
  std::uint64_t commits_ = 0;
  base::Day last_day_ = 0;
  std::uint64_t durable_ = 0;
  std::uint64_t fail_from_ = std::numeric_limits<std::uint64_t>::max();
  bool fail_records_ = false;
  bool at_once_ = false;
  std::uint64_t life_ = 0;  // crashes so far: what was planned in an earlier one does not happen
  store::BatchId next_batch_ = 1;
  store::CampaignNumber next_campaign_ = 1;
  store::Meta meta_{.fingerprint_seed = 42};
  std::function<void(std::uint64_t, std::string_view)> on_durable_;
  std::function<void()> at_writes_;
};

}  // namespace herald::test
