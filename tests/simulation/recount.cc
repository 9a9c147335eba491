#include "tests/simulation/recount.h"

#include <fmt/format.h>

#include <algorithm>

namespace herald::simulation {

std::uint64_t Recount::Campaign::count(Stage stage) const {
  return static_cast<std::uint64_t>(
      std::count_if(records.begin(), records.end(),
                    [stage](const Record& record) { return record.stage == stage; }));
}

std::uint64_t Recount::Campaign::count(Outcome outcome) const {
  return static_cast<std::uint64_t>(
      std::count_if(records.begin(), records.end(), [outcome](const Record& record) {
        return record.stage == Stage::over && record.outcome == outcome;
      }));
}

void Recount::on_group(std::uint64_t sequence, std::string_view bytes) {
  if (sequence <= sequence_) {
    violations_.add("I20", fmt::format("group {} came after {}", sequence, sequence_));
  }
  sequence_ = sequence;
  ++groups_;
  if (const auto read = store::read_group(bytes, *this); !read) {
    violations_.add("I20", read.error().what);
  }
}

const Recount::Campaign& Recount::campaign(store::CampaignNumber number) const {
  static const Campaign kNone;
  const auto found = campaigns_.find(number);
  return found == campaigns_.end() ? kNone : found->second;
}

Recount::Open Recount::open() const {
  Open all;
  for (const auto& [id, batch] : open_) {
    ++all.batches;
    all.tokens += batch.devices.size();
  }
  return all;
}

Recount::Record& Recount::record(store::CampaignNumber campaign, std::uint64_t number) {
  auto& records = campaigns_[campaign].records;
  if (number >= records.size()) records.resize(number + 1);
  return records[number];
}

void Recount::charge(const Batch& batch, DeviceIndex device, int more) {
  const auto add = [more](std::uint16_t& count) {
    count = static_cast<std::uint16_t>(count + more);
  };
  for (base::Day day = batch.days.first; day <= batch.days.last(); ++day) {
    add(total_.at(device, day));
    if (batch.marketing) add(marketing_.at(device, day));
    if (batch.days.both) add(doubled_.at(device, day));
  }
}

void Recount::on_reservation(const store::ReservationHead& head,
                             std::span<const store::ReservedToken> tokens,
                             std::span<const store::DroppedRecord> drops) {
  for (const store::DroppedRecord& drop : drops) {
    const std::uint64_t number = head.first_record + drop.record;
    Record& dropped = record(head.campaign, number);
    if (dropped.stage == Stage::over || dropped.stage == Stage::reserved) {
      violations_.add("I10", fmt::format("record {} of campaign {} is dropped as {} though it {}",
                                         number, head.campaign, to_string(drop.outcome),
                                         dropped.stage == Stage::over
                                             ? fmt::format("was {}", to_string(dropped.outcome))
                                             : "is reserved"));
    }
    dropped = {Stage::over, drop.outcome, drop.reason, dropped.reservations};
  }
  if (head.batch == 0) return;
  if (head.days.first < latest_) {
    violations_.add("I36", fmt::format("{} is charged after {}", base::to_string(head.days.first),
                                       base::to_string(latest_)));
  }
  latest_ = std::max(latest_, head.days.first);
  Batch& batch = open_[head.batch];
  batch = {head.campaign, head.days, head.marketing, {}, {}};
  for (const store::ReservedToken& token : tokens) {
    const std::uint64_t number = head.first_record + token.record;
    Record& reserved = record(head.campaign, number);
    if (reserved.stage == Stage::over || reserved.stage == Stage::reserved) {
      violations_.add("I10", fmt::format("record {} of campaign {} is reserved though it {}",
                                         number, head.campaign,
                                         reserved.stage == Stage::over
                                             ? fmt::format("was {}", to_string(reserved.outcome))
                                             : "is already"));
    }
    reserved.stage = Stage::reserved;
    ++reserved.reservations;
    batch.records.push_back(number);
    batch.devices.push_back(devices_.of(token.fingerprint));
    if (batch.devices.back() == kNoDevice) {
      violations_.add("I15", fmt::format("record {} is of no device", number));
      batch.devices.back() = 0;
    }
    charge(batch, batch.devices.back(), 1);
  }
}

// I7: given back only where the service's own account says that herald may know of the refusal, or
// that nothing came.
void Recount::check_release(const Batch& batch, std::size_t at) {
  const Attempt& attempt = service_.attempt(batch.campaign, batch.devices[at]);
  if (attempt.arrivals == 0 || attempt.proven_refused) return;
  violations_.add("I7",
                  fmt::format("{} is given back in campaign {} though it was not proven refused",
                              devices_.token(batch.devices[at]), batch.campaign));
}

void Recount::on_settle(const store::Settle& settle) {
  const auto found = open_.find(settle.batch);
  if (found == open_.end() || found->second.campaign != settle.campaign) {
    return violations_.add("I10", fmt::format("batch {} is settled and is not open", settle.batch));
  }
  const Batch batch = std::move(found->second);
  open_.erase(found);
  if (settle.tokens != batch.devices.size()) {
    violations_.add("I10",
                    fmt::format("batch {} is settled with {} tokens", settle.batch, settle.tokens));
  }
  const bool ambiguous =
      settle.how == store::Settled::answered && settle.outcome == Outcome::ambiguous;
  if (ambiguous)
    ++(settle.reason == Reason::process_died ? ambiguous_by_death_ : ambiguous_batches_);
  std::vector<const store::Exception*> exceptions(batch.devices.size(), nullptr);
  for (const store::Exception& exception : settle.exceptions) {
    if (exception.index < exceptions.size()) exceptions[exception.index] = &exception;
  }
  for (std::size_t i = 0; i < batch.devices.size(); ++i) {
    const store::Exception* own = exceptions[i];
    Record& settled = record(batch.campaign, batch.records[i]);
    const bool released = own != nullptr ? own->released : settle.released;
    if (settle.how != store::Settled::answered) {
      settled.stage = Stage::returned;
    } else {
      settled.stage = Stage::over;
      settled.outcome = own != nullptr ? own->outcome : settle.outcome;
      settled.reason = own != nullptr ? own->reason : settle.reason;
      if (settled.outcome == Outcome::ambiguous) {
        for (base::Day day = batch.days.first; day <= batch.days.last(); ++day) {
          ++in_doubt_.at(batch.devices[i], day);
        }
      }
    }
    if (!released) continue;
    charge(batch, batch.devices[i], -1);
    check_release(batch, i);
  }
}

void Recount::on_audience_end(store::CampaignNumber campaign, std::uint32_t,
                              std::uint64_t records) {
  Campaign& ended = campaigns_[campaign];
  if (++ended.audience_ends > 1) {
    violations_.add("I14", fmt::format("the audience of campaign {} ended twice", campaign));
  }
  ended.audience_records = records;
}

}  // namespace herald::simulation
