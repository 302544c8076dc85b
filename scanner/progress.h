#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

/// What a run tells about itself while it works: a progress bar on a terminal for work over half a second, and with
/// --stats the time and the counts of each stage. Both go to standard error only and change nothing else.
class Progress {
  public:
    /// `bar` is null where no bar is wanted.
    explicit Progress(std::ostream* bar) : bar_(bar), started_(Clock::now()) {}
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Ends the stage before. `total` is how many steps it has; 0 when that is not known.
    void begin(std::string_view stage, std::size_t total = 0);
    /// One step of the stage is done; from any thread.
    void step();
    /// How much the stage worked on, for --stats: `count(1801, "files")`.
    void count(std::uint64_t number, std::string_view what);
    /// Ends the last stage and takes the bar away.
    void end();
    /// A line a stage: name, milliseconds, counts.
    void write_stats(std::ostream& out) const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Stage {
        std::string name, counts;
        Clock::time_point begin;
        Clock::duration took{};
    };
    void draw();
    void clear();

    std::ostream* bar_;
    Clock::time_point started_, drawn_{};
    std::mutex mutex_;
    std::vector<Stage> stages_;
    std::size_t total_ = 0, done_ = 0;
    bool visible_ = false, running_ = false;
};

}  // namespace plumbline
