// What a job, its app and its template come to for those who send it.
#pragma once

#include "engine/campaign/ingest.h"
#include "engine/dispatch/campaign_run.h"
#include "engine/message/template.h"
#include "herald/config.h"
#include "herald/job.h"

namespace herald {

// The body, what is charged, and when it is sent.
void set_up(dispatch::CampaignRun& run, const Job& job, const AppConfig& app,
            const LedgerConfig& ledger, const message::Template& body);

// What each record is sent.
campaign::Message message_of(const message::Template& body);

}  // namespace herald
