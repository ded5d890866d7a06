#include "base/try.h"
#include "sdk/answer.h"
#include "sdk/outlasting.h"
#include "sdk/paths.h"
#include "wire/code_types.h"
#include "wye/browser_repl.h"

namespace wye {
namespace {

constexpr std::int64_t kUsualTimeout = 60;  // seconds; the API's

}  // namespace

Repl Browsers::repl() const { return Repl(core_); }

Result<Reached<ReplResult>> Repl::run(const std::string& id_or_name, const ReplCell& cell,
                                      CallOptions call) const {
  WYE_TRY(auto path, sdk::browser_path(id_or_name, "/repl"));
  return sdk::decode<ReplResult>(core_->expect_success(
      sdk::json_request("POST", std::move(path), wire::to_text(cell)),
      sdk::outlasting(std::move(call), *core_, cell.timeout_sec.value_or(kUsualTimeout))));
}

}  // namespace wye
