#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "reporters/json_writer.h"

namespace plumbline {

// What the OSCAL documents share.

/// The release of OSCAL that the documents are written for.
constexpr std::string_view oscal_version = "1.1.2";
/// The framework whose ids OSCAL's own catalogue has.
constexpr std::string_view oscal_800_53 = "nist_800_53_r5";

/// A UUID made of names, so that equal reports are equal bytes. OSCAL takes versions 4 and 5 only; this says 5, though
/// the hash is FNV: nobody gains by forging one.
std::string oscal_uuid(std::initializer_list<std::string_view> names);

/// A requirement's id as an OSCAL token; SP 800-53 as NIST's own catalogue writes it: `AC-2(1)` -> `ac-2.1`.
std::string oscal_token(std::string_view framework, std::string_view id);

/// Values of properties and titles must not be empty nor hold line ends.
std::string oscal_line(std::string_view text);

/// The time of a report as OSCAL demands one; the epoch stands for a report made without a clock.
std::string oscal_time(std::string_view started_at);

/// A property of our own, in the namespace of the program's home page. `kind` is the property's class; mostly empty.
void oscal_property(JsonWriter& json, std::string_view home, std::string_view name, std::string_view value,
                    std::string_view kind = {});

}  // namespace plumbline
