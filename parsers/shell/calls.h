#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/source.h"
#include "scanner/model/value.h"

/// What shell scripts inside of other files run, as values that rules look at (rules/LANGUAGE.md, "Commands").
namespace plumbline::shell {

/// A script in pieces: its text, and between that what is filled in before a shell reads it.
struct Piece {
    std::string text;  ///< as written; of a filled-in piece what stands for it (`${{ github.head_ref }}`)
    bool filled_in = false;
    /// What a filled-in piece is in the words that hold it: an unknown, or null to keep `text`.
    Value unknown;
};

/// The commands of a script, in order, as a tuple of objects; an unknown where they cannot be told. `script` gives the
/// places: where it is written in a file of `sources`, each command stands on its line there.
Value calls_of(const std::vector<Piece>& pieces, const Value& script, const SourceSet& sources);

/// The same for a value: a text, base64 of one, or an unknown of which parts are known. Null where it is no shell
/// script: no text at all, or one for another program (`#!/usr/bin/python3`, `<powershell>`). Of a cloud-config the
/// commands of `bootcmd` and `runcmd` count.
Value calls_of(const Value& script, const SourceSet& sources);

/// Adds `calls` to the meta-arguments of a resource of which an attribute is known to hold a start-up script; each call
/// then has an `attribute`.
struct Attribute {
    std::string_view name;  ///< path: `user_data`, `metadata.startup-script`
};
Value with_calls(Value meta, const Value& body, std::span<const Attribute> attributes, const SourceSet& sources);

}  // namespace plumbline::shell
