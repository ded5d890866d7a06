// Deadlines and cancellation: every call takes a timeout and a std::stop_token.
#include <iostream>
#include <thread>

#include "wye/client.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  // [cancel-and-limit]
  wye::Client client;
  std::stop_source stop;
  std::jthread on_enter([&] { std::cin.get(), stop.request_stop(); });  // Enter ends it
  auto stream = client.telemetry()
                    .stream(argv[1], {.auto_resume = true},
                            {.timeout = std::chrono::seconds(5), .stop = stop.get_token()})
                    .value();
  for (;;) {
    const auto event = stream.next();
    if (!event || !*event) break;  // cancelled, or the session ended
    std::cout << (*event)->event.type << '\n';
  }
  std::cout << "missed " << stream.missed() << '\n';
  // [cancel-and-limit]
}
