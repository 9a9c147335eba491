// How often each card and live view was charged on a day: for dumps. The ledger knows them by a
// hash only, the groups by their numbers.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/day.h"
#include "engine/base/surface.h"
#include "engine/ledger/fingerprint.h"
#include "engine/store/group.h"
#include "engine/store/store.h"
#include "herald/result.h"

namespace herald::campaign {

class SurfaceCounts final : private store::GroupVisitor {
 public:
  // Of days from `from` on, and of these devices only, or of all where none is named.
  // Errors: damaged_store, disk.
  static Result<SurfaceCounts> read(store::Store& store, base::Day from,
                                    std::vector<ledger::Fingerprint> devices = {});

  struct Key {
    base::Day day;
    ledger::Fingerprint token;
    base::Surface::Kind kind;
    std::int64_t id;

    bool operator<(const Key& other) const {
      return std::tie(day, token, kind, id) <
             std::tie(other.day, other.token, other.kind, other.id);
    }
  };
  const std::map<Key, std::uint64_t>& counts() const { return counts_; }

 private:
  struct Open {
    base::DaySet days;
    base::Surface surface;
    std::vector<ledger::Fingerprint> tokens;
  };

  SurfaceCounts(base::Day from, std::vector<ledger::Fingerprint> devices)
      : from_(from), devices_(std::move(devices)) {}
  void on_reservation(const store::ReservationHead& head,
                      std::span<const store::ReservedToken> tokens,
                      std::span<const store::DroppedRecord> drops) override;
  void on_settle(const store::Settle& settle) override;
  void on_audience_end(store::CampaignNumber, std::uint32_t, std::uint64_t) override {}
  void on_resumed(store::CampaignNumber) override {}
  void add(const Open& open, std::size_t token, int more);

  const base::Day from_;
  const std::vector<ledger::Fingerprint> devices_;  // few; none: all
  std::map<Key, std::uint64_t> counts_;
  std::unordered_map<store::BatchId, Open> open_;
};

}  // namespace herald::campaign
