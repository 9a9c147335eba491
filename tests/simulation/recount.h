// A reading of the log that shares no code with campaign::fold or recovery: what became of each
// record, and what each device is charged. As groups become durable it says at once what is wrong
// with them.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/store/group.h"
#include "tests/simulation/devices.h"
#include "tests/simulation/service_account.h"
#include "tests/simulation/violations.h"

namespace herald::simulation {

class Recount final : public store::GroupVisitor {
 public:
  enum class Stage : std::uint8_t { unread, returned, reserved, over };
  struct Record {
    Stage stage = Stage::unread;
    Outcome outcome = Outcome::ambiguous;  // once it is over
    Reason reason = Reason::none;
    Reason first = Reason::none;  // why the first attempt was ambiguous, while there is a second
    std::uint16_t resends = 0;
  };
  struct Campaign {
    std::vector<Record> records;           // in the order of the audience
    std::vector<std::uint64_t> firsts{0};  // number in the audience of each slice's first record
    std::map<std::uint32_t, std::uint64_t> ends;  // records of slices that were read to their end

    bool ended() const { return ends.size() == firsts.size(); }
    std::uint64_t audience_records() const;

    std::uint64_t count(Stage stage) const;
    std::uint64_t count(Outcome outcome) const;
  };

  Recount(const Devices& devices, base::Day first, const base::Clock& clock,
          const ServiceAccount& service, Violations& violations)
      : devices_(devices),
        clock_(clock),
        service_(service),
        violations_(violations),
        total_(devices.size(), first),
        marketing_(devices.size(), first),
        doubled_(devices.size(), first),
        in_doubt_(devices.size(), first) {}

  // Before its groups come: where its slices begin.
  void expect(store::CampaignNumber campaign, std::vector<std::uint64_t> firsts) {
    campaigns_[campaign].firsts = std::move(firsts);
  }
  void on_group(std::uint64_t sequence, std::string_view bytes);

  const Campaign& campaign(store::CampaignNumber number) const;
  // Charges that are not given back, of a day.
  std::uint32_t total(DeviceIndex device, base::Day day) const { return total_.at(device, day); }
  std::uint32_t marketing(DeviceIndex device, base::Day day) const {
    return marketing_.at(device, day);
  }
  // Of those: charged to two days; and ambiguous.
  std::uint32_t doubled(DeviceIndex device, base::Day day) const {
    return doubled_.at(device, day);
  }
  std::uint32_t in_doubt(DeviceIndex device, base::Day day) const {
    return in_doubt_.at(device, day);
  }

  struct Open {
    std::uint64_t batches = 0;
    std::uint64_t tokens = 0;
  };
  Open open() const;                                                      // reserved and unanswered
  std::uint64_t ambiguous_batches() const { return ambiguous_batches_; }  // by answers, or none
  std::uint64_t ambiguous_by_death() const { return ambiguous_by_death_; }
  std::uint64_t groups() const { return groups_; }

 private:
  struct Batch {
    store::CampaignNumber campaign = 0;
    base::DaySet days;
    bool marketing = false;
    bool resends = false;
    base::BootTime since{};
    std::vector<DeviceIndex> devices;
    std::vector<std::uint64_t> records;
  };

  void on_reservation(const store::ReservationHead& head,
                      std::span<const store::ReservedToken> tokens,
                      std::span<const store::DroppedRecord> drops) override;
  void on_settle(const store::Settle& settle) override;
  void on_audience_end(store::CampaignNumber campaign, std::uint32_t slice,
                       std::uint64_t records) override;
  void on_resumed(store::CampaignNumber campaign) override;
  void reserve(Record& record, const store::ReservationHead& head, std::uint64_t number);
  void end(Record& record, const Batch& batch, Outcome outcome, Reason reason);
  void breach(std::string_view invariant, store::CampaignNumber campaign, std::uint64_t record,
              const Record& was, std::string_view what);
  std::uint64_t number_of(const store::ReservationHead& head, std::uint32_t record);
  Record& record(store::CampaignNumber campaign, std::uint64_t number);
  void charge(const Batch& batch, DeviceIndex device, int more);
  void check_release(const Batch& batch, std::size_t at);

  const Devices& devices_;
  const base::Clock& clock_;
  const ServiceAccount& service_;
  Violations& violations_;
  std::map<store::CampaignNumber, Campaign> campaigns_;
  std::map<store::BatchId, Batch> open_;
  DayCounts total_;
  DayCounts marketing_;
  DayCounts doubled_;
  DayCounts in_doubt_;
  base::Day latest_ = 0;  // first day of a charge: never falls (I36)
  std::uint64_t sequence_ = 0;
  std::uint64_t groups_ = 0;
  std::uint64_t ambiguous_batches_ = 0;
  std::uint64_t ambiguous_by_death_ = 0;
};

}  // namespace herald::simulation
