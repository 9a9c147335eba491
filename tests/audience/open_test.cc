// What a job says of its audience becomes a reader of it.
#include "engine/audience/open.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/audience/formats.h"
#include "tests/audience/packed.h"

namespace herald::audience {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Format = AudienceSpec::Format;

class Open : public testing::Test {
 protected:
  Open() {
    std::string name = testing::TempDir() + "herald-open-XXXXXX";
    directory_ = mkdtemp(name.data());
  }
  ~Open() override { std::filesystem::remove_all(directory_); }

  Records read(const std::string& name, std::string_view content, Format format = Format::lines,
               bool packed = false) {
    const auto opened = open(name, content, format);
    if (!opened) return {"error: " + opened.error().what};
    EXPECT_EQ(opened->packed, packed);
    EXPECT_EQ(opened->reader->size(), content.size());
    return records_of(*opened->reader);
  }
  Result<OpenedAudience> open(const std::string& name, std::string_view content, Format format) {
    AudienceSpec spec{directory_ / name, format};
    if (format == Format::csv) spec.column = "token";
    std::ofstream(spec.file, std::ios::binary) << content;
    return open_reader(spec);
  }
  std::string error_of(const std::string& name, std::string_view content, Format format) {
    const auto opened = open(name, content, format);
    EXPECT_FALSE(opened.has_value());
    return opened ? "" : opened.error().what;
  }

  std::filesystem::path directory_;
};

TEST_F(Open, EveryFormatPlainAndPacked) {
  const struct {
    Format format;
    std::string_view content;
  } all[]{{Format::lines, "t1\nt2\n"},
          {Format::csv, "token\nt1\nt2\n"},
          {Format::jsonl, "{\"token\":\"t1\"}\n{\"token\":\"t2\"}\n"}};
  for (const auto& [format, content] : all) {
    EXPECT_THAT(read("a", content, format), ElementsAre("t1", "t2"));
    EXPECT_THAT(read("a.gz", gzip(content), format, true), ElementsAre("t1", "t2"));
    EXPECT_THAT(read("a.zst", zstd(content), format, true), ElementsAre("t1", "t2"));
  }
}

TEST_F(Open, TheContentDecidesWhetherItIsPacked) {
  EXPECT_THAT(read("a.txt", gzip("t1\n"), Format::lines, true), ElementsAre("t1"));
  EXPECT_THAT(read("a.gz", zstd("t1\n"), Format::lines, true), ElementsAre("t1"));
}

TEST_F(Open, PlainFileWithThePackedOnesNameIsRefused) {
  for (const char* name : {"a.gz", "a.zst"}) {
    for (const char* content : {"t1\n", ""}) {
      EXPECT_THAT(error_of(name, content, Format::lines), HasSubstr("is not compressed")) << name;
    }
  }
}

TEST_F(Open, CsvHeaderIsReadAtOnce) {
  EXPECT_THAT(error_of("a.csv", "id,name\n1,x\n", Format::csv),
              HasSubstr("a.csv:1: the header does not name the column \"token\""));
  EXPECT_THAT(error_of("b.csv", gzip("id\n"), Format::csv), HasSubstr("b.csv:1: the header"));
}

TEST_F(Open, MissingFileIsAnError) {
  const auto opened = open_reader({directory_ / "none"});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Errc::audience);
}

}  // namespace
}  // namespace herald::audience
