#include "engine/transport/http1_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

#include "engine/transport/http1_answer.h"
#include "engine/transport/session.h"

namespace herald::transport {
namespace {

// A TLS record of the largest size, which is encrypted from where it lies.
constexpr std::size_t kPieceBytes = 16384;

class Http1Session final : public Session {
 public:
  Http1Session(SessionHost& host, ByteStream& stream, const base::Clock& clock,
               const Timing& timing)
      : host_(host),
        stream_(stream),
        clock_(clock),
        timing_(timing),
        began_(clock.boot()),
        idle_since_(began_) {
    host_.on_usable();
  }

  std::uint32_t streams_max() const override {
    return exchange_ != nullptr || is_fresh(clock_.boot()) ? 1 : 0;
  }
  bool has_room() const override { return exchange_ == nullptr; }
  bool starved() const override { return false; }
  bool submit(const Request& request, Exchange& exchange) override;
  void generate() override;
  Result<void> receive(std::span<const std::uint8_t> bytes) override;
  void finish() override;
  Result<void> cancel(Exchange& exchange) override;
  base::BootTime next_event(bool busy) const override;
  Result<void> on_time(base::BootTime now, bool busy) override;

 private:
  bool is_fresh(base::BootTime now) const {
    return requests_ < kHttp1RequestsMax && now - idle_since_ < kHttp1IdleMax &&
           now - began_ < kHttp1AgeMax;
  }
  void answered();

  SessionHost& host_;
  ByteStream& stream_;
  const base::Clock& clock_;
  const Timing& timing_;
  const base::BootTime began_;
  base::BootTime idle_since_;
  std::uint32_t requests_ = 0;

  Exchange* exchange_ = nullptr;  // the one that is open
  std::string head_;              // of its request
  std::size_t head_at_ = 0;       // written up to here
  std::uint64_t head_end_ = 0;    // its position in the plain text
  Http1Answer answer_;
  std::array<std::uint8_t, kPieceBytes> piece_;
};

bool Http1Session::submit(const Request& request, Exchange& exchange) {
  head_.clear();
  const auto head = std::back_inserter(head_);
  if (request.method == Method::get) {
    fmt::format_to(head, "GET {} HTTP/1.1\r\nHost: {}\r\nCache-Control: no-cache\r\n\r\n",
                   request.path, request.authority);
  } else {
    fmt::format_to(head,
                   "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n"
                   "Content-Length: {}\r\nAuthorization: {}\r\npush-type: {}\r\n\r\n",
                   request.path, request.authority, request.body_bytes(), request.authorization,
                   request.push_type);
  }
  head_at_ = 0;
  head_end_ = stream_.written() + head_.size();
  exchange.stream = static_cast<std::int32_t>(++requests_);
  exchange_ = &exchange;
  answer_.begin(exchange);
  return true;
}

void Http1Session::generate() {
  while (exchange_ != nullptr && !exchange_->body_done && stream_.accepts_more()) {
    const std::size_t head = std::min(head_.size() - head_at_, kPieceBytes);
    copy_in_pieces(piece_.data(), head_.data() + head_at_, head);
    head_at_ += head;
    const std::size_t body = exchange_->copy_body(piece_.data() + head, kPieceBytes - head);
    stream_.write({piece_.data(), head + body});
    if (head_at_ < head_.size() || !exchange_->exhausted()) continue;
    exchange_->body_done = true;
    exchange_->end = stream_.written();
  }
}

Result<void> Http1Session::receive(std::span<const std::uint8_t> bytes) {
  // An answer to nothing, or to what the peer cannot have seen. It may be the parting word to a
  // connection that idled (408), and must not pass for what became of a request.
  if (exchange_ == nullptr || !stream_.may_have_left(head_end_)) {
    return Error{Errc::unreachable, "the peer speaks without being asked"};
  }
  const auto whole = answer_.take(bytes);
  if (!whole) {
    host_.on_end(*std::exchange(exchange_, nullptr), End::reset);
    return whole.error();
  }
  if (*whole) answered();
  return {};
}

void Http1Session::answered() {
  Exchange& exchange = *std::exchange(exchange_, nullptr);
  idle_since_ = clock_.boot();
  // An answer that came before the whole request was with the socket counts, but the server may
  // have stopped to read, and what follows would be taken for the rest of it.
  const bool sent_whole =
      exchange.body_done && stream_.may_have_left(exchange.end) && stream_.accepts_more();
  if (!sent_whole || !answer_.keeps_connection() || !is_fresh(idle_since_)) host_.on_going();
  host_.on_end(exchange, End::answered);
}

void Http1Session::finish() {
  if (exchange_ == nullptr || !answer_.finish()) return;
  host_.on_going();
  host_.on_end(*std::exchange(exchange_, nullptr), End::answered);
}

// There is no stream to reset: what the byte stream still holds must not leave.
Result<void> Http1Session::cancel(Exchange&) {
  exchange_ = nullptr;
  return Error{Errc::unreachable, fmt::format("no answer within {} ms", timing_.request.count())};
}

base::BootTime Http1Session::next_event(bool busy) const {
  return busy ? base::BootTime::max()
              : std::min(idle_since_ + kHttp1IdleMax, began_ + kHttp1AgeMax);
}

Result<void> Http1Session::on_time(base::BootTime now, bool busy) {
  if (!busy && !is_fresh(now)) host_.on_going();
  return {};
}

}  // namespace

std::unique_ptr<Session> make_http1_session(SessionHost& host, ByteStream& stream,
                                            const base::Clock& clock, const Timing& timing) {
  return std::make_unique<Http1Session>(host, stream, clock, timing);
}

}  // namespace herald::transport
