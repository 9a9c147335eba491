#include "engine/campaign/intake.h"

#include <fmt/format.h>

#include <vector>

#include "engine/audience/slices.h"

namespace herald::campaign {

Intake::Intake(std::shared_ptr<dispatch::CampaignRun> campaign, Message message,
               double malformed_max, std::shared_ptr<const Resumption> resumption,
               std::shared_ptr<ledger::Seen> seen)
    : campaign_(std::move(campaign)),
      message_(std::move(message)),
      malformed_max_(malformed_max),
      resumption_(std::move(resumption)),
      seen_(std::move(seen)),
      unread_(slices()),
      active_(slices()) {}

std::shared_ptr<ledger::Seen> Intake::seen(ledger::Accounts& accounts) {
  if (message_.surface) return nullptr;
  const std::lock_guard lock{mutex_};
  if (seen_ == nullptr) seen_ = std::make_shared<ledger::Seen>(accounts.devices);
  return seen_;
}

void Intake::give_up(Error error) {
  const std::lock_guard lock{mutex_};
  if (!campaign_->input_error) campaign_->input_error = std::move(error);
  failed_.store(true, std::memory_order_relaxed);
}

bool Intake::count(std::uint64_t records, std::uint64_t malformed) {
  const std::uint64_t all = records_.fetch_add(records, std::memory_order_relaxed) + records;
  const std::uint64_t bad = malformed_.fetch_add(malformed, std::memory_order_relaxed) + malformed;
  const bool too_many = static_cast<double>(bad) > malformed_max_ * static_cast<double>(all);
  if (all < kMalformedLookAt || !too_many) return true;
  give_up(
      {Errc::audience,
       fmt::format("{}: {} of the first {} records are malformed, more than policy.maxMalformed "
                   "{}: see that it is the right file, or raise maxMalformed",
                   campaign_->record.audience, bad, all, malformed_max_)});
  return false;
}

bool Intake::count_end() {
  if (unread_.fetch_sub(1, std::memory_order_acq_rel) > 1) return true;
  const std::uint64_t bad = malformed_.load(std::memory_order_relaxed);
  const bool nothing_else =
      bad > 0 && bad == records_.load(std::memory_order_relaxed) && malformed_max_ < 1;
  if (!nothing_else) return true;
  give_up({Errc::audience,
           fmt::format("{}: all of its {} records are malformed: see that it is the right file, "
                       "and audience.format the right one; `herald outcomes` says what is wrong "
                       "with each",
                       campaign_->record.audience, bad)});
  return false;
}

bool Intake::end_slice(std::uint32_t slice, std::uint64_t records, std::uint64_t content_digest) {
  std::vector<dispatch::CampaignRun::Slice>& slices = campaign_->slices;
  slices[slice].content_digest = content_digest;
  if (campaign_->sink != nullptr && slice + 1 < slices.size()) {
    slices[slice + 1].first_record = slices[slice].first_record + records;
  }
  if (active_.fetch_sub(1, std::memory_order_acq_rel) > 1) return false;
  std::vector<std::uint64_t> digests;
  for (const auto& each : slices) digests.push_back(each.content_digest);
  campaign_->content_digest = audience::digest_of_slices(digests);
  // Release: the sender that sees it finds every batch in the queue.
  campaign_->ingest_done.store(true, std::memory_order_release);
  return true;
}

}  // namespace herald::campaign
