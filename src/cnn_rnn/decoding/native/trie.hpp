// A trie of label prefixes: node 0 is the empty one, and the labels of a path are read off it.
// What a prefix brings to the gates of all its children is one row of a table of products, once.

#pragma once

#include <cstdint>
#include <vector>

namespace cnn_rnn {

// The children of all nodes: an open-addressing table from (parent, label) to node.
struct Trie {
  explicit Trie(int64_t num_labels) : num_labels(num_labels) { clear(); }

  void clear() {
    parents.assign(1, -1);
    labels.assign(1, -1);
    products.assign(1, -1);
    num_products = 0;
    keys.assign(1024, -1);
    nodes.assign(1024, -1);
  }
  int64_t size() const { return static_cast<int64_t>(parents.size()); }
  int64_t key(int32_t parent, int32_t label) const { return parent * num_labels + label; }

  size_t place(int64_t key) const {
    size_t at = (static_cast<uint64_t>(key) * 0x9E3779B97F4A7C15ull) >> 20;
    for (at &= keys.size() - 1; keys[at] != key && keys[at] != -1; at = (at + 1) & (keys.size() - 1)) {
    }
    return at;
  }
  int32_t child(int32_t parent, int32_t label) const { return nodes[place(key(parent, label))]; }

  void add(int64_t key) {
    if (2 * (parents.size() + 1) > keys.size()) grow();
    const size_t at = place(key);
    keys[at] = key;
    nodes[at] = static_cast<int32_t>(size());
    parents.push_back(static_cast<int32_t>(key / num_labels));
    labels.push_back(static_cast<int32_t>(key % num_labels));
    products.push_back(-1);
  }
  // The row of a node's product; a node without one is given the next.
  int32_t product(int32_t node) {
    if (products[node] < 0) products[node] = num_products++;
    return products[node];
  }
  // Adds up how many nodes there are of each depth, and how many of them have a product.
  void count_by_depth(int64_t* node_counts, int64_t* product_counts) const {
    std::vector<int64_t> depths(parents.size());
    for (size_t node = 0; node < parents.size(); ++node) {
      depths[node] = node == 0 ? 0 : depths[parents[node]] + 1;
      ++node_counts[depths[node]];
      product_counts[depths[node]] += products[node] >= 0;
    }
  }
  void grow() {
    std::vector<int64_t> old_keys(keys.size() * 4, -1);
    std::vector<int32_t> old_nodes(keys.size() * 4, -1);
    keys.swap(old_keys);
    nodes.swap(old_nodes);
    for (size_t i = 0; i < old_keys.size(); ++i) {
      if (old_keys[i] == -1) continue;
      const size_t at = place(old_keys[i]);
      keys[at] = old_keys[i];
      nodes[at] = old_nodes[i];
    }
  }

  int64_t num_labels;
  int32_t num_products;
  std::vector<int32_t> parents, labels, products, nodes;
  std::vector<int64_t> keys;
};

}  // namespace cnn_rnn
