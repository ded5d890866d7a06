#include <wye/browser_files.h>
#include <wye/browser_logs.h>
#include <wye/browser_playwright.h>
#include <wye/browser_processes.h>
#include <wye/browser_repl.h>
#include <wye/client.h>

// Uses a call of each resource; nobody listens there.
int main() {
  const wye::Client client({.base_url = "http://127.0.0.1:1", .max_retries = 0});
  const auto browsers = client.browsers();
  return client.request({.path = "/browsers"}) || browsers.process().exec("b", {.command = "true"}) ||
                 browsers.fs().list("b", "/") || browsers.playwright().executors("b") ||
                 browsers.repl().run("b", {.code = "1"}) || browsers.logs().stream("b")
             ? 1
             : 0;
}
