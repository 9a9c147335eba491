// What must hold when a process has come back, and when all is over.
#pragma once

#include <vector>

#include "engine/ledger/accounts.h"
#include "tests/simulation/stage.h"

namespace herald::simulation {

// A campaign of the scenario that the store knows.
struct Known {
  const CampaignPlan* plan;
  store::CampaignNumber number;
};

// I4, I5: what the ledger holds against what the log and the service say.
void check_ledger(Stage& stage, const ledger::Accounts& accounts, bool exactly);
// I10, I14: the engine's report of each campaign against the recount.
void check_reports(Stage& stage, const std::vector<Known>& campaigns);
// I10 to I13: every record's outcome against what the service did with it.
void check_outcomes(Stage& stage, const Known& campaign);
// I5, I17, in a run without faults whose campaigns went in turn: a model of the quotas says what
// every single record came to.
void check_quotas_exactly(Stage& stage, const std::vector<Known>& campaigns,
                          const std::vector<base::Day>& days);
// I2, and the quotas of cards and live views.
void check_surfaces(Stage& stage);
// I17, where campaigns ran side by side and nothing went wrong: who was refused had had its share.
void check_refusals(Stage& stage, const std::vector<Known>& campaigns);

}  // namespace herald::simulation
