#include "tests/support/memory_stream.h"

#include <algorithm>
#include <utility>

namespace herald::test {

template <class Event>
void Wire::later(Event event) {
  executor_.run_at(executor_.boot() + settings_.latency,
                   [self = shared_from_this(), event = std::move(event)]() mutable {
                     if (!self->dark_) event();
                   });
}

void Wire::open(std::unique_ptr<Peer> peer, transport::Protocol protocol) {
  peer_ = std::move(peer);
  later([this, protocol] {
    if (handler_ != nullptr) handler_->on_open(protocol);
  });
}

void Wire::refuse(const Error& error) { tell_closed(error, false); }

void Wire::tell_closed(const Error& error, bool finished) {
  later([this, error, finished] {
    if (handler_ != nullptr) std::exchange(handler_, nullptr)->on_closed(error, finished);
  });
}

void Wire::peer_send(std::span<const std::uint8_t> bytes) {
  if (cut_) return;
  later([this, data = std::vector<std::uint8_t>(bytes.begin(), bytes.end())] {
    if (handler_ != nullptr) handler_->on_data(data);
  });
}

void Wire::cut() {
  if (cut_) return;
  cut_ = true;
  tell_closed({Errc::unreachable, "connection lost (cut by the test)"}, false);
}

void Wire::finish() {
  if (cut_) return;
  cut_ = true;
  tell_closed({Errc::unreachable, "the peer closed the connection (by the test)"}, true);
}

void Wire::stall(bool stalled) {
  stalled_ = stalled;
  if (!stalled) executor_.post([self = shared_from_this()] { self->take_arrived(); });
}

void Wire::write(std::span<const std::uint8_t> bytes) {
  written_ += bytes.size();
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  while (pending_.size() >= kRecordBytes) make_record(kRecordBytes);
}

void Wire::flush() {
  if (handler_ == nullptr) return;
  if (!pending_.empty()) make_record(pending_.size());
  if (unsent_ > 0 && !waiting_) send();
}

void Wire::make_record(std::size_t size) {
  const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(size);
  recorded_ += size;
  out_.push_back({{pending_.begin(), end}, recorded_});
  pending_.erase(pending_.begin(), end);
  unsent_ += size;
  if (unsent_ >= kSendBytes && !waiting_) send();
}

void Wire::send() {
  while (!out_.empty() && in_socket_ < settings_.socket_bytes) {
    Record& record = out_.front();
    const std::size_t moved =
        std::min(settings_.socket_bytes - in_socket_, record.plain.size() - record.given);
    record.given += moved;
    in_socket_ += moved;
    unsent_ -= moved;
    left_ = record.plain_end;
    Arrived arrived{moved, {}};
    if (record.given == record.plain.size()) {
      arrived.plain = std::move(record.plain);
      out_.pop_front();
    }
    later([this, arrived = std::move(arrived)]() mutable {
      arrived_.push_back(std::move(arrived));
      take_arrived();
    });
  }
  waiting_ = !out_.empty();
}

void Wire::take_arrived() {
  while (!arrived_.empty() && !stalled_ && !cut_) {
    const Arrived arrived = std::move(arrived_.front());
    arrived_.pop_front();
    in_socket_ -= arrived.bytes;
    if (!arrived.plain.empty()) peer_->on_bytes(arrived.plain);
  }
  if (closed_ && arrived_.empty() && !cut_) {
    cut_ = true;
    if (peer_ != nullptr) peer_->on_eof();
    return;
  }
  if (!waiting_ || handler_ == nullptr || in_socket_ >= settings_.socket_bytes) return;
  send();
  if (accepts_more()) handler_->on_drained();
}

void Wire::close() {
  if (handler_ == nullptr) return;
  handler_ = nullptr;
  out_.clear();
  pending_.clear();
  waiting_ = false;
  later([this] {
    closed_ = true;  // behind what a stalled peer has not taken yet
    take_arrived();
  });
}

}  // namespace herald::test
