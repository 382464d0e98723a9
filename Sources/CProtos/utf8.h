#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// The first byte of `s` that is NUL or does not continue valid UTF-8 (RFC 3629: no surrogates, nothing over-long, at most U+10FFFF);
/// `end` where all is well. For a character that is cut or wrong it is the character's first byte.
static inline const uint8_t *rd_utf8_check(const uint8_t *s, const uint8_t *end) {
    while (s < end) {
        if (end - s >= 8) { // eight ASCII bytes at a time, none of them 0
            uint64_t word;
            memcpy(&word, s, 8);
            uint64_t zero = (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
            if (!((word & 0x8080808080808080u) | zero)) {
                s += 8;
                continue;
            }
        }
        uint8_t lead = *s;
        if (lead == 0) return s;
        if (lead < 0x80) {
            s++;
            continue;
        }
        // The second byte's range depends on the first; the others are 80 to BF.
        size_t more;
        uint8_t low = 0x80, high = 0xbf;
        if (lead >= 0xc2 && lead <= 0xdf) {
            more = 1;
        } else if (lead >= 0xe0 && lead <= 0xef) {
            more = 2;
            if (lead == 0xe0) low = 0xa0;
            if (lead == 0xed) high = 0x9f;
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            more = 3;
            if (lead == 0xf0) low = 0x90;
            if (lead == 0xf4) high = 0x8f;
        } else {
            return s;
        }
        if ((size_t)(end - s) <= more || s[1] < low || s[1] > high) return s;
        for (size_t i = 2; i <= more; i++) {
            if ((s[i] & 0xc0) != 0x80) return s;
        }
        s += more + 1;
    }
    return end;
}
