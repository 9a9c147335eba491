// What became of one device in the campaigns of a store: for `herald explain`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/surface.h"
#include "engine/ledger/fingerprint.h"
#include "engine/store/group.h"
#include "engine/store/store.h"
#include "herald/outcome.h"
#include "herald/result.h"

namespace herald::campaign {

struct RecordKey {
  store::CampaignNumber campaign = 0;
  std::uint64_t record = 0;  // of the slice, from 0
  std::uint32_t slice = 0;

  bool operator<(const RecordKey& other) const {
    return std::tie(campaign, slice, record) < std::tie(other.campaign, other.slice, other.record);
  }
};

// How many records the slices of campaigns have, of those that are known.
using SliceRecords = std::map<std::pair<store::CampaignNumber, std::uint32_t>, std::uint64_t>;

class DeviceHistory final : private store::GroupVisitor {
 public:
  struct Event {
    std::optional<Outcome> outcome;  // empty: pending
    Reason reason = Reason::none;
    std::string reason_text;   // for Reason::other
    std::int64_t time_ms = 0;  // of the answer, or of the decision not to send
    std::string request_id;
    base::Surface surface;
    bool returned = false;  // its reservation was given back
  };

  // `device`: what the ledgers of the apps know it by. `records`: where it is in audiences; without
  // them only what was sent to it is found, as what is not sent has no fingerprint in the store.
  // `abandoned`: no process has the campaigns, so what is unanswered is ambiguous, not pending.
  // `slice_records`: what is known of that beside what the store says.
  // Errors: damaged_store, disk.
  static Result<DeviceHistory> read(store::Store& store,
                                    std::span<const store::CampaignRecord> campaigns,
                                    std::vector<ledger::Fingerprint> device,
                                    std::set<RecordKey> records, bool abandoned,
                                    SliceRecords slice_records = {});

  const std::map<RecordKey, Event>& events() const { return events_; }
  // In the audience, from 0; empty when nobody knows how many records lie before its slice.
  std::optional<std::uint64_t> number_of(const RecordKey& key) const;

 private:
  struct Open {
    std::uint32_t index;  // in its batch
    RecordKey key;
    std::optional<Event> before;  // where it is a second attempt
  };

  void give_up_open();
  void cancel(store::CampaignNumber campaign);

  DeviceHistory(std::vector<ledger::Fingerprint> device, std::set<RecordKey> records,
                SliceRecords slice_records)
      : device_(std::move(device)),
        records_(std::move(records)),
        slice_records_(std::move(slice_records)) {}
  void on_reservation(const store::ReservationHead& head,
                      std::span<const store::ReservedToken> tokens,
                      std::span<const store::DroppedRecord> drops) override;
  void on_settle(const store::Settle& settle) override;
  void on_audience_end(store::CampaignNumber campaign, std::uint32_t slice,
                       std::uint64_t records) override {
    slice_records_[{campaign, slice}] = records;
  }
  void on_resumed(store::CampaignNumber campaign) override;

  const std::vector<ledger::Fingerprint> device_;  // one an app, so few
  const std::set<RecordKey> records_;
  std::map<RecordKey, Event> events_;
  SliceRecords slice_records_;
  std::unordered_map<store::BatchId, std::vector<Open>> open_;
};

}  // namespace herald::campaign
