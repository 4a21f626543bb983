// asg/sdk/program.hpp - reading programs: views, attributes and sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include <asg/sdk/backend.h>
#include <asg/sdk/error.hpp>

namespace asg::sdk {

/// A view of an asg_span that iterates with the writer's stride.
template <class T>
class Span {
 public:
  class Iterator {
   public:
    Iterator(const asg_span* span, uint32_t index) : span_(span), index_(index) {}
    const T& operator*() const { return *ASG_AT(T, *span_, index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const asg_span* span_;
    uint32_t index_;
  };

  Span(const asg_span& span) : span_(span) {}  // NOLINT: a view of the same thing
  Iterator begin() const { return {&span_, 0}; }
  Iterator end() const { return {&span_, span_.count}; }
  uint32_t size() const { return span_.count; }
  bool empty() const { return span_.count == 0; }
  const T& operator[](uint32_t index) const { return *ASG_AT(T, span_, index); }

 private:
  asg_span span_;
};

// ---------------------------------------------------------------------- sizes

/// Bytes of one element; 0 for a dtype that this header does not know.
constexpr uint32_t dtype_size(uint32_t dtype) {
  switch (dtype) {
    case ASG_F64:
    case ASG_I64:
      return 8;
    case ASG_F32:
    case ASG_I32:
    case ASG_U32:
      return 4;
    case ASG_F16:
    case ASG_BF16:
      return 2;
    case ASG_I8:
    case ASG_U8:
    case ASG_BOOL:
      return 1;
    default:
      return 0;
  }
}

/// "f32", "i64", ...; "dtype?" for one that this header does not know.
constexpr const char* dtype_name(uint32_t dtype) {
  constexpr const char* names[] = {"none", "f32", "f64", "f16",  "bf16", "i8",
                                   "i32",  "i64", "u8",  "bool", "u32"};
  return dtype < sizeof names / sizeof *names ? names[dtype] : "dtype?";
}

constexpr bool is_float(uint32_t dtype) {
  return dtype == ASG_F32 || dtype == ASG_F64 || dtype == ASG_F16 || dtype == ASG_BF16;
}
constexpr bool is_integer(uint32_t dtype) {
  return dtype == ASG_I8 || dtype == ASG_I32 || dtype == ASG_I64 || dtype == ASG_U8 ||
         dtype == ASG_U32;
}
/// EQ ... GE: the instructions whose operands have another dtype than the bool they make.
constexpr bool is_comparison(uint32_t opcode) { return opcode >= ASG_EW_EQ && opcode <= ASG_EW_GE; }

/// Product of the first `rank` sizes.
inline int64_t product(const int64_t* shape, uint32_t rank) {
  int64_t count = 1;
  for (uint32_t d = 0; d < rank; ++d) count *= shape[d];
  return count;
}
inline int64_t element_count(const asg_value& value) { return product(value.shape, value.rank); }
inline int64_t element_count(const asg_type& type) { return product(type.shape, type.rank); }
inline int64_t point_count(const asg_region& region) { return product(region.dims, region.rank); }

/// True when the elements lie densely in row-major order (axes of one element may have any stride).
inline bool is_row_major(const asg_value& value) {
  if (element_count(value) == 0) return true;
  int64_t expected = 1;
  for (uint32_t d = value.rank; d-- > 0;) {
    if (value.shape[d] != 1 && value.strides[d] != expected) return false;
    expected *= value.shape[d];
  }
  return true;
}

/// The type of input i of a step before it is planned, or of its output i - n_inputs.
inline const asg_type& type_of(const asg_step_request& request, uint32_t i) {
  return *ASG_AT(asg_type, request.types, i);
}

// ----------------------------------------------------------------- attributes

/// The attribute of that name, or nullptr.
inline const asg_attr* find_attr(const asg_span& attrs, const char* name) {
  for (uint32_t i = 0; i < attrs.count; ++i) {
    const asg_attr* attr = ASG_AT(asg_attr, attrs, i);
    if (std::strcmp(attr->name, name) == 0) return attr;
  }
  return nullptr;
}

/// The attribute of that name and kind.
/// Errors: ASG_INVALID_ARGUMENT when it is missing or of another kind.
inline const asg_attr& get_attr(const asg_span& attrs, const char* name, uint32_t kind) {
  const asg_attr* attr = find_attr(attrs, name);
  if (attr == nullptr)
    throw Error(ASG_INVALID_ARGUMENT, std::string("attribute '") + name + "' is missing");
  if (attr->kind != kind)
    throw Error(ASG_INVALID_ARGUMENT, std::string("attribute '") + name + "' has kind " +
                                          std::to_string(attr->kind) + " where " +
                                          std::to_string(kind) + " is needed");
  return *attr;
}

/// A list of integers held by an attribute.
struct Ints {
  const int64_t* data;
  uint32_t count;
  const int64_t* begin() const { return data; }
  const int64_t* end() const { return data + count; }
  uint32_t size() const { return count; }
  int64_t operator[](uint32_t i) const { return data[i]; }
};

// `owner` is an asg_step or an asg_step_request.  Without a fallback a missing attribute throws
// ASG_INVALID_ARGUMENT; one of another kind always does.
template <class Owner>
int64_t attr_int(const Owner& owner, const char* name) {
  return get_attr(owner.attrs, name, ASG_ATTR_INT).i;
}
template <class Owner>
int64_t attr_int(const Owner& owner, const char* name, int64_t fallback) {
  return find_attr(owner.attrs, name) ? attr_int(owner, name) : fallback;
}
template <class Owner>
double attr_float(const Owner& owner, const char* name) {
  return get_attr(owner.attrs, name, ASG_ATTR_FLOAT).f;
}
template <class Owner>
double attr_float(const Owner& owner, const char* name, double fallback) {
  return find_attr(owner.attrs, name) ? attr_float(owner, name) : fallback;
}
template <class Owner>
const char* attr_string(const Owner& owner, const char* name) {
  return get_attr(owner.attrs, name, ASG_ATTR_STRING).s;
}
template <class Owner>
const char* attr_string(const Owner& owner, const char* name, const char* fallback) {
  return find_attr(owner.attrs, name) ? attr_string(owner, name) : fallback;
}
template <class Owner>
Ints attr_ints(const Owner& owner, const char* name) {
  const asg_attr& attr = get_attr(owner.attrs, name, ASG_ATTR_INTS);
  return {attr.ints, attr.count};
}

}  // namespace asg::sdk
