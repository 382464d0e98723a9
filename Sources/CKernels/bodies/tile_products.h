#pragma once
// Dense bfloat16 products on AMX's tile registers: 32 rows of A by 32 columns of B, which is two tiles by two, and two tiles of C a way.
//
// A tile is 16 rows of 64 bytes. One TDPBF16PS adds to a tile of C[16][16] the products of A[16 rows][16 units] and B[16 units][16
// columns]; so an A panel is [steps / 16][16 rows][16 units], a B panel [steps][32 columns] units as everywhere, and steps are whole
// tiles. An element of C is one chain along k, 32 numbers a link, from zero or from what C had: what is stored between two passes is
// the chain itself. Intel 64 and IA-32 Architectures Optimization Reference Manual, chapter on AMX.
//
// Tile registers hold no value between calls: their configuration is loaded when a tile of a job begins and released at its end.

enum { TILE = 16, TILE_UNITS = TILE * TILE, BLOCK = 2 * TILE };

/// What LDTILECFG reads: palette 1 is the one there is, with eight tiles.
typedef struct tile_configuration {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} __attribute__((aligned(64))) tile_configuration;

static inline void load_whole_tiles(void) {
    tile_configuration configuration = {.palette = 1};
    for (int t = 0; t < 8; t++) {
        configuration.row_bytes[t] = 64;
        configuration.rows[t] = TILE;
    }
    _tile_loadconfig(&configuration);
}

// Tiles 0 to 3 are C's, row by row; 4 and 5 are A's upper and lower, 6 and 7 B's left and right.

/// C[2][2] tiles, or the upper two (lower 0), (+)= `tiles` tiles of k. c_bytes is the distance of C's rows.
static inline __attribute__((always_inline)) void tile_micro(
    const int lower, const uint32_t *a, size_t a_panel, const uint32_t *b, float *c, size_t c_bytes, size_t tiles, int accumulate
) {
    float *under = (float *)((uint8_t *)c + TILE * c_bytes);
    if (accumulate) {
        _tile_loadd(0, c, c_bytes);
        _tile_loadd(1, c + TILE, c_bytes);
        if (lower) _tile_loadd(2, under, c_bytes);
        if (lower) _tile_loadd(3, under + TILE, c_bytes);
    } else {
        _tile_zero(0);
        _tile_zero(1);
        if (lower) _tile_zero(2);
        if (lower) _tile_zero(3);
    }
    for (size_t t = 0; t < tiles; t++) {
        _tile_loadd(4, a, 64);
        _tile_loadd(6, b, BLOCK * 4);
        _tile_loadd(7, b + TILE, BLOCK * 4);
        if (lower) _tile_loadd(5, a + a_panel, 64);
        // B comes from the second-level cache: what is needed two tiles on is asked for now. Past the panel any address will do.
        for (int line = 0; line < 2 * TILE; line++) __builtin_prefetch(b + 2 * BLOCK * TILE + line * TILE, 0, 3);
        // And C, which is written when all of k is done.
        for (size_t row = 2 * t; row < 2 * t + 2 && row < (lower ? BLOCK : TILE); row++) {
            __builtin_prefetch((uint8_t *)c + row * c_bytes, 1, 3);
            __builtin_prefetch((uint8_t *)c + row * c_bytes + 64, 1, 3);
        }
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        if (lower) _tile_dpbf16ps(2, 5, 6);
        if (lower) _tile_dpbf16ps(3, 5, 7);
        a += TILE_UNITS;
        b += BLOCK * TILE;
    }
    _tile_stored(0, c, c_bytes);
    _tile_stored(1, c + TILE, c_bytes);
    if (lower) _tile_stored(2, under, c_bytes);
    if (lower) _tile_stored(3, under + TILE, c_bytes);
}

static inline __attribute__((always_inline)) void copy_block(
    const float *from, size_t from_stride, float *to, size_t to_stride, size_t rows, size_t columns
) {
    const size_t first = columns < V_LANES ? columns : V_LANES;
    for (size_t r = 0; r < rows; r++) {
        v_store_n(to + r * to_stride, v_load_n(from + r * from_stride, first), first);
        if (columns > V_LANES) {
            v_store_n(to + r * to_stride + V_LANES, v_load_n(from + r * from_stride + V_LANES, columns - V_LANES), columns - V_LANES);
        }
    }
}

/// A block of at most 32 by 32 of C. One that is not whole is worked on beside C, since tiles would reach past it.
static inline __attribute__((always_inline)) void tile_block(
    const int lower, const uint32_t *a, size_t a_panel, const uint32_t *b, float *c, size_t c_stride, size_t rows, size_t columns,
    size_t tiles, int accumulate
) {
    if (rows == (lower ? BLOCK : TILE) && columns == BLOCK) {
        tile_micro(lower, a, a_panel, b, c, c_stride * sizeof *c, tiles, accumulate);
        return;
    }
    float block[BLOCK * BLOCK] __attribute__((aligned(64)));
    if (accumulate) {
        memset(block, 0, sizeof block);
        copy_block(c, c_stride, block, BLOCK, rows, columns);
    }
    tile_micro(lower, a, a_panel, b, block, BLOCK * sizeof *block, tiles, accumulate);
    copy_block(block, BLOCK, c, c_stride, rows, columns);
}

/// All blocks of C[m, n] over a pass of k: two of A's panels stay in the first-level cache, and B's columns in the second.
static inline __attribute__((always_inline)) void tile_pass(
    const uint32_t *a, size_t a_steps, const uint32_t *b, size_t b_steps, float *c, size_t c_stride, size_t m, size_t n, size_t tiles,
    int accumulate
) {
    for (size_t i = 0; i < m; i += BLOCK, a += BLOCK * a_steps, c += BLOCK * c_stride) {
        const size_t rows = m - i < BLOCK ? m - i : BLOCK;
        for (size_t j = 0; j < n; j += BLOCK) {
            const size_t columns = n - j < BLOCK ? n - j : BLOCK;
            if (rows > TILE) tile_block(1, a, TILE * a_steps, b + j * b_steps, c + j, c_stride, rows, columns, tiles, accumulate);
            else tile_block(0, a, 0, b + j * b_steps, c + j, c_stride, rows, columns, tiles, accumulate);
        }
    }
}

static void tile_bf16(
    const void *left, const void *right, size_t b_steps, float *c, size_t c_stride, size_t m, size_t n, size_t steps, int accumulate
) {
    const uint32_t *a = left, *b = right;
    load_whole_tiles();
    // Once even for no k: the product is zero then, and has to be written.
    size_t from = 0;
    do {
        const size_t pass = steps - from < CK_STEPS_PER_PASS ? steps - from : CK_STEPS_PER_PASS;
        for (size_t j = 0; j < n; j += CK_COLUMNS_PER_BLOCK) {
            const size_t columns = n - j < CK_COLUMNS_PER_BLOCK ? n - j : CK_COLUMNS_PER_BLOCK;
            tile_pass(
                a + from * TILE, steps, b + j * b_steps + from * BLOCK, b_steps, c + j, c_stride, m, columns, pass / TILE,
                accumulate || from > 0);
        }
        from += pass;
    } while (from < steps);
    _tile_release();
}

/// A's panels: [steps / 16][16][16 units].
static void pack_left(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, void *out) {
    float *to = out;
    const size_t tiles = (k + PAIR_DEPTH - 1) / PAIR_DEPTH, panel_units = tiles * TILE_UNITS;
    const size_t whole = k_stride == 1 ? lines / TILE * TILE : 0;
    // A row after the other, as they are in memory: a row of a tile is a cache line.
    for (size_t l = 0; l < whole; l++) {
        const float *x = source + l * line_stride;
        float *row = to + l / TILE * panel_units + l % TILE * TILE;
        size_t at = 0;
        for (; at + PAIR_DEPTH <= k; at += PAIR_DEPTH, row += TILE_UNITS) {
            v_store(row, vi_float_bits(round_pairs(v_load(x + at), v_load(x + at + V_LANES))));
        }
        if (at < k) {
            const vf high = k - at > V_LANES ? v_load_n(x + at + V_LANES, k - at - V_LANES) : v_zero();
            v_store(row, vi_float_bits(round_pairs(v_load_n(x + at, k - at), high)));
        }
    }
    // Transposed, or fewer rows than a panel has: all panels at a time, since their parts of a row of the source are neighbours.
    for (size_t t = 0; t < tiles; t++) {
        const size_t at = t * PAIR_DEPTH, depth = k - at < PAIR_DEPTH ? k - at : PAIR_DEPTH;
        for (size_t l = whole; l < lines; l += TILE) {
            vf units[PAIR_LINES];
            const size_t h = lines - l < TILE ? lines - l : TILE;
            const float *from = source + l * line_stride + at * k_stride;
            pack_block(0, from, line_stride, k_stride, h, depth, units);
            prefetch_rows(from, k_stride);
            float *tile = to + l / TILE * panel_units + t * TILE_UNITS;
            for (size_t r = 0; r < TILE; r++) v_store(tile + r * TILE, units[r]);
        }
    }
}

static void pack_right(
    const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, size_t steps, void *out
) {
    pack_steps(TILE, BLOCK, source, line_stride, k_stride, lines, k, steps, out);
}

const ck_product_ops CK_SET(ck_bf16_products) = {
    .unit = 2,
    .step_multiple = TILE,
    .rows = TILE,
    .full_rows = 1,
    .columns = BLOCK,
    .steps_per_pass = CK_STEPS_PER_PASS,
    .rows_per_block = CK_ROWS_PER_BLOCK,
    .pack_left = pack_left,
    .pack_right = pack_right,
    .tile = tile_bf16,
};
