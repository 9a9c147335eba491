// Answers of HTTP/1.1 do not depend on how they are cut: whether they are one, and what they say.
//
// Input: a byte, whether the peer finishes at the end; the sizes of the pieces; what the peer
// sends.
#include "engine/transport/http1_answer.h"
#include "tests/fuzz/fuzz.h"

namespace herald::transport {
namespace {

using fuzz::require;

struct Read {
  enum class How : std::uint8_t { whole, incomplete, broken };

  How how = How::incomplete;
  bool keeps = false;
  std::size_t unread = 0;
  Exchange exchange;
};

Read read(std::string_view text, const std::function<std::size_t()>& sizes, bool finishes) {
  Read read;
  Http1Answer answer;
  answer.begin(read.exchange);
  while (!text.empty() && read.how == Read::How::incomplete) {
    const std::string_view piece = text.substr(0, sizes ? sizes() : text.size());
    const std::vector<std::uint8_t> bytes(piece.begin(), piece.end());  // of that size exactly
    text.remove_prefix(piece.size());
    const auto whole = answer.take(bytes);
    if (whole.has_error()) fuzz::require_one_line(whole.error().what);
    if (whole.has_error()) read.how = Read::How::broken;
    if (whole && *whole) read.how = Read::How::whole;
  }
  if (read.how == Read::How::incomplete && finishes && answer.finish()) read.how = Read::How::whole;
  read.unread = answer.unread() + text.size();
  if (read.how == Read::How::whole) read.keeps = answer.keeps_connection() && read.unread == 0;
  return read;
}

void run(bool finishes, std::vector<std::size_t> sizes, std::string_view text) {
  const Read whole = read(text, {}, finishes);
  const Read pieces = read(text, fuzz::in_turn(std::move(sizes)), finishes);
  // Of a head that does not end, Beast finds out what is wrong now or, when it came in pieces, not
  // before its end. Neither is an answer.
  require((whole.how == Read::How::whole) == (pieces.how == Read::How::whole), "answers alike");
  require(whole.exchange.answer.size() <= kAnswerBytesMax, "no more is kept than is read");
  if (whole.how != Read::How::whole) return;
  require(whole.exchange.complete && pieces.exchange.complete, "complete");
  require(whole.exchange.status == pieces.exchange.status, "the same status");
  require(whole.exchange.status / 100 != 1, "no interim answer is one");
  require(whole.exchange.answer == pieces.exchange.answer, "the same body");
  require(whole.exchange.oversize == pieces.exchange.oversize, "too long alike");
  require(whole.unread == pieces.unread, "as much follows");
  require(whole.keeps == pieces.keeps, "the same fate of the connection");
}

}  // namespace
}  // namespace herald::transport

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  herald::fuzz::Input input(data, size);
  const bool finishes = input.byte() % 2 != 0;
  std::vector<std::size_t> sizes = input.sizes();
  herald::transport::run(finishes, std::move(sizes), input.rest());
  return 0;
}
