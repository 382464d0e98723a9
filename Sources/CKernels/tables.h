#pragma once
// The operations of each set, by family. Only dispatch.c reads them.
#include "include/ckernels.h"

extern const ck_product_ops ck_f32_products_generic, ck_f32_products_avx2, ck_f32_products_avx512;
extern const ck_product_ops ck_bf16_products_generic, ck_bf16_products_avx2, ck_bf16_products_avx512, ck_bf16_products_avx512_bf16,
    ck_bf16_products_avx512_amx;
extern const ck_quantized_ops ck_quantized_generic, ck_quantized_avx2, ck_quantized_avx512, ck_quantized_avx512_vnni;
extern const ck_row_ops ck_rows_generic, ck_rows_avx2, ck_rows_avx512;
extern const ck_elementwise_ops ck_elementwise_generic, ck_elementwise_avx2, ck_elementwise_avx512;
extern const ck_optimizer_ops ck_optimizer_generic, ck_optimizer_avx2, ck_optimizer_avx512;
extern const ck_attention_ops ck_attention_generic, ck_attention_avx2, ck_attention_avx512;
extern const ck_rounded_attention_ops ck_rounded_attention_avx512_amx;
