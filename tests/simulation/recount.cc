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

std::uint64_t Recount::Campaign::audience_records() const {
  std::uint64_t all = 0;
  for (const auto& [slice, count] : ends) all += count;
  return all;
}

// In the audience: of a record of the reservation.
std::uint64_t Recount::number_of(const store::ReservationHead& head, std::uint32_t record) {
  const auto& firsts = campaigns_[head.campaign].firsts;
  const std::uint64_t number = head.first_record + record;
  if (head.slice < firsts.size()) {
    const bool last = head.slice + 1 == firsts.size();
    if (last || firsts[head.slice] + number < firsts[head.slice + 1]) {
      return firsts[head.slice] + number;
    }
  }
  violations_.add("I10", fmt::format("campaign {} has no record {} in slice {}", head.campaign,
                                     number, head.slice));
  return 0;
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

void Recount::breach(std::string_view invariant, store::CampaignNumber campaign,
                     std::uint64_t record, const Record& was, std::string_view what) {
  static constexpr std::string_view kStages[] = {"new", "given back", "reserved", "over"};
  violations_.add(invariant,
                  fmt::format("record {} of campaign {}, {}{}{}, is {}", record, campaign,
                              kStages[static_cast<std::size_t>(was.stage)],
                              was.stage == Stage::over ? " as " : "",
                              was.stage == Stage::over ? to_string(was.outcome) : "", what));
}

void Recount::on_reservation(const store::ReservationHead& head,
                             std::span<const store::ReservedToken> tokens,
                             std::span<const store::DroppedRecord> drops) {
  for (const store::DroppedRecord& drop : drops) {
    const std::uint64_t number = number_of(head, drop.record);
    Record& dropped = record(head.campaign, number);
    if (dropped.stage == Stage::over || dropped.stage == Stage::reserved) {
      breach("I10", head.campaign, number, dropped, to_string(drop.outcome));
    }
    dropped = {Stage::over, drop.outcome, drop.reason};
  }
  if (head.batch == 0) return;
  if (head.days.first < latest_) {
    violations_.add("I36", fmt::format("{} is charged after {}", base::to_string(head.days.first),
                                       base::to_string(latest_)));
  }
  latest_ = std::max(latest_, head.days.first);
  if (open_.count(head.batch) != 0) violations_.add("I10", "a batch id was given twice");
  Batch& batch = open_[head.batch];
  batch = {head.campaign,
           head.days,
           head.marketing,
           head.resends != Reason::none,
           clock_.boot(),
           {},
           {}};
  for (const store::ReservedToken& token : tokens) {
    const std::uint64_t number = number_of(head, token.record);
    reserve(record(head.campaign, number), head, number);
    batch.records.push_back(number);
    DeviceIndex device = devices_.of(token.fingerprint);
    if (device == kNoDevice) {
      violations_.add("I15", fmt::format("record {} is of no device", number));
      device = 0;
    }
    batch.devices.push_back(device);
    charge(batch, device, 1);
  }
}

// A first attempt is for a record that has no outcome, a second one for an ambiguous one.
void Recount::reserve(Record& record, const store::ReservationHead& head, std::uint64_t number) {
  if (head.resends == Reason::none) {
    if (record.stage == Stage::over || record.stage == Stage::reserved) {
      breach("I10", head.campaign, number, record, "reserved");
    }
  } else {
    const bool fits = record.stage == Stage::over && record.outcome == Outcome::ambiguous &&
                      record.reason == head.resends;
    if (!fits) breach("I13", head.campaign, number, record, "reserved again");
    record.first = head.resends;
    ++record.resends;
  }
  record.stage = Stage::reserved;
}

// I7: given back only where the service's own account says that herald may know of the refusal, or
// that nothing came.
void Recount::check_release(const Batch& batch, std::size_t at) {
  const Attempt& attempt = service_.attempt(batch.campaign, batch.devices[at]);
  if (attempt.arrivals == 0 || attempt.began < batch.since || attempt.proven_refused) return;
  violations_.add("I7",
                  fmt::format("{} is given back in campaign {} though it was not proven refused",
                              devices_.token(batch.devices[at]), batch.campaign));
}

void Recount::end(Record& record, const Batch& batch, Outcome outcome, Reason reason) {
  if (batch.resends && outcome != Outcome::accepted && outcome != Outcome::ambiguous) {
    violations_.add("I11", fmt::format("a second attempt of campaign {} makes of ambiguous {}",
                                       batch.campaign, to_string(outcome)));
  }
  record.stage = Stage::over;
  record.outcome = outcome;
  record.reason = reason;
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
  const bool answered = settle.how == store::Settled::answered;
  if (answered && settle.outcome == Outcome::ambiguous && !settle.released) {
    ++(settle.reason == Reason::process_died ? ambiguous_by_death_ : ambiguous_batches_);
  }
  std::vector<const store::Exception*> exceptions(batch.devices.size(), nullptr);
  for (const store::Exception& exception : settle.exceptions) {
    if (exception.index < exceptions.size()) exceptions[exception.index] = &exception;
  }
  for (std::size_t i = 0; i < batch.devices.size(); ++i) {
    const store::Exception* own = exceptions[i];
    Record& settled = record(batch.campaign, batch.records[i]);
    const bool released = own != nullptr ? own->released : settle.released;
    if (answered) {
      end(settled, batch, own != nullptr ? own->outcome : settle.outcome,
          own != nullptr ? own->reason : settle.reason);
    } else if (batch.resends) {
      end(settled, batch, Outcome::ambiguous, settled.first);
    } else {
      settled.stage = Stage::returned;
    }
    if (released) {
      charge(batch, batch.devices[i], -1);
      check_release(batch, i);
    } else if (settled.outcome == Outcome::ambiguous) {
      for (base::Day day = batch.days.first; day <= batch.days.last(); ++day) {
        ++in_doubt_.at(batch.devices[i], day);
      }
    }
  }
}

void Recount::on_audience_end(store::CampaignNumber campaign, std::uint32_t slice,
                              std::uint64_t records) {
  if (!campaigns_[campaign].ends.emplace(slice, records).second) {
    violations_.add("I14", fmt::format("slice {} of campaign {} ended twice", slice, campaign));
  }
}

// What was given back is not read any more until it is met again.
void Recount::on_resumed(store::CampaignNumber number) {
  Campaign& resumed = campaigns_[number];
  resumed.ends.clear();
  for (Record& record : resumed.records) {
    if (record.stage == Stage::returned) record.stage = Stage::unread;
  }
}

}  // namespace herald::simulation
