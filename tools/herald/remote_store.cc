#include "tools/herald/remote_store.h"

#include <fmt/format.h>

#include <cassert>
#include <cstring>

#include "engine/store/campaign_record.h"

namespace herald::cli {
namespace {

Error not_ours() {
  return {Errc::usage, "the store belongs to another process: only that one writes"};
}

}  // namespace

Result<std::unique_ptr<RemoteStore>> RemoteStore::open(ControlClient client) {
  store::Meta meta;
  const auto got = client.get_frames("/v1/store/meta", [&](std::uint64_t, std::string_view bytes) {
    const auto decoded = store::decode_meta(bytes);
    if (!decoded) return Result<void>{decoded.error()};
    meta = *decoded;
    return Result<void>{};
  });
  if (!got) return got.error();
  return std::unique_ptr<RemoteStore>{new RemoteStore{std::move(client), meta}};
}

Result<std::vector<store::CampaignRecord>> RemoteStore::campaigns() {
  std::vector<store::CampaignRecord> records;
  const auto got =
      client_.get_frames("/v1/store/campaigns", [&](std::uint64_t, std::string_view bytes) {
        auto record = store::decode_campaign(bytes);
        if (!record) return Result<void>{record.error()};
        records.push_back(std::move(*record));
        return Result<void>{};
      });
  if (!got) return got.error();
  return records;
}

Result<std::vector<store::Block>> RemoteStore::blocks(std::int64_t now_ms) {
  std::vector<store::Block> blocks;
  const auto got =
      client_.get_frames(fmt::format("/v1/store/blocks?now_ms={}", now_ms),
                         [&](std::uint64_t, std::string_view bytes) {
                           store::Block block;
                           if (bytes.size() != sizeof block) {
                             return Result<void>{Error{Errc::unreachable,
                                                       "the control socket speaks "
                                                       "another version: use that one"}};
                           }
                           std::memcpy(&block, bytes.data(), sizeof block);
                           blocks.push_back(block);
                           return Result<void>{};
                         });
  if (!got) return got.error();
  return blocks;
}

Result<void> RemoteStore::replay(base::Day from, const Visit& visit) {
  return client_.get_frames(fmt::format("/v1/store/groups?from={}", from), visit);
}

void RemoteStore::commit(std::string, base::Day, base::Executor&, Done) {
  assert(!"another process's store is written to");
}

Result<void> RemoteStore::put_campaign(const store::CampaignRecord&) { return not_ours(); }
Result<void> RemoteStore::put_blocks(std::span<const store::Block>) { return not_ours(); }

}  // namespace herald::cli
