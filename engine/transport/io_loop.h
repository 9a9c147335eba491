// An executor over an io_context: what a sender thread runs.
#pragma once

#include <memory>

#include "engine/base/executor.h"

namespace boost::asio {
class io_context;
}

namespace herald::transport {

class IoLoop final : public base::Executor {
 public:
  explicit IoLoop(const base::Clock& clock);
  ~IoLoop() override;

  void post(Task task) override;
  TimerId run_at(base::BootTime when, Task task) override;
  void cancel(TimerId timer) override;

  void run();   // until stop(); the calling thread becomes the executor's own
  void stop();  // any thread

  boost::asio::io_context& context();
  const base::Clock& clock() const { return clock_; }

 private:
  struct Impl;
  const base::Clock& clock_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace herald::transport
