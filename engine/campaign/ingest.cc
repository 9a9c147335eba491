#include "engine/campaign/ingest.h"

#include <algorithm>
#include <cassert>

#include "engine/dispatch/fate.h"

namespace herald::campaign {
namespace {

constexpr std::uint64_t kRoomFrom = 100'000;  // records; below it growing costs nothing
// Records that one batch may lie across, and a block more, so that a rare payload's token does not
// wait for ever.
constexpr std::uint64_t kBatchWidthMax = std::uint64_t{1} << 20;

}  // namespace

Ingest::Ingest(IngestSeams seams, std::shared_ptr<Intake> intake, std::uint32_t slice,
               std::unique_ptr<audience::RecordReader> reader,
               const ledger::Fingerprinter& fingerprinter)
    : on_(std::move(seams)),
      intake_(std::move(intake)),
      campaign_(intake_->campaign().get()),
      message_(intake_->message()),
      resumption_(intake_->resumption()),
      slice_(slice),
      reader_(std::move(reader)),
      fingerprinter_(fingerprinter),
      judge_(on_.accounts, campaign_->charge, campaign_->scenario, intake_->seen(on_.accounts)) {
  assert(intake_->slices() == 1 || !message_.in_order());
  // What comes live is one slice.
  if (intake_->slices() == 1) campaign_->before_wait = [this] { flush(); };
}

Ingest::~Ingest() {
  if (intake_->slices() == 1) campaign_->before_wait = nullptr;
}

Ingest::Step Ingest::step() {
  if (intake_->stopped()) {
    release_rest();
    return finish();
  }
  // Once it has begun, a day that is not shown yet is charged beside the one before it.
  if (!begun_ && !on_.days.shows(on_.clock.wall())) return Step::starved;
  begun_ = true;
  if (placed_ == block_size_ && !ended_ && !read_block()) return finish();
  if (!place_block()) return Step::starved;
  if (!ended_) return Step::more;
  if (only_again()) return finish();
  hand_over_groups();
  if (!begin_batch()) return Step::starved;
  batch_->records = static_cast<std::uint32_t>(number() - batch_->first_record);
  batch_->last = true;
  hand_over(std::move(batch_));
  return finish();
}

// False when the audience failed; what was read before goes out all the same.
bool Ingest::read_block() {
  block_first_ = reader_->records();
  placed_ = block_size_ = 0;
  if (only_again() && block_first_ >= resumption_->records(slice_)) {
    ended_ = true;
    return true;
  }
  auto read = reader_->next();
  if (!read) {
    intake_->give_up(read.error());
    return false;
  }
  if (read->records.empty()) {
    block_first_ = reader_->records();
    ended_ = true;
    return intake_->count_end();
  }
  block_size_ = read->records.size();
  if (message_.render) {
    render_tokens(*read);
  } else {
    take_tokens(*read);
  }
  if (block_first_ == 0 && slice_ == 0) make_room();
  recognise();
  judge_block();
  note_records(*read);
  hand_over_wide();
  if (!intake_->count(block_size_, block_size_ - tokens_)) {
    release_rest();
    return false;
  }
  campaign_->records_read.fetch_add(block_size_, std::memory_order_relaxed);
  const std::uint64_t bytes = reader_->bytes();
  campaign_->bytes_read.fetch_add(bytes - std::exchange(bytes_told_, bytes),
                                  std::memory_order_relaxed);
  return true;
}

// Guesses from the first block how many records there are: tables that grow step by step copy each
// token several times. The block's own bytes are counted: the reader is ahead of it by far.
void Ingest::make_room() {
  if (tokens_ == 0) return;
  const audience::Record& last = token_[tokens_ - 1];
  const std::ptrdiff_t block_bytes = last.data + last.size - token_[0].data;
  if (block_bytes <= 0) return;
  // What is packed says how much of the file was read, not how much is in it. Slices are about as
  // long as each other.
  const auto content = static_cast<double>(reader_->digest().bytes());
  const auto of_file = static_cast<double>(std::max<std::uint64_t>(reader_->bytes(), 1));
  const double content_total =
      static_cast<double>(reader_->size()) * intake_->slices() * content / of_file;
  const auto records = static_cast<std::uint64_t>(content_total / static_cast<double>(block_bytes) *
                                                  static_cast<double>(block_size_));
  if (records < kRoomFrom) return;
  on_.accounts.devices.reserve(records);
}

void Ingest::take_tokens(const audience::Block& block) {
  tokens_ = 0;
  for (std::size_t i = 0; i < block_size_; ++i) {
    const audience::Record& record = block.records[i];
    malformed_as_[i] = record.malformed;
    if (record.malformed == Reason::none) token_[tokens_++] = record;
  }
}

void Ingest::render_tokens(const audience::Block& block) {
  static const base::RecordFields kNone;
  tokens_ = 0;
  renderings_.clear();
  for (std::size_t i = 0; i < block_size_; ++i) {
    const audience::Record& record = block.records[i];
    malformed_as_[i] = record.malformed;
    if (record.malformed != Reason::none) continue;
    const std::size_t begin = renderings_.size();
    surface_[tokens_] = message_.surface;
    malformed_as_[i] = message_.render(block.fields.empty() ? kNone : block.fields[i], renderings_,
                                       surface_[tokens_]);
    if (malformed_as_[i] != Reason::none) {
      renderings_.resize(begin);
      continue;
    }
    rendering_[tokens_] = {begin, renderings_.size() - begin};
    token_[tokens_++] = record;
  }
}

// De-duplicates and charges the block: what is not malformed has a verdict.
void Ingest::judge_block() {
  token_at_ = 0;
  const std::span fingerprints{fingerprint_.data(), tokens_};
  fingerprinter_(std::span<const audience::Record>{token_.data(), tokens_}, fingerprints);
  const base::WallTime now = on_.clock.wall();
  days_ = on_.days.days(now);
  std::span<const base::Surface> on;
  if (message_.surface) on = {&message_.surface, 1};
  if (message_.surface && message_.render) on = {surface_.data(), tokens_};
  if (resumption_) {
    judge_known(on, now);
  } else {
    judge_.judge(fingerprints, on, days_, now, {verdict_.data(), tokens_});
  }
}

// What was read goes into the digest: a token as it is, whatever became of its rendering.
void Ingest::note_records(const audience::Block& block) {
  if (tokens_ == block_size_) return digest_.update({fingerprint_.data(), tokens_});
  std::array<ledger::Fingerprint, audience::kRecordsPerBlock> records;
  for (std::size_t i = 0, at = 0; i < block_size_; ++i) {
    const audience::Record& record = block.records[i];
    if (malformed_as_[i] == Reason::none) {
      records[i] = fingerprint_[at++];
    } else {
      records[i] = record.malformed == Reason::none
                       ? fingerprinter_(std::string_view{record.data, record.size})
                       : 0;
    }
  }
  digest_.update({records.data(), block_size_});
}

// Puts the block's records into batches; false when there is none to put them in.
bool Ingest::place_block() {
  using Known = Resumption::Known;
  while (placed_ < block_size_) {
    if (const std::size_t run = charged_run(); run != 0) {
      if (!begin_batch()) return false;
      place_run(run);
      continue;
    }
    const Known known = resumption_ ? known_[placed_] : Known::nothing;
    const Reason resends = resumption_ ? resends_[placed_] : Reason::none;
    if (malformed_as_[placed_] != Reason::none) {
      if (known == Known::nothing && !place_drop(Outcome::malformed, malformed_as_[placed_]))
        return false;
      ++placed_;
      continue;
    }
    const ledger::Verdict verdict = verdict_[token_at_];
    if (known == Known::duplicate || known == Known::settled) {
      // It has its outcome.
    } else if (verdict != ledger::Verdict::charged && resends != Reason::none) {
      // There is no quota for a second attempt: it stays ambiguous.
    } else if (verdict != ledger::Verdict::charged) {
      const batch::Fate fate = dispatch::fate_of(verdict);
      if (!place_drop(fate.outcome, fate.reason)) return false;
    } else if (message_.render) {
      if (!place_rendered(token_at_, resends)) return false;
    } else {
      if (!place_token(token_at_, resends)) return false;
    }
    ++token_at_;
    ++placed_;
  }
  return true;
}

// How many of the records to be placed are the usual case, one behind the other: charged, and put
// into the same batch without another look. No more than fit into one.
std::size_t Ingest::charged_run() const {
  if (resumption_ != nullptr || message_.render) return 0;
  const std::size_t most =
      std::min<std::size_t>(block_size_ - placed_, campaign_->batch_tokens_max);
  std::size_t run = 0;
  while (run < most && malformed_as_[placed_ + run] == Reason::none &&
         verdict_[token_at_ + run] == ledger::Verdict::charged) {
    ++run;
  }
  return run;
}

// As many of them as batch_ has room for.
void Ingest::place_run(std::size_t run) {
  const std::size_t end =
      placed_ + std::min<std::size_t>(run, campaign_->batch_tokens_max - batch_->size());
  for (; placed_ < end; ++placed_, ++token_at_) append(*batch_, token_at_);
  if (batch_->size() == campaign_->batch_tokens_max) hand_over(std::move(batch_));
}

bool Ingest::place_drop(Outcome outcome, Reason reason) {
  if (!begin_batch()) return false;
  const auto relative = static_cast<std::uint32_t>(number() - batch_->first_record);
  batch_->drop(relative, outcome, reason);
  batch_->records = relative + 1;
  if (batch_->drops().size() == batch::kDropsMax) hand_over(std::move(batch_));
  return true;
}

bool Ingest::place_token(std::size_t at, Reason resends) {
  if (!begin_batch(resends)) return false;
  append(*batch_, at);
  if (batch_->size() == campaign_->batch_tokens_max) hand_over(std::move(batch_));
  return true;
}

bool Ingest::place_rendered(std::size_t at, Reason resends) {
  const std::string_view body =
      std::string_view{renderings_}.substr(rendering_[at].begin, rendering_[at].size);
  batch::Batch* group = groups_.find(body);
  if (group != nullptr && (group->days != days_ || group->resends != resends)) {
    hand_over(groups_.take(*group));
    group = nullptr;
  }
  if (group == nullptr) {
    std::unique_ptr<batch::Batch> batch = new_batch();
    if (batch == nullptr) return false;
    batch->prefix = body;
    batch->resends = resends;
    batch->surface = surface_[at];
    if (groups_.full()) hand_over(groups_.take_oldest());
    group = &groups_.add(std::move(batch));
  }
  append(*group, at);
  if (group->size() == campaign_->batch_tokens_max) hand_over(groups_.take(*group));
  return true;
}

void Ingest::append(batch::Batch& batch, std::size_t at) {
  const auto relative = static_cast<std::uint32_t>(number() - batch.first_record);
  const audience::Record& record = token_[at];
  batch.append({record.data, record.size}, record.escape, fingerprint_[at], relative);
  batch.records = relative + 1;
}

// Sees that batch_ can take the next record: there is one, and it is charged for the same days.
bool Ingest::begin_batch(Reason resends) {
  if (batch_ != nullptr && placed_ < block_size_ &&
      (batch_->days != days_ || batch_->resends != resends)) {
    hand_over(std::move(batch_));
  }
  if (batch_ != nullptr) return true;
  batch_ = new_batch();
  if (batch_ == nullptr) return false;
  if (!message_.render) batch_->surface = message_.surface;
  batch_->resends = resends;
  return true;
}

// A batch for the next record, or null. Whoever waits for one must hold none, else all campaigns,
// and all slices of one, may wait for each other: all that are being filled go out first.
std::unique_ptr<batch::Batch> Ingest::new_batch() {
  std::unique_ptr<batch::Batch> batch;
  if (!groups_.empty() || batch_ != nullptr) {
    batch = on_.batches.try_acquire();
    if (batch == nullptr) {
      hand_over_groups();
      if (batch_ != nullptr) hand_over(std::move(batch_));
    }
  }
  if (batch == nullptr) batch = on_.acquire();
  if (batch == nullptr) return nullptr;
  batch->campaign = campaign_;
  batch->slice = slice_;
  batch->first_record = number();
  batch->days = days_;
  batch->marketing = campaign_->charge.marketing;
  batch->test = campaign_->scenario.test;
  return batch;
}

void Ingest::hand_over(std::unique_ptr<batch::Batch> batch) {
  if (mark_.records != digest_.records()) mark_ = digest_.mark();
  batch->mark_records = mark_.records;
  batch->mark_digest = mark_.digest;
  campaign_->formed.enqueue(batch.release());
  on_.wake();
}

void Ingest::hand_over_groups() {
  while (auto group = groups_.take_oldest()) hand_over(std::move(group));
}

// Those that began long before the block at hand.
void Ingest::hand_over_wide() {
  if (block_first_ <= kBatchWidthMax) return;
  const std::uint64_t first = block_first_ - kBatchWidthMax;
  while (auto group = groups_.take_begun_before(first)) hand_over(std::move(group));
  if (batch_ != nullptr && batch_->first_record < first) hand_over(std::move(batch_));
}

// What was charged and will not be in a batch: nothing of it was reserved.
void Ingest::release_rest() {
  ledger::Charged charged{days_, campaign_->charge.marketing, campaign_->scenario.test,
                          message_.surface, campaign_->scenario.project};
  for (std::size_t at = token_at_; at < tokens_; ++at) {
    if (verdict_[at] != ledger::Verdict::charged) continue;
    if (message_.render) charged.surface = surface_[at];
    on_.accounts.release({&fingerprint_[at], 1}, charged);
  }
  tokens_ = token_at_ = 0;
  placed_ = block_size_ = 0;
}

void Ingest::flush() {
  hand_over_groups();
  if (batch_ != nullptr && batch_->records > 0) hand_over(std::move(batch_));
}

Ingest::Step Ingest::finish() {
  hand_over_groups();
  if (batch_ != nullptr) {
    if (batch_->records > 0) {
      hand_over(std::move(batch_));
    } else {
      on_.batches.release(std::move(batch_));
    }
  }
  intake_->end_slice(slice_, reader_->records(), reader_->digest().value());
  on_.wake();
  return Step::done;
}

}  // namespace herald::campaign
