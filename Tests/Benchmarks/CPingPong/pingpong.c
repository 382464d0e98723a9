#define _POSIX_C_SOURCE 200809L
#include "CPingPong.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { HEADER_BYTES = 40, PAYLOAD_BYTES = 256, STOP_BYTES = 1 };

struct pp_session {
    void *server_context, *client_context, *router, *dealer;
    pthread_t thread;
    char header[HEADER_BYTES], payload[PAYLOAD_BYTES];
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *serve(void *argument) {
    pp_session *session = argument;
    for (int stop = 0; !stop;) {
        zmq_msg_t frames[3];
        for (int i = 0; i < 3; i++) {
            zmq_msg_init(&frames[i]);
            zmq_msg_recv(&frames[i], session->router, 0);
        }
        stop = zmq_msg_size(&frames[2]) == STOP_BYTES;
        for (int i = 0; i < 3; i++) zmq_msg_send(&frames[i], session->router, i < 2 ? ZMQ_SNDMORE : 0);
    }
    return NULL;
}

pp_session *pp_open(const char *endpoint) {
    pp_session *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    memset(s->header, 1, sizeof s->header);
    memset(s->payload, 2, sizeof s->payload);
    s->server_context = zmq_ctx_new();
    s->client_context = zmq_ctx_new();
    s->router = zmq_socket(s->server_context, ZMQ_ROUTER);
    s->dealer = zmq_socket(s->client_context, ZMQ_DEALER);
    char bound[512];
    size_t length = sizeof bound;
    if (zmq_bind(s->router, endpoint) || zmq_getsockopt(s->router, ZMQ_LAST_ENDPOINT, bound, &length) || zmq_connect(s->dealer, bound))
        return NULL;
    if (pthread_create(&s->thread, NULL, serve, s)) return NULL;
    return s;
}

static void send_request(pp_session *s, size_t bytes) {
    zmq_send(s->dealer, s->header, HEADER_BYTES, ZMQ_SNDMORE);
    zmq_send(s->dealer, s->payload, bytes, 0);
}

static void receive_reply(pp_session *s) {
    char buffer[512];
    zmq_recv(s->dealer, buffer, sizeof buffer, 0);
    zmq_recv(s->dealer, buffer, sizeof buffer, 0);
}

void pp_unary(pp_session *s, size_t count, double *latencies) {
    for (size_t i = 0; i < count; i++) {
        double begin = now();
        send_request(s, PAYLOAD_BYTES);
        receive_reply(s);
        latencies[i] = now() - begin;
    }
}

double pp_in_flight(pp_session *s, size_t count, size_t window) {
    double begin = now();
    for (size_t sent = 0, received = 0; received < count; received++) {
        while (sent < count && sent - received < window) {
            send_request(s, PAYLOAD_BYTES);
            sent++;
        }
        receive_reply(s);
    }
    return now() - begin;
}

void pp_close(pp_session *s) {
    send_request(s, STOP_BYTES);
    receive_reply(s);
    pthread_join(s->thread, NULL);
    int none = 0;
    zmq_setsockopt(s->dealer, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(s->router, ZMQ_LINGER, &none, sizeof none);
    zmq_close(s->dealer);
    zmq_close(s->router);
    zmq_ctx_term(s->client_context);
    zmq_ctx_term(s->server_context);
    free(s);
}
