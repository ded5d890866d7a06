#pragma once

#include <functional>

#include "net/wakeup.h"

namespace wye::control {

/// Waits on the loop, without a thread, for a callback that may come on any thread, or never. `subscribe`
/// gets the callback. Returns false when `until` comes first.
net::Task<bool> called_back(boost::asio::io_context& io, std::function<void(std::function<void()>)> subscribe,
                            net::Wakeup::Clock::time_point until);

}  // namespace wye::control
