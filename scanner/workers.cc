#include "scanner/workers.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <vector>

namespace plumbline {
namespace {

struct Shared {
    std::atomic<std::size_t> next{0};
    std::size_t count;
    const std::function<void(std::size_t)>& work;
};

void* loop(void* argument) {
    auto& shared = *static_cast<Shared*>(argument);
    for (std::size_t i = shared.next++; i < shared.count; i = shared.next++) shared.work(i);
    return nullptr;
}

}  // namespace

void in_parallel(std::size_t count, std::size_t jobs, const std::function<void(std::size_t)>& work) {
    if (count == 0) return;
    Shared shared{{}, count, work};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, std::size_t{256} << 20);
    std::vector<pthread_t> threads;
    for (std::size_t i = 0; i < std::clamp<std::size_t>(jobs, 1, count); ++i) {
        pthread_t thread{};
        if (pthread_create(&thread, &attributes, loop, &shared) != 0) break;
        threads.push_back(thread);
    }
    pthread_attr_destroy(&attributes);
    if (threads.empty()) loop(&shared);  // no thread to be had: do it here
    for (pthread_t thread : threads) pthread_join(thread, nullptr);
}

}  // namespace plumbline
