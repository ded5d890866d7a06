// Pages through a browser's events: at the VM while it lives, in the archive once it is gone. Takes an id or
// a name.
#include <iostream>

#include "wye/client.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  // [read-past-events]
  wye::Client client;
  auto past = client.telemetry().events(argv[1], {.limit = 100, .offset = 1});
  for (auto& event : past)
    std::cout << event.value().seq << " via " << to_string(event.route().via)
              << (event.route().fell_back ? ", fell back" : "") << '\n';
  // [read-past-events]
}
