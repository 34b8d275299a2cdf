// SPDX-License-Identifier: GPL-3.0-or-later
// A saved project:
//   goxel-stand-in 1
//   project <width> <height> <depth> <name to the end of the line>
//   layer <id> <visible 0|1> <name to the end of the line>
//   v <x> <y> <z> <r> <g> <b> <a>        voxels of the layer above
#include "model_files.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace stand_in {
namespace {

constexpr const char* kHead = "goxel-stand-in 1";
constexpr int kVoxSide = 256;

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

std::string rest_of(std::istringstream& line) {
  std::string rest;
  std::getline(line >> std::ws, rest);
  return rest;
}

bool read_voxel(std::istringstream& line, Layer& layer) {
  Position position;
  int r = 0;
  int g = 0;
  int b = 0;
  int a = 0;
  line >> position.x >> position.y >> position.z >> r >> g >> b >> a;
  if (!line || !in_range(position)) return false;
  const auto channel = [](int value) { return static_cast<std::uint8_t>(value & 255); };
  layer.grid.set(position, {channel(r), channel(g), channel(b), channel(a)});
  return true;
}

bool read_line(const std::string& text, Project& project, Layer*& layer) {
  std::istringstream line(text);
  std::string kind;
  line >> kind;
  if (kind == "project") {
    line >> project.width >> project.height >> project.depth;
    if (!line) return false;
    project.name = rest_of(line);
    return true;
  }
  if (kind == "layer") {
    Layer next;
    int visible = 1;
    line >> next.id >> visible;
    if (!line) return false;
    next.visible = visible != 0;
    next.name = rest_of(line);
    layer = &project.voxels.add_loaded_layer(std::move(next));
    return true;
  }
  return kind == "v" && layer != nullptr && read_voxel(line, *layer);
}

void write_text(const VoxelStore& voxels, std::ostream& out) {
  voxels.for_each_visible([&out](const Position& p, Color color) {
    std::array<char, 16> hex{};
    std::snprintf(hex.data(), hex.size(), "%06x", static_cast<unsigned>(color.packed() >> 8));
    out << p.x << ' ' << p.y << ' ' << p.z << ' ' << hex.data() << '\n';
  });
}

void write_obj(const VoxelStore& voxels, std::ostream& out) {
  constexpr std::array<std::array<int, 4>, 6> kFaces{
      {{1, 3, 4, 2}, {5, 6, 8, 7}, {1, 2, 6, 5}, {3, 7, 8, 4}, {1, 5, 7, 3}, {2, 4, 8, 6}}};
  std::size_t base = 0;
  out << "# goxel-stand-in-daemon\n";
  voxels.for_each_visible([&](const Position& p, Color color) {
    for (int corner = 0; corner < 8; ++corner) {
      out << "v " << p.x + (corner & 1) << ' ' << p.y + (corner >> 1 & 1) << ' '
          << p.z + (corner >> 2) << ' ' << color.r / 255.0 << ' ' << color.g / 255.0 << ' '
          << color.b / 255.0 << '\n';
    }
    for (const auto& face : kFaces) {
      out << 'f';
      for (const int corner : face) out << ' ' << base + static_cast<std::size_t>(corner);
      out << '\n';
    }
    base += 8;
  });
}

std::string little_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

std::string chunk(const std::string& id, const std::string& content, const std::string& children) {
  return id + little_endian(static_cast<std::uint32_t>(content.size())) +
         little_endian(static_cast<std::uint32_t>(children.size())) + content + children;
}

// MagicaVoxel holds at most 256 voxels a side and 255 colours: what lies beyond is left out, later
// colours share the last entry.
std::string vox_bytes(const VoxelStore& voxels) {
  const std::optional<Box> box = voxels.visible_bounds();
  const Position low = box ? box->low : Position{};
  std::map<std::uint32_t, std::uint32_t> palette;
  std::string rgba;
  std::string cells;
  std::uint32_t count = 0;
  voxels.for_each_visible([&](const Position& p, Color color) {
    const Position local{p.x - low.x, p.y - low.y, p.z - low.z};
    if (local.x >= kVoxSide || local.y >= kVoxSide || local.z >= kVoxSide) return;
    auto found = palette.find(color.packed());
    if (found == palette.end()) {
      const auto index = static_cast<std::uint32_t>(std::min<std::size_t>(palette.size() + 1, 255));
      if (palette.size() < 255) {
        for (const std::uint8_t part : {color.r, color.g, color.b, color.a}) {
          rgba.push_back(static_cast<char>(part));
        }
      }
      found = palette.emplace(color.packed(), index).first;
    }
    for (const int part : {local.x, local.y, local.z}) cells.push_back(static_cast<char>(part));
    cells.push_back(static_cast<char>(found->second));
    ++count;
  });
  rgba.resize(1024, '\0');
  const auto side = [](int lowest, int highest) {
    return little_endian(static_cast<std::uint32_t>(std::min(highest - lowest + 1, kVoxSide)));
  };
  const Position high = box ? box->high : Position{};
  const std::string size = side(low.x, high.x) + side(low.y, high.y) + side(low.z, high.z);
  return "VOX " + little_endian(150) +
         chunk("MAIN", "",
               chunk("SIZE", size, "") + chunk("XYZI", little_endian(count) + cells, "") +
                   chunk("RGBA", rgba, ""));
}

}  // namespace

bool save_project(const Project& project, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  out << kHead << "\nproject " << project.width << ' ' << project.height << ' ' << project.depth
      << ' ' << one_line(project.name) << '\n';
  for (const auto& layer : project.voxels.layers()) {
    out << "layer " << layer->id << ' ' << (layer->visible ? 1 : 0) << ' ' << one_line(layer->name)
        << '\n';
    layer->grid.for_each([&out](const Position& p, Color c) {
      out << "v " << p.x << ' ' << p.y << ' ' << p.z << ' ' << int{c.r} << ' ' << int{c.g} << ' '
          << int{c.b} << ' ' << int{c.a} << '\n';
    });
  }
  out.close();
  return out.good();
}

bool load_project(Project& project, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string line;
  if (!std::getline(in, line) || line != kHead) return false;
  Project loaded;
  Layer* layer = nullptr;
  while (std::getline(in, line)) {
    if (!read_line(line, loaded, layer)) return false;
  }
  project.name = loaded.name;
  project.width = loaded.width;
  project.height = loaded.height;
  project.depth = loaded.depth;
  project.voxels = std::move(loaded.voxels);
  return true;
}

bool export_voxels(const VoxelStore& voxels, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  if (path.ends_with(".obj")) {
    write_obj(voxels, out);
  } else if (path.ends_with(".vox")) {
    out << vox_bytes(voxels);
  } else {
    write_text(voxels, out);
  }
  out.close();
  return out.good();
}

}  // namespace stand_in
