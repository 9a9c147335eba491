// Bytes that are no commit group are damage, and those that are one say what can be: what was read,
// written again, reads the same.
#include "engine/store/group.h"
#include "tests/fuzz/fuzz.h"

namespace herald::store {
namespace {

using fuzz::require;

class Copy final : public GroupVisitor {
 public:
  void on_reservation(const ReservationHead& head, std::span<const ReservedToken> tokens,
                      std::span<const DroppedRecord> drops) override {
    for (const ReservedToken& token : tokens) require(token.record < head.records, "covered");
    for (const DroppedRecord& drop : drops) {
      require(drop.record < head.records && drop.outcome <= Outcome::ambiguous &&
                  drop.reason <= kLastReason,
              "a drop is one that there is");
    }
    writer_.reservation(head, tokens, drops);
  }
  void on_settle(const Settle& settle) override {
    require(settle.outcome <= Outcome::ambiguous && settle.reason <= kLastReason, "an outcome");
    for (const Exception& each : settle.exceptions) {
      require(each.index < settle.tokens, "an exception is of a token");
    }
    writer_.settle(settle, 0);
  }
  void on_audience_end(CampaignNumber campaign, std::uint32_t slice,
                       std::uint64_t records) override {
    writer_.audience_end(campaign, slice, records, 0);
  }
  void on_audience_mark(CampaignNumber campaign, std::uint32_t slice,
                        const AudienceMark& mark) override {
    writer_.audience_mark(campaign, slice, mark, 0);
  }
  void on_resumed(CampaignNumber campaign) override { writer_.resumed(campaign, 0); }
  std::string take() { return writer_.take(); }

 private:
  GroupWriter writer_;
};

void run(std::string_view bytes) {
  Copy copy;
  const auto read = read_group(bytes, copy);
  if (read.has_error()) return fuzz::require_one_line(read.error().what);
  const std::string written = copy.take();
  Copy again;
  require(read_group(written, again).has_value(), "what was read can be written");
  require(again.take() == written, "and reads the same");
}

}  // namespace
}  // namespace herald::store

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  herald::store::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
