// An audience that the program itself pushes, record by record, into a campaign.
//
//   herald::AudienceFeed feed;
//   auto campaign = engine.submit(job, feed).value();
//   for (const auto& token : tokens) feed.push(token).value();
//   feed.finish();
//   campaign.wait();
//
// What is pushed waits in memory, at most kBytesMax of it, until the engine reads it; the engine
// writes it down (under data_dir) before it sends any of it. Three ways to meet a feed that is
// full: push() waits, try_push() says so, when_room() calls back. Campaigns are read one after the
// other, so a feed that is not finished holds up campaigns that are submitted after it.
//
// A record is what a line of a file would be, without its end: a token, or, in a job whose audience
// has format "jsonl", a JSON object. Format "csv" has no records of its own and is refused.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "herald/result.h"

namespace herald {

namespace audience {
class Feed;
}

// Any thread may push; moving and destroying are the owner's.
class AudienceFeed {
 public:
  static constexpr std::size_t kBytesMax = 4 << 20;         // waiting in memory
  static constexpr std::size_t kRecordBytesMax = 64 << 10;  // of one record

  AudienceFeed();
  // Without finish() before, the campaign ends as input_error: its caller went away.
  ~AudienceFeed();
  AudienceFeed(AudienceFeed&&) noexcept;
  AudienceFeed& operator=(AudienceFeed&&) noexcept;

  // Waits while the feed is full. Records of one thread keep their order.
  // Errors: usage, a record that is longer than kRecordBytesMax or has a newline in it, and any
  // after finish(); audience, the campaign has stopped and reads no more.
  Result<void> push(std::string_view record);
  // The same without waiting; false: full, and not taken.
  Result<bool> try_push(std::string_view record);
  // Calls once, as soon as there is room, or the campaign has stopped: at once from here, or later
  // from an engine thread, which must not be kept waiting. A later call takes the place of an
  // earlier one; destroying the feed drops one that has not begun.
  void when_room(std::function<void()> call);
  // No record follows.
  void finish();

 private:
  friend class Engine;
  std::shared_ptr<audience::Feed> feed_;  // shared with the campaign that reads it
};

}  // namespace herald
