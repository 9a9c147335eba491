// {{vars.…}} in a job: where they may stand, and with which audience.
#pragma once

#include "engine/message/job_keys.h"
#include "engine/message/json.h"
#include "herald/job.h"

namespace herald::message {

// `root` is the job as it was read.
void check_variables(JobErrors& errors, const Json& root, const Job& job);

}  // namespace herald::message
