#pragma once

#include "wye/result.h"

// Return the error to the caller, or take the value: `WYE_TRY(auto x, f());`. The `CO` forms are for
// coroutines.
#define WYE_TRY_JOIN_(a, b) a##b
#define WYE_TRY_NAME_(line) WYE_TRY_JOIN_(wye_try_, line)

#define WYE_TRY(decl, ...)                                                         \
  auto WYE_TRY_NAME_(__LINE__) = (__VA_ARGS__);                                    \
  if (!WYE_TRY_NAME_(__LINE__)) return std::move(WYE_TRY_NAME_(__LINE__)).error(); \
  decl = std::move(*WYE_TRY_NAME_(__LINE__))
#define WYE_CHECK(...) \
  if (auto wye_check = (__VA_ARGS__); !wye_check) return std::move(wye_check).error()

#define WYE_CO_TRY(decl, ...)                                                         \
  auto WYE_TRY_NAME_(__LINE__) = (__VA_ARGS__);                                       \
  if (!WYE_TRY_NAME_(__LINE__)) co_return std::move(WYE_TRY_NAME_(__LINE__)).error(); \
  decl = std::move(*WYE_TRY_NAME_(__LINE__))
#define WYE_CO_CHECK(...) \
  if (auto wye_check = (__VA_ARGS__); !wye_check) co_return std::move(wye_check).error()
