// What the ingests of one campaign share: each of them forms batches from a slice of its audience,
// all at once or one after the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "engine/base/record_fields.h"
#include "engine/base/surface.h"
#include "engine/campaign/resumption.h"
#include "engine/dispatch/campaign_run.h"
#include "engine/ledger/accounts.h"
#include "engine/ledger/seen.h"

namespace herald::campaign {

// The share of malformed records is looked at once this many were read: a short file with a few bad
// lines is sent. A file that has nothing but malformed records is the wrong one, however short.
inline constexpr std::uint64_t kMalformedLookAt = 1000;

// What is sent to whom. The campaign has the body of a payload that is the same for all.
struct Message {
  base::Surface surface;  // the card or live view, where it is the same for all
  // Where payloads vary: appends the record's body, up to its tokens, and says what it is for; or
  // why the record cannot be sent. Empty: they do not.
  std::function<Reason(const base::RecordFields& fields, std::string& body, base::Surface& surface)>
      render;

  // Whether it matters which record comes first: batches for one card go out in the order of the
  // file, and those of different payloads are filled side by side. Such an audience is one slice.
  bool in_order() const { return bool{surface} || render != nullptr; }
};

class Intake {  // any thread
 public:
  // `seen`: what the campaign has had already, where several slices go on; else null.
  Intake(std::shared_ptr<dispatch::CampaignRun> campaign, Message message, double malformed_max,
         std::shared_ptr<const Resumption> resumption = nullptr,
         std::shared_ptr<ledger::Seen> seen = nullptr);

  const std::shared_ptr<dispatch::CampaignRun>& campaign() const { return campaign_; }
  const Message& message() const { return message_; }
  const Resumption* resumption() const { return resumption_.get(); }  // null: nothing is known
  std::uint32_t slices() const { return static_cast<std::uint32_t>(campaign_->slices.size()); }
  // One for all slices, made when the first asks; not where messages are for cards or live views.
  std::shared_ptr<ledger::Seen> seen(ledger::Accounts& accounts);

  // No slice is read any further: the campaign was told to stop, or its audience cannot be read.
  bool stopped() const {
    return campaign_->stop_ingest.load(std::memory_order_relaxed) ||
           failed_.load(std::memory_order_relaxed);
  }
  // The audience cannot be read; the first such error is the campaign's.
  void give_up(Error error);
  // A block was read. False: too many are malformed, and that was the end.
  bool count(std::uint64_t records, std::uint64_t malformed);
  // A slice has no more records. False: nothing in all of them was a token.
  bool count_end();
  // A slice's ingest is over, wherever it came to; true: it was the campaign's last.
  bool end_slice(std::uint32_t slice, std::uint64_t records, std::uint64_t content_digest);

 private:
  const std::shared_ptr<dispatch::CampaignRun> campaign_;
  const Message message_;
  const double malformed_max_;
  const std::shared_ptr<const Resumption> resumption_;

  std::mutex mutex_;  // of the campaign's input_error, and of seen_; taken once a slice
  std::shared_ptr<ledger::Seen> seen_;
  std::atomic<bool> failed_{false};  // relaxed: looked at every block, late is fine
  // Relaxed: they are held against each other, and a block more or less changes little.
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> malformed_{0};
  std::atomic<std::uint32_t> unread_;  // slices not read to their end
  std::atomic<std::uint32_t>
      active_;  // slices whose ingest is not over; acq_rel: the last sees all
};

}  // namespace herald::campaign
