// Whatever an HTTP/2 server sends, every request ends at most once, is answered only by an answer
// with a status, and how it ends does not depend on how the bytes are cut.
//
// Input: a byte, whether what follows is bytes as they are or frames (type, flags, stream, size,
// payload) whose headers are written here; the sizes of the pieces; the bytes or frames.
#include <array>
#include <string>

#include "engine/transport/session.h"
#include "tests/fuzz/fuzz.h"

namespace herald::transport {
namespace {

using fuzz::require;

struct NoClock final : base::Clock {
  base::WallTime wall() const override { return {}; }
  base::BootTime boot() const override { return {}; }
};

struct Sink final : ByteStream {  // the peer reads all there is
  bool accepts_more() const override { return true; }
  void write(std::span<const std::uint8_t> bytes) override { written_ += bytes.size(); }
  void flush() override {}
  std::uint64_t written() const override { return written_; }
  bool may_have_left(std::uint64_t position) const override { return position <= written_; }
  void close() override {}

  std::uint64_t written_ = 0;
};

// A connection with two requests out.
class Client final : public SessionHost {
 public:
  Client() {
    for (Exchange& exchange : exchanges_) {
      exchange.begin(kRequest, nullptr, {}, {});
      require(session_->submit(kRequest, exchange), "a request can be submitted");
    }
    session_->generate();
  }
  void on_usable() override {}
  void on_going() override {}
  void on_end(Exchange& exchange, End how) override {
    require(exchange.open, "a request ends once");
    exchange.open = false;
    exchange.how = how;
    require(how != End::answered || (exchange.complete && exchange.status != 0), "an answer");
    require(exchange.answer.size() <= kAnswerBytesMax, "no more is kept than is read");
  }
  Exchange* open_exchange(std::int32_t stream) override {
    for (Exchange& each : exchanges_) {
      if (each.stream == stream && each.open) return &each;
    }
    return nullptr;
  }

  // How the requests ended.
  std::string receive(std::string_view bytes, const std::function<std::size_t()>& sizes) {
    bool sound = true;
    while (!bytes.empty() && sound && !session_->over()) {
      const std::string_view piece = bytes.substr(0, sizes ? sizes() : bytes.size());
      const std::vector<std::uint8_t> copy(piece.begin(), piece.end());  // of that size exactly
      bytes.remove_prefix(piece.size());
      const auto received = session_->receive(copy);
      if (received.has_error()) fuzz::require_one_line(received.error().what);
      sound = received.has_value();
      if (sound) session_->generate();
    }
    std::string ends;
    for (Exchange& each : exchanges_) {
      if (!each.open && each.how == End::answered) {
        ends += std::to_string(each.status) + (each.oversize ? " too long" : "") + each.answer;
      }
      ends += '\n';
      if (!each.open || !sound) continue;
      require(session_->cancel(each).has_value(), "its time is up");
      each.open = false;
    }
    if (sound) session_->generate();
    return ends;
  }

 private:
  static constexpr Request kRequest{.path = "/v3/1/messages:send",
                                    .authority = "push",
                                    .authorization = "Bearer x",
                                    .push_type = "0",
                                    .body = {R"({"target":{"token":[)", "\"t\"", "]}}"}};
  NoClock clock_;
  Sink stream_;
  Timing timing_;
  std::array<Exchange, 2> exchanges_;
  std::unique_ptr<Session> session_ = make_http2_session(*this, stream_, clock_, timing_);
};

// RFC 9113 4.1.
std::string frames(fuzz::Input input) {
  std::string bytes;
  while (!input.rest().empty()) {
    const auto type = static_cast<char>(input.byte());
    const auto flags = static_cast<char>(input.byte());
    const auto stream = static_cast<char>(input.byte());
    const std::string_view payload = input.take(input.byte());
    bytes.append({0, 0, static_cast<char>(payload.size()), type, flags, 0, 0, 0, stream});
    bytes += payload;
  }
  return bytes;
}

}  // namespace
}  // namespace herald::transport

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  herald::fuzz::Input input(data, size);
  const bool framed = input.byte() % 2 != 0;
  std::vector<std::size_t> sizes = input.sizes();
  const std::string bytes = framed ? herald::transport::frames(input) : std::string(input.rest());
  const std::string whole = herald::transport::Client().receive(bytes, {});
  const std::string pieces =
      herald::transport::Client().receive(bytes, herald::fuzz::in_turn(std::move(sizes)));
  herald::fuzz::require(whole == pieces, "the same answers however they are cut");
  return 0;
}
