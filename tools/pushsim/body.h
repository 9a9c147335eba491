// Takes the body of a send or a revoke apart without building anything per token: where the token
// array is, the tokens as views, and the rest as a document that is parsed. In: the bytes of a
// body. Out: a SendBody; its views live as long as the bytes and the parser do. One thread.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace pushsim {

// A send has its tokens in target.token, a revoke in token.
enum class TokenPlace { in_target, top_level };

struct SendBody {
  bool json = false;                     // the whole body is one JSON object, no member of it twice
  bool has_tokens = false;               // an array of strings is where the tokens belong
  std::size_t size_without_tokens = 0;   // bytes, those between [ and ] left out
  std::vector<std::string_view> tokens;  // unescaped
  simdjson::dom::element rest;           // the body; the token array may have been emptied
};

class BodyReader {
 public:
  // The result is overwritten by the next call.
  const SendBody& read(std::string_view body, TokenPlace place = TokenPlace::in_target);

 private:
  void parse_rest(std::string_view before, std::string_view after);
  void tokens_from_document(TokenPlace place);

  SendBody body_;
  std::vector<char> text_;  // what is parsed, padded as simdjson wants it
  simdjson::dom::parser parser_;
};

// Where the array of tokens lies, found by walking over the text.
struct TokenArray {
  bool found = false;
  bool twice = false;     // it, or `target`, stands there more than once
  std::size_t open = 0;   // of [
  std::size_t close = 0;  // of the matching ]
};
TokenArray find_token_array(std::string_view body, TokenPlace place);

// Reads `"a","b"` (what is between [ and ]) when it is nothing but strings without escapes; false
// for anything else, which may still be legal JSON.
bool split_plain_tokens(std::string_view inside, std::vector<std::string_view>& tokens);

}  // namespace pushsim
