// The store of another process, to be read: what its control socket gives. So whoever folds a store
// does the same with this one.
#pragma once

#include <memory>

#include "engine/store/store.h"
#include "tools/herald/control_client.h"

namespace herald::cli {

class RemoteStore final : public store::Store {
 public:
  // Errors: as those of ControlClient.
  static Result<std::unique_ptr<RemoteStore>> open(ControlClient client);

  Result<std::vector<store::CampaignRecord>> campaigns() override;
  Result<std::vector<store::Block>> blocks(std::int64_t now_ms) override;
  Result<void> replay(base::Day from, const Visit& visit) override;
  const store::Meta& meta() const override { return meta_; }

  // Only the owner writes: these are never called, or refuse.
  void commit(std::string, base::Day, base::Executor&, Done) override;
  std::uint64_t durable_sequence() const override { return 0; }
  store::BatchId new_batch_id() override { return 0; }
  Result<void> put_campaign(const store::CampaignRecord&) override;
  store::CampaignNumber new_campaign_number() override { return 0; }
  Result<void> put_blocks(std::span<const store::Block>) override;

 private:
  RemoteStore(ControlClient client, const store::Meta& meta)
      : client_(std::move(client)), meta_(meta) {}

  ControlClient client_;
  store::Meta meta_;
};

}  // namespace herald::cli
