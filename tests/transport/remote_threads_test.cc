// A remote pool on two real threads: for the thread sanitizer, and for what virtual time cannot
// show, that neither side misses the other's news and sleeps for good.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "engine/transport/io_loop.h"
#include "engine/transport/remote_pool.h"

namespace herald::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A server of HTTP/1.1 that answers in the loop's next turn, and now and then hangs up instead.
class QuickStream final : public ByteStream {
 public:
  QuickStream(IoLoop& loop, Handler& handler, std::atomic<std::uint64_t>& served)
      : loop_(loop), handler_(handler), served_(served) {
    later([this] { handler_.on_open(Protocol::http1); });
  }
  bool accepts_more() const override { return true; }
  void write(std::span<const std::uint8_t> bytes) override {
    heard_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    written_ += bytes.size();
  }
  void flush() override {
    if (flushed_ == written_) return;
    flushed_ = written_;
    later([this] { look(); });
  }
  std::uint64_t written() const override { return written_; }
  bool may_have_left(std::uint64_t position) const override { return position <= flushed_; }
  void close() override { alive_.reset(); }

 private:
  template <class Event>
  void later(Event event) {
    loop_.post([event, alive = std::weak_ptr{alive_}] {
      if (!alive.expired()) event();
    });
  }
  void look() {
    static constexpr std::string_view kLength = "Content-Length: ";
    static constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const std::size_t head = heard_.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const std::size_t length = std::strtoul(&heard_[heard_.find(kLength) + kLength.size()], {}, 10);
    if (heard_.size() < head + 4 + length) return;
    heard_.clear();
    if (++served_ % 97 == 0) return handler_.on_closed({Errc::unreachable, "hung up"}, false);
    handler_.on_data({reinterpret_cast<const std::uint8_t*>(kAnswer.data()), kAnswer.size()});
  }

  IoLoop& loop_;
  Handler& handler_;
  std::atomic<std::uint64_t>& served_;
  std::string heard_;
  std::uint64_t written_ = 0;
  std::uint64_t flushed_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class QuickStreams final : public StreamFactory {
 public:
  explicit QuickStreams(IoLoop& loop) : loop_(loop) {}
  std::unique_ptr<ByteStream> connect(ByteStream::Handler& handler) override {
    return std::make_unique<QuickStream>(loop_, handler, served);
  }
  std::atomic<std::uint64_t> served{0};

 private:
  IoLoop& loop_;
};

// Home: hands over what it can, again what was unsent, until each request has ended.
class Home final : public RemotePool::Owner {
 public:
  static constexpr int kRequests = 20000;

  Home(IoLoop& loop, const Place& place, const base::Clock& clock)
      : pool(*this, place, clock, Timing{}, 8), loop_(loop), clock_(clock) {}

  void start() {
    loop_.post([this] { turn(); });
  }
  // Stops in the middle: what is out must come back.
  void abort_after(int ended) { abort_at_ = ended; }

  void on_ended(void* tag, const Ended& ended) override {
    ++back[index(tag)];
    ++ended_;
    EXPECT_EQ(ended.how == End::answered ? ended.body : "ok", "ok");
  }
  void on_unsent(void* tag) override {
    if (aborted_) {
      ++back[index(tag)];
    } else {
      again_.push_back(tag);
    }
  }
  void on_far_news() override {
    if (!scheduled_.exchange(true, std::memory_order_acq_rel)) loop_.post([this] { turn(); });
  }

  std::vector<int> back = std::vector<int>(kRequests);
  std::promise<void> done;
  RemotePool pool;
  int handed = 0;

 private:
  std::size_t index(void* tag) const {
    return static_cast<std::size_t>(static_cast<int*>(tag) - back.data());
  }
  void turn() {
    scheduled_.exchange(false, std::memory_order_acq_rel);
    pool.collect();
    if (ended_ >= abort_at_ && !aborted_) {
      aborted_ = true;
      pool.abort({Errc::disk, "by the test"});
    }
    while (!aborted_ && pool.can_take() && (!again_.empty() || handed < kRequests)) {
      void* tag = again_.empty() ? &back[static_cast<std::size_t>(handed++)] : again_.back();
      if (!again_.empty() && tag == again_.back()) again_.pop_back();
      const std::string authorization = "Bearer " + std::to_string(handed);
      pool.hand({.path = "/",
                 .authority = "here",
                 .authorization = authorization,
                 .push_type = "0",
                 .body = {"one", "two", "three"}},
                tag);
      if (handed % 5000 == 0) pool.retire();
    }
    pool.flush();
    if (pool.free_streams() < 4) pool.want();
    const bool all = ended_ == kRequests || (aborted_ && back_now() == handed);
    if (all && !std::exchange(told_, true)) done.set_value();
    // As a dispatcher does: after hang-ups there may be nothing that will have news.
    if (!told_ && !timer_.armed()) timer_.arm(clock_.boot() + milliseconds{20}, [this] { turn(); });
  }
  int back_now() const {
    int sum = 0;
    for (int i = 0; i < handed; ++i) sum += back[static_cast<std::size_t>(i)];
    return sum + static_cast<int>(again_.size());
  }

  IoLoop& loop_;
  const base::Clock& clock_;
  base::Timer timer_{loop_};
  std::atomic<bool> scheduled_{false};
  std::vector<void*> again_;
  int ended_ = 0;
  int abort_at_ = kRequests + 1;
  bool aborted_ = false;
  bool told_ = false;
};

class RemoteThreads : public testing::Test {
 protected:
  ~RemoteThreads() override {
    for (IoLoop* loop : {&here_, &far_}) loop->stop();
    for (std::thread& thread : threads_) thread.join();
    home_.pool.close({Errc::unreachable, "the test is over"});
  }
  void run() {
    for (IoLoop* loop : {&here_, &far_}) threads_.emplace_back([loop] { loop->run(); });
    home_.start();
    ASSERT_EQ(home_.done.get_future().wait_for(seconds{60}), std::future_status::ready);
  }

  base::SystemClock clock_;
  IoLoop here_{clock_};
  IoLoop far_{clock_};
  QuickStreams streams_{far_};
  base::Random random_{1};
  Home home_{here_, {far_, streams_, random_}, clock_};
  std::vector<std::thread> threads_;
};

TEST_F(RemoteThreads, EachOfManyRequestsEndsOnce) {
  run();
  for (int i = 0; i < Home::kRequests; ++i) ASSERT_EQ(home_.back[static_cast<std::size_t>(i)], 1);
  EXPECT_EQ(streams_.served, static_cast<std::uint64_t>(Home::kRequests));
}

TEST_F(RemoteThreads, AfterAnAbortWhatIsOutComesBackOnce) {
  home_.abort_after(Home::kRequests / 2);
  run();
  EXPECT_LT(home_.handed, Home::kRequests);
  for (int i = 0; i < home_.handed; ++i) EXPECT_LE(home_.back[static_cast<std::size_t>(i)], 1);
}

}  // namespace
}  // namespace herald::transport
