// What the control socket answers: its paths, without socket or threads.
//
//   GET  /v1/campaigns              those that run here, with their progress
//   GET  /v1/campaigns/ID/report    as `herald report --json` prints it
//   POST /v1/campaigns/ID/pause     both answer once the campaign has stopped, or it takes too
//   long: POST /v1/campaigns/ID/cancel    {"campaign": ID, "state": …}; "running": it still stops
//   GET  /v1/store/meta|campaigns|blocks?now_ms=N|groups?from=DAY
//                                   the store's content, in frames (control_frames.h)
//
// The last is for `report`, `outcomes`, `explain` and `ledger dump` of another process: it gets
// what it would read from the files if it had the directory, and does the same with it. So both
// print the same, the owner's memory and time are not what questions cost, and no token passes here
// (I80). For the directory's own user alone: never to be offered on a network.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "herald/engine.h"
#include "herald/result.h"
#include "tools/herald/control_http.h"

namespace herald::cli {

struct ControlSeams {
  Engine& engine;
  std::chrono::milliseconds stop_wait;  // for what is in flight when a campaign is to stop
  std::function<bool()> closing;        // asked while waiting: the server goes away
  std::function<Result<void>(std::string_view)> send;
};

// Sends the answer, an error's too. Errors: unreachable, the send's: nobody listens any more.
Result<void> answer(const ControlRequest& request, const ControlSeams& on);

// {"error":{"code":…,"what":…}}
std::string error_json(const Error& error);
// What it says; or nothing, when it is none.
std::optional<Error> read_error(std::string_view json);

}  // namespace herald::cli
