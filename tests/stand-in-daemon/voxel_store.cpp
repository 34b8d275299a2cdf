// SPDX-License-Identifier: GPL-3.0-or-later
#include "voxel_store.h"

#include <algorithm>
#include <utility>

namespace stand_in {
namespace {

constexpr int kShift = 4;  // log2 of VoxelGrid::kBlockSide
static_assert(1 << kShift == VoxelGrid::kBlockSide);

// Arithmetic shift: block -1 covers -16 to -1.
int block_of(int coordinate) {
  return coordinate >> kShift;
}

std::uint64_t key_of(const Position& position) {
  const auto part = [](int coordinate) {
    return static_cast<std::uint64_t>(block_of(coordinate) + (kCoordinateLimit >> kShift));
  };
  return part(position.x) << 42 | part(position.y) << 21 | part(position.z);
}

std::size_t index_in_block(const Position& position) {
  const auto part = [](int coordinate) {
    return static_cast<std::size_t>(coordinate & (VoxelGrid::kBlockSide - 1));
  };
  return part(position.z) << (2 * kShift) | part(position.y) << kShift | part(position.x);
}

Position position_in(const Position& origin, std::size_t index) {
  constexpr std::size_t kMask = VoxelGrid::kBlockSide - 1;
  return {origin.x + static_cast<int>(index & kMask),
          origin.y + static_cast<int>(index >> kShift & kMask),
          origin.z + static_cast<int>(index >> (2 * kShift) & kMask)};
}

void grow(std::optional<Box>& box, const Position& position) {
  if (!box) {
    box = Box{position, position};
    return;
  }
  box->low = {std::min(box->low.x, position.x), std::min(box->low.y, position.y),
              std::min(box->low.z, position.z)};
  box->high = {std::max(box->high.x, position.x), std::max(box->high.y, position.y),
               std::max(box->high.z, position.z)};
}

bool contains(const Box& box, const Position& p) {
  return p.x >= box.low.x && p.x <= box.high.x && p.y >= box.low.y && p.y <= box.high.y &&
         p.z >= box.low.z && p.z <= box.high.z;
}

}  // namespace

bool in_range(const Position& position) {
  const auto fits = [](int c) { return c >= -kCoordinateLimit && c < kCoordinateLimit; };
  return fits(position.x) && fits(position.y) && fits(position.z);
}

void VoxelGrid::set(const Position& position, Color color) {
  if (color.a == 0) {
    erase(position);
    return;
  }
  const std::uint64_t key = key_of(position);
  auto found = blocks_.find(key);
  if (found == blocks_.end()) {
    if (blocks_.size() >= kMostBlocks) throw StoreFull();
    auto block = std::make_unique<Block>();
    block->origin = {block_of(position.x) * kBlockSide, block_of(position.y) * kBlockSide,
                     block_of(position.z) * kBlockSide};
    found = blocks_.emplace(key, std::move(block)).first;
  }
  Block& block = *found->second;
  Color& voxel = block.voxels[index_in_block(position)];
  if (voxel.a == 0) {
    ++block.filled;
    ++size_;
  }
  voxel = color;
}

bool VoxelGrid::erase(const Position& position) {
  const auto found = blocks_.find(key_of(position));
  if (found == blocks_.end()) return false;
  Block& block = *found->second;
  Color& voxel = block.voxels[index_in_block(position)];
  if (voxel.a == 0) return false;
  voxel = Color{};
  --size_;
  if (--block.filled == 0) blocks_.erase(found);
  return true;
}

Color VoxelGrid::get(const Position& position) const {
  const auto found = blocks_.find(key_of(position));
  return found == blocks_.end() ? Color{} : found->second->voxels[index_in_block(position)];
}

void VoxelGrid::clear() {
  blocks_.clear();
  size_ = 0;
}

std::optional<Box> VoxelGrid::bounds() const {
  std::optional<Box> box;
  for_each([&box](const Position& position, Color) { grow(box, position); });
  return box;
}

void VoxelGrid::for_each(const std::function<void(const Position&, Color)>& visit) const {
  for (const auto& [key, block] : blocks_) {
    for (std::size_t i = 0; i < block->voxels.size(); ++i) {
      if (block->voxels[i].a != 0) visit(position_in(block->origin, i), block->voxels[i]);
    }
  }
}

void VoxelGrid::for_each_in(const Box& box,
                            const std::function<void(const Position&, Color)>& visit) const {
  for_each([&](const Position& position, Color color) {
    if (contains(box, position)) visit(position, color);
  });
}

VoxelStore::VoxelStore() {
  reset();
}

void VoxelStore::reset() {
  layers_.clear();
  next_id_ = 0;
  add_layer("Layer 0");
  pristine_ = true;
}

Layer& VoxelStore::add_layer(std::string name) {
  pristine_ = false;
  layers_.push_back(std::make_unique<Layer>());
  layers_.back()->id = next_id_++;
  layers_.back()->name = std::move(name);
  return *layers_.back();
}

Layer& VoxelStore::add_loaded_layer(Layer layer) {
  if (pristine_) layers_.clear();
  pristine_ = false;
  next_id_ = std::max(next_id_, layer.id + 1);
  layers_.push_back(std::make_unique<Layer>(std::move(layer)));
  return *layers_.back();
}

bool VoxelStore::remove_layer(int id) {
  if (layers_.size() < 2 || find_layer(id) == nullptr) return false;
  std::erase_if(layers_, [id](const auto& layer) { return layer->id == id; });
  return true;
}

bool VoxelStore::merge_layers(int source, int target) {
  Layer* from = find_layer(source);
  Layer* to = find_layer(target);
  if (from == nullptr || to == nullptr || from == to) return false;
  from->grid.for_each(
      [to](const Position& position, Color color) { to->grid.set(position, color); });
  return remove_layer(source);
}

Layer* VoxelStore::find_layer(int id) {
  for (const auto& layer : layers_) {
    if (layer->id == id) return layer.get();
  }
  return nullptr;
}

Layer* VoxelStore::find_layer(const std::string& name) {
  for (const auto& layer : layers_) {
    if (layer->name == name) return layer.get();
  }
  return nullptr;
}

Color VoxelStore::visible_color(const Position& position) const {
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    if (!(*layer)->visible) continue;
    const Color color = (*layer)->grid.get(position);
    if (color.a != 0) return color;
  }
  return {};
}

std::optional<Box> VoxelStore::visible_bounds() const {
  std::optional<Box> box;
  for (const auto& layer : layers_) {
    if (!layer->visible) continue;
    if (const std::optional<Box> own = layer->grid.bounds()) {
      grow(box, own->low);
      grow(box, own->high);
    }
  }
  return box;
}

void VoxelStore::for_each_visible(const std::function<void(const Position&, Color)>& visit) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (!layers_[i]->visible) continue;
    layers_[i]->grid.for_each([&](const Position& position, Color color) {
      const auto covers = [&position](const std::unique_ptr<Layer>& above) {
        return above->visible && above->grid.get(position).a != 0;
      };
      const auto above = layers_.begin() + static_cast<std::ptrdiff_t>(i) + 1;
      if (std::none_of(above, layers_.end(), covers)) visit(position, color);
    });
  }
}

}  // namespace stand_in
