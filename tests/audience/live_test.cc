// Standard input and its like: given as it comes, and a wait for it ends when it is told to.
#include "engine/audience/live.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace herald::audience {
namespace {

using testing::HasSubstr;

class Live : public testing::Test {
 protected:
  Live() {
    EXPECT_EQ(pipe(ends_), 0);
    auto opened = DescriptorSource::open(ends_[0], "standard input");
    source_ = std::move(*opened);
    ::close(ends_[0]);
  }
  ~Live() override {
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  void send(std::string_view text) {
    ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  Result<std::size_t> read() { return source_->read(std::as_writable_bytes(std::span(into_))); }

  int ends_[2];
  std::unique_ptr<DescriptorSource> source_;
  std::array<char, 100> into_{};
};

TEST_F(Live, GivesWhatHasComeAndThenTheEnd) {
  EXPECT_FALSE(source_->ready(std::chrono::milliseconds{0}));
  send("one\n");
  EXPECT_TRUE(source_->ready(std::chrono::milliseconds{0}));
  EXPECT_EQ(read().value(), 4u);
  EXPECT_FALSE(source_->ready(std::chrono::milliseconds{0}));
  send("two");
  EXPECT_EQ(read().value(), 3u);
  ::close(std::exchange(ends_[1], -1));
  EXPECT_TRUE(source_->ready(std::chrono::milliseconds{0}));
  EXPECT_EQ(read().value(), 0u);
  EXPECT_EQ(source_->size(), 0u);
}

TEST_F(Live, WaitEndsWhenItIsInterrupted) {
  const auto interrupt = source_->interrupt();
  std::thread other([&] { interrupt->raise(); });
  const auto got = read();
  other.join();
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, Errc::audience);
  EXPECT_THAT(got.error().what, HasSubstr("standard input: reading it was stopped"));
  send("more");
  interrupt->raise();
  EXPECT_FALSE(read().has_value());
}

TEST_F(Live, InterruptMayComeAfterTheSourceIsGone) {
  const auto interrupt = source_->interrupt();
  source_ = nullptr;
  interrupt->raise();
}

TEST_F(Live, ClosedDescriptorIsAnError) {
  const auto closed = DescriptorSource::open(-1, "standard input");
  ASSERT_FALSE(closed.has_value());
  EXPECT_THAT(closed.error().what, HasSubstr("standard input: cannot be read"));
}

}  // namespace
}  // namespace herald::audience
