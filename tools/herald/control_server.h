// Lets other processes of the same user ask and steer the engine of this one, through the control
// socket.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/store/data_dir.h"
#include "herald/config.h"
#include "herald/engine.h"
#include "herald/result.h"
#include "tools/herald/console.h"

namespace herald::cli {

class ControlServer {
 public:
  static constexpr std::size_t kConnectionsMax = 8;      // at once; one more is told to come later
  static constexpr std::chrono::seconds kRequestMax{5};  // for all of a request to come (I83)
  // Without which an answer is given up. A client that does not read holds a connection, and old
  // files of the store, no longer than this.
  static constexpr std::chrono::seconds kSilenceMax{10};
  // How long the end waits for answers under way: to a pause, above all.
  static constexpr std::chrono::seconds kFarewell{2};

  // The engine outlives it. One thread that sleeps until somebody connects, and one for each that
  // has. Errors: disk, when there can be no socket.
  static Result<std::unique_ptr<ControlServer>> start(const Config& config, Engine& engine);
  ~ControlServer();  // removes the socket
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  struct Connection {
    store::Descriptor fd;
    bool done = false;  // guarded by mutex_
    std::thread thread;
  };

  ControlServer(const Config& config, Engine& engine, store::Descriptor listening,
                store::Descriptor wake);
  void accept_all();
  void accept_one();
  void reap();
  void serve(Connection& connection);
  void serve_request(int fd);

  const Config& config_;
  Engine& engine_;
  store::Descriptor listening_;
  store::Descriptor wake_;            // an eventfd: no more
  std::atomic<bool> closing_{false};  // relaxed: looked at now and then
  std::mutex mutex_;
  std::condition_variable ended_;      // a connection
  std::list<Connection> connections_;  // the accepting thread's, and the end's once it is joined
  std::size_t active_ = 0;             // guarded by mutex_
  std::thread thread_;
};

// The same for a verb: where it cannot be, that is said, and everything else goes on.
std::unique_ptr<ControlServer> serve_control(const Config& config, Engine& engine,
                                             const Console& console);

}  // namespace herald::cli
