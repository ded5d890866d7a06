#pragma once

#include <map>
#include <string>

#include "ledger.h"
#include "wye/client.h"

namespace wye::torture {

/// Reads a session's events page by page with one cursor, at the VM or wherever the client is led. Each page
/// must continue where the last one ended: no gap, no seq twice.
class ArchiveReader {
 public:
  ArchiveReader(Client client, std::string id) : client_(std::move(client)), id_(std::move(id)) {}

  enum class Step { more, at_end, failed, gone };
  Step read_page(Ledger& ledger, const CallOptions& call);
  /// Waits out 502, 503 and 504; false (and a violation) when the end does not come.
  bool read_rest(Ledger& ledger);
  /// seq → content.
  [[nodiscard]] const Ledger::Records& records() const { return records_; }

 private:
  Client client_;
  const std::string id_;
  std::int64_t next_ = 1;
  Ledger::Records records_;
  std::map<std::string, std::int64_t> nonces_;
  std::string failure_;
};

/// Checks that every promised record is there, unchanged.
void check_holds(const Ledger::Records& promised, const Ledger::Records& found, const std::string& where,
                 Ledger& ledger);

}  // namespace wye::torture
