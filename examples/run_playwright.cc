// Runs TypeScript with Playwright beside a browser, then a cell that remembers. Argument: a browser's name.
#include <boost/json/serialize.hpp>
#include <iostream>

#include "wye/browser_playwright.h"
#include "wye/browser_repl.h"
#include "wye/client.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  // [run-playwright]
  wye::Client client;
  const auto done = client.browsers()
                        .playwright()
                        .execute(argv[1], {.code = R"(
                          const to: string = 'data:text/html,<title>Shop</title>';
                          await page.goto(to);
                          return { title: await page.title() };
                        )"})
                        .value();
  if (!done.success) std::cerr << done.error.value_or("") << '\n';  // the code has failed, the call has not
  if (done.result) std::cout << boost::json::serialize(*done.result) << '\n';
  // [run-playwright]
  // [run-a-cell]
  const auto repl = client.browsers().repl();
  repl.run(argv[1], {.code = "let visits = 1"}).value();
  const auto cell = repl.run(argv[1], {.code = "repl.write(`visits: ${++visits}`)"}).value();
  for (const auto& content : cell.content) std::cout << content.text.value_or("an image") << '\n';
  // [run-a-cell]
}
