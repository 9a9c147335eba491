// What comes through the control socket, on either side: a request is whole or refused, and how it
// is cut makes no difference; an answer, its frames and its JSON are read or refused.
#include "tests/fuzz/fuzz.h"
#include "tools/herald/control_api.h"
#include "tools/herald/control_frames.h"
#include "tools/herald/control_http.h"
#include "tools/herald/control_progress.h"

namespace herald::cli {
namespace {

using fuzz::require;

std::string read_request(std::string_view bytes, const std::function<std::size_t()>& size) {
  RequestReader reader;
  while (!bytes.empty()) {
    const std::size_t piece = size ? std::min(size(), bytes.size()) : bytes.size();
    if (reader.take(bytes.substr(0, piece))) break;
    bytes.remove_prefix(piece);
  }
  if (const auto& refusal = reader.refusal()) {
    fuzz::require_one_line(refusal->why);
    require(refusal->status >= 400 && refusal->status < 500, "a refusal is the client's fault");
    return "refused";
  }
  if (!reader.request()) return "more";
  const ControlRequest& request = *reader.request();
  require(request.body.size() <= kControlBodyBytesMax, "a body has its limit");
  require(request.path.find('?') == request.path.npos, "the query is no part of the path");
  return request.method + ' ' + request.path + ' ' + request.query + ' ' + request.body;
}

void read_answer(std::string_view bytes, const std::function<std::size_t()>& size) {
  FrameReader frames{[](std::uint64_t, std::string_view frame) -> Result<void> {
    require(frame.size() <= kFrameBytesMax, "a frame has its limit");
    return {};
  }};
  AnswerReader reader{[&](std::string_view piece) { return frames.take(piece); }};
  while (!bytes.empty()) {
    const std::size_t piece = size ? std::min(size(), bytes.size()) : bytes.size();
    const auto whole = reader.take(bytes.substr(0, piece));
    if (!whole || *whole) return;
    bytes.remove_prefix(piece);
  }
}

}  // namespace
}  // namespace herald::cli

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace herald::cli;
  herald::fuzz::Input input(data, size);
  const auto sizes = input.sizes();
  const std::string_view rest = input.rest();
  const std::string whole = read_request(rest, {});
  const std::string cut = read_request(rest, herald::fuzz::in_turn(sizes));
  // Only when a mistake shows may differ: Beast looks for the header's end before it reads it.
  const bool both_none =
      (whole == "more" || whole == "refused") && (cut == "more" || cut == "refused");
  herald::fuzz::require(whole == cut || both_none, "how a request is cut makes no difference");
  read_answer(rest, herald::fuzz::in_turn(sizes));
  (void)read_error(rest);
  (void)read_progress(rest);
  FrameReader frames{[](std::uint64_t, std::string_view) { return herald::Result<void>{}; }};
  (void)frames.take(rest);
  return 0;
}
