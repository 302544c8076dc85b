#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "scanner/model/value.h"

namespace plumbline {

/// How the readers of exports look into JSON. Paths are names with dots between: `base.ref`. What is null is not there.

const Value* export_member(const Value& value, std::string_view name);
/// The value at `a.b.c`; null where a part is missing.
const Value* export_at(const Value& value, std::string_view path);
/// The first of several paths that has a text or a number, as text; empty without one.
std::string export_text(const Value& value, std::initializer_list<std::string_view> paths);
/// The first of several paths that has a time, as seconds since 1970: RFC 3339, Gerrit's form, or a number of seconds
/// or milliseconds.
std::optional<std::int64_t> export_time(const Value& value, std::initializer_list<std::string_view> paths);
/// The elements of a list, which GraphQL puts into `nodes`; null when there is none.
const Value* export_list(const Value& value, std::string_view name);
bool export_flag(const Value& value, std::string_view path);

/// `main` for `refs/heads/main`.
std::string without_refs(std::string name);

}  // namespace plumbline
