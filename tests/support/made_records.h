// An audience that is made as it is read: record n is what the test says it is.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/audience/reader.h"

namespace herald::test {

struct MadeRecord {
  std::string token;
  Reason malformed = Reason::none;
  std::string form_id{};  // compact JSON, as readers give it; of a card, or of a live view
  std::string version{};  // likewise; empty: not given
};

class MadeReader final : public audience::RecordReader {
 public:
  using Make = std::function<MadeRecord(std::uint64_t record)>;

  MadeReader(std::uint64_t records, Make make, std::size_t block = audience::kRecordsPerBlock)
      : count_(records), make_(std::move(make)), block_(block) {}

  Result<audience::Block> next() override {
    made_.clear();
    while (made_.size() < block_ && read_ < count_) made_.push_back(make_(read_++));
    records_.clear();
    fields_.clear();
    for (const MadeRecord& made : made_) {
      records_.push_back({made.token.data(), static_cast<std::uint32_t>(made.token.size()),
                          made.malformed, false});
      base::RecordFields& fields = fields_.emplace_back();
      fields.json[static_cast<std::size_t>(base::RecordField::form_id)] = made.form_id;
      fields.json[static_cast<std::size_t>(base::RecordField::version)] = made.version;
    }
    if (made_.empty() && fails) return Error{Errc::audience, "the file ended early"};
    return audience::Block{records_, fields_};
  }
  std::uint64_t records() const override { return read_; }
  std::uint64_t bytes() const override { return read_ * 100; }
  std::uint64_t size() const override { return count_ * 100; }
  const audience::ContentDigest& digest() const override { return digest_; }

  bool fails = false;  // at its end

 private:
  const std::uint64_t count_;
  const Make make_;
  const std::size_t block_;
  std::uint64_t read_ = 0;
  std::vector<MadeRecord> made_;
  std::vector<audience::Record> records_;
  std::vector<base::RecordFields> fields_;
  audience::ContentDigest digest_;
};

}  // namespace herald::test
