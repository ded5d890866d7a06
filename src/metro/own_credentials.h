#pragma once

#include <span>
#include <string>
#include <vector>

#include "net/head_parser.h"

// Keeps credentials of this server (API keys, tokens of its sessions) from targets. A raw fetch carries its
// caller's fields to the target, and with them the caller's credentials for the target. Pure.
namespace wye::metro {

/// A part of a field's value that may be a credential.
struct Candidate {
  std::size_t field = 0;  ///< Its place among the request's fields.
  std::string text;
};

struct CredentialSearch {
  std::vector<Candidate> candidates;  ///< To be compared with those that the server has on record.
  std::vector<std::size_t> withheld;  ///< Fields that certainly hold one.
};

inline constexpr std::size_t kMaxCandidates = 64;  ///< A field with more candidates than this is withheld.

/// Reads every field that carries credentials by its name (`authorization`, and names with `auth`, `key`,
/// `token` or `secret`) leniently: any scheme, any white space, quoted, listed, as user or password of
/// `Basic`. A field with the request's own token in it is withheld, whatever its name. The target's URL is
/// not read: its query is meant for the target.
[[nodiscard]] CredentialSearch find_credentials(std::span<const net::FieldView> fields,
                                                std::string_view own_token);

}  // namespace wye::metro
