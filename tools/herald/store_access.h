// To a data directory's store, whoever has it: through the files where no process owns them, else
// through the control socket of the one that does.
#pragma once

#include <functional>

#include "engine/reading.h"
#include "herald/config.h"
#include "herald/result.h"
#include "tools/herald/control_client.h"

namespace herald::cli {

// Calls one of the two; `alone` says store_in_use where it finds an owner. Owners come and go, so
// both are tried for half a second; each may be called again after it said store_in_use.
// Errors: theirs; store_in_use, which names the owner that has no socket.
Result<void> alone_or_through_owner(const Config& config,
                                    const std::function<Result<void>()>& alone,
                                    const std::function<Result<void>(ControlClient&)>& through);

// `read` must have read all it wants before it prints: it may be called again.
Result<void> read_store(const Config& config,
                        const std::function<Result<void>(const Reading&)>& read);

}  // namespace herald::cli
