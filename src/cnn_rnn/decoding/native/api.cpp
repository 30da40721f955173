// What native.py calls: tries and searches behind handles.

#include <sys/mman.h>

#include <thread>

#include "lstm.hpp"
#include "search.hpp"

using cnn_rnn::Image;
using cnn_rnn::LSTMRows;
using cnn_rnn::Problem;
using cnn_rnn::Scratch;
using cnn_rnn::Search;
using cnn_rnn::Side;
using cnn_rnn::Trie;

extern "C" {

void* trie_new(int64_t num_labels) { return new Trie(num_labels); }
void trie_free(void* trie) { delete static_cast<Trie*>(trie); }
void trie_clear(void* trie) { static_cast<Trie*>(trie)->clear(); }
void trie_count_by_depth(void* trie, int64_t* nodes, int64_t* products) {
  static_cast<Trie*>(trie)->count_by_depth(nodes, products);
}
int64_t trie_size(void* trie) { return static_cast<Trie*>(trie)->size(); }

void* search_new(void* trie, const Problem* problem, const int64_t* rows, int64_t count) {
  return new Search(static_cast<Trie*>(trie), *problem, rows, count);
}
void search_free(void* search) { delete static_cast<Search*>(search); }

// Runs every image as far as it goes; the number of prefixes they wait for, or -1 on NaN.
int64_t search_run(void* handle, const Side* prefix, int64_t num_threads) {
  Search& search = *static_cast<Search*>(handle);
  const int64_t count = static_cast<int64_t>(search.images.size());
  num_threads = std::max<int64_t>(1, std::min(num_threads, count / 32));
  std::vector<Scratch> scratch(num_threads);
  std::vector<uint8_t> sound(num_threads, 1);
  const auto work = [&](int64_t thread) {
    Scratch& s = scratch[thread];
    s.joint.resize(search.problem.embedding_dim);
    s.logits.resize(search.problem.num_classes);
    s.used.assign(search.problem.num_classes, 0);
    for (int64_t i = thread; i < count && sound[thread]; i += num_threads)
      if (!search.images[i].done) sound[thread] = search.run(*prefix, search.images[i], s);
  };
  std::vector<std::thread> others;
  for (int64_t thread = 1; thread < num_threads; ++thread) others.emplace_back(work, thread);
  work(0);
  for (std::thread& other : others) other.join();
  for (int64_t thread = 0; thread < num_threads; ++thread)
    if (!sound[thread]) return -1;
  search.collect_missing(scratch);
  return static_cast<int64_t>(search.missing.size());
}

// Adds the awaited prefixes to the trie, and tells their parents, their last labels and the rows of
// their parents' products. Returns how many of these are new; outer tells whose.
int64_t search_extend(void* handle, int64_t* parents, int64_t* label_ids, int64_t* products,
                      int64_t* outer) {
  Search& search = *static_cast<Search*>(handle);
  Trie& trie = *search.trie;
  const int64_t first = trie.num_products;
  for (size_t i = 0; i < search.missing.size(); ++i) {
    parents[i] = search.missing[i] / trie.num_labels;
    label_ids[i] = search.missing[i] % trie.num_labels;
    products[i] = trie.product(static_cast<int32_t>(parents[i]));
    if (products[i] >= first) outer[products[i] - first] = parents[i];
    trie.add(search.missing[i]);
  }
  return trie.num_products - first;
}

// The hidden and memory state of count rows; see lstm.hpp.
void lstm_step(const LSTMRows* rows, int64_t count, int64_t hidden_dim, int64_t num_threads) {
  num_threads = std::max<int64_t>(1, std::min(num_threads, count / 32));
  const auto work = [&](int64_t thread) {
    cnn_rnn::lstm_rows(*rows, count * thread / num_threads, count * (thread + 1) / num_threads,
                       hidden_dim);
  };
  std::vector<std::thread> others;
  for (int64_t thread = 1; thread < num_threads; ++thread) others.emplace_back(work, thread);
  work(0);
  for (std::thread& other : others) other.join();
}

// Asks for large pages where the system has them: memory that is touched little by little then
// costs a fault for every 2 MB, not for every 4 kB. A small search would only wait for a large page
// to be cleared, so the first 2 MB are left out.
void prefer_large_pages(void* memory, int64_t bytes) {
#ifdef MADV_HUGEPAGE
  constexpr uintptr_t large = 2 << 20;
  const uintptr_t start = reinterpret_cast<uintptr_t>(memory);
  const uintptr_t first = (start + 2 * large - 1) / large * large, last = (start + bytes) / large * large;
  if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  (void)memory, (void)bytes;
#endif
}

// The rows of the images that are not done; returns how many.
int64_t search_open_rows(void* handle, int64_t* rows) {
  int64_t count = 0;
  for (const Image& image : static_cast<Search*>(handle)->images)
    if (!image.done) rows[count++] = image.row;
  return count;
}

}  // extern "C"
