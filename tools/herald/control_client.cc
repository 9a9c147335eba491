#include "tools/herald/control_client.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "tools/herald/control_api.h"
#include "tools/herald/control_frames.h"
#include "tools/herald/control_http.h"
#include "tools/herald/control_socket.h"

namespace herald::cli {
namespace {

// The owner waits at most so long for a campaign to stop, request_timeout being 10 minutes at most;
// a dead one shows at once.
constexpr std::chrono::minutes kSilenceMax{11};
constexpr std::chrono::seconds kSendMax{5};

}  // namespace

Error ControlClient::gone() const {
  return {Errc::store_in_use, fmt::format("{}: the process that owns it does not answer: ask again",
                                          data_dir_.string())};
}

Result<std::string> ControlClient::ask(std::string_view method, std::string_view target,
                                       const Piece& piece) const {
  using Steady = std::chrono::steady_clock;
  const auto fd = connect_to_control_socket(data_dir_);
  if (!fd) return gone();
  Wire wire{fd->get()};
  const std::string_view body = method == "POST" ? "{}" : "";
  // A refusal may have come instead of anybody who reads: the answer says.
  (void)wire.send(http_request(method, target, body), Steady::now() + kSendMax);
  AnswerReader answer{piece};
  std::array<char, 64 << 10> bytes;
  for (bool whole = false; !whole;) {
    const auto came = wire.receive(bytes, Steady::now() + kSilenceMax);
    if (!came || *came == 0) return gone();
    const auto taken = answer.take({bytes.data(), *came});
    if (!taken) return taken.error();
    whole = *taken;
  }
  if (answer.status() == 200) return answer.body();
  if (const auto error = read_error(answer.body())) return *error;
  return Error{Errc::unreachable,
               fmt::format("{}: the control socket answers {}: use the version of herald that runs",
                           data_dir_.string(), answer.status())};
}

Result<std::string> ControlClient::get(std::string_view target) const {
  return ask("GET", target, [](std::string_view) { return Result<void>{}; });
}

Result<std::string> ControlClient::post(std::string_view target) const {
  return ask("POST", target, [](std::string_view) { return Result<void>{}; });
}

Result<void> ControlClient::get_frames(std::string_view target, const Visit& visit) const {
  FrameReader frames{visit};
  const auto asked = ask("GET", target, [&](std::string_view piece) { return frames.take(piece); });
  if (!asked) return asked.error();
  if (!frames.done()) return gone();
  return {};
}

}  // namespace herald::cli
