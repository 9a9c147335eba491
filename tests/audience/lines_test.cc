// What a line of an audience becomes: I65 and I66.
#include "engine/audience/lines.h"

#include <gmock/gmock.h>

#include "tests/audience/support.h"

namespace herald::audience {
namespace {

using std::literals::operator""sv;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(LineReader, GivesEachLineAsItIs) {
  EXPECT_THAT(read_all("one\ntwo\n"), ElementsAre(Line{"one"}, Line{"two"}));
}

TEST(LineReader, LastLineNeedsNoNewline) {
  EXPECT_THAT(read_all("one\ntwo"), ElementsAre(Line{"one"}, Line{"two"}));
}

TEST(LineReader, EmptyFileHasNoRecords) {
  EXPECT_THAT(read_all(""), IsEmpty());
  EXPECT_THAT(read_all("\xef\xbb\xbf"), IsEmpty());
}

TEST(LineReader, EmptyLinesAreMalformedRecords) {
  const Line empty{"", Reason::empty};
  EXPECT_THAT(read_all("\n"), ElementsAre(empty));
  EXPECT_THAT(read_all("\xef\xbb\xbf\n"), ElementsAre(empty));
  EXPECT_THAT(read_all("a\n\n\r\nb\n\n"), ElementsAre(Line{"a"}, empty, empty, Line{"b"}, empty));
  EXPECT_THAT(read_all("a\n\r"), ElementsAre(Line{"a"}, empty));
}

TEST(LineReader, StripsOneByteOrderMarkAtTheStartOfTheFileOnly) {
  EXPECT_THAT(read_all("\xef\xbb\xbf"
                       "a\n\xef\xbb\xbf"
                       "b\n"),
              ElementsAre(Line{"a"}, Line{"\xef\xbb\xbf"
                                          "b"}));
  EXPECT_THAT(read_all("\xef\xbb\xbf\xef\xbb\xbf"
                       "a"),
              ElementsAre(Line{"\xef\xbb\xbf"
                               "a"}));
}

TEST(LineReader, StripsOneCarriageReturn) {
  EXPECT_THAT(read_all("a\r\nb\r\r\nc\rd\ne\r"),
              ElementsAre(Line{"a"}, Line{"b\r", Reason::control_byte},
                          Line{"c\rd", Reason::control_byte}, Line{"e"}));
}

TEST(LineReader, TokenMayHave512BytesAndNotOneMore) {
  const std::string longest(kTokenBytesMax, 'x');
  const Line too_long{longest, Reason::too_long};
  EXPECT_THAT(read_all("\xef\xbb\xbf" + longest + "\r\n" + longest + "\n" + longest),
              ElementsAre(Line{longest}, Line{longest}, Line{longest}));
  EXPECT_THAT(read_all(longest + "y\n" + longest + "y\r\na\n" + longest + "y"),
              ElementsAre(too_long, too_long, Line{"a"}, too_long));
}

TEST(LineReader, EndlessLineIsOneMalformedRecordAndTheNextOneIsRead) {
  const std::string endless(10 << 20, 'x');
  EXPECT_THAT(read_all("a\n" + endless + "\r\nb\n" + endless),
              ElementsAre(Line{"a"}, Line{endless.substr(0, kTokenBytesMax), Reason::too_long},
                          Line{"b"}, Line{endless.substr(0, kTokenBytesMax), Reason::too_long}));
}

TEST(LineReader, BadLinesNeverStopTheRest) {
  EXPECT_THAT(read_all("a b\nc\0d\n\xff\n\x7f\n ok\nok\n"sv),
              ElementsAre(Line{"a b", Reason::space_inside},
                          Line{std::string("c\0d", 3), Reason::control_byte},
                          Line{"\xff", Reason::not_utf8}, Line{"\x7f", Reason::control_byte},
                          Line{" ok", Reason::space_inside}, Line{"ok"}));
}

TEST(LineReader, SaysWhatJsonMustEscape) {
  EXPECT_THAT(
      read_all("a\"b\na\\b\na/b\n"),
      ElementsAre(Line{"a\"b", Reason::none, true}, Line{"a\\b", Reason::none, true}, Line{"a/b"}));
}

TEST(LineReader, ReadErrorNamesTheRecordAndStays) {
  LineReader reader(std::make_unique<MemorySource>("one\ntwo\nthr", std::function<std::size_t()>{},
                                                   Error{Errc::audience, "x.txt: broken"}));
  ASSERT_EQ(reader.next()->records.size(), 2u);
  for (int again = 0; again < 2; ++again) {
    const auto block = reader.next();
    ASSERT_FALSE(block.has_value());
    EXPECT_EQ(block.error().code, Errc::audience);
    EXPECT_EQ(block.error().what, "x.txt: broken; record 3 could not be read");
  }
  EXPECT_EQ(reader.records(), 2u);
}

TEST(LineReader, MoreRecordsThanABlockComeInOrder) {
  std::string content;
  std::vector<Line> expected;
  for (int i = 0; i < 50'000; ++i) {
    expected.push_back({"token-" + std::to_string(i)});
    content += expected.back().data + "\n";
  }
  EXPECT_EQ(read_all(content), expected);
}

}  // namespace
}  // namespace herald::audience
