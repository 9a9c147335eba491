// Which plain text can have reached the peer: TLS records in the order they were made, each known
// by where its plain text ends and its cipher text begins.
#pragma once

#include <cstdint>
#include <deque>

namespace herald::transport {

class RecordMarks {  // one thread
 public:
  // A record was made of the plain text up to `plain_end`; its cipher text starts at
  // `cipher_begin`.
  void add(std::uint64_t plain_end, std::uint64_t cipher_begin) {
    marks_.push_back({plain_end, cipher_begin});
  }
  // The cipher text before `cipher_end` was given to send().
  void given(std::uint64_t cipher_end) {
    while (!marks_.empty() && marks_.front().cipher_begin < cipher_end) {
      plain_begun_ = marks_.front().plain_end;
      marks_.pop_front();
    }
  }
  // Whether any byte of the record that holds the plain byte before `position` was given to send().
  bool begun(std::uint64_t position) const { return position <= plain_begun_; }

 private:
  struct Mark {
    std::uint64_t plain_end;
    std::uint64_t cipher_begin;
  };
  std::deque<Mark> marks_;  // as many as records fit between encryption and socket
  std::uint64_t plain_begun_ = 0;
};

}  // namespace herald::transport
