#pragma once

#include <string>
#include <vector>

// One table of hostile HTTP for every server of ours: control plane, metro and agent, in this process and
// live. A row says what is sent and what must come of it; that nothing of it reaches a handler or an upstream
// as another request, and that the next client is served, holds for every row and is checked by whoever runs
// it.
namespace wye::hostile {

/// Where a row is sent to: how a harmless request to this server looks.
struct Target {
  std::string path;    ///< Path and query that lead to a VM or a handler.
  std::string fields;  ///< `Host` and credentials, each with its CRLF.
};

enum class Outcome {
  refused,   ///< An answer of `status`, then the connection's end. Nothing reaches an upstream.
  cut,       ///< The connection ends, with or without an answer. Nothing whole reaches an upstream.
  answered,  ///< A whole answer, whatever it says. Nothing reaches an upstream.
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
  Ending ending = Ending::none;  ///< What the client does behind the bytes.
  bool has_routes = false;       ///< Of paths: only for servers that look at them before they pass them on.
};

/// Stands in the request line of what is smuggled; no upstream may see it there.
inline constexpr const char* kSmuggled = "/smuggled";

[[nodiscard]] std::vector<Case> framing_cases(const Target& to);  ///< Lengths, codings, chunks.
[[nodiscard]] std::vector<Case> head_cases(const Target& to);     ///< Lines, fields, targets, sizes.
[[nodiscard]] std::vector<Case> protocol_cases(
    const Target& to);  ///< Upgrades, other protocols, pipelines, ends.
[[nodiscard]] std::vector<Case> all_cases(const Target& to);

}  // namespace wye::hostile
