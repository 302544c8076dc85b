#include "scanner/progress.h"

#include <iomanip>

namespace plumbline {
namespace {

using namespace std::chrono_literals;

// Work that ends sooner would only flicker.
constexpr auto patience = 500ms;
constexpr auto between_drawings = 100ms;
constexpr std::size_t bar_width = 30;

}  // namespace

void Progress::begin(std::string_view stage, std::size_t total) {
    const std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    if (running_) stages_.back().took = now - stages_.back().begin;
    stages_.push_back({std::string(stage), {}, now});
    running_ = true;
    total_ = total;
    done_ = 0;
    if (total == 0) clear();  // what follows may write to the same terminal
}

void Progress::step() {
    const std::lock_guard lock(mutex_);
    ++done_;
    if (!bar_) return;
    const Clock::time_point now = Clock::now();
    if (now - started_ < patience || now - drawn_ < between_drawings) return;
    drawn_ = now;
    draw();
}

void Progress::count(std::uint64_t number, std::string_view what) {
    const std::lock_guard lock(mutex_);
    if (stages_.empty()) return;
    std::string& counts = stages_.back().counts;
    counts += (counts.empty() ? "" : ", ") + std::to_string(number) + " " + std::string(what);
}

void Progress::end() {
    const std::lock_guard lock(mutex_);
    if (running_) stages_.back().took = Clock::now() - stages_.back().begin;
    running_ = false;
    clear();
}

void Progress::draw() {
    const std::size_t filled = total_ == 0 ? 0 : bar_width * done_ / total_;
    *bar_ << "\r\033[K" << stages_.back().name << " [" << std::string(filled, '=')
          << std::string(bar_width - filled, ' ') << "] " << done_ << "/" << total_ << std::flush;
    visible_ = true;
}

void Progress::clear() {
    if (visible_) *bar_ << "\r\033[K" << std::flush;
    visible_ = false;
}

void Progress::write_stats(std::ostream& out) const {
    Clock::duration all{};
    const auto milliseconds = [](Clock::duration duration) {
        return std::chrono::duration<double, std::milli>(duration).count();
    };
    for (const Stage& stage : stages_) {
        out << "stats: " << std::left << std::setw(10) << stage.name << std::right << std::fixed << std::setprecision(1)
            << std::setw(10) << milliseconds(stage.took) << " ms  " << stage.counts << "\n";
        all += stage.took;
    }
    out << "stats: " << std::left << std::setw(10) << "all" << std::right << std::setw(10) << milliseconds(all)
        << " ms\n";
}

}  // namespace plumbline
