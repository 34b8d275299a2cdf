// SPDX-License-Identifier: GPL-3.0-or-later
// A sparse voxel grid: layers of 16x16x16 blocks, which exist only where there were voxels.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace stand_in {

struct Position {
  int x = 0;
  int y = 0;
  int z = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

// A voxel is there if its alpha is not 0.
struct Color {
  std::uint8_t r = 0;
  std::uint8_t g = 0;
  std::uint8_t b = 0;
  std::uint8_t a = 0;
  friend bool operator==(const Color&, const Color&) = default;
  std::uint32_t packed() const {
    return static_cast<std::uint32_t>(r) << 24 | static_cast<std::uint32_t>(g) << 16 |
           static_cast<std::uint32_t>(b) << 8 | a;
  }
};

// Both corners are inside the box.
struct Box {
  Position low;
  Position high;
};

// Coordinates run from -kCoordinateLimit to kCoordinateLimit - 1.
inline constexpr int kCoordinateLimit = 1 << 20;
bool in_range(const Position& position);

class StoreFull : public std::runtime_error {
 public:
  StoreFull() : std::runtime_error("The layer holds as many blocks as it may") {}
};

class VoxelGrid {
 public:
  static constexpr int kBlockSide = 16;
  static constexpr std::size_t kMostBlocks = 4096;  // 64 MiB

  // An alpha of 0 erases. Throws StoreFull; the position must be in range.
  void set(const Position& position, Color color);
  bool erase(const Position& position);  // true if there was a voxel
  Color get(const Position& position) const;

  void clear();
  std::size_t size() const { return size_; }
  std::size_t block_count() const { return blocks_.size(); }
  std::optional<Box> bounds() const;

  // In no particular order of blocks; within a block, x changes fastest.
  void for_each(const std::function<void(const Position&, Color)>& visit) const;
  // The same for the voxels inside the box.
  void for_each_in(const Box& box, const std::function<void(const Position&, Color)>& visit) const;

 private:
  struct Block {
    Position origin;
    std::size_t filled = 0;
    std::array<Color, static_cast<std::size_t>(kBlockSide) * kBlockSide * kBlockSide> voxels{};
  };

  std::unordered_map<std::uint64_t, std::unique_ptr<Block>> blocks_;
  std::size_t size_ = 0;
};

struct Layer {
  int id = 0;
  std::string name;
  bool visible = true;
  VoxelGrid grid;
};

// The layers of one model, bottom first. There is always at least one.
class VoxelStore {
 public:
  VoxelStore();

  void reset();
  Layer& add_layer(std::string name);
  // Adds a layer that was read from a file; the first one replaces the empty layer of a new store.
  Layer& add_loaded_layer(Layer layer);
  bool remove_layer(int id);  // false for an unknown layer and for the last one
  // Copies every voxel of `source` over `target`, then removes `source`.
  bool merge_layers(int source, int target);
  Layer* find_layer(int id);
  Layer* find_layer(const std::string& name);
  const std::vector<std::unique_ptr<Layer>>& layers() const { return layers_; }

  // The colour of the voxel in the topmost visible layer that has one.
  Color visible_color(const Position& position) const;
  std::optional<Box> visible_bounds() const;
  void for_each_visible(const std::function<void(const Position&, Color)>& visit) const;

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
  int next_id_ = 0;
  bool pristine_ = true;
};

}  // namespace stand_in
