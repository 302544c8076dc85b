#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Shell scripts (POSIX sh, bash) as the commands they run. Reading only: nothing is expanded or executed.
namespace plumbline::shell {

/// A word with its quotes taken off. The shell's own expansions (`$HOME`, `$(date)`) stay as they are written.
struct Word {
    std::string text;
    std::size_t begin = 0, end = 0;  ///< in the script, quotes included
    /// Commands whose output becomes part of this word (`$(...)`) or is named by it (`<(...)`), as indices into the
    /// script's commands.
    std::vector<std::size_t> substituted, named;
};

struct Redirect {
    std::string op;                 ///< `>`, `>>`, `<`, `&>`, `<<`, `<<<`, ...
    std::optional<int> descriptor;  ///< as written
    Word target;                    ///< of a here-document its text
};

struct Assignment {
    std::string name;
    Word value;
};

/// One simple command, a declaration (`export A=b`), or assignments alone.
struct Command {
    std::optional<Word> name;  ///< as written; absent for assignments alone
    std::vector<Word> arguments;
    std::vector<Assignment> assignments;
    std::vector<Redirect> redirects;
    /// Commands before and behind it in its pipelines.
    std::vector<std::size_t> before, behind;
    std::size_t begin = 0, end = 0;
};

struct Script {
    std::vector<Command> commands;  ///< in the order they are written, those in functions and substitutions included
    std::vector<std::pair<std::size_t, std::size_t>> comments;  ///< begin and end of each
    /// Something is no valid syntax; the commands that could be read are here all the same.
    bool broken = false;
    /// Given up at a limit: nothing is known of the commands.
    bool too_large = false;
};

Script read_script(std::string_view text);

}  // namespace plumbline::shell
