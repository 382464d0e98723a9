#pragma once
// rdrec's numerics in C. README.md beside this folder says how the files hang together; each family of operations has its own header.
//
// Letters: M rows of activations, N rows of weights (columns of the result), K the length of a dot product, T tokens, H heads,
// D a head's width, V the vocabulary. Matrices are row-major; a stride counts elements from one row to the next.
// Nothing here allocates, locks or fails: shapes and pointers are checked by the Swift module Kernels, the only caller.

#include <stddef.h>
#include <stdint.h>

#include "ck_attention.h"
#include "ck_blocks.h"
#include "ck_elementwise.h"
#include "ck_openblas.h"
#include "ck_optimizer.h"
#include "ck_products.h"
#include "ck_quantized.h"
#include "ck_rows.h"
#include "ck_team.h"

/// The operations of one instruction set. A set that has nothing better for a family borrows the next narrower set's.
typedef struct ck_table {
    /// generic, avx2, avx512, avx512_vnni, avx512_bf16 or avx512_amx.
    const char *_Nonnull name;
    const ck_product_ops *_Nonnull f32_products, *_Nonnull bf16_products;
    const ck_quantized_ops *_Nonnull quantized;
    const ck_row_ops *_Nonnull rows;
    const ck_elementwise_ops *_Nonnull elementwise;
    const ck_optimizer_ops *_Nonnull optimizer;
    const ck_attention_ops *_Nonnull attention;
    /// NULL where the set has nothing faster than float32.
    const ck_rounded_attention_ops *_Nullable rounded_attention;
} ck_table;

typedef enum ck_status {
    CK_OK,
    /// No instruction set has this name.
    CK_UNKNOWN_ISA,
    /// The processor, or the operating system that has to save its registers, lacks it.
    CK_UNSUPPORTED_ISA,
} ck_status;

/// The widest usable set for NULL, else the one of that name. Reads the processor's and the operating system's bits, and asks Linux for
/// the use of AMX's tiles where the processor has them: for this process and for good. Any thread.
ck_status ck_select(const char *_Nullable isa, const ck_table *_Nullable *_Nonnull out);
/// The name of the set at index, widest first; NULL past the last. For messages and tests that go through all of them.
const char *_Nullable ck_isa_name(size_t index);
