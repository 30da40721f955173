// The scores of the labels after a prefix, and their normaliser (section 3.2).
//
// Where h is the identity, scores are a sum of what the image brings and what the prefix brings, and
// the normaliser is the inner product of their exponentials: no exponential is left for each path.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace cnn_rnn {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr int64_t kBlock = 64;  // labels scored together
constexpr int64_t kLane = 16;   // and looked through only if one of them is good enough
// Below this the product of exponentials has lost digits; above it scores are sums of numbers so
// large that float32 leaves 1e-5. Both then come from the joint vector. Our choice, held by tests.
constexpr float kSmallestNormaliser = 1e-12f;
constexpr float kLargestSummand = 32.0f;

// What one side, an image or a prefix, brings to the scores.
struct Side {
  const float* embedding;  // (n, D)
  const float* logits;     // (n, C); of h = identity, as the two that follow
  const float* exps;       // (n, C), exp(logits - shift)
  const float* shift;      // (n), the largest logit
  const float* least;      // (n), the smallest
};

struct Problem {
  int64_t num_classes, embedding_dim, beam_width, max_length, min_length;
  int32_t relu;
  Side image;
  const float* weight;     // (D, C)
  int64_t* label_ids;      // (B, N, T), padded
  int64_t* lengths;        // (B, N), -1
  float* log_probs;        // (B, N), -inf
  double* mass;            // (B, K), 0, or null
  float* tail;             // (B, K), -inf, or null
};

// exp for x <= 0 that compilers turn into vector code; relative error below 2e-7.
inline float exp_below_zero(float x) {
  x = x < -87.0f ? -87.0f : x;
  const float n = std::floor(x * 1.44269504088896341f + 0.5f);
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float e = p * r * r + r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return e * scale;
}

// The scores of all classes after a prefix, for one image, into logits (C), but for an offset that
// all share; joint (D) is scratch. Returns the log of their normaliser, NaN where there is none.
inline float score(const Problem& problem, const Side& prefix, int64_t row, int64_t node, float* joint,
                   float* logits) {
  const int64_t C = problem.num_classes, D = problem.embedding_dim;
  if (!problem.relu) {
    const float reach = std::max(
        std::max(std::fabs(problem.image.shift[row]), std::fabs(problem.image.least[row])),
        std::max(std::fabs(prefix.shift[node]), std::fabs(prefix.least[node])));
    const float* a = problem.image.exps + row * C;
    const float* b = prefix.exps + node * C;
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int64_t k = 0; k < C; ++k) sum += a[k] * b[k];
    if (reach <= kLargestSummand && sum >= kSmallestNormaliser) {
      const float* al = problem.image.logits + row * C;
      const float* bl = prefix.logits + node * C;
#pragma omp simd
      for (int64_t k = 0; k < C; ++k) logits[k] = al[k] + bl[k];
      return problem.image.shift[row] + prefix.shift[node] + std::log(sum);
    }
  }
  const float* x = problem.image.embedding + row * D;
  const float* y = prefix.embedding + node * D;
  for (int64_t d = 0; d < D; ++d) {
    const float sum = x[d] + y[d];
    joint[d] = problem.relu && sum < 0.0f ? 0.0f : sum;  // NaN stays NaN
  }
  for (int64_t k0 = 0; k0 < C; k0 += kBlock) {
    const int64_t width = std::min<int64_t>(kBlock, C - k0);
    float block[kBlock] = {};
    for (int64_t d = 0; d < D; ++d) {
      const float* w = problem.weight + d * C + k0;
      const float j = joint[d];
      if (width == kBlock) {
#pragma omp simd
        for (int64_t k = 0; k < kBlock; ++k) block[k] += j * w[k];
      } else {
#pragma omp simd
        for (int64_t k = 0; k < width; ++k) block[k] += j * w[k];
      }
    }
    std::copy(block, block + width, logits + k0);
  }
  float largest = -kInf, sum = 0.0f;
#pragma omp simd reduction(max : largest)
  for (int64_t k = 0; k < C; ++k) largest = logits[k] > largest ? logits[k] : largest;
#pragma omp simd reduction(+ : sum)
  for (int64_t k = 0; k < C; ++k) {
    const float below = logits[k] -= largest;  // so that a large offset of all costs no digits
    sum += below != below ? below : (below < -87.0f ? 0.0f : exp_below_zero(below));
  }
  return largest == -kInf ? std::numeric_limits<float>::quiet_NaN() : std::log(sum);
}

}  // namespace cnn_rnn
