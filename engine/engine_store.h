// The store of an open engine, for the program's control socket, which lets another process of the
// same user read it. Not for embedders.
#pragma once

#include "engine/store/store.h"
#include "herald/engine.h"

namespace herald {

struct EngineStore {
  static store::Store& of(const Engine& engine);
};

}  // namespace herald
