// Five lines from nothing to a live event. KERNEL_BASE_URL and KERNEL_API_KEY name the server and the key.
#include <iostream>

#include "wye/client.h"

int main() {
  // [first-program]
  wye::Client client;
  const auto browser = client.browsers().create({.telemetry = {.enabled = true}}).value();
  auto stream = client.telemetry().stream(browser.session_id).value();  // straight to the VM
  client.browsers().curl(browser.session_id, {.url = "https://example.com"}).value();
  if (const auto event = stream.next().value()) std::cout << event->seq << ' ' << event->event.type << '\n';
  // [first-program]
  client.browsers().remove(browser.session_id).value();
}
