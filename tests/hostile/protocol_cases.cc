#include "http_cases.h"

namespace wye::hostile {
namespace {

std::string get(const Target& to, const std::string& fields = "", const std::string& version = "1.1") {
  return "GET " + to.path + " HTTP/" + version + "\r\n" + to.fields + fields + "\r\n";
}

// Makes an upgrade that nobody grants: the answer is that of the plain request.
Case plain(std::string name, const std::string& bytes) {
  return {.name = std::move(name), .bytes = bytes, .outcome = Outcome::served};
}

void add_upgrades(const Target& to, std::vector<Case>& out) {
  const std::string socket =
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string named = "Connection: Upgrade\r\n";
  out.push_back(plain("an_upgrade_that_connection_does_not_name", get(to, socket)));
  out.push_back(plain("connection_names_an_upgrade_that_is_not_there", get(to, named)));
  out.push_back(plain("an_upgrade_to_a_path_that_takes_none", get(to, named + socket)));
  out.push_back(plain("an_upgrade_in_http_1_0", get(to, named + socket, "1.0")));
  out.push_back(
      plain("an_upgrade_to_http_2",
            get(to, "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n")));
  out.push_back(plain("an_upgrade_to_something_else", get(to, named + "Upgrade: TLS/1.0\r\n")));
  out.push_back(plain("an_upgrade_with_a_body", "POST " + to.path + " HTTP/1.1\r\n" + to.fields + named +
                                                    socket + "Content-Length: 5\r\n\r\nhello"));
  out.push_back({.name = "two_upgrades", .bytes = get(to, named + socket + "Upgrade: h2c\r\n")});
}

void add_other_protocols(std::vector<Case>& out) {
  using std::string;
  out.push_back({.name = "the_preface_of_http_2",
                 .bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + string("\0\0\0\x04\0\0\0\0\0", 9),
                 .status = 505});
  // A ClientHello has no line break that ends a line of HTTP: its first one is no CRLF, or it has none.
  out.push_back({.name = "tls_to_a_plain_port",
                 .bytes = string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + string(100, '\n')});
  out.push_back({.name = "a_greeting_of_ssh", .bytes = "SSH-2.0-OpenSSH_9.2\r\n\r\n"});
  out.push_back({.name = "a_question_of_redis", .bytes = "*1\r\n$4\r\nPING\r\n\r\n"});
  out.push_back({.name = "nul_bytes", .bytes = string(10, '\0') + "\r\n\r\n"});
  out.push_back(
      {.name = "an_answer_instead_of_a_request", .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
}

void add_pipelines(const Target& to, std::vector<Case>& out) {
  std::string many;
  for (int i = 0; i < 50; ++i) many += get(to);
  out.push_back(
      {.name = "fifty_requests_at_once", .bytes = many, .outcome = Outcome::served, .requests = 50});
  const auto body = "POST " + to.path + " HTTP/1.1\r\n" + to.fields + "Content-Length: 5\r\n\r\nhello";
  out.push_back({.name = "bodies_and_none_mixed",
                 .bytes = body + get(to) + body,
                 .outcome = Outcome::served,
                 .requests = 3});
  out.push_back({.name = "the_last_of_three_says_close",
                 .bytes = get(to) + get(to) + get(to, "Connection: close\r\n") + "GET " + kSmuggled +
                          " HTTP/1.1\r\nHost: x\r\n\r\n",
                 .outcome = Outcome::served,
                 .requests = 3});
}

void add_endings(const Target& to, std::vector<Case>& out) {
  out.push_back({.name = "half_closed_behind_a_request",
                 .bytes = get(to),
                 .outcome = Outcome::served,
                 .ending = Ending::half_close});
  for (const auto ending : {Ending::half_close, Ending::reset}) {
    const std::string how = ending == Ending::reset ? "reset" : "half_closed";
    out.push_back({.name = how + "_before_anything", .outcome = Outcome::cut, .ending = ending});
    out.push_back(
        {.name = how + "_within_a_line", .bytes = "GET / HT", .outcome = Outcome::cut, .ending = ending});
    out.push_back({.name = how + "_within_a_head",
                   .bytes = "GET " + to.path + " HTTP/1.1\r\n" + to.fields,
                   .outcome = Outcome::cut,
                   .ending = ending});
  }
}

}  // namespace

std::vector<Case> protocol_cases(const Target& to) {
  std::vector<Case> out;
  add_upgrades(to, out);
  add_other_protocols(out);
  add_pipelines(to, out);
  add_endings(to, out);
  return out;
}

std::vector<Case> all_cases(const Target& to) {
  auto out = framing_cases(to);
  for (auto* more : {&head_cases, &protocol_cases})
    for (auto& one : (*more)(to)) out.push_back(std::move(one));
  return out;
}

}  // namespace wye::hostile
