// What is given out is in the spool first, and the spool reads back as what was given out.
#include "engine/audience/spool.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "engine/audience/open.h"
#include "tests/audience/formats.h"

namespace herald::audience {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Gives one text a call; ready while there are more before the next nullptr.
class Arrivals final : public LiveSource {
 public:
  Arrivals(std::vector<std::string> texts, Result<std::size_t> end)
      : texts_(std::move(texts)), end_(std::move(end)) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (at_ == texts_.size()) return end_;
    const std::string& text = texts_[at_++];
    EXPECT_LE(text.size(), into.size());
    std::memcpy(into.data(), text.data(), text.size());
    return text.size();
  }
  bool ready(std::chrono::milliseconds) override { return false; }
  std::shared_ptr<Interrupt> interrupt() const override { return nullptr; }

 private:
  std::vector<std::string> texts_;
  Result<std::size_t> end_;
  std::size_t at_ = 0;
};

class Spool : public testing::Test {
 protected:
  Spool() {
    std::string name = testing::TempDir() + "herald-spool-XXXXXX";
    directory_ = mkdtemp(name.data());
    file_ = spool_file(directory_, 7);
  }
  ~Spool() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<SpoolingSource> spool(std::vector<std::string> texts,
                                        Result<std::size_t> end = std::size_t{0}) {
    return std::move(SpoolingSource::create(
                         std::make_unique<Arrivals>(std::move(texts), std::move(end)), file_, true))
        .value();
  }
  std::string read(ByteSource& source) {
    const auto got = source.read(std::as_writable_bytes(std::span(into_)));
    return got ? std::string(into_.data(), *got) : "error: " + got.error().what;
  }
  // The content of the spool as it is now, and ", cut off" if that is not all of an audience.
  std::string spooled() {
    auto file = FileSource::open(file_);
    UnpackingSource source(std::move(*file), Packing::zstd, "spool");
    std::string content;
    for (;;) {
      const std::string more = read(source);
      if (more.empty()) return content;
      if (more.starts_with("error: ")) return content + ", cut off";
      content += more;
    }
  }
  mode_t mode(const std::filesystem::path& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  std::filesystem::path directory_;
  std::filesystem::path file_;
  std::array<char, 1 << 16> into_{};
};

TEST_F(Spool, NothingIsGivenThatIsNotInIt) {
  const auto source = spool({"one\n", "two\n"});
  EXPECT_EQ(read(*source), "one\n");
  EXPECT_EQ(spooled(), "one\n, cut off");
  EXPECT_EQ(read(*source), "two\n");
  EXPECT_EQ(spooled(), "one\ntwo\n, cut off");
  EXPECT_EQ(read(*source), "");
  EXPECT_EQ(spooled(), "one\ntwo\n");
  EXPECT_EQ(read(*source), "");
}

TEST_F(Spool, AnErrorLeavesItUnfinished) {
  const auto source = spool({"one\n"}, Error{Errc::audience, "gone"});
  EXPECT_EQ(read(*source), "one\n");
  EXPECT_EQ(read(*source), "error: gone");
  EXPECT_EQ(read(*source), "error: gone");
  EXPECT_EQ(spooled(), "one\n, cut off");
}

TEST_F(Spool, IsForItsOwnerAlone) {
  const mode_t mask = umask(0);
  const auto source = spool({});
  umask(mask);
  EXPECT_EQ(mode(file_), 0600u);
  EXPECT_EQ(mode(file_.parent_path()), 0700u);
}

TEST_F(Spool, ReplacesOneThatWasLeftOver) {
  EXPECT_EQ(read(*spool({"old\n"})), "old\n");
  const auto source = spool({"new\n"});
  EXPECT_EQ(read(*source), "new\n");
  EXPECT_EQ(read(*source), "");
  EXPECT_EQ(spooled(), "new\n");
}

TEST_F(Spool, LargeContentComesInSteps) {
  std::string content;
  std::vector<std::string> texts;
  for (int i = 0; i < 200'000; ++i) {
    content += "token-" + std::to_string(i * 7919) + "\n";
    if (i % 50'000 == 49'999) {
      texts.push_back(content);
      content.clear();
    }
  }
  const auto source = spool(texts);
  std::string given;
  for (std::string more; !(more = read(*source)).empty();) given += more;
  for (const std::string& text : texts) content += text;
  EXPECT_TRUE(given == content);
  EXPECT_TRUE(spooled() == content);
  EXPECT_LT(std::filesystem::file_size(file_), content.size() / 2);
}

TEST_F(Spool, OpensAsTheAudienceItWas) {
  for (const std::string& content : {std::string("token\n\"t1\"\nt2\n")}) {
    {
      const AudienceSpec spec{"-", AudienceSpec::Format::csv, "token"};
      const auto reader = make_reader(spec, spool({content, "t3"}), "standard input");
      EXPECT_THAT(records_of(*reader), ElementsAre("t1", "t2", "t3"));
    }
    const auto again =
        open_spooled({"-", AudienceSpec::Format::csv, "token"}, file_, "standard input");
    ASSERT_TRUE(again.has_value());
    EXPECT_THAT(records_of(*again->reader), ElementsAre("t1", "t2", "t3"));
  }
}

TEST_F(Spool, ADirectoryThatCannotBeMadeIsADiskError) {
  std::ofstream(directory_ / "spool") << "a file";
  const auto source = SpoolingSource::create(
      std::make_unique<Arrivals>(std::vector<std::string>{}, 0u), file_, true);
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, Errc::disk);
  EXPECT_THAT(source.error().what, HasSubstr("spool/7.zst"));
}

TEST_F(Spool, WhatTheDiskRefusesIsNotGiven) {
  std::filesystem::create_directory(directory_ / "spool");
  auto source = spool({"one\n"});
  // The file may not grow, which is as good as a full disk.
  const rlimit none{0, RLIM_INFINITY};
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &none);
  const std::string got = read(*source);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_THAT(got, HasSubstr("error: " + file_.string() + ": cannot write (File too large)"));
  EXPECT_EQ(read(*source), got);
}

TEST_F(Spool, RemovesThoseOfCampaignsThatAreNotKept) {
  for (const std::uint64_t campaign : {7, 8, 9}) {
    file_ = spool_file(directory_, campaign);
    spool({});
  }
  std::ofstream(directory_ / "spool" / "notes.txt") << "not ours";
  ASSERT_TRUE(remove_spools(directory_, [](std::uint64_t campaign) { return campaign == 8; }));
  EXPECT_FALSE(std::filesystem::exists(spool_file(directory_, 7)));
  EXPECT_TRUE(std::filesystem::exists(spool_file(directory_, 8)));
  EXPECT_FALSE(std::filesystem::exists(spool_file(directory_, 9)));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "spool" / "notes.txt"));
  EXPECT_TRUE(remove_spools(directory_ / "none", [](std::uint64_t) { return false; }));
}

TEST_F(Spool, SaysBeforeItWaits) {
  const auto source = spool({"one\n", "two\n"});
  int waits = 0;
  source->on_wait([&] { ++waits; });
  EXPECT_EQ(read(*source), "one\n");
  EXPECT_EQ(waits, 1);
  EXPECT_EQ(read(*source), "two\n");
  EXPECT_EQ(waits, 2);
}

// Its checksum stands at the end: found by tools/diskfaults, which saw a damaged token sent.
TEST_F(Spool, EveryFlippedBitOfAWholeCopyIsFoundBeforeItIsRead) {
  {
    const auto source = spool({"token-a\ntoken-b\n", std::string(300000, 'x'), "\ntoken-c\n"});
    while (!read(*source).empty()) {
    }
  }
  EXPECT_TRUE(check_spool(file_));
  const std::string content = spooled();
  std::string good;
  {
    std::ifstream in(file_, std::ios::binary);
    good.assign(std::istreambuf_iterator<char>(in), {});
  }
  ASSERT_LT(good.size(), 500u);
  std::size_t found = 0;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    std::ofstream(file_, std::ios::binary) << bad;
    const auto checked = check_spool(file_);
    if (checked) {
      // Of a header. It makes the frame or a block longer than the file: such a copy is never taken
      // for all of an audience. What it holds cannot be told from one that was cut off.
      const std::string now = spooled();
      EXPECT_TRUE(now == content || now.ends_with(", cut off")) << bit;
      continue;
    }
    ++found;
    EXPECT_EQ(checked.error().code, Errc::audience);
    EXPECT_THAT(checked.error().what, HasSubstr(file_.string()));
  }
  EXPECT_GT(found, good.size() * 8 * 3 / 4);
}

TEST_F(Spool, ACopyThatWasCutOffIsNotCalledDamaged) {
  {
    const auto source = spool({"token-a\n", "token-b\n"});
    read(*source);
  }  // without its end
  EXPECT_TRUE(check_spool(file_));
  EXPECT_FALSE(check_spool(directory_ / "none"));
}

}  // namespace
}  // namespace herald::audience
