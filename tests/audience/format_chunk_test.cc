// The records of CSV and JSON Lines do not depend on how their bytes arrive: cut at every place,
// and at random ones.
#include <gtest/gtest.h>

#include <random>

#include "tests/audience/formats.h"

namespace herald::audience {
namespace {

using Read = Records (*)(std::string_view content, Chunk chunk);

Records as_csv(std::string_view content, Chunk chunk) {
  return read_csv(content, std::move(chunk));
}

void expect_same_wherever_it_is_cut(Read read, std::string_view content) {
  const Records whole = read(content, {});
  EXPECT_FALSE(whole.empty());
  for (std::size_t cut = 1; cut < content.size(); ++cut) {
    bool first = true;
    ASSERT_EQ(read(content, [&] { return std::exchange(first, false) ? cut : content.size(); }),
              whole)
        << "cut at " << cut;
  }
  ASSERT_EQ(read(content, [] { return 1; }), whole);
}

TEST(FormatCuts, CsvCutAtEveryByte) {
  for (const char* content :
       {"\xef\xbb\xbfname,token\r\nann,t1\r\n\"b,\n\"\"b\"\"\",\"t2\"\r\n\n,t3\nx",
        "token\n\"a\"\"b\"\n\"a\"x\ny\"\n\"open\nt\n", "token\n\"t\"\r\n\"t\"\r", "token\n\"a\"\"",
        "\"to\nken\",token\n1,\"\xff\"\n1,\"\"\n"}) {
    SCOPED_TRACE(content);
    expect_same_wherever_it_is_cut(as_csv, content);
  }
}

// The fuzzer's find: a piece that ended before the first quote of a row made the rows behind that
// row one, and lost a record, if their newline came earlier than that.
TEST(FormatCuts, CsvRowsBehindOneThatIsCutBeforeItsQuoteStayApart) {
  const std::string_view content = "name,token\nlonger,\"t1\"\nb,t2\nc,t3\n";
  EXPECT_EQ(read_csv(content), (Records{"t1", "t2", "t3"}));
  expect_same_wherever_it_is_cut(as_csv, content);
}

TEST(FormatCuts, JsonLinesCutAtEveryByte) {
  expect_same_wherever_it_is_cut(
      read_jsonl,
      "\xef\xbb\xbf{\"token\":\"\\u0061\",\"vars\":{\"n\":\"\\n\",\"m\":1}}\r\n\n{\"token\":1}\n"
      "{\"formData\":{ \"a\" : [ 1, 2 ] },\"token\":\"t\",\"formId\":7}\n{\"token\":\"t\"}");
}

// The fuzzer's find: whether the last record was no JSON or had an unknown member depended on the
// byte that an earlier piece had left behind it.
TEST(FormatCuts, LastJsonLineDoesNotDependOnWhatLayBehindIt) {
  const std::string_view content = "{}}}}}}}}}}}}}}}}}}}}}\n{\"x\":1,\"a\":{\"b\":2}";
  EXPECT_EQ(read_jsonl(content).back(), "{\"x\":1,\"a\":{\"b\":2} !unknown_member");
  expect_same_wherever_it_is_cut(read_jsonl, content);
}

class FormatChunks : public testing::Test {
 protected:
  std::size_t up_to(std::size_t max) { return random_() % (max + 1); }

  std::string row() {
    switch (up_to(9)) {
      case 0:
        return "";
      case 1:
        return "a," + std::string(up_to(600), 't');
      case 2:
        return "\"a\"\"" + std::string(up_to(200), 'b') + "\n,\",t";
      case 3:
        return "a,\"t" + std::string(up_to(100), 'u');
      case 4:
        return "a,t" + std::string(1, static_cast<char>(up_to(255))) + "u";
      case 5:
        return "a,t," + std::string(kRecordBytesMax - 10 + up_to(20), 'c');
      case 6:
        return "\"a\",\"t\"\"u\"";
      default:
        return "name,IQAAAACy" + std::to_string(random_());
    }
  }
  std::string line() {
    switch (up_to(7)) {
      case 0:
        return "";
      case 1:
        return R"({"token":"t","vars":{"a":")" +
               std::string(kRecordBytesMax - 40 + up_to(20), 'v') + "\"}}";
      case 2:
        return R"({"token":"\u00)" + std::to_string(10 + up_to(89)) + R"(","formId":)" +
               std::to_string(random_()) + "}";
      case 3:
        return R"({ "formData" : { "a" : [ 1, "\" " ] }, "token" : "t" })";
      case 4:
        return R"({"token":"t)" + std::string(1, static_cast<char>(up_to(255))) + "\"}";
      default:
        return R"({"token":"t)" + std::to_string(random_()) + R"(","vars":{"n":"\\","m":-1.5e3}})";
    }
  }
  void expect_same_in_chunks(Read read, const std::string& content, int i) {
    const std::size_t max = std::size_t{64} << up_to(12);
    SCOPED_TRACE("seed " + std::to_string(seed_) + " case " + std::to_string(i) + " chunks to " +
                 std::to_string(max));
    ASSERT_EQ(read(content, [&] { return 1 + up_to(max - 1); }), read(content, {}));
  }

  std::uint64_t seed_ = std::random_device{}();
  std::mt19937_64 random_{seed_};
};

TEST_F(FormatChunks, RandomCsv) {
  for (int i = 0; i < 80; ++i) {
    std::string content = "name,token\n";
    for (std::size_t rows = up_to(60); rows > 0; --rows) content += row() + "\n";
    if (up_to(1) == 0) content += row();
    expect_same_in_chunks(as_csv, content, i);
  }
}

TEST_F(FormatChunks, RandomJsonLines) {
  for (int i = 0; i < 80; ++i) {
    std::string content;
    for (std::size_t lines = up_to(60); lines > 0; --lines) content += line() + "\n";
    if (up_to(1) == 0) content += line();
    expect_same_in_chunks(read_jsonl, content, i);
  }
}

// More than a block, and more than a piece.
TEST_F(FormatChunks, EveryRecordCountsOnce) {
  std::string csv = "name,token\n";
  std::string lines;
  for (int i = 0; i < 20000; ++i) {
    csv += "\"n, " + std::to_string(i) + "\",token-" + std::to_string(i) + "\n";
    lines += "{\"token\":\"token-" + std::to_string(i) + "\"}\n";
  }
  Records expected;
  for (int i = 0; i < 20000; ++i) expected.push_back("token-" + std::to_string(i));
  EXPECT_EQ(read_csv(csv), expected);
  EXPECT_EQ(read_jsonl(lines), expected);
}

}  // namespace
}  // namespace herald::audience
