// What the store says a campaign came to: a fold over its commit groups, so that everybody who asks
// gets the same numbers (I14).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/store/group.h"
#include "engine/store/store.h"
#include "herald/report.h"

namespace herald::campaign {

class CampaignFold final : public store::GroupVisitor {
 public:
  explicit CampaignFold(store::CampaignNumber campaign) : campaign_(campaign) {}

  void on_reservation(const store::ReservationHead& head,
                      std::span<const store::ReservedToken> tokens,
                      std::span<const store::DroppedRecord> drops) override;
  void on_settle(const store::Settle& settle) override;
  void on_audience_end(store::CampaignNumber campaign, std::uint32_t slice,
                       std::uint64_t records) override;
  void on_resumed(store::CampaignNumber campaign) override;

  // `abandoned`: no process has the campaign, so what is reserved and unanswered stays so.
  // Of a cancelled one, what was given back is sent no more.
  Report report(const store::CampaignRecord& record, bool abandoned) const;
  // Whether any group was about it.
  bool found() const { return found_; }

 private:
  struct Open {
    std::uint32_t tokens;
    Reason resends;
  };
  void count(Outcome outcome, Reason reason, std::int64_t more, std::string_view text = {});

  store::CampaignNumber campaign_;
  bool found_ = false;
  Report so_far_;
  std::unordered_map<store::BatchId, Open> open_;  // reserved and not settled
  std::uint64_t open_tokens_ = 0;
  std::uint64_t answered_ = 0;                            // batches
  std::int64_t last_ms_ = 0;                              // of a settle, since 1970
  std::map<std::uint32_t, std::uint64_t> slice_records_;  // of slices that were read to their end
  std::uint64_t returned_ = 0;  // records whose reservation was given back, not reserved again
};

// All campaigns at once, in one reading.
class CampaignFolds final : public store::GroupVisitor {
 public:
  explicit CampaignFolds(std::span<const store::CampaignRecord> campaigns = {});

  void on_reservation(const store::ReservationHead& head,
                      std::span<const store::ReservedToken> tokens,
                      std::span<const store::DroppedRecord> drops) override;
  void on_settle(const store::Settle& settle) override;
  void on_audience_end(store::CampaignNumber campaign, std::uint32_t slice,
                       std::uint64_t records) override;
  void on_resumed(store::CampaignNumber campaign) override;

  void add(store::CampaignNumber campaign) { folds_.emplace(campaign, CampaignFold{campaign}); }
  const CampaignFold* find(store::CampaignNumber campaign) const;

 private:
  std::unordered_map<store::CampaignNumber, CampaignFold> folds_;
};

// Gives campaigns that are over the totals that outlive their groups. Errors: damaged_store, disk.
Result<void> sum_up(store::Store& store, std::vector<store::CampaignRecord>& campaigns);

struct Folded {
  Report report;
  bool forgotten;  // its groups are gone, older than the retention, and it has no totals
};

// Several in one pass, in the order of `records`; from its totals where one has them: its groups
// are gone then, or will be. Errors: damaged_store, disk, totals_do_not_add_up.
Result<std::vector<Folded>> fold_campaigns(store::Store& store,
                                           std::span<const store::CampaignRecord> records,
                                           bool abandoned);

// Errors: damaged_store, disk, totals_do_not_add_up; not_found, when it is older than the
// retention.
Result<Report> fold_campaign(store::Store& store, const store::CampaignRecord& record,
                             bool abandoned);

}  // namespace herald::campaign
