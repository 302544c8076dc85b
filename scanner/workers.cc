#include "scanner/workers.h"

#include <malloc.h>
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

/// Whether this thread is one of ours, with a deep stack.
thread_local bool is_worker = false;

void* loop(void* argument) {
    auto& shared = *static_cast<Shared*>(argument);
    for (std::size_t i = shared.next++; i < shared.count; i = shared.next++) shared.work(i);
    return nullptr;
}

void* run_worker(void* argument) {
    is_worker = true;
    return loop(argument);
}

}  // namespace

void in_parallel(std::size_t count, std::size_t jobs, const std::function<void(std::size_t)>& work) {
    if (count == 0) return;
    Shared shared{{}, count, work};
    const std::size_t wanted = std::clamp<std::size_t>(jobs, 1, count);
    if (wanted == 1 && is_worker) {
        loop(&shared);
        return;
    }
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, std::size_t{256} << 20);
    std::vector<pthread_t> threads;
    for (std::size_t i = 0; i < wanted; ++i) {
        pthread_t thread{};
        if (pthread_create(&thread, &attributes, run_worker, &shared) != 0) break;
        threads.push_back(thread);
    }
    pthread_attr_destroy(&attributes);
    if (threads.empty()) loop(&shared);  // no thread to be had: do it here
    for (pthread_t thread : threads) pthread_join(thread, nullptr);
}

void give_back_memory() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace plumbline
