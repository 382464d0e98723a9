#include "rd_wire.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

// A bump allocator. Small requests share blocks; a large one gets its own, behind the head, so that at most a quarter of a block is
// ever left unused. `used` counts what was asked for, so the cap holds whatever the blocks' sizes are.
enum { ALIGNMENT = 16, KEPT_BYTES = 64 << 10, BLOCK_BYTES = 256 << 10, LARGE_BYTES = 64 << 10 };

typedef struct block {
    _Alignas(ALIGNMENT) struct block *next;
    size_t size, used;
    _Alignas(ALIGNMENT) unsigned char data[];
} block;

struct rd_arena {
    block *head;
    size_t cap, used;
    bool busy, exhausted, registered;
};

static _Thread_local rd_arena mine;
static pthread_key_t thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool has_key;

static void free_blocks(block *first) {
    while (first) {
        block *next = first->next;
        free(first);
        first = next;
    }
}

static void on_thread_end(void *pointer) {
    rd_arena *arena = pointer;
    free_blocks(arena->head);
    *arena = (rd_arena){0};
}

static void make_key(void) { has_key = pthread_key_create(&thread_end, on_thread_end) == 0; }

rd_arena *rd_arena_enter(size_t cap) {
    if (mine.busy) return NULL;
    if (!mine.registered) {
        pthread_once(&once, make_key);
        mine.registered = has_key && pthread_setspecific(thread_end, &mine) == 0;
    }
    mine.busy = true;
    mine.exhausted = false;
    mine.cap = cap;
    mine.used = 0;
    return &mine;
}

void rd_arena_leave(rd_arena *arena) {
    // The block to keep is the oldest that is small enough; without a key nothing would free it at the thread's end.
    block *kept = NULL, *next;
    for (block *b = arena->head; b; b = next) {
        next = b->next;
        if (!kept && arena->registered && b->size <= KEPT_BYTES) {
            kept = b;
        } else {
            free(b);
        }
    }
    if (kept) {
        kept->next = NULL;
        kept->used = 0;
    }
    arena->head = kept;
    arena->busy = false;
}

static block *new_block(size_t size) {
    block *made = malloc(sizeof(block) + size);
    if (made) *made = (block){.size = size};
    return made;
}

void *rd_arena_allocate(rd_arena *arena, size_t size) {
    if (size > arena->cap - arena->used) { // before rounding up, which could overflow
        arena->exhausted = true;
        return NULL;
    }
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    arena->used = rounded > arena->cap - arena->used ? arena->cap : arena->used + rounded;
    block *head = arena->head;
    if (!head || head->size - head->used < rounded) {
        size_t wanted = rounded >= LARGE_BYTES ? rounded : head ? BLOCK_BYTES : KEPT_BYTES;
        block *made = new_block(wanted);
        if (!made) {
            arena->exhausted = true;
            return NULL;
        }
        if (head && rounded >= LARGE_BYTES) { // the head still has room for small requests
            made->next = head->next;
            head->next = made;
        } else {
            made->next = head;
            arena->head = made;
        }
        head = made;
    }
    void *result = head->data + head->used;
    head->used += rounded;
    return result;
}

static void *allocate(void *arena, size_t size) { return rd_arena_allocate(arena, size); }
static void keep(void *arena, void *pointer) { (void)arena, (void)pointer; } // everything goes at rd_arena_leave

const ProtobufCMessage *rd_unpack(
    rd_arena *arena, const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t count, const rd_limits *limits,
    rd_finding *finding) {
    if (rd_prescan(type, bytes, count, limits, finding) != RD_NONE) return NULL;
    ProtobufCAllocator allocator = {allocate, keep, arena};
    const ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, count, bytes);
    if (!message) *finding = (rd_finding){arena->exhausted ? RD_ARENA : RD_UNPACK, 0, type, NULL};
    return message;
}
