#pragma once
#include "ck_products.h"

// OpenBLAS as one more implementation of the float32 products: the portable one, for instruction sets without kernels of ours. Its
// own threads are switched off for the whole process, since the team divides the work above it.

/// sgemm on panels of 64 rows and 256 columns, short panels filled up with zeros so that every call has the same shape: what OpenBLAS
/// does with a row then does not depend on how many there are. For float32 alone: its bfloat16 members know other panels. Any thread.
const ck_product_ops *_Nonnull ck_openblas_products(void);
/// The processor that OpenBLAS takes this one for.
const char *_Nonnull ck_openblas_core(void);
