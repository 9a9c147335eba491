// A group read back, kept as it was shown, for tests of the format and of damage to it.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/store/group.h"

namespace herald::store {

// Found by argument-dependent lookup.
inline bool operator==(const ReservedToken& a, const ReservedToken& b) {
  return a.fingerprint == b.fingerprint && a.record == b.record;
}
inline bool operator==(const DroppedRecord& a, const DroppedRecord& b) {
  return a.record == b.record && a.outcome == b.outcome && a.reason == b.reason;
}
inline bool operator==(const Exception& a, const Exception& b) {
  return a.index == b.index && a.outcome == b.outcome && a.reason == b.reason &&
         a.released == b.released;
}

inline constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint32_t kMost32 = std::numeric_limits<std::uint32_t>::max();

// Keeps what it is shown.
struct Kept final : GroupVisitor {
  struct Reservation {
    ReservationHead head;
    std::vector<ReservedToken> tokens;
    std::vector<DroppedRecord> drops;
  };
  struct Settled1 {
    Settle settle;
    std::string request_id;
    std::string reason_text;
    std::vector<Exception> exceptions;
  };
  struct End {
    CampaignNumber campaign;
    std::uint32_t slice;
    std::uint64_t records;
  };

  void on_reservation(const ReservationHead& head, std::span<const ReservedToken> tokens,
                      std::span<const DroppedRecord> drops) override {
    order += 'r';
    reservations.push_back({head, {tokens.begin(), tokens.end()}, {drops.begin(), drops.end()}});
  }
  void on_settle(const Settle& settle) override {
    order += 's';
    settles.push_back({settle,
                       std::string(settle.request_id),
                       std::string(settle.reason_text),
                       {settle.exceptions.begin(), settle.exceptions.end()}});
  }
  void on_audience_end(CampaignNumber campaign, std::uint32_t slice,
                       std::uint64_t records) override {
    order += 'e';
    ends.push_back({campaign, slice, records});
  }
  void on_audience_mark(CampaignNumber campaign, std::uint32_t slice,
                        const AudienceMark& mark) override {
    order += 'm';
    marks.push_back({campaign, slice, mark});
  }
  void on_resumed(CampaignNumber campaign) override {
    order += 'g';
    resumed.push_back(campaign);
  }

  struct Mark {
    CampaignNumber campaign;
    std::uint32_t slice;
    AudienceMark mark;
  };

  std::string order;  // of the records: r, s, e, m, g
  std::vector<Reservation> reservations;
  std::vector<Settled1> settles;
  std::vector<End> ends;
  std::vector<Mark> marks;
  std::vector<CampaignNumber> resumed;
};

inline Kept read(std::string_view bytes) {
  Kept kept;
  const auto result = read_group(bytes, kept);
  EXPECT_TRUE(result) << result.error().what;
  return kept;
}

inline std::string bytes_of(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

}  // namespace herald::store
