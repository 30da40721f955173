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
// See collect_missing; measured.
constexpr size_t kRowsWorthAProduct = 64;

struct Path {
  float total;     // log-probability
  int32_t node;    // of the prefix; of its parent while the prefix is awaited
  int32_t label;   // the last label while the prefix is awaited, else -1
};

struct End {
  float total;
  bool decided;  // whether it becomes a candidate
};

struct Image {
  int64_t row;
  int32_t step = 0;
  bool done = false;
  std::vector<Path> live, candidates;
  // Of the step at hand, for the live paths looked at so far.
  std::vector<Path> best;  // label is set, node is the parent's slot
  std::vector<End> ends;
};

struct Scratch {
  std::vector<float> joint, logits;
  std::vector<uint8_t> used;
  std::vector<Path> live;
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

  // Whether what is left of the live paths cannot change the step's outcome: they come best first,
  // and no continuation is better than the path it continues. Sums over live paths want them all.
  bool settled(Image& image) const {
    const size_t slot = image.ends.size(), N = static_cast<size_t>(problem.beam_width);
    if (slot == image.live.size()) return true;
    if (slot == 0 || problem.mass) return false;
    const float bound = image.live[slot].total;
    if (image.best.size() == N && image.best.back().total >= bound) return true;
    decide_ends(image, bound);
    return image.candidates.size() == N && image.candidates.back().total >= bound;
  }

  // Ranks the continuations of the next live path. False on NaN.
  bool expand(const Side& prefix, Image& image, Scratch& s) const {
    const size_t slot = image.ends.size();
    const Path& path = image.live[slot];
    const float normaliser = score(problem, prefix, image.row, path.node, s.joint.data(), s.logits.data());
    if (normaliser != normaliser) return false;
    const bool may_end = image.step >= problem.min_length;
    const float end = s.logits[problem.num_classes - 1] - normaliser;
    image.ends.push_back({may_end ? path.total + end : -kInf, !may_end});
    if (image.step < problem.max_length) {
      mark(path.node, 1, s);
      rank_labels(path.total, normaliser, static_cast<int32_t>(slot), image, s);
      mark(path.node, 0, s);
    }
    return true;
  }

  // Makes candidates of the ENDs from bound on that are among the N best continuations; nothing
  // that is still to be ranked may be better than bound.
  void decide_ends(Image& image, float bound) const {
    const size_t N = static_cast<size_t>(problem.beam_width);
    for (size_t slot = 0; slot < image.ends.size(); ++slot) {
      const float end = image.ends[slot].total;
      if (image.ends[slot].decided || !(end >= bound)) continue;
      image.ends[slot].decided = true;
      size_t before = 0;
      for (const Path& label : image.best)
        before += label.total > end || (label.total == end && label.node <= int32_t(slot));
      for (size_t other = 0; other < image.ends.size(); ++other) {
        const float total = image.ends[other].total;
        before += total > end || (total == end && other < slot);
      }
      if (end > -kInf && before < N) insert(image.candidates, {end, image.live[slot].node, -1}, N);
    }
  }

  // Ends the step: the live paths that go on.
  void finish_step(Image& image, Scratch& s) const {
    const size_t N = static_cast<size_t>(problem.beam_width);
    decide_ends(image, -kInf);
    const float worst = worst_of(image.candidates, N);
    // Paths that can win no more are dropped, unless their labels are still to be summed up.
    const bool over = image.best.empty() || image.best.front().total <= worst;
    s.live.clear();
    for (const Path& label : image.best)
      if (!over && (problem.mass || label.total > worst))
        s.live.push_back({label.total, image.live[label.node].node, label.label});
    image.live.swap(s.live);
    image.best.clear();
    image.ends.clear();
    ++image.step;
  }

  // Marks the labels on a prefix as used (1) or free (0).
  void mark(int32_t node, uint8_t value, Scratch& s) const {
    for (; node > 0; node = trie->parents[node]) s.used[trie->labels[node]] = value;
  }

  // Inserts before the first that is worse, and keeps the N best: of equals the earlier stays ahead.
  static void insert(std::vector<Path>& ranked, const Path& path, size_t N) {
    if (ranked.size() < N)
      ranked.push_back(path);
    else if (!(path.total > ranked.back().total))
      return;
    size_t at = ranked.size() - 1;
    for (; at > 0 && ranked[at - 1].total < path.total; --at) ranked[at] = ranked[at - 1];
    ranked[at] = path;
  }

  // What a path must be better than to be among the N best; nothing is worse than -inf.
  static float worst_of(const std::vector<Path>& ranked, size_t N) {
    return ranked.size() == N ? ranked.back().total : -kInf;
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
      if (!(most > worst_of(image.best, N))) continue;
      std::fill(totals + width, totals + kBlock, -kInf);
      for (int64_t k1 = 0; k1 < width; k1 += kLane) {
        float best = -kInf;
#pragma omp simd reduction(max : best)
        for (int64_t k = k1; k < k1 + kLane; ++k) best = totals[k] > best ? totals[k] : best;
        float worst = worst_of(image.best, N);
        if (!(best > worst)) continue;
        for (int64_t k = k1; k < std::min(k1 + kLane, width); ++k) {
          if (!(totals[k] > worst) || s.used[k0 + k]) continue;
          insert(image.best, {totals[k], slot, static_cast<int32_t>(k0 + k)}, N);
          worst = worst_of(image.best, N);
        }
      }
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

  // Whether the prefix of a live path is computed; finds its node.
  bool is_known(Path& path) const {
    if (path.label < 0) return true;
    const int32_t node = trie->child(path.node, path.label);
    if (node < 0) return false;
    path = {path.total, node, -1};
    return true;
  }

  // Runs one image until it is done or waits for a prefix. False on NaN.
  bool run(const Side& prefix, Image& image, Scratch& s) const {
    while (!image.live.empty()) {
      while (!settled(image)) {
        Path& path = image.live[image.ends.size()];
        if (!is_known(path)) {
          s.missing.push_back(trie->key(path.node, path.label));
          return true;
        }
        if (!expand(prefix, image, s)) return false;
      }
      finish_step(image, s);
    }
    image.done = true;
    write(image);
    return true;
  }

  // Collects what the images wait for: a product of few rows costs as much as one of more, so
  // while there are few, what the images may need next comes along.
  void collect_missing(const std::vector<Scratch>& scratch) {
    missing.clear();
    for (const Scratch& part : scratch)
      missing.insert(missing.end(), part.missing.begin(), part.missing.end());
    drop_duplicates();
    const size_t N = static_cast<size_t>(problem.beam_width);
    const size_t enough = problem.mass ? SIZE_MAX : kRowsWorthAProduct;
    for (size_t ahead = 1; ahead < N && !missing.empty() && missing.size() < enough; ++ahead) {
      for (Image& image : images) {
        const size_t slot = image.ends.size() + ahead;
        if (image.done || slot >= image.live.size() || is_known(image.live[slot])) continue;
        missing.push_back(trie->key(image.live[slot].node, image.live[slot].label));
      }
      drop_duplicates();
    }
  }

  void drop_duplicates() {
    std::sort(missing.begin(), missing.end());
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  }

  Trie* trie;
  Problem problem;
  std::vector<Image> images;
  std::vector<int64_t> missing;
};

}  // namespace cnn_rnn
