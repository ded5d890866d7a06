#pragma once

#include <string>
#include <vector>

// One table of hostile HTTP for all of Wye's servers: control plane, metro and agent, in this process and
// live. A row says what is sent and what must happen. Its runner also checks what holds for every row:
// nothing reaches a handler or an upstream as another request, and the next client is served.
namespace wye::hostile {

/// A harmless request to this server, from which rows are made.
struct Target {
  std::string path;    ///< Path and query that lead to a VM or a handler.
  std::string fields;  ///< `Host` and credentials, each with its CRLF.
};

enum class Outcome {
  refused,   ///< An answer of `status`, then the connection's end. Nothing reaches an upstream.
  cut,       ///< The connection ends, with or without an answer. Nothing whole reaches an upstream.
  answered,  ///< A whole answer with any status. Nothing reaches an upstream.
  served,    ///< `requests` whole answers, and as many requests reach an upstream, none of them the smuggled
             ///< one.
};

enum class Ending { none, half_close, reset };

struct Case {
  std::string name;
  std::string bytes;
  Outcome outcome = Outcome::refused;
  int status = 400;
  int requests = 1;
  Ending ending = Ending::none;  ///< What the client does after the bytes.
  bool has_routes = false;       ///< A row about paths: only for servers that read them before they forward.
};

/// The mark in a smuggled request line; no upstream may see it there.
inline constexpr const char* kSmuggled = "/smuggled";

[[nodiscard]] std::vector<Case> framing_cases(const Target& to);  ///< Lengths, codings, chunks.
[[nodiscard]] std::vector<Case> head_cases(const Target& to);     ///< Lines, fields, targets, sizes.
[[nodiscard]] std::vector<Case> protocol_cases(
    const Target& to);  ///< Upgrades, other protocols, pipelines, ends.
[[nodiscard]] std::vector<Case> all_cases(const Target& to);

}  // namespace wye::hostile
