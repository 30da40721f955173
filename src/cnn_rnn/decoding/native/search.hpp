// The beam search of section 3.3: an image runs until it is done or needs a prefix that is not
// computed yet. The rules are those of reference.py, in the same order.

#pragma once

#include <algorithm>
#include <vector>

#include "scores.hpp"
#include "trie.hpp"

namespace cnn_rnn {

// exp in float32 keeps its digits down to here.
constexpr float kSmallestExponent = -80.0f;
constexpr float kSmallestDoubleExponent = -600.0f;

struct Path {
  float total;     // log-probability
  int32_t node;    // of the prefix; of its parent while the prefix is awaited
  int32_t label;   // the last label while the prefix is awaited, else -1
};

struct Image {
  int64_t row;
  int32_t step = 0;
  bool done = false;
  std::vector<Path> live, candidates;
};

struct Scratch {
  std::vector<float> joint, logits;
  std::vector<uint8_t> used;
  std::vector<Path> best;         // label is set, node is the parent's slot
  std::vector<float> ends;
  std::vector<int64_t> missing;
};

struct Search {
  Search(Trie* trie, const Problem& problem, const int64_t* rows, int64_t count)
      : trie(trie), problem(problem) {
    images.resize(count);
    for (int64_t i = 0; i < count; ++i) {
      images[i].row = rows[i];
      images[i].live.push_back({0.0f, 0, -1});
    }
  }

  // One step: the candidates that END here, and the live paths that go on. False on NaN.
  bool step(const Side& prefix, Image& image, Scratch& s) const {
    const int64_t K = problem.num_classes - 1;
    const size_t N = static_cast<size_t>(problem.beam_width);
    s.best.clear();
    s.ends.clear();
    for (size_t slot = 0; slot < image.live.size(); ++slot) {
      const Path& path = image.live[slot];
      const float normaliser = score(problem, prefix, image.row, path.node, s.joint.data(), s.logits.data());
      if (normaliser != normaliser) return false;
      const bool may_end = image.step >= problem.min_length;
      s.ends.push_back(may_end ? path.total + (s.logits[K] - normaliser) : -kInf);
      if (image.step < problem.max_length) {
        mark(path.node, 1, s);
        rank_labels(path.total, normaliser, static_cast<int32_t>(slot), image, s);
        mark(path.node, 0, s);
      }
    }
    for (size_t slot = 0; slot < s.ends.size(); ++slot) {
      const float end = s.ends[slot];
      size_t before = 0;
      for (const Path& label : s.best)
        before += label.total > end || (label.total == end && label.node <= int32_t(slot));
      for (size_t other = 0; other < s.ends.size(); ++other)
        before += s.ends[other] > end || (s.ends[other] == end && other < slot);
      if (end > -kInf && before < N) insert(image.candidates, {end, image.live[slot].node, -1}, N);
    }
    const float worst = image.candidates.size() == N ? image.candidates.back().total : -kInf;
    std::vector<Path> live;
    // Paths that can win no more are dropped, unless their labels are still to be summed up.
    const bool over = s.best.empty() || s.best.front().total <= worst;
    for (const Path& label : s.best)
      if (!over && (problem.mass || label.total > worst))
        live.push_back({label.total, image.live[label.node].node, label.label});
    image.live.swap(live);
    ++image.step;
    return true;
  }

  // Marks the labels on a prefix as used (1) or free (0).
  void mark(int32_t node, uint8_t value, Scratch& s) const {
    for (; node > 0; node = trie->parents[node]) s.used[trie->labels[node]] = value;
  }

  // Inserts before the first that is worse, and keeps the N best: of equals the earlier stays ahead.
  static void insert(std::vector<Path>& ranked, const Path& path, size_t N) {
    if (ranked.size() == N) {
      if (!(path.total > ranked.back().total)) return;
      ranked.pop_back();
    }
    size_t at = ranked.size();
    while (at > 0 && ranked[at - 1].total < path.total) --at;
    ranked.insert(ranked.begin() + at, path);
  }

  void rank_labels(float total, float normaliser, int32_t slot, Image& image, Scratch& s) const {
    const int64_t K = problem.num_classes - 1;
    const size_t N = static_cast<size_t>(problem.beam_width);
    double* mass = problem.mass ? problem.mass + image.row * K : nullptr;
    for (int64_t k0 = 0; k0 < K; k0 += kBlock) {
      const int64_t width = std::min<int64_t>(kBlock, K - k0);
      float totals[kBlock];
      float most = -kInf, least = kInf;
      const float* logits = s.logits.data() + k0;
#pragma omp simd reduction(max : most) reduction(min : least)
      for (int64_t k = 0; k < width; ++k) {
        totals[k] = total + (logits[k] - normaliser);
        most = totals[k] > most ? totals[k] : most;
        least = totals[k] < least ? totals[k] : least;
      }
      if (mass) {
        float* tail = problem.tail + image.row * K;
        add_mass(totals, s.used.data() + k0, width, least, mass + k0, tail + k0);
      }
      const float worst = s.best.size() == N ? s.best.back().total : -kInf;
      if (!(most > worst)) continue;
      for (int64_t k = 0; k < width; ++k)
        if (totals[k] > -kInf && !s.used[k0 + k] &&
            (s.best.size() < N || totals[k] > s.best.back().total))
          insert(s.best, {totals[k], slot, static_cast<int32_t>(k0 + k)}, N);
    }
  }

  // Sums up the probability of each label that is free; in tail, as a logarithm, what float64 does
  // not hold.
  static void add_mass(const float* totals, const uint8_t* used, int64_t width, float least,
                       double* mass, float* tail) {
    if (least < kSmallestExponent) {
      for (int64_t k = 0; k < width; ++k) {
        const float total = totals[k];
        if (used[k] || total == -kInf) continue;
        if (total > kSmallestDoubleExponent) {
          mass[k] += std::exp(static_cast<double>(total));
        } else {
          const float more = std::max(tail[k], total), fewer = std::min(tail[k], total);
          tail[k] = more + std::log1p(std::exp(fewer - more));
        }
      }
      return;
    }
    double before[kBlock];
    std::copy(mass, mass + width, before);
#pragma omp simd
    for (int64_t k = 0; k < width; ++k) mass[k] += exp_below_zero(totals[k]);
    for (int64_t k = 0; k < width; ++k) mass[k] = used[k] ? before[k] : mass[k];
  }

  // The paths of a finished image, read off the trie.
  void write(const Image& image) const {
    for (size_t slot = 0; slot < image.candidates.size(); ++slot) {
      const int64_t at = image.row * problem.beam_width + static_cast<int64_t>(slot);
      int64_t length = 0;
      for (int32_t node = image.candidates[slot].node; node > 0; node = trie->parents[node]) ++length;
      int64_t* end = problem.label_ids + at * problem.max_length + length;
      for (int32_t node = image.candidates[slot].node; node > 0; node = trie->parents[node])
        *--end = trie->labels[node];
      problem.lengths[at] = length;
      problem.log_probs[at] = image.candidates[slot].total;
    }
  }

  // Runs one image until it is done or waits for prefixes. False on NaN.
  bool run(const Side& prefix, Image& image, Scratch& s) const {
    while (!image.live.empty()) {
      bool waits = false;
      for (Path& path : image.live) {
        if (path.label < 0) continue;
        const int32_t node = trie->child(path.node, path.label);
        if (node < 0) {
          s.missing.push_back(trie->key(path.node, path.label));
          waits = true;
        } else {
          path.node = node;
          path.label = -1;
        }
      }
      if (waits) return true;
      if (!step(prefix, image, s)) return false;
    }
    image.done = true;
    write(image);
    return true;
  }

  Trie* trie;
  Problem problem;
  std::vector<Image> images;
  std::vector<int64_t> missing;
};

}  // namespace cnn_rnn
