#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "relay/relay_process.h"

// wye-relay --listen-fd N [--most N]: started by `wye serve` (relays.h).
int main(int argc, char** argv) {
  wye::relay::RelayProcessOptions options;
  int listener = -1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i], value = argv[i + 1];
    const auto* const end = value.data() + value.size();
    if (name == "--listen-fd")
      (void)std::from_chars(value.data(), end, listener);
    else if (name == "--most")
      (void)std::from_chars(value.data(), end, options.most);
  }
  if (listener < 0) {
    std::fputs(
        "wye-relay is started by `wye serve`: it keeps clients' connections to DevTools over restarts\n",
        stderr);
    return 2;
  }
  options.listener = wye::UniqueFd(listener);
  return wye::relay::run_relay_process(std::move(options));
}
