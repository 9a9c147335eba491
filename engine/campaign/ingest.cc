#include "engine/campaign/ingest.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/dispatch/fate.h"

namespace herald::campaign {
namespace {

constexpr std::uint64_t kRoomFrom = 100'000;  // records; below it growing costs nothing

}  // namespace

Ingest::Ingest(IngestSeams seams, std::shared_ptr<dispatch::CampaignRun> campaign,
               std::unique_ptr<audience::RecordReader> reader,
               const ledger::Fingerprinter& fingerprinter, double malformed_max)
    : on_(std::move(seams)),
      campaign_(std::move(campaign)),
      reader_(std::move(reader)),
      fingerprinter_(fingerprinter),
      malformed_max_(malformed_max),
      seen_(on_.ledger) {}

Ingest::Step Ingest::step() {
  if (campaign_->stop_ingest.load(std::memory_order_relaxed)) {
    release_rest();
    return finish();
  }
  if (placed_ == block_.size() && !ended_ && !read_block()) return finish();
  if (!place_block()) return Step::starved;
  if (!ended_) return Step::more;
  if (!begin_batch()) return Step::starved;
  hand_over(true);
  return finish();
}

// False when the audience failed; what was read before goes out all the same.
bool Ingest::read_block() {
  block_first_ = reader_->records();
  auto read = reader_->next();
  if (!read) {
    give_up(read.error());
    return false;
  }
  block_ = read->records;
  placed_ = 0;
  if (block_.empty()) {
    ended_ = true;
    return true;
  }
  if (block_first_ == 0) make_room();
  judge_block();
  if (too_many_malformed()) {
    const std::uint64_t records = reader_->records();
    release_rest();
    give_up(
        {Errc::audience,
         fmt::format("{}: {} of the first {} records are malformed, more than policy.maxMalformed "
                     "{}: see that it is the right file, or raise maxMalformed",
                     campaign_->record.audience, malformed_, records, malformed_max_)});
    return false;
  }
  campaign_->records_read.store(reader_->records(), std::memory_order_relaxed);
  campaign_->bytes_read.store(reader_->bytes(), std::memory_order_relaxed);
  return true;
}

// Guesses from the first block how many records there are: tables that grow step by step copy each
// token several times.
void Ingest::make_room() {
  const char* const begin = block_.front().data;
  const char* const end = block_.back().data + block_.back().size;
  const auto bytes = static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(end - begin, 1));
  const std::uint64_t records = reader_->size() / bytes * block_.size();
  if (records < kRoomFrom) return;
  on_.ledger.reserve(records);
}

// De-duplicates and charges the block: what is neither malformed nor a duplicate has a verdict.
void Ingest::judge_block() {
  tokens_ = 0;
  token_at_ = 0;
  for (const audience::Record& record : block_) {
    if (record.malformed == Reason::none) token_[tokens_++] = record;
  }
  malformed_ += block_.size() - tokens_;
  const std::span fingerprints{fingerprint_.data(), tokens_};
  fingerprinter_(std::span<const audience::Record>{token_.data(), tokens_}, fingerprints);
  days_ = on_.calendar.days(on_.clock.wall());
  ledger::Charge charge = campaign_->charge;
  charge.days = days_;
  on_.ledger.charge(fingerprints, charge, seen_, {verdict_.data(), tokens_});
}

bool Ingest::too_many_malformed() const {
  const auto records = static_cast<double>(reader_->records());
  return records >= kMalformedLookAt && static_cast<double>(malformed_) > malformed_max_ * records;
}

// Puts the block's records into batches; false when there is none to put them in.
bool Ingest::place_block() {
  for (; placed_ < block_.size(); ++placed_) {
    if (!begin_batch()) return false;
    const std::uint64_t number = block_first_ + placed_;
    const auto relative = static_cast<std::uint32_t>(number - batch_->first_record);
    const audience::Record& record = block_[placed_];
    if (record.malformed != Reason::none) {
      batch_->drop(relative, Outcome::malformed, record.malformed);
    } else {
      const std::size_t at = token_at_++;
      if (verdict_[at] == ledger::Verdict::charged) {
        batch_->append({record.data, record.size}, record.escape, fingerprint_[at], relative);
      } else {
        const batch::Fate fate = dispatch::fate_of(verdict_[at]);
        batch_->drop(relative, fate.outcome, fate.reason);
      }
    }
    batch_->records = relative + 1;
    if (batch_->size() == campaign_->batch_tokens_max ||
        batch_->drops().size() == batch::kDropsMax) {
      hand_over(false);
    }
  }
  return true;
}

// Sees that batch_ can take the next record: there is one, and it is charged for the same days.
bool Ingest::begin_batch() {
  if (batch_ != nullptr && batch_->days != days_ && placed_ < block_.size()) hand_over(false);
  if (batch_ != nullptr) return true;
  batch_ = on_.acquire();
  if (batch_ == nullptr) return false;
  batch_->campaign = campaign_.get();
  batch_->first_record = block_first_ + placed_;
  batch_->days = days_;
  batch_->marketing = campaign_->charge.marketing;
  return true;
}

void Ingest::hand_over(bool last) {
  batch_->last = last;
  campaign_->formed.enqueue(batch_.release());
  on_.wake();
}

void Ingest::give_up(Error error) { campaign_->input_error = std::move(error); }

// What was charged and will not be in a batch: nothing of it was reserved.
void Ingest::release_rest() {
  std::vector<ledger::Fingerprint> charged;
  for (std::size_t at = token_at_; at < tokens_; ++at) {
    if (verdict_[at] == ledger::Verdict::charged) charged.push_back(fingerprint_[at]);
  }
  on_.ledger.release(charged, days_, campaign_->charge.marketing);
  tokens_ = token_at_ = 0;
  block_ = {};
  placed_ = 0;
}

Ingest::Step Ingest::finish() {
  if (batch_ != nullptr) {
    if (batch_->records > 0) {
      hand_over(false);
    } else {
      on_.batches.release(std::move(batch_));
    }
  }
  campaign_->content_digest = reader_->digest().value();
  // Release: the sender that sees it finds every batch in the queue.
  campaign_->ingest_done.store(true, std::memory_order_release);
  on_.wake();
  return Step::done;
}

}  // namespace herald::campaign
