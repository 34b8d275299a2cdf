// SPDX-License-Identifier: GPL-3.0-or-later
// A list whose copies share its elements: what a snapshot holds costs a pointer, not a copy, each
// time that the snapshot is passed on. Elements do not change while they are in a list; an element
// is replaced as a whole. Copies may be used by different threads.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace goxel_telemetry::metrics {

template <class Element>
class SharedList {
  using Pointers = std::vector<std::shared_ptr<const Element>>;

 public:
  SharedList() = default;
  SharedList(std::initializer_list<Element> elements) {
    for (const Element& element : elements) add(element);
  }

  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Element;
    using difference_type = std::ptrdiff_t;
    using pointer = const Element*;
    using reference = const Element&;

    const_iterator() = default;
    explicit const_iterator(typename Pointers::const_iterator place) : place_(place) {}
    reference operator*() const { return **place_; }
    pointer operator->() const { return place_->get(); }
    const_iterator& operator++() {
      ++place_;
      return *this;
    }
    const_iterator operator++(int) { return const_iterator(place_++); }
    friend bool operator==(const const_iterator&, const const_iterator&) = default;

   private:
    typename Pointers::const_iterator place_;
  };

  using iterator = const_iterator;
  using value_type = Element;

  const_iterator begin() const { return const_iterator(pointers_.begin()); }
  const_iterator end() const { return const_iterator(pointers_.end()); }
  std::size_t size() const { return pointers_.size(); }
  bool empty() const { return pointers_.empty(); }
  const Element& operator[](std::size_t place) const { return *pointers_[place]; }
  const std::shared_ptr<const Element>& shared(std::size_t place) const { return pointers_[place]; }

  // The reference is for filling in the new element, before the list is copied.
  Element& add(Element element = {}) {
    auto owned = std::make_shared<Element>(std::move(element));
    Element& added = *owned;
    pointers_.push_back(std::move(owned));
    return added;
  }
  void add(std::shared_ptr<const Element> element) { pointers_.push_back(std::move(element)); }
  // Puts a copy of an element in its place, for this list only, and gives it out to be changed.
  Element& replace(std::size_t place) {
    auto owned = std::make_shared<Element>(*pointers_[place]);
    Element& copy = *owned;
    pointers_[place] = std::move(owned);
    return copy;
  }
  void clear() { pointers_.clear(); }
  void drop_first() { pointers_.erase(pointers_.begin()); }
  void resize(std::size_t smaller) { pointers_.resize(smaller); }

 private:
  Pointers pointers_;
};

}  // namespace goxel_telemetry::metrics
