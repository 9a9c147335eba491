#include "engine/store/group.h"

#include <cstring>
#include <limits>

namespace herald::store {
namespace {

enum Tag : std::uint8_t {
  kReservation = 1,
  kSettle = 2,
  kAudienceEnd = 3,
  kAudienceMark = 4,
  kResumed = 5,
};

enum Flag : std::uint8_t {
  kMarketing = 1,
  kBothDays = 2,
  kAgain = 4,
  kTest = 8,
  kCard = 16,
  kActivity = 32,
  kCreates = 64,
  kResends = 128,
};

std::uint8_t flags_of(const ReservationHead& head) {
  using Kind = base::Surface::Kind;
  const bool creates = head.surface.kind == Kind::activity && head.surface.creates;
  return static_cast<std::uint8_t>(
      (head.marketing ? kMarketing : 0) | (head.days.both ? kBothDays : 0) |
      (head.again ? kAgain : 0) | (head.test ? kTest : 0) |
      (head.surface.kind == Kind::card ? kCard : 0) |
      (head.surface.kind == Kind::activity ? kActivity : 0) | (creates ? kCreates : 0) |
      (head.resends != Reason::none ? kResends : 0));
}

// Reads forward and never past the end; after the first failure everything reads as zero.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool done() const { return at_ == end_; }
  bool failed() const { return failed_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  std::uint8_t byte() {
    if (left() < 1) return fail();
    return static_cast<std::uint8_t>(*at_++);
  }
  std::uint64_t u64() {
    std::uint64_t value = 0;
    if (left() < sizeof value) return fail();
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      value |= std::uint64_t{next & 0x7fu} << shift;
      if (next < 0x80) return value;
    }
    return fail();
  }
  std::int64_t signed_varint() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  std::string_view text() {
    const std::uint64_t size = varint();
    if (size > left()) {
      fail();
      return {};
    }
    const std::string_view text{at_, static_cast<std::size_t>(size)};
    at_ += size;
    return text;
  }
  // A count of things that take at least `bytes_each` bytes: what cannot be there is damage.
  std::size_t count(std::size_t bytes_each) {
    const std::uint64_t count = varint();
    if (count > left() / bytes_each) return fail();
    return static_cast<std::size_t>(count);
  }
  template <class Enum>
  Enum enumerator(Enum last) {
    const std::uint8_t value = byte();
    if (value > static_cast<std::uint8_t>(last)) fail();
    return static_cast<Enum>(failed_ ? 0 : value);
  }

  // What was read cannot be: nothing more is.
  std::uint8_t fail() {
    failed_ = true;
    at_ = end_;
    return 0;
  }

 private:
  const char* at_;
  const char* end_;
  bool failed_ = false;
};

// A record's place, told from the one before it. Whoever folds groups sizes tables by it, so one
// that is not covered by its reservation is damage.
std::uint32_t read_record(Cursor& in, std::uint64_t next, std::uint64_t step,
                          std::uint32_t records) {
  const std::uint64_t record = next + step;  // modulo 2^64: steps back come as they are
  if (record >= records) return in.fail();
  return static_cast<std::uint32_t>(record);
}

void read_reservation(Cursor& in, GroupVisitor& visitor) {
  ReservationHead head;
  head.campaign = in.varint();
  head.batch = in.varint();
  head.slice = static_cast<std::uint32_t>(in.varint());
  head.template_id = static_cast<std::uint32_t>(in.varint());
  const std::uint8_t flags = in.byte();
  const bool on_both = (flags & kCard) != 0 && (flags & kActivity) != 0;
  const bool creates_nothing = (flags & kCreates) != 0 && (flags & kActivity) == 0;
  if (on_both || creates_nothing) in.fail();
  head.test = (flags & kTest) != 0;
  head.marketing = (flags & kMarketing) != 0;
  head.again = (flags & kAgain) != 0;
  head.days = {static_cast<base::Day>(in.varint()), (flags & kBothDays) != 0};
  if (head.days.first == std::numeric_limits<base::Day>::max()) in.fail();  // none is behind it
  head.time_ms = in.signed_varint();
  head.first_record = in.varint();
  head.records = static_cast<std::uint32_t>(in.varint());
  if ((flags & (kCard | kActivity)) != 0) {
    head.surface.kind =
        (flags & kCard) != 0 ? base::Surface::Kind::card : base::Surface::Kind::activity;
    head.surface.creates = (flags & kCreates) != 0;
    head.surface.id = in.signed_varint();
    head.surface.version = in.signed_varint();
  }
  if ((flags & kResends) != 0) {
    head.resends = in.enumerator(kLastReason);
    if (head.resends == Reason::none) in.fail();
  }

  thread_local std::vector<ReservedToken> tokens;
  thread_local std::vector<DroppedRecord> drops;
  tokens.resize(in.count(sizeof(std::uint64_t) + 1));
  for (ReservedToken& token : tokens) token.fingerprint = in.u64();
  std::uint64_t next = 0;
  for (ReservedToken& token : tokens) {
    const std::uint64_t between = in.varint();
    if (between >= head.records) in.fail();  // a step back: tokens are in the records' order
    token.record = read_record(in, next, between, head.records);
    next = token.record + std::uint64_t{1};
  }
  drops.resize(in.count(3));
  next = 0;
  for (DroppedRecord& drop : drops) {
    drop.record =
        read_record(in, next, static_cast<std::uint64_t>(in.signed_varint()), head.records);
    drop.outcome = in.enumerator(Outcome::ambiguous);
    drop.reason = in.enumerator(kLastReason);
    next = drop.record + std::uint64_t{1};
  }
  if (!in.failed()) visitor.on_reservation(head, tokens, drops);
}

void read_settle(Cursor& in, GroupVisitor& visitor) {
  Settle settle;
  settle.batch = in.varint();
  settle.campaign = in.varint();
  settle.how = in.enumerator(Settled::voided);
  settle.outcome = in.enumerator(Outcome::ambiguous);
  settle.reason = in.enumerator(kLastReason);
  settle.released = in.byte() != 0;
  settle.tokens = static_cast<std::uint32_t>(in.varint());
  settle.time_ms = in.signed_varint();
  settle.request_id = in.text();
  settle.reason_text = in.text();
  thread_local std::vector<Exception> exceptions;
  exceptions.resize(in.count(4));
  for (Exception& exception : exceptions) {
    exception.index = static_cast<std::uint32_t>(in.varint());
    exception.outcome = in.enumerator(Outcome::ambiguous);
    exception.reason = in.enumerator(kLastReason);
    exception.released = in.byte() != 0;
    if (exception.index >= settle.tokens) in.fail();
  }
  settle.exceptions = exceptions;
  if (!in.failed()) visitor.on_settle(settle);
}

void read_audience_end(Cursor& in, GroupVisitor& visitor) {
  const CampaignNumber campaign = in.varint();
  const auto slice = static_cast<std::uint32_t>(in.varint());
  const std::uint64_t records = in.varint();
  if (!in.failed()) visitor.on_audience_end(campaign, slice, records);
}

void read_audience_mark(Cursor& in, GroupVisitor& visitor) {
  const CampaignNumber campaign = in.varint();
  const auto slice = static_cast<std::uint32_t>(in.varint());
  AudienceMark mark;
  mark.records = in.varint();
  mark.digest = in.u64();
  if (!in.failed()) visitor.on_audience_mark(campaign, slice, mark);
}

void read_resumed(Cursor& in, GroupVisitor& visitor) {
  const CampaignNumber campaign = in.varint();
  if (!in.failed()) visitor.on_resumed(campaign);
}

}  // namespace

void GroupWriter::begin_reservation(const ReservationHead& head, std::size_t tokens) {
  put_byte(kReservation);
  put_varint(head.campaign);
  put_varint(head.batch);
  put_varint(head.slice);
  put_varint(head.template_id);
  put_byte(flags_of(head));
  put_varint(static_cast<std::uint64_t>(head.days.first));
  put_varint(zigzag(head.time_ms));
  put_varint(head.first_record);
  put_varint(head.records);
  if (head.surface) {
    put_varint(zigzag(head.surface.id));
    put_varint(zigzag(head.surface.version));
  }
  if (head.resends != Reason::none) put_byte(static_cast<std::uint8_t>(head.resends));
  put_varint(tokens);
}

void GroupWriter::put_text(std::string_view text) {
  put_varint(text.size());
  bytes_.append(text);
}

void GroupWriter::settle(const Settle& settle, base::Day day) {
  put_byte(kSettle);
  put_varint(settle.batch);
  put_varint(settle.campaign);
  put_byte(static_cast<std::uint8_t>(settle.how));
  put_byte(static_cast<std::uint8_t>(settle.outcome));
  put_byte(static_cast<std::uint8_t>(settle.reason));
  put_byte(settle.released ? 1 : 0);
  put_varint(settle.tokens);
  put_varint(zigzag(settle.time_ms));
  put_text(settle.request_id);
  put_text(settle.reason_text);
  put_varint(settle.exceptions.size());
  for (const Exception& exception : settle.exceptions) {
    put_varint(exception.index);
    put_byte(static_cast<std::uint8_t>(exception.outcome));
    put_byte(static_cast<std::uint8_t>(exception.reason));
    put_byte(exception.released ? 1 : 0);
  }
  day_ = std::max(day_, day);
}

void GroupWriter::audience_end(CampaignNumber campaign, std::uint32_t slice, std::uint64_t records,
                               base::Day day) {
  put_byte(kAudienceEnd);
  put_varint(campaign);
  put_varint(slice);
  put_varint(records);
  day_ = std::max(day_, day);
}

void GroupWriter::audience_mark(CampaignNumber campaign, std::uint32_t slice,
                                const AudienceMark& mark, base::Day day) {
  put_byte(kAudienceMark);
  put_varint(campaign);
  put_varint(slice);
  put_varint(mark.records);
  put_u64(mark.digest);
  day_ = std::max(day_, day);
}

void GroupWriter::resumed(CampaignNumber campaign, base::Day day) {
  put_byte(kResumed);
  put_varint(campaign);
  day_ = std::max(day_, day);
}

Result<void> read_group(std::string_view bytes, GroupVisitor& visitor) {
  Cursor in{bytes};
  while (!in.done()) {
    switch (in.byte()) {
      case kReservation:
        read_reservation(in, visitor);
        break;
      case kSettle:
        read_settle(in, visitor);
        break;
      case kAudienceEnd:
        read_audience_end(in, visitor);
        break;
      case kAudienceMark:
        read_audience_mark(in, visitor);
        break;
      case kResumed:
        read_resumed(in, visitor);
        break;
      default:
        return Error{Errc::damaged_store, "a commit group holds a record of an unknown kind"};
    }
    if (in.failed()) return Error{Errc::damaged_store, "a commit group ends within a record"};
  }
  return {};
}

}  // namespace herald::store
