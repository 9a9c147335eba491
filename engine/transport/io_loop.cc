#include "engine/transport/io_loop.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unordered_map>

namespace herald::transport {

namespace asio = boost::asio;

struct IoLoop::Impl {
  // One thread runs it, others only post: asio may skip the locks it needs for more runners.
  asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::unordered_map<TimerId, asio::steady_timer> timers;
  TimerId next_timer = 1;
};

IoLoop::IoLoop(const base::Clock& clock) : clock_(clock), impl_(std::make_unique<Impl>()) {}
IoLoop::~IoLoop() = default;

void IoLoop::post(Task task) { asio::post(impl_->context, std::move(task)); }

base::Executor::TimerId IoLoop::run_at(base::BootTime when, Task task) {
  const TimerId id = impl_->next_timer++;
  const auto [at, added] = impl_->timers.emplace(id, impl_->context);
  at->second.expires_after(std::max(when - clock_.boot(), base::BootClock::duration{0}));
  at->second.async_wait(
      [this, id, task = std::move(task)](const boost::system::error_code& failed) {
        if (failed) return;
        // Cancelled after it had expired, but before this ran.
        if (impl_->timers.erase(id) == 0) return;
        task();
      });
  return id;
}

void IoLoop::cancel(TimerId timer) { impl_->timers.erase(timer); }

void IoLoop::run() { impl_->context.run(); }
void IoLoop::stop() { impl_->context.stop(); }
asio::io_context& IoLoop::context() { return impl_->context; }

}  // namespace herald::transport
