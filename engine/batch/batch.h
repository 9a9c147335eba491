// At most 1000 tokens laid out as the request body wants them, with what the ledger, the store and
// the report need to know of each.
//
// A batch is written once, by the ingest thread, then only read: DATA frames are cut from wire().
// Each of its records is either an Entry (to be sent) or a Drop. Where all records of a campaign
// are sent the same payload they are consecutive; where payloads differ, those between them are in
// other batches, and where a campaign goes on, some had their outcome before.
#pragma once

#include <cassert>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/day.h"
#include "engine/base/surface.h"
#include "herald/outcome.h"

namespace herald::batch {

inline constexpr std::uint32_t kTokensMax = 1000;   // of a request (api.md 6)
inline constexpr std::uint32_t kDropsMax = 8192;    // then a batch goes out although it is not full
inline constexpr std::size_t kTokenBytesMax = 512;  // I66
// Two quotes and a comma, and every byte escaped.
inline constexpr std::size_t kWireBytesPerTokenMax = 2 * kTokenBytesMax + 3;

struct Entry {
  std::uint64_t fingerprint;
  std::uint32_t record;  // relative to first_record
  std::uint32_t offset;  // of the opening quote in wire()
};

struct Drop {
  std::uint32_t record;  // relative to first_record
  Outcome outcome;
  Reason reason;
};

// What becomes of an entry that is looked at again.
struct Fate {
  bool kept;
  Outcome outcome;  // of one that is not
  Reason reason;
};

// Page-aligned bytes that only grow: a recycled batch keeps its buffer. Aligned because copies
// between buffers that lie a few bytes apart modulo 4096 fall to a twentieth of their speed on the
// machines this runs on.
class WireBuffer {
 public:
  ~WireBuffer();
  WireBuffer() = default;
  WireBuffer(const WireBuffer&) = delete;
  WireBuffer& operator=(const WireBuffer&) = delete;

  // Room for `more` bytes behind size(). Throws std::bad_alloc.
  char* reserve(std::size_t more) {
    if (size_ + more > capacity_) grow(size_ + more);
    return data_ + size_;
  }
  void advance(std::size_t written) { size_ += written; }
  void resize_down(std::size_t size) { size_ = size; }
  const char* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }

 private:
  void grow(std::size_t needed);

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

class Batch {
 public:
  Batch();

  // --- filled by the ingest thread ---

  // The token's bytes as the file has them; `escape`: it holds a quote or a backslash.
  void append(std::string_view token, bool escape, std::uint64_t fingerprint,
              std::uint32_t record) {
    assert(entries_.size() < kTokensMax);
    char* const start = wire_.reserve(2 * token.size() + 3);
    entries_.push_back({fingerprint, record, static_cast<std::uint32_t>(wire_.size())});
    char* out = start;
    *out++ = '"';
    out = escape ? escaped(out, token) : copied(out, token);
    *out++ = '"';
    *out++ = ',';
    wire_.advance(static_cast<std::size_t>(out - start));
  }
  void drop(std::uint32_t record, Outcome outcome, Reason reason) {
    drops_.push_back({record, outcome, reason});
  }
  void reset();

  // --- read by everyone afterwards ---

  std::span<const Entry> entries() const { return entries_; }
  std::span<const Drop> drops() const { return drops_; }
  // "t1","t2",… without a comma at the end.
  std::string_view wire() const { return {wire_.data(), wire_.size() == 0 ? 0 : wire_.size() - 1}; }
  // Entry i with its quotes, escaped as it was sent.
  std::string_view quoted(std::size_t i) const {
    const std::size_t end = i + 1 < entries_.size() ? entries_[i + 1].offset - 1 : wire_.size() - 1;
    return {wire_.data() + entries_[i].offset, end - entries_[i].offset};
  }
  std::string token(std::size_t i) const;  // as the file has it
  std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }
  std::size_t bytes() const;  // what it holds of the pool's memory

  // Entries whose fate is not to be kept become drops: for a batch that waited over midnight and
  // found the new day's quota spent (I6), or whose campaign expired.
  void compact(std::span<const Fate> fates);
  // They are in a durable group, and are not to be reserved again with what is left.
  void clear_drops() { drops_.clear(); }

  // Where its records are: all in [first_record, first_record + records) of the slice.
  std::uint64_t first_record = 0;
  std::uint32_t records = 0;
  std::uint32_t slice = 0;
  bool last = false;  // no more records in this slice

  // What the slice's first so many records were, its own among them (campaign::RecordsDigest).
  std::uint64_t mark_records = 0;
  std::uint64_t mark_digest = 0;

  // Its tokens are sent once more: why they were ambiguous. Its entries only: there are no drops.
  Reason resends = Reason::none;

  // What its tokens were charged in the ledger; false until they were.
  base::DaySet days;
  bool marketing = false;
  bool test = false;
  base::Surface surface;  // the card or live view that its payload is for

  // The body before its tokens, where it is not the campaign's.
  std::string prefix;

  // --- written by the sender thread ---

  void* campaign = nullptr;           // dispatch::CampaignRun
  std::uint64_t id = 0;               // of its reservation; 0: none
  std::uint64_t sequence = 0;         // of the commit group that holds it; 0: not durable yet
  bool again = false;                 // an earlier reservation of these records was given back
  std::uint64_t generation = 0;       // of the credentials it was last sent with
  std::uint32_t attempts = 0;         // requests whose last byte may have left
  std::uint32_t waits = 0;            // back-offs so far
  std::uint32_t refused_streams = 0;  // in a row
  std::uint64_t refused_since = 0;    // answers its campaign had had at the first of them

 private:
  static char* escaped(char* to, std::string_view token);
  // Tokens have about a hundred bytes: sixteen at a time costs half of what a call of memcpy does.
  static char* copied(char* to, std::string_view token) {
    constexpr std::size_t kStep = 16;
    if (token.size() < kStep) {
      std::memcpy(to, token.data(), token.size());
      return to + token.size();
    }
    const std::size_t last = token.size() - kStep;
    for (std::size_t at = 0; at < last; at += kStep) std::memcpy(to + at, token.data() + at, kStep);
    std::memcpy(to + last, token.data() + last, kStep);
    return to + token.size();
  }

  std::vector<Entry> entries_;
  std::vector<Drop> drops_;
  WireBuffer wire_;
};

}  // namespace herald::batch
